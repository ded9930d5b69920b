"""A mailbox we sync, and the Workspace it lives in."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from server.domain.ids import HistoryId, MailboxId, SalesforceId


class Stage(StrEnum):
    """The stage gates every write to Salesforce."""

    OFF = "off"
    DRY_RUN = "dry_run"
    LIVE = "live"
    DRAINING = "draining"

    @property
    def collects(self) -> bool:
        return self is not Stage.OFF

    @property
    def delivers(self) -> bool:
        return self in {Stage.LIVE, Stage.DRAINING}


@dataclass(frozen=True)
class Person:
    """One Directory user. ``mailbox_id`` is immutable; ``addresses`` holds the primary one first, then all aliases."""

    mailbox_id: MailboxId
    addresses: tuple[str, ...]
    name: str = ""
    is_suspended: bool = False
    is_admin: bool = False
    has_mailbox: bool = True

    @property
    def address(self) -> str:
        return self.addresses[0]


@dataclass(frozen=True)
class Workspace:
    """What makes an address ours: domains, with their sub-domains, and single addresses.

    ``people`` maps a person's primary address to all of that person's addresses, send-as included, primary first.
    """

    domains: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    people: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def owners(self) -> dict[str, str]:
        """Any address of a person to the primary one."""
        return {address: primary for primary, addresses in self.people.items() for address in addresses}

    def is_internal(self, address: str) -> bool:
        return address in self.owners or address in self.groups or self.owns_domain(address.rpartition("@")[2])

    def is_group(self, address: str) -> bool:
        return address in self.groups

    def owns_domain(self, domain: str) -> bool:
        labels = domain.split(".")
        return any(".".join(labels[i:]) in self.domains for i in range(len(labels)))

    def addresses_of(self, address: str) -> tuple[str, ...]:
        """All addresses of the person behind an internal address, the primary one first."""
        primary = self.owners.get(address)
        return self.people[primary] if primary else (address,)


@dataclass(frozen=True)
class Backfill:
    """How far into its past a mailbox has been looked at: from ``until`` (epoch seconds) on, all of it.

    ``width`` is the next window's, in seconds, 0 for all that is left. ``size`` is how many messages there were at
    ``begun_at`` and ``seen`` how many were looked at since: both for an estimate. ``is_again``: the past was known
    before, and may have changed unseen. Its trouble is its own: new mail comes while the past has to wait.
    """

    begun_at: float
    until: int
    width: int
    size: int
    seen: int = 0
    is_again: bool = False
    paused_until: float = 0.0
    failures: int = 0
    last_error: str | None = None


@dataclass(frozen=True)
class Mailbox:
    """``start`` is epoch milliseconds, 0 for "everything"; ``cursor`` is None until the mailbox was first read.

    From ``cursor`` on history tells what happens; ``backfill`` is how far the past before it is known, None for all.
    ``watched_at`` is when Gmail last agreed to push, until ``watch_expires_at``; ``watch_failed_at`` when it last did
    not (epoch seconds all). ``crm_user_id`` is the Salesforce User behind the mailbox, once the sidebar has asked for
    it; ``dont_log_label`` the id of the label "Don't log" when it was last read.
    """

    mailbox_id: MailboxId
    addresses: tuple[str, ...]
    stage: Stage = Stage.OFF
    start: int = 0
    cursor: HistoryId | None = None
    name: str = ""
    paused_until: float = 0.0
    failures: int = 0
    last_error: str | None = None
    last_synced_at: float | None = None
    last_audit_at: float | None = None
    crm_user_id: SalesforceId | None = None
    backfill: Backfill | None = None
    dont_log_label: str | None = None
    watch_expires_at: float | None = None
    watched_at: float | None = None
    watch_failed_at: float | None = None

    @property
    def address(self) -> str:
        return self.addresses[0]
