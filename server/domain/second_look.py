"""What was logged by one round, to be looked for in the CRM once more some hours later: other tools may be late."""

from __future__ import annotations

from dataclasses import dataclass

from server.domain.ids import ActivityKey, KeyedHash, SalesforceId


@dataclass(frozen=True)
class MailFacts:
    """By what another program's record is recognised as the one of a mail.

    ``people`` are contacts and leads. ``days`` are the ISO dates on which the mail may stand. Message-IDs are without
    angle brackets, authors lower-case. ``sent_at`` is in epoch milliseconds, 0 where it is not known.
    """

    people: frozenset[SalesforceId]
    subject: str
    is_inbound: bool
    days: frozenset[str]
    message_ids: frozenset[str]
    authors: frozenset[str]
    sent_at: int = 0


@dataclass(frozen=True)
class SecondLook:
    """``sealed`` holds the facts of the round's mails by activity key. ``due_at`` is in epoch seconds."""

    name: str
    due_at: float
    sealed: bytes


@dataclass(frozen=True)
class LoggedMail:
    """A mail that was logged, and by what another program's record of it is recognised."""

    key: ActivityKey
    facts: MailFacts
    conversation: KeyedHash | None = None


@dataclass(frozen=True)
class EarlierMail:
    """A mail of ours that stands in the CRM, by what its Task and the ledger say: less than its headers said.

    ``subject`` is the Task's. ``is_inbound`` is None, and ``sent_at`` (epoch milliseconds) 0, where nobody knows.
    """

    key: ActivityKey
    people: frozenset[SalesforceId]
    subject: str
    days: frozenset[str]
    is_inbound: bool | None = None
    sent_at: int = 0
