"""Whose mailbox an address is, answered from memory: a push must not read the whole store."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping

from server.domain.ids import MailboxId
from server.domain.mailbox import Mailbox
from server.engine.ports import Ports

STALE = 600.0
"""Seconds after which an address that is known is looked up anew: people get other addresses."""
SOONEST = 60.0
"""Seconds between two looks for addresses that are not known."""


class AddressBook:
    """All known addresses of the mailboxes that are read. Thread-safe."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._lock = threading.Lock()
        self._read_at: float | None = None
        self._known: Mapping[str, tuple[MailboxId, ...]] = {}

    def mailboxes_of(self, address: str) -> tuple[MailboxId, ...]:
        """Empty where nobody collects. Raises TransientError where the store is away and must be asked."""
        wanted = address.strip().lower()
        self._read_if_older(STALE if wanted in self._known else SOONEST)
        return self._known.get(wanted, ())

    def _read_if_older(self, seconds: float) -> None:
        with self._lock:
            now = self._ports.clock.now()
            if self._read_at is not None and 0 <= now - self._read_at < seconds:
                return
            self._known = _indexed(self._ports.store.mailboxes())
            self._read_at = now


def _indexed(mailboxes: Iterable[Mailbox]) -> Mapping[str, tuple[MailboxId, ...]]:
    """A primary address is its owner's alone; an address that several may send from is everybody's."""
    collecting = [m for m in mailboxes if m.reads]
    found: dict[str, tuple[MailboxId, ...]] = {}
    for mailbox in collecting:
        for address in mailbox.addresses:
            found[address] = (*found.get(address, ()), mailbox.mailbox_id)
    return found | {m.address: (m.mailbox_id,) for m in collecting}
