"""Whose mailbox may be read, by the Directory's word, which is never older than an hour."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from server.domain.ids import MailboxId
from server.domain.mailbox import Person
from server.ports.clock import Clock
from server.ports.directory import Directory

FRESH = 3600.0
"""Seconds for which the Directory's answer holds."""


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
    """``mailbox_id`` is None for an address that the Directory does not know. ``since`` dates the oldest evidence."""

    is_in_scope: bool
    since: float
    mailbox_id: MailboxId | None = None


class WorkspaceScope:
    """Implements ``server.ports.scope.Scope``, and guards the mint. Thread-safe; no call is made under the lock."""

    def __init__(self, limits: Limits, directory: Directory, clock: Clock) -> None:
        self._limits = limits
        self._directory = directory
        self._clock = clock
        self._lock = threading.Lock()
        self._members: dict[tuple[str, MailboxId], tuple[float, bool]] = {}
        self._checks: dict[str, ScopeCheck] = {}

    def includes(self, person: Person) -> bool:
        if not self._limits:
            return True
        return self._check(person).is_in_scope

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
            return kept
        person = self._directory.person(address)
        if person is None:
            return ScopeCheck(is_in_scope=False, since=now)
        return self._check(person)

    def _check(self, person: Person) -> ScopeCheck:
        now = self._clock.now()
        if self._limits.include(person):
            check = ScopeCheck(is_in_scope=True, since=now, mailbox_id=person.mailbox_id)
        else:
            memberships = [self._check_member(group, person.mailbox_id, now) for group in sorted(self._limits.groups)]
            # As old as its oldest membership: a check must not outlive what it rests on.
            since = min((at for at, _ in memberships), default=now)
            check = ScopeCheck(any(is_member for _, is_member in memberships), since, person.mailbox_id)
        # Under each address of the person: the next caller may know another one.
        with self._lock:
            self._checks |= dict.fromkeys(person.addresses, check)
        return check

    def _check_member(self, group: str, mailbox_id: MailboxId, now: float) -> tuple[float, bool]:
        with self._lock:
            kept = self._members.get((group, mailbox_id))
        if kept is not None and now - kept[0] < FRESH:
            return kept
        membership = now, self._directory.is_member(group, mailbox_id)
        with self._lock:
            self._members[group, mailbox_id] = membership
        return membership


def _list_units(path: str) -> set[str]:
    """``/sales/north`` is in ``/sales/north``, ``/sales`` and ``/``."""
    names = [name for name in path.lower().split("/") if name]
    return {"/" + "/".join(names[:depth]) for depth in range(len(names) + 1)}
