"""The access ledger: entries in a chain, appended and never changed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator

from server.adapters.documents import Create
from server.adapters.store import codec
from server.adapters.store.repository import TRIES, Repository
from server.domain.access import AccessEntry
from server.domain.errors import InvariantError


class AccessDocuments(Repository):
    """Implements ``server.ports.store.AccessStore``."""

    def append_access(self, make: Callable[[AccessEntry | None], AccessEntry]) -> AccessEntry:
        for _ in range(TRIES):
            # A number that somebody else took fails the commit, and the chain is made anew on top of theirs.
            last = next(iter(deque(self.access_entries(), maxlen=1)), None)
            entry = make(last)
            if self._try_commit([Create("access", _access_key(entry.sequence), codec.from_access(entry))]):
                return entry
        raise InvariantError("The access ledger is being written without end.")

    def access_entries(self) -> Iterator[AccessEntry]:
        """All there are, in order: what follows a gap must be seen, or a removed entry would hide it."""
        return (codec.to_access(document.data) for document in self._documents.scan("access"))


def _access_key(sequence: int) -> str:
    return f"{sequence:012d}"
