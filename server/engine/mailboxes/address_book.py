"""Find the mailboxes behind an address from memory: a push must not read the whole store."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping

from server.domain.ids import MailboxId
from server.domain.mailbox import Mailbox
from server.ports.clock import Clock
from server.ports.store import Store

KNOWN_ADDRESS_FRESH = 600.0
"""Seconds for which the book is trusted about an address in it: addresses move between people."""
UNKNOWN_ADDRESS_FRESH = 60.0
"""Seconds for which the book is trusted about an address that is not in it."""


class AddressBook:
    """All addresses of the mailboxes that are read. Thread-safe."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._read_at: float | None = None
        self._owners: Mapping[str, tuple[MailboxId, ...]] = {}

    def mailboxes_of(self, address: str) -> tuple[MailboxId, ...]:
        """Return the mailboxes with this address, or nothing. Raises TransientError where the store does not answer."""
        normalised = address.strip().lower()
        self._read_if_older(KNOWN_ADDRESS_FRESH if normalised in self._owners else UNKNOWN_ADDRESS_FRESH)
        return self._owners.get(normalised, ())

    def _read_if_older(self, seconds: float) -> None:
        with self._lock:
            now = self._clock.now()
            # A clock that is set back must not keep an old book alive.
            if self._read_at is not None and 0 <= now - self._read_at < seconds:
                return
            self._owners = _index_by_address(self._store.mailboxes())
            self._read_at = now


def _index_by_address(mailboxes: Iterable[Mailbox]) -> Mapping[str, tuple[MailboxId, ...]]:
    """A primary address belongs to one mailbox; a send-as address belongs to every mailbox that has it."""
    read_mailboxes = [m for m in mailboxes if m.reads]
    owners: dict[str, tuple[MailboxId, ...]] = {}
    for mailbox in read_mailboxes:
        for address in mailbox.addresses:
            owners[address] = (*owners.get(address, ()), mailbox.mailbox_id)
    return owners | {m.address: (m.mailbox_id,) for m in read_mailboxes}
