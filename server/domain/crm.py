"""What Salesforce holds that a decision can point at. *Account* and *User* are only Salesforce's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from server.domain.ids import ActivityKey, SalesforceId

UNSEEN = "The integration user cannot see this activity, so it was left as it is."
"""What a person reads of an activity that is in Salesforce and that Salesforce does not show us."""


class RecordKind(StrEnum):
    CONTACT = "Contact"
    LEAD = "Lead"
    ACCOUNT = "Account"


@dataclass(frozen=True)
class Record:
    """A Contact, Lead or Account that an address or a domain found.

    ``found_by`` is that address or domain, lower-case. ``modified_at`` is Salesforce's LastModifiedDate in epoch
    milliseconds. ``contacts_only`` is the Account's "only sync contact matches" box. ``is_owner_active``: its owner is
    known to be a User who can own an activity.
    """

    record_id: SalesforceId
    kind: RecordKind
    found_by: str
    name: str = ""
    owner_id: SalesforceId | None = None
    account_id: SalesforceId | None = None
    account_name: str = ""
    modified_at: int = 0
    contacts_only: bool = False
    is_person_account: bool = False
    is_owner_active: bool = False


@dataclass(frozen=True)
class CrmUser:
    """``time_zone``: the IANA name of where they work, or "" where nobody said."""

    user_id: SalesforceId
    address: str
    time_zone: str = ""


@dataclass(frozen=True)
class RecordOwner:
    """An active User who was asked for by id, with all the addresses by which Salesforce knows the User."""

    user: CrmUser
    addresses: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Query:
    """What one batch of mail needs to know from the CRM, asked once. All lower-case, but for the ids of Users."""

    addresses: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    users: frozenset[str] = frozenset()
    owners: frozenset[SalesforceId] = frozenset()

    def __or__(self, other: Query) -> Query:
        return Query(
            self.addresses | other.addresses,
            self.domains | other.domains,
            self.users | other.users,
            self.owners | other.owners,
        )


@dataclass(frozen=True)
class Candidates:
    """The answer to a ``Query``: everything that could be chosen, by the address or domain that found it."""

    contacts: dict[str, tuple[Record, ...]] = field(default_factory=dict)
    leads: dict[str, tuple[Record, ...]] = field(default_factory=dict)
    accounts: dict[str, tuple[Record, ...]] = field(default_factory=dict)
    users: dict[str, CrmUser] = field(default_factory=dict)
    owners: dict[SalesforceId, RecordOwner] = field(default_factory=dict)

    def list_owner_ids(self, query: Query) -> frozenset[SalesforceId]:
        """The owners of all records that the addresses and domains of ``query`` found."""
        people = (table.get(a, ()) for table in (self.contacts, self.leads) for a in query.addresses)
        companies = (self.accounts.get(domain, ()) for domain in query.domains)
        return frozenset(r.owner_id for records in (*people, *companies) for r in records if r.owner_id)


@dataclass(frozen=True)
class Opportunities:
    """Open ones: those on which a contact has a role, and those of an account."""

    by_contact: dict[SalesforceId, frozenset[SalesforceId]] = field(default_factory=dict)
    by_account: dict[SalesforceId, frozenset[SalesforceId]] = field(default_factory=dict)


@dataclass(frozen=True)
class OrgName:
    """``name`` is what the org's own people call it, empty where the integration user may not read it."""

    org_id: str
    name: str = ""
    is_sandbox: bool = False


class Direction(StrEnum):
    INBOUND = "Inbound"
    OUTBOUND = "Outbound"


@dataclass(frozen=True)
class Activity:
    """One mail as it will stand in Salesforce. Times are epoch milliseconds, UTC.

    ``day`` is the ISO date where its owner works. ``response_minutes``: how long the customer waited for it, where it
    is an answer to a mail that is logged too.
    """

    key: ActivityKey
    subject: str
    body: str
    sent_at: int
    day: str
    direction: Direction
    owner_id: SalesforceId | None
    who_id: SalesforceId | None
    what_id: SalesforceId | None
    related_ids: tuple[SalesforceId, ...]
    from_address: str
    to_addresses: tuple[str, ...]
    cc_addresses: tuple[str, ...]
    rfc822_message_id: str
    thread_id: str
    mailbox: str
    match_type: str
    attachment_names: tuple[str, ...] = ()
    is_backfilled: bool = False
    response_minutes: int | None = None


@dataclass(frozen=True)
class Target:
    """Where an activity that stands in Salesforce shall point from now on.

    ``related_ids`` are all its people, the chosen one first, where it points at a person.
    """

    activity_id: SalesforceId
    who_id: SalesforceId | None
    what_id: SalesforceId | None
    match_type: str
    related_ids: tuple[SalesforceId, ...] = ()


@dataclass(frozen=True)
class Filed:
    """The answer for one activity: its Salesforce id, or why not.

    ``error`` is an exception of ``domain.errors`` (a value here: one bad record does not hurt its batch).
    """

    key: ActivityKey
    activity_id: SalesforceId | None = None
    error: Exception | None = None


@dataclass(frozen=True)
class Foreign:
    """An activity that another tool made of a mail. ``author`` is the sender's address, empty where it has none."""

    activity_id: SalesforceId
    author: str = ""


@dataclass(frozen=True)
class ForeignTask:
    """An email Task that another program wrote. ``day`` is its ISO date.

    ``is_inbound`` is None, and ``message_ids`` and ``authors`` are empty, where there is no record of the email behind
    it. Message-IDs are without angle brackets, authors lower-case. ``created_at`` is in epoch milliseconds, 0 where it
    is not known; ``who_id`` is empty where the Task names nobody.
    """

    activity_id: SalesforceId
    who_id: SalesforceId
    subject: str
    day: str
    is_inbound: bool | None = None
    message_ids: frozenset[str] = frozenset()
    authors: frozenset[str] = frozenset()
    created_at: int = 0


@dataclass(frozen=True)
class OwnTask:
    """An email Task that we wrote, as it stands there; it may lie in the Recycle Bin. ``day`` is its ISO date."""

    activity_id: SalesforceId
    key: ActivityKey
    who_id: SalesforceId
    subject: str
    day: str


@dataclass(frozen=True)
class ForeignRecords:
    """What other programs logged: activities by the Message-ID of their email records, and email Tasks.

    ``own`` are our email Tasks of the same people, from a day before the first of these Tasks to a day after the last.
    ``shows_emails`` is False where the org shows no email records.
    """

    by_message_id: Mapping[str, Foreign] = field(default_factory=dict)
    tasks: tuple[ForeignTask, ...] = ()
    own: tuple[OwnTask, ...] = ()
    shows_emails: bool = True


@dataclass(frozen=True)
class Found:
    """An activity that Salesforce already has under our key. ``is_deleted``: somebody put it in the Recycle Bin.

    ``created_by`` is the User who inserted it: the integration user, who also owns what nobody else was to own.
    """

    key: ActivityKey
    activity_id: SalesforceId
    is_deleted: bool = False
    who_id: SalesforceId | None = None
    what_id: SalesforceId | None = None
    owner_id: SalesforceId | None = None
    created_by: SalesforceId | None = None
