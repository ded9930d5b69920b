"""A mailbox we sync, and the Workspace it lives in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property

from server.domain.ids import Cursor, MailboxId, SalesforceId
from server.domain.ledger import DayCoverage
from server.domain.trouble import PersonStep, Trouble


class Stage(StrEnum):
    """The stage gates every write to Salesforce."""

    OFF = "off"
    DRY_RUN = "dry_run"
    LIVE = "live"
    DRAINING = "draining"

    @property
    def collects(self) -> bool:
        """Draining reads nothing new: what is collected is delivered."""
        return self in {Stage.DRY_RUN, Stage.LIVE}

    @property
    def delivers(self) -> bool:
        return self in {Stage.LIVE, Stage.DRAINING}


class DirectoryState(StrEnum):
    """What the Directory says of a mailbox's person, and where it says "active", whether Gmail agrees."""

    ACTIVE = "active"
    NOT_SET_UP = "not_set_up"
    NO_GMAIL = "no_gmail"
    SUSPENDED = "suspended"
    ARCHIVED = "archived"
    DELETED = "deleted"

    @property
    def has_left(self) -> bool:
        """The person is away, perhaps for good."""
        return self in {DirectoryState.SUSPENDED, DirectoryState.ARCHIVED, DirectoryState.DELETED}

    @property
    def is_readable(self) -> bool:
        """Worth asking Gmail for: a mailbox that is being set up may be there any minute."""
        return self in {DirectoryState.ACTIVE, DirectoryState.NOT_SET_UP}


@dataclass(frozen=True)
class Person:
    """One Directory user. ``mailbox_id`` is immutable; ``addresses`` holds the primary one first, then all aliases.

    ``org_unit`` is a path such as ``/Sales/North``. A guest is somebody else's, with an account to share files.
    """

    mailbox_id: MailboxId
    addresses: tuple[str, ...]
    name: str = ""
    is_suspended: bool = False
    is_admin: bool = False
    is_archived: bool = False
    is_set_up: bool = True
    is_guest: bool = False
    org_unit: str = "/"

    @property
    def address(self) -> str:
        return self.addresses[0]

    @property
    def has_mailbox(self) -> bool:
        return self.is_set_up and not self.is_archived and not self.is_guest

    @property
    def state(self) -> DirectoryState:
        if self.is_suspended:
            return DirectoryState.SUSPENDED
        if self.is_archived:
            return DirectoryState.ARCHIVED
        return DirectoryState.ACTIVE if self.is_set_up else DirectoryState.NOT_SET_UP


@dataclass(frozen=True)
class Members:
    """Who is in a group, by itself or through groups in it: the ``ids`` of people, and all addresses in lower case.

    ``addresses`` has the outsiders and the groups in it too. ``is_everybody``: all people of the Workspace are in it.
    """

    addresses: frozenset[str] = frozenset()
    is_everybody: bool = False
    ids: frozenset[MailboxId] = frozenset()

    def include(self, person: Person) -> bool:
        """By id or by any address: the list names a person by one of them. A guest is nobody of the Workspace."""
        if self.is_everybody and not person.is_guest:
            return True
        return person.mailbox_id in self.ids or not self.addresses.isdisjoint(person.addresses)


GroupPeople = dict[str, tuple[str, ...]]
"""The people in each of some groups, directly or through groups in it: their primary addresses in order."""


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

    @cached_property
    def groups_by_identifier(self) -> dict[str, str]:
        """Each group by what Google writes for it into List-ID: its address with a dot for the at sign."""
        return {group.replace("@", ".", 1): group for group in sorted(self.groups)}

    @cached_property
    def shared_addresses(self) -> frozenset[str]:
        """Addresses from which several people send: they name nobody of them."""
        counts = Counter(address for addresses in self.people.values() for address in addresses)
        return frozenset(address for address, count in counts.items() if count > 1)

    def is_internal(self, address: str) -> bool:
        return address in self.owners or address in self.groups or self.owns_domain(address.rpartition("@")[2])

    def is_group(self, address: str) -> bool:
        return address in self.groups

    def owns_domain(self, domain: str) -> bool:
        labels = domain.split(".")
        return any(".".join(labels[i:]) in self.domains for i in range(len(labels)))

    def addresses_of(self, address: str) -> tuple[str, ...]:
        """All addresses of the person behind an internal address, the primary one first.

        A group's address is no person's, and neither is one that several people share.
        """
        is_nobodys = address in self.groups or address in self.shared_addresses
        primary = None if is_nobodys else self.owners.get(address)
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

    From ``cursor`` on, where it has been since ``cursor_at`` (epoch seconds), history tells what happens;
    ``backfill`` is how far the past before it is known, None for all.
    ``watched_at`` is when Gmail last agreed to push, until ``watch_expires_at``; ``watch_failed_at`` when it last did
    not (epoch seconds all). ``push_heard_at`` is when one of its pushes was last heard, None for a new watch; since
    then ``unannounced`` polls found mail that no push had announced, the last one at ``unannounced_at``.

    ``crm_user_id`` is the Salesforce User behind the mailbox, once the sidebar has asked for
    it; ``dont_log_label`` and ``more_dont_log_labels`` the ids of the labels "Don't log" when they were last read.

    ``directory_since`` (epoch seconds) is when ``directory_state`` became what it is. ``returns_to`` is the stage that
    we took away when the person left, given back on return; an admin's own word on the stage clears it.
    ``is_stage_set``: the stage is an admin's word, and not what new mailboxes begin with. ``asked_at``
    (epoch seconds) is when Gmail last told us its send-as addresses. ``unpublished`` are days that the last audit
    counted and the CRM has not been told of. ``troubles`` are what failed and has not succeeded since, one a step.
    """

    mailbox_id: MailboxId
    addresses: tuple[str, ...]
    stage: Stage = Stage.OFF
    start: int = 0
    cursor: Cursor | None = None
    name: str = ""
    paused_until: float = 0.0
    failures: int = 0
    last_error: str | None = None
    last_synced_at: float | None = None
    last_audit_at: float | None = None
    crm_user_id: SalesforceId | None = None
    directory_state: DirectoryState = DirectoryState.ACTIVE
    directory_since: float = 0.0
    is_in_scope: bool = True
    returns_to: Stage | None = None
    asked_at: float = 0.0
    backfill: Backfill | None = None
    dont_log_label: str | None = None
    watch_expires_at: float | None = None
    watched_at: float | None = None
    watch_failed_at: float | None = None
    cursor_at: float = 0.0
    unpublished: tuple[DayCoverage, ...] = field(default=(), hash=False)
    push_heard_at: float | None = None
    unannounced: int = 0
    unannounced_at: float | None = None
    is_stage_set: bool = False
    troubles: tuple[Trouble, ...] = ()
    more_dont_log_labels: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        return self.addresses[0]

    @property
    def dont_log_labels(self) -> frozenset[str]:
        """Few people have more than one, and what the version before reads is the first."""
        return frozenset(label for label in (self.dont_log_label, *self.more_dont_log_labels) if label)

    def with_labels(self, dont_log_labels: Collection[str]) -> Mailbox:
        ids = sorted(dont_log_labels)
        return replace(self, dont_log_label=ids[0] if ids else None, more_dont_log_labels=tuple(ids[1:]))

    def is_named(self, name: str) -> bool:
        """Whether ``name`` is its Directory id, by which log, status and alerts name it, or one of its addresses."""
        return name == self.mailbox_id or name.lower() in self.addresses

    @property
    def reads(self) -> bool:
        """Stage, scope and Directory all agree that Gmail may be asked for what is new."""
        return self.stage.collects and self.is_in_scope and self.directory_state.is_readable

    @property
    def has_lost_gmail(self) -> bool:
        """Stage and scope want it read, and it was: now its person has no Gmail. Who never had it has lost nothing."""
        is_wanted = self.stage.collects and self.is_in_scope
        return is_wanted and self.directory_state is DirectoryState.NO_GMAIL and self.last_synced_at is not None

    @property
    def delivers(self) -> bool:
        return self.stage.delivers and self.is_in_scope

    @property
    def hold_cause(self) -> str:
        """Why its waiting rows are held, where ``delivers`` is false."""
        return self.stage.value if self.is_in_scope else "out_of_scope"

    @property
    def complete_to(self) -> float | None:
        """Epoch seconds up to which all of its mail is in the ledger; None before the first whole listing."""
        return self.last_synced_at if self.cursor is not None else None

    def trouble(self, step: PersonStep) -> Trouble | None:
        return next((trouble for trouble in self.troubles if trouble.step == step), None)

    def troubled(self, step: PersonStep, code: str, now: float) -> Mailbox:
        """As it stands after ``step`` failed."""
        earlier = self.trouble(step)
        failures, since = 1, now
        if earlier is not None:
            failures = earlier.failures + 1
            since = earlier.at if earlier.since is None else earlier.since
        trouble = Trouble(step.value, now, code, failures, since)
        return replace(self, troubles=(*(t for t in self.troubles if t.step != step), trouble))

    def recovered(self, step: PersonStep) -> Mailbox:
        """As it stands after ``step`` succeeded."""
        if self.trouble(step) is None:
            return self
        return replace(self, troubles=tuple(t for t in self.troubles if t.step != step))

    def staged(self, stage: Stage) -> Mailbox:
        """An admin's word: nothing that we remembered comes back over it."""
        return replace(self, stage=stage, returns_to=None, is_stage_set=True)

    def is_spared(self, stage: Stage) -> bool:
        """Somebody switched it off, or lets it drain: a change of many to ``stage`` leaves it alone.

        Switching off spares nobody: it must stop whatever still delivers.
        """
        is_ended = self.stage in {Stage.OFF, Stage.DRAINING} and self.is_stage_set
        return is_ended and stage not in {self.stage, Stage.OFF}

    def seen(self, state: DirectoryState, now: float) -> Mailbox:
        """As it stands after a look at the Directory: who leaves drains, who returns goes on where the cursor is."""
        since = self.directory_since if state is self.directory_state else now
        found = replace(self, directory_state=state, directory_since=since)
        if state.is_readable and not self.directory_state.is_readable:
            found = replace(found, paused_until=0.0, failures=0, last_error=None, troubles=())
        if state.has_left and self.stage is Stage.LIVE:
            return replace(found, stage=Stage.DRAINING, returns_to=Stage.LIVE)
        if not state.has_left and self.returns_to is not None:
            return replace(found, stage=self.returns_to, returns_to=None)
        return found
