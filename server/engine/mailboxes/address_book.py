"""Find the mailboxes behind an address from memory: neither a push nor a card may read the whole store."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Mapping

from server.domain.ids import MailboxId
from server.domain.mailbox import Mailbox
from server.ports.clock import Clock
from server.ports.patience import hold
from server.ports.store import Store

KNOWN_ADDRESS_FRESH = 600.0
"""Seconds for which the book is trusted about an address in it: addresses move between people."""
UNKNOWN_ADDRESS_FRESH = 60.0
"""Seconds for which the book is trusted about an address that is not in it."""


Owners = Mapping[str, tuple[MailboxId, ...]]


class AddressBook:
    """All addresses of the mailboxes. Thread-safe; raises TransientError where the store does not answer."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._read_at: float | None = None
        self._owners: Owners = {}
        self._owners_read: Owners = {}

    def mailboxes_of(self, address: str) -> tuple[MailboxId, ...]:
        """Return the mailboxes with this address that are read, or nothing."""
        normalised = address.strip().lower()
        self._read_if_older(KNOWN_ADDRESS_FRESH if normalised in self._owners_read else UNKNOWN_ADDRESS_FRESH)
        return self._owners_read.get(normalised, ())

    def find_owners(self, addresses: Collection[str]) -> list[Mailbox]:
        """Return the mailboxes that have one of these addresses now, by their ids, whatever their stage.

        They themselves are read anew. Where one has lost its address, somebody else may have it: the book is read too.
        """
        owners = self._look_up(addresses)
        if not all(set(addresses) & set(mailbox.addresses) for mailbox in owners):
            self._read_if_older(0.0)
            owners = self._look_up(addresses)
        return [mailbox for mailbox in owners if set(addresses) & set(mailbox.addresses)]

    def _look_up(self, addresses: Collection[str]) -> list[Mailbox]:
        is_known = any(address in self._owners for address in addresses)
        self._read_if_older(KNOWN_ADDRESS_FRESH if is_known else UNKNOWN_ADDRESS_FRESH)
        ids = {mailbox_id for address in addresses for mailbox_id in self._owners.get(address, ())}
        found = self._store.find_mailboxes(ids) if ids else {}
        return [found[mailbox_id] for mailbox_id in sorted(found)]

    def _read_if_older(self, seconds: float) -> None:
        with hold(self._lock):
            now = self._clock.now()
            # A clock that is set back must not keep an old book alive.
            if self._read_at is not None and 0 <= now - self._read_at < seconds:
                return
            mailboxes = list(self._store.mailboxes())
            read_mailboxes = [m for m in mailboxes if m.reads]
            self._owners = _index_by_address(mailboxes)
            # A primary address belongs to one mailbox; a send-as address belongs to every mailbox that has it.
            primary: Owners = {m.address: (m.mailbox_id,) for m in read_mailboxes}
            self._owners_read = {**_index_by_address(read_mailboxes), **primary}
            self._read_at = now


def _index_by_address(mailboxes: Iterable[Mailbox]) -> Owners:
    owners: dict[str, tuple[MailboxId, ...]] = {}
    for mailbox in mailboxes:
        for address in mailbox.addresses:
            owners[address] = (*owners.get(address, ()), mailbox.mailbox_id)
    return owners
