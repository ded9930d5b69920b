"""What we decided about a mail, and the full why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from server.domain.crm import Record
from server.domain.ids import MailboxId, SalesforceId

MOST_RELATED = 50
"""Salesforce relates a Task to this many Contacts, where the org has Shared Activities."""


class Outcome(StrEnum):
    """Every message ends in exactly one of these."""

    LOGGED = "logged"
    SKIPPED = "skipped"
    WAITING = "waiting"
    FAILED = "failed"
    GONE = "gone"
    REMOVED = "removed"


class Reason(StrEnum):
    """The closed list, in the order in which the rules are asked."""

    NOT_MAIL = "not_mail"
    NOT_PRIMARY = "not_primary"
    BEFORE_START = "before_start"
    KEPT_OUT = "kept_out"
    BLOCKED = "blocked"
    INTERNAL_ONLY = "internal_only"
    AUTOMATED = "automated"
    THREAD_OVERRIDE = "thread_override"
    RULE_MATCH = "rule_match"
    CONTACT_MATCH = "contact_match"
    LEAD_MATCH = "lead_match"
    ACCOUNT_DOMAIN_MATCH = "account_domain_match"
    CONTACTS_ONLY_ACCOUNT = "contacts_only_account"
    NO_MATCH = "no_match"
    READY = "ready"
    HELD = "held"
    RETRYING = "retrying"
    REJECTED = "rejected"
    UNREADABLE = "unreadable"
    GONE = "gone"
    ERASED = "erased"
    TAKEN_BACK = "taken_back"


OUTCOME_OF: dict[Reason, Outcome] = {
    **dict.fromkeys(
        (
            Reason.NOT_MAIL,
            Reason.NOT_PRIMARY,
            Reason.BEFORE_START,
            Reason.KEPT_OUT,
            Reason.BLOCKED,
            Reason.INTERNAL_ONLY,
            Reason.AUTOMATED,
            Reason.CONTACTS_ONLY_ACCOUNT,
            Reason.NO_MATCH,
        ),
        Outcome.SKIPPED,
    ),
    **dict.fromkeys(
        (
            Reason.THREAD_OVERRIDE,
            Reason.RULE_MATCH,
            Reason.CONTACT_MATCH,
            Reason.LEAD_MATCH,
            Reason.ACCOUNT_DOMAIN_MATCH,
        ),
        Outcome.LOGGED,
    ),
    **dict.fromkeys((Reason.READY, Reason.HELD, Reason.RETRYING), Outcome.WAITING),
    **dict.fromkeys((Reason.REJECTED, Reason.UNREADABLE), Outcome.FAILED),
    Reason.GONE: Outcome.GONE,
    **dict.fromkeys((Reason.ERASED, Reason.TAKEN_BACK), Outcome.REMOVED),
}
"""Which outcome a reason belongs to: one source, so that the two can never disagree."""


class Why(StrEnum):
    """Why a record was not the chosen one."""

    OWNED_BY_OTHER = "owned_by_other"
    UPDATED_EARLIER = "updated_earlier"
    HIGHER_ID = "higher_id"
    NOT_A_CONTACT = "not_a_contact"
    NOT_A_PERSON = "not_a_person"
    CONTACTS_ONLY = "contacts_only"
    CHOICE_OF_A_PERSON = "choice_of_a_person"
    PARENT_DOMAIN = "parent_domain"
    NOT_EXACT_ADDRESS = "not_exact_address"
    BLIND_COPY = "blind_copy"
    OTHER_NAME = "other_name"
    NOT_AN_ACCOUNT = "not_an_account"


@dataclass(frozen=True)
class Loser:
    """A record that fitted and was not chosen."""

    record: Record
    why: Why


@dataclass(frozen=True)
class Evidence:
    """A named fact behind a verdict. ``header_position`` points into the message and quotes nothing from it."""

    mark: str
    header_position: int | None = None
    weight: int = 0


@dataclass(frozen=True)
class Screening:
    """The word of labels, people and author on one copy. ``reason`` is None when the mail goes on to matching."""

    reason: Reason | None
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True)
class Unrelated:
    """How many contacts of a mail its activity is not related to.

    ``beyond`` stand in To or Cc, and ``blind_beyond`` in Bcc alone, beyond the ``most`` that Salesforce relates.
    ``blind`` stand in Bcc alone, and are left out for that.
    """

    most: int = MOST_RELATED
    beyond: int = 0
    blind_beyond: int = 0
    blind: int = 0

    @property
    def without_blind(self) -> Unrelated:
        """What those may know who do not hold the Bcc header."""
        return Unrelated(self.most, self.beyond)

    @property
    def count(self) -> int:
        return self.beyond + self.blind_beyond + self.blind


@dataclass(frozen=True)
class Decision:
    """``chosen`` is None unless logged. ``related`` are matched people, the chosen one first, as many as the org takes.

    ``blind`` are the records that only a Bcc header found, each with the mailboxes that hold that header: nobody else
    is shown them. ``would_change`` says what would alter the result: the addresses and domains that nobody in
    Salesforce explains.
    """

    reason: Reason
    chosen: Record | None = None
    losers: tuple[Loser, ...] = ()
    related: tuple[Record, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    policy_version: int = 0
    would_change: tuple[str, ...] = ()
    unrelated: Unrelated = field(default_factory=Unrelated)
    blind: Mapping[SalesforceId, frozenset[MailboxId]] = field(default_factory=dict, hash=False)

    @property
    def outcome(self) -> Outcome:
        return OUTCOME_OF[self.reason]
