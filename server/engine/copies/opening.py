"""Open a sealed copy. The access ledger has the entry before the plain text exists."""

from __future__ import annotations

from dataclasses import dataclass

from server.domain.access import AccessEntry
from server.domain.errors import BadInputError, NotFoundError, RefusedError
from server.domain.ids import ActivityKey
from server.ports.clock import Clock
from server.ports.kek import UnwrapKek
from server.ports.store import Store
from server.vault.access_chain import ChainCheck, make_next_entry, verify_chain
from server.vault.envelope import Place, open_copy


@dataclass(frozen=True)
class CopyOpener:
    """``unwrap`` is None in a process without the private key: such a process cannot open copies."""

    unwrap: UnwrapKek | None
    store: Store
    clock: Clock
    organisation: str

    def open_copy(self, key: ActivityKey, actor: str, reason: str) -> bytes:
        """Return the raw mail.

        Raises BadInputError without a reason, RefusedError without the private key, NotFoundError, SealBrokenError.
        """
        if not reason.strip():
            raise BadInputError("Say why you open the copy. The access ledger keeps the reason.")
        if self.unwrap is None:
            raise RefusedError("This process may not open copies (MAY_OPEN_COPIES is not yes).")
        copy = self.store.copy(key)
        if copy is None:
            raise NotFoundError("No copy is stored under this key, or it was erased.")
        now_ms = int(self.clock.now() * 1000)
        # Before the copy is opened: nobody may read mail without leaving a trace.
        self.store.append_access(lambda last: make_next_entry(last, now_ms, actor, key, reason))
        place = Place(self.organisation, "copies", key, "copy")
        return open_copy(copy.ciphertext, copy.wrapped_dek, place, self.unwrap, copy.kek_name)


def verify_access(store: Store) -> tuple[list[AccessEntry], ChainCheck]:
    """Return all entries of the access ledger, and whether their chain is intact."""
    # Before the entries: an entry that is appended meanwhile must not make the ledger look cut.
    highest = store.highest_access()
    entries = list(store.access_entries())
    return entries, verify_chain(entries, highest)
