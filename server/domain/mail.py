"""One real mail: what its copies in several mailboxes say together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from server.domain.ids import ActivityKey, KeyedHash, MailboxId, MessageId, ThreadId
from server.domain.message import Header, Headers, Participant


@dataclass(frozen=True)
class People:
    """Who is on a mail. ``author`` is the person who wrote it.

    ``externals`` are the people outside whom a record may explain, the author first; ``intakes`` are the addresses of
    robots, which are nobody. A person whose address is in ``by_address_only`` is found by the exact address alone.
    ``is_author_behind_from``: From is the workspace's own address or a relay's, and another header names the author.
    ``original_sender`` wrote the mail before a mailing list put its own address into From; it is the same in all
    copies of a mail, also in the copy of the person who sent it.
    """

    author: Participant | None
    participants: tuple[Participant, ...]
    externals: tuple[Participant, ...]
    internals: tuple[Participant, ...]
    through_own_group: bool = False
    original_sender: Participant | None = None
    is_author_behind_from: bool = False
    by_address_only: frozenset[str] = frozenset()
    intakes: tuple[Participant, ...] = ()

    @property
    def is_form(self) -> bool:
        """Whether the author put the text into a site's form or a relay's, and no list is all that changed From."""
        return self.is_author_behind_from and self.author != self.original_sender

    @property
    def recipients(self) -> tuple[Participant, ...]:
        """All participants but those of Sender and Reply-To, which a program on the way may add to one copy."""
        return tuple(p for p in self.participants if p.header not in (Header.SENDER, Header.REPLY_TO))


@dataclass(frozen=True)
class Copy:
    """One screened copy, as it waits: enough to decide, and to find the body.

    ``size`` is Gmail's estimate in bytes. ``category`` is Gmail's, of received mail that is not primary.
    ``is_as_sent``: the headers are those of its raw bytes already.
    """

    mailbox_id: MailboxId
    mailbox_address: str
    message_id: MessageId
    thread_id: ThreadId
    is_sent: bool
    internal_date: int
    headers: Headers
    people: People
    size: int = 0
    category: str | None = None
    is_as_sent: bool = False


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

    @property
    def category(self) -> str | None:
        """Where Gmail put all copies; None where one is primary mail, for then the others are decided with it."""
        categories = [copy.category for copy in self.copies]
        return self.canonical.category if all(categories) else None

    @property
    def externals(self) -> tuple[Participant, ...]:
        """Of all copies, each address once, the canonical copy's first."""
        return tuple(person for person, _ in self._externals)

    @property
    def company_people(self) -> tuple[Participant, ...]:
        """The external people whose domain may name a company."""
        return tuple(person for person, has_company in self._externals if has_company)

    def names_of(self, address: str) -> frozenset[str]:
        """The display names that the headers of any copy put beside an address."""
        people = (person for copy in self.copies for person in copy.people.participants)
        return frozenset(person.name for person in people if person.address == address and person.name)

    @cached_property
    def _externals(self) -> tuple[tuple[Participant, bool], ...]:
        """Each external person, and whether the domain counts, as the first copy says that has the person."""
        canonical = self.canonical
        by_address: dict[str, tuple[Participant, bool]] = {}
        for copy in (canonical, *(copy for copy in self.copies if copy is not canonical)):
            for person in copy.people.externals:
                has_company = person.address not in copy.people.by_address_only
                by_address.setdefault(person.address, (person, has_company))
        return tuple(by_address.values())
