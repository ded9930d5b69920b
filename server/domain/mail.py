"""One real mail: what its copies in several mailboxes say together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from server.domain.ids import ActivityKey, KeyedHash, MailboxId, MessageId, ThreadId
from server.domain.message import Headers, Participant


@dataclass(frozen=True)
class People:
    """Who is on a mail. ``author`` is the person who wrote it: behind one of our own groups, the original sender."""

    author: Participant | None
    participants: tuple[Participant, ...]
    externals: tuple[Participant, ...]
    internals: tuple[Participant, ...]
    through_own_group: bool = False


@dataclass(frozen=True)
class Copy:
    """One screened copy, as it waits: enough to decide, and to find the body. ``size`` is Gmail's estimate in bytes."""

    mailbox_id: MailboxId
    mailbox_address: str
    message_id: MessageId
    thread_id: ThreadId
    is_sent: bool
    internal_date: int
    headers: Headers
    people: People
    size: int = 0


@dataclass(frozen=True)
class Mail:
    """All waiting copies of one mail; the sender's own copy is the canonical one, for it alone has Bcc."""

    key: ActivityKey
    conversation: KeyedHash | None
    copies: tuple[Copy, ...]

    @cached_property
    def canonical(self) -> Copy:
        return min(self.copies, key=lambda c: (not c.is_sent, c.internal_date, c.mailbox_id, c.message_id))

    @property
    def author(self) -> Participant | None:
        return self.canonical.people.author

    @cached_property
    def externals(self) -> tuple[Participant, ...]:
        """Of all copies, each address once, the canonical copy's first."""
        canonical = self.canonical
        by_address: dict[str, Participant] = {}
        for copy in (canonical, *(copy for copy in self.copies if copy is not canonical)):
            for person in copy.people.externals:
                by_address.setdefault(person.address, person)
        return tuple(by_address.values())
