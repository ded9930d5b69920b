"""The access ledger: entries in a chain, appended and never changed.

``state/access`` has the highest number, so that an append reads two documents and not the whole ledger. It is a hint
alone: what stands in the ledger counts, and a number that leads nowhere makes the append read from the beginning.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator

from server.adapters.documents import Create, Document, Replace
from server.adapters.store import codec
from server.adapters.store.repository import TRIES, Repository
from server.domain.access import AccessEntry
from server.domain.errors import InvariantError

HEAD = ("state", "access")


class AccessDocuments(Repository):
    """Implements ``server.ports.store.AccessStore``."""

    def append_access(self, make: Callable[[AccessEntry | None], AccessEntry]) -> AccessEntry:
        for _ in range(TRIES):
            # A number that somebody else took fails the commit, and the chain is made anew on top of theirs.
            head = self._documents.get(*HEAD)
            entry = make(self._find_last(_read_head(head)))
            # Never lower: a ledger whose end was cut off is to show that for ever.
            data = {"sequence": max(entry.sequence, _read_head(head))}
            move = Replace(*HEAD, data, head.version) if head else Create(*HEAD, data)
            if self._try_commit([Create("access", _access_key(entry.sequence), codec.from_access(entry)), move]):
                return entry
        raise InvariantError("The access ledger is being written without end.")

    def access_entries(self) -> Iterator[AccessEntry]:
        """All there are, in order: what follows a gap must be seen, or a removed entry would hide it."""
        return self._list_entries("")

    def highest_access(self) -> int:
        return _read_head(self._documents.get(*HEAD))

    def _find_last(self, head: int) -> AccessEntry | None:
        """From the head on to the end: an earlier version of this program appends without moving the head."""
        last = deque(self._list_entries(_access_key(head - 1)), maxlen=1) if head else None
        return next(iter(last or deque(self.access_entries(), maxlen=1)), None)

    def _list_entries(self, after: str) -> Iterator[AccessEntry]:
        return (codec.to_access(document.data) for document in self._documents.scan("access", after=after))


def _access_key(sequence: int) -> str:
    return f"{sequence:012d}"


def _read_head(head: Document | None) -> int:
    return int(head.data["sequence"]) if head else 0
