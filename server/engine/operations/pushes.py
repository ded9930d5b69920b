"""A push says that a mailbox changed. What changed is read from our own cursor, as on every poll."""

from __future__ import annotations

from server.domain.ids import MailboxId
from server.engine.mailboxes.address_book import AddressBook
from server.ports.queue import Job, JobKind, Queue


def enqueue_push(book: AddressBook, queue: Queue, address: str, now: float) -> tuple[MailboxId, ...]:
    """Enqueue one job for each mailbox with this address; returns those mailboxes. Raises TransientError."""
    mailboxes = book.mailboxes_of(address)
    for mailbox_id in mailboxes:
        queue.put(Job(JobKind.PUSHED, mailbox_id), now)
    return mailboxes
