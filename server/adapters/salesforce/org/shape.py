"""The org's names of our fields, found by describe: with a namespace, without one, or with the older ``truly_``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from server.domain.crm import CrmUser
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


@dataclass(frozen=True)
class OrgShape:
    """``task`` maps our name of a Task field to the org's; ``lengths`` maps a Task field of the org to its length."""

    domain: str | None
    contacts_only: str | None
    task: Mapping[str, str]
    lengths: Mapping[str, int]
    closed_status: str
    relates_many: bool
    has_person_accounts: bool
    contact_emails: tuple[str, ...] = ()
    lead_emails: tuple[str, ...] = ()
    unusable: tuple[str, ...] = ()
    """A sentence for each thing that a setting names and that cannot be used."""
    advice: tuple[str, ...] = ()
    """A sentence for each thing that works and would be slow in a very large org."""
    users: Mapping[str, CrmUser] = field(default_factory=dict)
    """The active Users of SALESFORCE_USERS by mailbox address."""
    has_time_zones: bool = False
    """The integration user may read the Users' time zones."""

    @property
    def optional(self) -> frozenset[str]:
        """The custom fields that an activity can do without: all but the key."""
        return frozenset(name for key, name in self.task.items() if key != "key")

    @property
    def public(self) -> CrmShape:
        missing = [] if self.domain else [f"Account.{DOMAIN[0]}"]
        missing += [] if self.contacts_only else [f"Account.{CONTACTS_ONLY[0]}"]
        missing += [f"Task.{names[0]}" for key, names in ACTIVITY.items() if key not in self.task]
        return CrmShape(
            domain_field=self.domain,
            contacts_only_field=self.contacts_only,
            key_field=self.task.get("key"),
            closed_status=self.closed_status,
            missing=tuple(missing),
            unusable=self.unusable,
            advice=self.advice,
        )


def resolve(names: tuple[str, ...], existing: set[str]) -> str | None:
    """A namespaced field first (``Anything__Email_Domain__c``), then the plain name, then the older one."""
    name, older_name = names
    packaged = sorted(spelling for spelling in existing if spelling.endswith(f"__{name}") and spelling != name)
    return next((spelling for spelling in (*packaged, name, older_name) if spelling in existing), None)


def read_describes(account: Any, task: Any, statuses: list[Any]) -> OrgShape:
    """The shape from the describes of Account and Task and from the rows of TaskStatus."""
    account_fields = {str(f["name"]): f for f in account["fields"]}
    task_fields = {str(f["name"]): f for f in task["fields"]}
    resolved = {key: resolve(names, set(task_fields)) for key, names in ACTIVITY.items()}
    domain = resolve(DOMAIN, set(account_fields))
    searchable = domain is not None and bool(account_fields[domain].get("filterable"))
    closed = sorted((s for s in statuses if s.get("IsClosed")), key=lambda s: s.get("SortOrder") or 0)
    return OrgShape(
        domain=domain if searchable else None,
        contacts_only=resolve(CONTACTS_ONLY, set(account_fields)),
        task={key: name for key, name in resolved.items() if name},
        lengths={name: int(f["length"]) for name, f in task_fields.items() if f.get("length")},
        closed_status=str(closed[0].get("ApiName") or closed[0].get("MasterLabel")) if closed else "Completed",
        relates_many="TaskWhoIds" in task_fields,
        has_person_accounts="IsPersonAccount" in account_fields,
        unusable=() if domain is None or searchable else (f"Account.{domain} cannot be searched: make it a text.",),
        advice=_advise_on_index(account_fields[domain]) if domain and searchable else (),
    )


def is_indexed(described: Any) -> bool:
    """Whether describe shows an index. It does not show one that Salesforce's support added."""
    return bool(described.get("externalId") or described.get("unique") or described.get("idLookup"))


def _advise_on_index(domain: Any) -> tuple[str, ...]:
    if is_indexed(domain):
        return ()
    way = "ask Salesforce support to index it" if domain.get("calculated") else "make it an External ID"
    return (f"Account.{domain['name']} has no index, so each search reads every account: {way}.",)
