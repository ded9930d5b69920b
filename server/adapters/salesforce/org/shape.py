"""The org's names of our fields, found by describe: with a namespace, without one, or with the older ``truly_``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from server.adapters.salesforce.org.readable import Readable
from server.adapters.salesforce.org.rights import SPARED, TaskRights, read_rights
from server.adapters.salesforce.org.task_values import ActivityChoices, read_task_values
from server.domain.crm import CrmUser
from server.domain.errors import ConfigurationError
from server.ports.crm import CrmShape

DOMAIN = ("Email_Domain__c", "truly_emailDomain__c")
CONTACTS_ONLY = ("Email_Only_Sync_Contact_Matches__c", "truly_emailOnlySyncContactMatches__c")
ACTIVITY = {
    "key": ("Message_Key__c", "truly_messageKey__c"),
    "message_id": ("Message_Id__c", "truly_messageId__c"),
    "thread": ("Thread_Id__c", "truly_threadId__c"),
    "direction": ("Direction__c", "truly_direction__c"),
    "from": ("From_Address__c", "truly_fromAddress__c"),
    "to": ("To_Addresses__c", "truly_toAddresses__c"),
    "cc": ("Cc_Addresses__c", "truly_ccAddresses__c"),
    "sent_at": ("Sent_At__c", "truly_sentAt__c"),
    "mailbox": ("Mailbox__c", "truly_mailbox__c"),
    "match_type": ("Match_Type__c", "truly_matchType__c"),
    "attachments": ("Attachment_Count__c", "truly_attachmentCount__c"),
    "response_minutes": ("Response_Minutes__c", "truly_responseMinutes__c"),
    "backfilled": ("Backfilled__c", "truly_backfilled__c"),
}

COVERAGE = ("Sync_Coverage__c", "truly_syncCoverage__c")
"""Names of the object for days of coverage. ``COVERAGE_FIELDS`` has the names of its fields."""
COVERAGE_FIELDS = {
    "key": ("Day_Key__c", "truly_dayKey__c"),
    "mailbox": ("Mailbox__c", "truly_mailbox__c"),
    "day": ("Day__c", "truly_day__c"),
    "seen": ("Seen__c", "truly_seen__c"),
    "logged": ("Logged__c", "truly_logged__c"),
    "skipped": ("Skipped__c", "truly_skipped__c"),
    "refused": ("Refused__c", "truly_refused__c"),
    "unreadable": ("Unreadable__c", "truly_unreadable__c"),
    "waiting": ("Waiting__c", "truly_waiting__c"),
    "gone": ("Gone__c", "truly_gone__c"),
    "removed": ("Removed__c", "truly_removed__c"),
    "causes": ("Refusal_Causes__c", "truly_refusalCauses__c"),
}


NO_OBJECT = {
    "Account": "The integration user cannot read accounts, so none is found by its domain. Give it read access.",
    "User": (
        "The integration user cannot read Users, so it owns every activity itself."
        " Give it read access, and the permission View All Users."
    ),
}
"""What is said of an object that may not be read. Without Contact and Task nothing works."""
NO_LEADS = "The integration user cannot read leads, so none is found. Give it read access."
WANTED = {
    "Account": ("OwnerId", "Name"),
    "Contact": ("AccountId", "OwnerId", "Name"),
    "Lead": ("Company", "OwnerId", "Name"),
    "User": ("Username", "Email"),
}
"""Fields that a decision or a card is poorer without."""
NO_FEDERATION_ID = (
    "User.FederationIdentifier cannot be read or filtered by, so a mailbox's User is found by username and email alone."
)
OPPORTUNITIES = {"Opportunity": ("AccountId", "IsClosed"), "OpportunityContactRole": ("ContactId", "OpportunityId")}


@dataclass(frozen=True)
class EmailFields:
    """``indexed`` are asked in every question, ``searched`` by Salesforce's search where nobody has the address."""

    indexed: tuple[str, ...] = ()
    searched: tuple[str, ...] = ()

    @property
    def every(self) -> tuple[str, ...]:
        return self.indexed + self.searched


@dataclass(frozen=True)
class OrgShape:
    """``task`` maps our name of a Task field to the org's; ``lengths`` maps a Task field of the org to its length.

    ``domains`` and ``boxes`` are all fields of the account that are ours: an account is found by any of them, and has
    the box where any is ticked.
    """

    domains: tuple[str, ...]
    boxes: tuple[str, ...]
    task: Mapping[str, str]
    lengths: Mapping[str, int]
    closed_status: str
    relates_many: bool
    has_person_accounts: bool
    contact_emails: EmailFields = EmailFields(("Email",))
    lead_emails: EmailFields = EmailFields(("Email",))
    unusable: tuple[str, ...] = ()
    """A sentence for each thing that a setting names, or a right gives, and that cannot be used."""
    advice: tuple[str, ...] = ()
    """A sentence for each thing that works and that an admin should know of."""
    users: Mapping[str, CrmUser] = field(default_factory=dict)
    """The active Users of SALESFORCE_USERS by mailbox address."""
    has_time_zones: bool = False
    """The integration user may read the Users' time zones."""
    readable: Readable = field(default_factory=Readable)
    rights: TaskRights = field(default_factory=TaskRights)
    """What may be written of a Task."""
    fixed: Mapping[str, Any] = field(default_factory=dict)
    """Task fields that have the same value in every activity: those of TASK_FIELDS, and the type of an email."""

    has_header: bool = False
    """The lines From, To, Cc and Date stand above an email's text."""

    @property
    def optional(self) -> frozenset[str]:
        """The fields that an activity can do without: not the key, and none that links it or holds the mail."""
        custom = {name for key, name in self.task.items() if key != "key"}
        return SPARED | custom | self.fixed.keys()

    @property
    def public(self) -> CrmShape:
        missing = [] if self.domains else [f"Account.{DOMAIN[0]}"]
        missing += [] if self.boxes else [f"Account.{CONTACTS_ONLY[0]}"]
        missing += [f"Task.{names[0]}" for key, names in ACTIVITY.items() if key not in self.task]
        hidden: list[str] = []
        for kind, fields in OPPORTUNITIES.items():
            hidden += self.readable.list_hidden(kind, fields) if self.readable.has_object(kind) else [kind]
        return CrmShape(
            domain_field=next(iter(self.domains), None),
            contacts_only_field=next(iter(self.boxes), None),
            key_field=self.task.get("key"),
            closed_status=self.closed_status,
            missing=tuple(missing),
            unusable=(*self.unusable, *self.rights.explain(self.optional)),
            advice=self.advice,
            hidden_of_opportunities=tuple(hidden),
            relates_many=self.relates_many,
        )


def list_fields(names: tuple[str, ...], existing: set[str]) -> tuple[str, ...]:
    """Namespaced fields first (``Anything__Email_Domain__c``), then the plain name, then the older one."""
    name, older_name = names
    packaged = sorted(spelling for spelling in existing if spelling.endswith(f"__{name}") and spelling != name)
    return tuple(spelling for spelling in (*packaged, name, older_name) if spelling in existing)


def resolve(names: tuple[str, ...], existing: set[str]) -> str | None:
    return next(iter(list_fields(names, existing)), None)


def read_describes(described: Mapping[str, Any], statuses: list[Any], activities: ActivityChoices) -> OrgShape:
    """The shape from the describes by object, None for one that may not be read, and from the rows of TaskStatus.

    Raises ConfigurationError where contacts or Tasks may not be read: without them nothing can be matched or logged.
    """
    if unreadable := [kind for kind in ("Contact", "Task") if described.get(kind) is None]:
        raise ConfigurationError(
            f"The integration user cannot read {' and '.join(unreadable)} in Salesforce, so nothing is logged."
            " Assign it the permission set, or give it read access. Email waits until then."
        )
    readable = Readable.of(described)
    account = {str(f["name"]): f for f in (described["Account"] or {"fields": ()})["fields"]}
    task = {str(f["name"]): f for f in described["Task"]["fields"]}
    resolved = {key: resolve(names, set(task)) for key, names in ACTIVITY.items()}
    domains, boxes = list_fields(DOMAIN, set(account)), list_fields(CONTACTS_ONLY, set(account))
    searchable = tuple(name for name in domains if account[name].get("filterable"))
    closed = sorted((s for s in statuses if s.get("IsClosed")), key=lambda s: s.get("SortOrder") or 0)
    custom = [name for name in resolved.values() if name]
    fixed, wrong_values = read_task_values(described["Task"], activities, custom)
    key = resolved["key"] or (ACTIVITY["key"][0] if any(resolved.values()) else None)
    return OrgShape(
        domains=searchable,
        boxes=boxes,
        task={key: name for key, name in resolved.items() if name},
        lengths={name: int(f["length"]) for name, f in task.items() if f.get("length")},
        closed_status=str(closed[0].get("ApiName") or closed[0].get("MasterLabel")) if closed else "Completed",
        relates_many="TaskWhoIds" in task,
        has_person_accounts="IsPersonAccount" in account,
        unusable=(
            *_list_unusable(readable),
            *(_not_searchable(name) for name in domains if name not in searchable),
            *wrong_values,
        ),
        advice=(
            *(sentence for names in (domains, boxes) for sentence in _advise_on_doubles(names)),
            *(sentence for name in searchable for sentence in _advise_on_index(account[name])),
            *([] if readable.can_filter("User", "FederationIdentifier") else [NO_FEDERATION_ID]),
        ),
        has_time_zones=readable.has("User", "TimeZoneSidKey"),
        readable=readable,
        rights=read_rights(task, key, custom),
        fixed=fixed,
        has_header=activities.has_header,
    )


def _list_unusable(readable: Readable) -> list[str]:
    sentences = [sentence for kind, sentence in NO_OBJECT.items() if not readable.has_object(kind)]
    hidden = [name for kind, fields in WANTED.items() for name in readable.list_hidden(kind, fields)]
    if hidden:
        sentences.append(f"The integration user cannot read {', '.join(hidden)}. Give it read access.")
    return sentences


def _not_searchable(name: str) -> str:
    return f"Account.{name} cannot be searched: make it a text."


def _advise_on_doubles(names: Sequence[str]) -> list[str]:
    if len(names) < 2:
        return []
    listed = " and ".join(f"Account.{name}" for name in names)
    way = "keep the first, move what stands in the others there, and delete them"
    return [f"The org has {listed}, which mean the same, and all of them count: {way}."]


def is_indexed(described: Any) -> bool:
    """Whether describe shows an index. It does not show one that Salesforce's support added."""
    return bool(described.get("externalId") or described.get("unique") or described.get("idLookup"))


def _advise_on_index(domain: Any) -> tuple[str, ...]:
    if is_indexed(domain):
        return ()
    way = "ask Salesforce support to index it" if domain.get("calculated") else "make it an External ID"
    return (f"Account.{domain['name']} has no index, so each search reads every account: {way}.",)
