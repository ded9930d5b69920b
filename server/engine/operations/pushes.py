"""Gmail said that a mailbox changed. That is a hint, not an order: what is new is read from our own cursor, as ever."""

from __future__ import annotations

from server.domain.ids import MailboxId
from server.engine.mailboxes.address_book import AddressBook
from server.engine.operations.jobs import PUSHED
from server.ports.queue import Job, Queue


def hear(address: str, book: AddressBook, queue: Queue, now: float) -> tuple[MailboxId, ...]:
    """One job for each mailbox that has the address, however often it is told. Raises TransientError."""
    mailboxes = book.mailboxes_of(address)
    for mailbox_id in mailboxes:
        queue.put(Job(PUSHED, mailbox_id), now)
    return mailboxes
