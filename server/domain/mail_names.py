"""Under which Message-IDs the copies of our own people's mail are known."""

from __future__ import annotations

from dataclasses import dataclass, field

from server.domain.ids import ActivityKey, KeyedHash


@dataclass(frozen=True)
class CopyName:
    """What the headers of one copy of our own person's mail say of the mail.

    ``family`` is the keyed hash of author, date, subject and recipients: the same in every copy, whatever a server did
    to the Message-ID. ``key`` is the activity key that the copy's own Message-ID makes. ``site`` is the keyed hash of
    the part of the Message-ID behind its "@". ``families`` has ``family`` under every hash key there is.
    ``is_first``: the copy answers no mail, so that its own Message-ID names the conversation.
    """

    families: tuple[KeyedHash, ...]
    key: ActivityKey
    site: KeyedHash
    is_sent: bool
    conversation: KeyedHash | None = None
    is_first: bool = False

    @property
    def family(self) -> KeyedHash:
        return self.families[0]


@dataclass(frozen=True)
class NamedMail:
    """One real mail of a family. ``activity_key`` is that of the copy that was read first, and never changes.

    ``sent`` is the key that the SENT copy's Message-ID makes, ``received`` that of the copies that a server renamed.
    """

    activity_key: ActivityKey
    conversation: KeyedHash | None = None
    sent: ActivityKey | None = None
    sent_site: KeyedHash | None = None
    received: ActivityKey | None = None
    received_site: KeyedHash | None = None


@dataclass(frozen=True)
class MailFamily:
    """The mails that one of our people wrote in the same second, about the same, to the same people: one, as a rule."""

    key: KeyedHash
    mails: tuple[NamedMail, ...] = ()
    version: str = field(default="", compare=False)
