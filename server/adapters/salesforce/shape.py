"""What this org calls our fields, resolved by describe: namespaced, plain and ``truly_`` names alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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


@dataclass(frozen=True)
class OrgShape:
    """``task`` maps our name of a field to the org's; ``lengths`` maps a Task field of the org to its length."""

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
    """Fields that a setting names and that cannot be searched, each with why."""

    @property
    def optional(self) -> frozenset[str]:
        """Fields of ours that an activity can do without."""
        return frozenset(name for ours, name in self.task.items() if ours != "key")

    @property
    def public(self) -> CrmShape:
        missing = [] if self.domain else [f"Account.{DOMAIN[0]}"]
        missing += [] if self.contacts_only else [f"Account.{CONTACTS_ONLY[0]}"]
        missing += [f"Task.{names[0]}" for ours, names in ACTIVITY.items() if ours not in self.task]
        return CrmShape(
            self.domain, self.contacts_only, self.task.get("key"), self.closed_status, tuple(missing), self.unusable
        )


def resolve(names: tuple[str, ...], existing: set[str]) -> str | None:
    """A namespaced field first (``Anything__Email_Domain__c``), then the plain name, then the older one."""
    plain, older = names
    packaged = sorted(name for name in existing if name.endswith(f"__{plain}") and name != plain)
    return next((name for name in (*packaged, plain, older) if name in existing), None)


def shape_of(account: Any, task: Any, statuses: list[Any]) -> OrgShape:
    """From two describes and the rows of TaskStatus."""
    account_fields = {str(f["name"]) for f in account["fields"]}
    task_fields = {str(f["name"]): f for f in task["fields"]}
    resolved = {ours: resolve(names, set(task_fields)) for ours, names in ACTIVITY.items()}
    closed = sorted((s for s in statuses if s.get("IsClosed")), key=lambda s: s.get("SortOrder") or 0)
    return OrgShape(
        domain=resolve(DOMAIN, account_fields),
        contacts_only=resolve(CONTACTS_ONLY, account_fields),
        task={ours: name for ours, name in resolved.items() if name},
        lengths={name: int(f["length"]) for name, f in task_fields.items() if f.get("length")},
        closed_status=str(closed[0].get("ApiName") or closed[0].get("MasterLabel")) if closed else "Completed",
        relates_many="TaskWhoIds" in task_fields,
        has_person_accounts="IsPersonAccount" in account_fields,
    )
