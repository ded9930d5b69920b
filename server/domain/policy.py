"""The settings of the rules, and what people said."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from server.domain.crm import Record


class Disclosure(StrEnum):
    """How much of a mail goes into the activity."""

    TEXT = "text"
    SUBJECT = "subject"
    HEADERS = "headers"


class LeadOrder(StrEnum):
    """When a Lead that has an address is matched: before the accounts, only where no account has the domain, never."""

    BEFORE = "before"
    AFTER = "after"
    NO = "no"


class NotPrimary(StrEnum):
    """Which received mail in Gmail's categories is decided as primary mail is: none, or what contacts wrote."""

    SKIP = "skip"
    CONTACTS = "contacts"


@dataclass(frozen=True)
class Policy:
    """``publish_delay`` is in seconds. ``blocked`` holds lower-case addresses and domains of the blocklists.

    An admin adds ``public_domains`` to the list of mail providers and takes ``company_domains`` off it.
    ``join_others``: what another tool logged is not logged again. ``opportunities``: an activity is linked to the only
    open one. ``override_contacts_only``: a rep's choice counts for an account that is marked "only sync contact
    matches" too. ``relate_other_accounts``: contacts of other accounts are related too, and Salesforce
    shows the activity on their accounts. ``owner_of_record``: mail whose owner is no User belongs to the owner of its
    record. ``relate_bcc``: an activity is related to people whom Bcc alone names, too.
    """

    version: int = 1
    leads: LeadOrder = LeadOrder.BEFORE
    publish_delay: int = 0
    blocked: frozenset[str] = frozenset()
    public_domains: frozenset[str] = frozenset()
    company_domains: frozenset[str] = frozenset()
    dont_log_label: str = "Don't log"
    override_contacts_only: bool = False
    owner_of_record: bool = False
    relate_bcc: bool = False
    join_others: bool = False
    opportunities: bool = False
    relate_other_accounts: bool = True
    disclosure: Disclosure = Disclosure.TEXT
    not_primary: NotPrimary = NotPrimary.SKIP


@dataclass(frozen=True)
class Override:
    """A rep's word on a conversation: this record, or with ``record`` None "log it anyway"."""

    record: Record | None
    by: str = ""


@dataclass(frozen=True)
class StandingRule:
    """The record that a rep or an admin named as "always for this address"."""

    address: str
    record: Record
    by: str = ""
