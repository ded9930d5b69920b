"""The CRM, in domain words."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from server.domain.crm import (
    Activity,
    Candidates,
    Filed,
    Foreign,
    ForeignRecords,
    Found,
    Opportunities,
    OrgName,
    Query,
    Record,
    Target,
)
from server.domain.crm_survey import OrgSurvey, Storage, TaskAutomation
from server.domain.errors import OtherOrgError
from server.domain.ids import ActivityKey, SalesforceId
from server.domain.ledger import CoverageRow

ACTIVITIES_PER_COLLECTION = 200
"""Activities in one collection."""
ACTIVITIES_PER_CALL = 1000
"""Activities in one call: five collections."""


@dataclass(frozen=True)
class Allowance:
    """The calls that all programs together made to the org in the last 24 hours.

    Background work stops once ``share`` (0 to 1) of the allowed calls is used.
    """

    used: int
    allowed: int
    share: float = 1.0

    @property
    def is_spent(self) -> bool:
        """No calls are left for background work. What a person clicks is still done."""
        return self.used >= self.share * self.allowed


@dataclass(frozen=True)
class CrmShape:
    """What the org offers. ``missing`` names the custom fields that it lacks.

    ``unusable`` has a sentence for what a setting names, or needs a right, and cannot be used, ``advice`` for what
    works and an admin should know of. ``hidden_of_opportunities`` names the objects and fields that linking to
    opportunities needs and that may not be read.
    """

    domain_field: str | None
    contacts_only_field: str | None
    key_field: str | None
    closed_status: str
    missing: tuple[str, ...] = ()
    unusable: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()
    hidden_of_opportunities: tuple[str, ...] = ()
    relates_many: bool = True
    """The org has Shared Activities: an activity is related to 50 contacts, otherwise to one."""


class Crm(Protocol):
    """Every method may raise TransientError, ThrottledError, ReconnectRequiredError or ConfigurationError.

    Where another org answers than the one that the state belongs to, each raises OtherOrgError, and nothing is written.
    """

    def shape(self) -> CrmShape:
        """Asked of the org once, and kept."""

    def name_org(self) -> OrgName:
        """The org that answers, whether the state belongs to it or not. Raises as the others but for OtherOrgError."""

    @property
    def other_org(self) -> OtherOrgError | None:
        """Set where the last call of this process met another org than the state's. No call is made."""

    def storage(self, *, ask: bool = False) -> Storage | None:
        """The org's data storage as it was half an hour ago at most. None where nobody asked, or the org does not tell.

        ``ask``: with one call where the figure is older. Raises nothing of its own.
        """

    def survey(self) -> OrgSurvey:
        """What the doctor wants to know, in a handful of calls."""

    def list_automation(self) -> TaskAutomation:
        """What of the org's own runs when an activity is saved."""

    def look_up(self, query: Query) -> Candidates:
        """All records and active Users for these addresses and domains, in as few calls as the limits allow."""

    def readable(self, user_id: SalesforceId, record_ids: Sequence[SalesforceId]) -> frozenset[SalesforceId]:
        """Which of these records Salesforce lets that user read."""

    def file(self, activities: Sequence[Activity]) -> Sequence[Filed]:
        """Insert, never update; at most ``ACTIVITIES_PER_CALL``; the answers are in order.

        One bad record does not hurt the others: its error is a value. An activity whose key is there already counts as
        filed. DoubtError, as a value or raised for all, says that the answer was lost: ``find_by_key`` comes before
        anything is filed again.
        """

    def allowance(self, *, ask: bool = False) -> Allowance | None:
        """The daily calls as Salesforce reported them some minutes ago at most; None before its first report.

        ``ask``: with one call where there was no report yet.
        """

    def retarget(self, targets: Sequence[Target], *, together: bool = False) -> Sequence[Exception | None]:
        """Point activities at other records; the answers are in order, None for done.

        A failure is a value: StaleTargetError where the activity or the record is gone, TransientError, RejectedError.
        ``together``: where one of two hundred fails none of them is changed, and the others' answer is TransientError.
        """

    def relate(self, people: Mapping[SalesforceId, Sequence[SalesforceId]]) -> None:
        """Further people of activities that stand, by the activity. Who is related already stays.

        An activity stands whatever becomes of this: what the org refuses is left.
        """

    def give(self, owners: Sequence[tuple[SalesforceId, SalesforceId]]) -> Sequence[Exception | None]:
        """Give each activity to a User, and change nothing else of it; the answers are in order, None for done."""

    def remove(self, activity_ids: Sequence[SalesforceId]) -> Sequence[Exception | None]:
        """Move activities into the Recycle Bin; one that is there already counts as done. The answers are in order."""

    def search(self, text: str) -> Sequence[Record]:
        """Contacts, Leads and Accounts with these words in a name or address, the likeliest first; at most 30."""

    def record(self, record_id: SalesforceId) -> Record:
        """One Contact, Lead or Account, or the record that it was merged or converted into. Raises NotFoundError."""

    def opportunities(self, contacts: Sequence[SalesforceId], accounts: Sequence[SalesforceId]) -> Opportunities:
        """The open opportunities of these contacts (by contact role) and of these accounts."""

    def foreign_activities(self, message_ids: Sequence[str]) -> Mapping[str, Foreign]:
        """Activities that other tools (Einstein Activity Capture, the Gmail integration) made of these mails.

        The keys are Message-IDs without angle brackets. Raises ConfigurationError where the org keeps no email records.
        """

    def foreign_records(
        self, message_ids: Collection[str], people: Collection[SalesforceId], days: Collection[str]
    ) -> ForeignRecords:
        """What other tools made of these mails, in one call for a thousand where they made nothing, else in two.

        By Message-ID, as above; and the email Tasks of these contacts and leads, from the first to the last of these
        days (ISO), that are not ours: none of them where the org has no field for our key, for then ours and theirs
        look the same. An org that keeps no email records still shows its Tasks. With them come our own of the same
        people and days, those in the Recycle Bin too.
        """

    def foreign_tasks(self, activity_ids: Collection[SalesforceId]) -> ForeignRecords:
        """These Tasks of other tools, and our own beside them as above: none where the org has no key field."""

    def standing_activities(self, activity_ids: Sequence[SalesforceId]) -> Mapping[SalesforceId, bool]:
        """Of these Tasks True for what is there, archived ones too, and False for what lies in the Recycle Bin.

        What we may not see is not among them, and neither is what left the Recycle Bin.
        """

    def takes_days(self) -> bool:
        """Whether ``publish`` has an object to write to."""

    def publish(self, rows: Sequence[CoverageRow]) -> Sequence[Exception | None]:
        """Write days for the reports. A day that is there is replaced. The answers are in order, None for done.

        Raises NotFoundError where the org has no object for them.
        """

    def find_by_key(self, keys: Sequence[ActivityKey]) -> Mapping[ActivityKey, Found]:
        """The activities with these keys, archived and deleted ones too.

        Raises ConfigurationError where the org has no key field.
        """
