"""Whose mailbox may be read, by the Directory's word, which is never older than an hour."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from server.domain.alarm import AlarmCode
from server.domain.errors import TransientError, TrulyError
from server.domain.ids import MailboxId
from server.domain.mailbox import Members, Person
from server.ports.alarms import Alarms
from server.ports.clock import Clock
from server.ports.directory import Directory
from server.ports.patience import hold, limited

log = logging.getLogger(__name__)

FRESH = 3600.0
"""Seconds for which the Directory's answer holds."""
TRY_AGAIN = 300.0
"""Seconds from one vain question about a group to the next."""


@dataclass(frozen=True)
class Limits:
    """A person whom one of them names is in scope; all empty means everybody. All lower-case."""

    mailboxes: frozenset[str] = frozenset()
    org_units: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.mailboxes or self.org_units or self.groups)

    def include(self, person: Person) -> bool:
        """Whether an address of the person is named, or the org unit or one above it."""
        return bool(self.mailboxes & set(person.addresses)) or bool(self.org_units & _list_units(person.org_unit))


@dataclass(frozen=True)
class ScopeCheck:
    """``mailbox_id`` is None for an address that the Directory does not know. ``since`` dates the oldest evidence.

    ``is_in_scope`` is None where nobody can tell.
    """

    is_in_scope: bool | None
    since: float
    mailbox_id: MailboxId | None = None


@dataclass
class _Group:
    """What is known of a group. ``members`` is None where Google never said; ``failed_at`` is 0 where it did last."""

    members: Members | None = None
    read_at: float = 0.0
    failed_at: float = 0.0
    asking: threading.Lock = field(default_factory=threading.Lock)


class WorkspaceScope:
    """Implements ``server.ports.scope.Scope``, and guards the mint. Thread-safe.

    Each group is listed once an hour. What Google cannot tell of one is no "no": what was known last holds on.
    ``recall`` gives what was known of a person when the mailbox was last stored, None for a person who has none.
    """

    def __init__(
        self, limits: Limits, directory: Directory, clock: Clock, alarms: Alarms,
        recall: Callable[[MailboxId], bool | None],
    ) -> None:  # fmt: skip
        self._limits = limits
        self._directory = directory
        self._clock = clock
        self._alarms = alarms
        self._recall = recall
        self._lock = threading.Lock()
        self._groups = {group: _Group() for group in sorted(limits.groups)}
        self._checks: dict[str, ScopeCheck] = {}

    def includes(self, person: Person) -> bool:
        if not self._limits:
            return True
        # Who is not known is not admitted; who has a mailbox stays what the stored one says.
        return bool(self._check(person).is_in_scope)

    def check_address(self, address: str) -> ScopeCheck:
        """Whether the mailbox of the address may be read.

        Raises TransientError or ReconnectRequiredError where the Directory cannot tell: that is no permission.
        """
        now = self._clock.now()
        # A mailbox that is named needs no Directory, so it syncs on while the Directory is away.
        if not self._limits or address in self._limits.mailboxes:
            return ScopeCheck(is_in_scope=True, since=now)
        with self._lock:
            kept = self._checks.get(address)
        if kept is not None and now - kept.since < FRESH:
            check = kept
        else:
            person = self._directory.person(address)
            if person is None:
                return ScopeCheck(is_in_scope=False, since=now)
            check = self._check(person)
        if check.is_in_scope is None:
            raise TransientError("Google does not say who is in a group of SCOPE_GROUPS.", TRY_AGAIN)
        return check

    def _check(self, person: Person) -> ScopeCheck:
        now = self._clock.now()
        if self._limits.include(person):
            check = ScopeCheck(is_in_scope=True, since=now, mailbox_id=person.mailbox_id)
        else:
            check = self._check_groups(person, now)
        # Under each address of the person: the next caller may know another one.
        with self._lock:
            self._checks |= dict.fromkeys(person.addresses, check)
        return check

    def _check_groups(self, person: Person, now: float) -> ScopeCheck:
        groups = [self._read_group(name, now) for name in self._groups]
        is_member = any(group.members.include(person) for group in groups if group.members)
        is_in_scope: bool | None = is_member
        if not is_member and any(group.members is None for group in groups):
            is_in_scope = self._recall(person.mailbox_id)
        # As old as its oldest membership: a check must not outlive what it rests on.
        since = min((_date(group) for group in groups), default=now)
        return ScopeCheck(is_in_scope, since, person.mailbox_id)

    def _read_group(self, name: str, now: float) -> _Group:
        """Raises TransientError where somebody waits no longer, and another thread lists the group."""
        group = self._groups[name]
        # For all, however long that takes: a card's end says nothing of the group.
        with hold(group.asking), limited(None):
            if now - group.read_at >= FRESH and now - group.failed_at >= TRY_AGAIN:
                try:
                    group.members, group.read_at, group.failed_at = self._directory.members(name), now, 0.0
                except TrulyError as error:
                    group.failed_at = now
                    self._alarms.raise_alarm(AlarmCode.SCOPE_GROUP_UNLISTED, about=name)
                    log.warning("the members of a group of the scope could not be listed: %s", type(error).__name__)
        return group


def _date(group: _Group) -> float:
    """When the evidence counts as of: what is not known now is asked for anew soon."""
    return group.failed_at - FRESH + TRY_AGAIN if group.failed_at else group.read_at


def _list_units(path: str) -> set[str]:
    """``/sales/north`` is in ``/sales/north``, ``/sales`` and ``/``."""
    names = [name for name in path.lower().split("/") if name]
    return {"/" + "/".join(names[:depth]) for depth in range(len(names) + 1)}
