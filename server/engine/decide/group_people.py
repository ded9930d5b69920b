"""Who is in our own groups, by the Directory's word, which is never older than an hour while the Directory answers."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

from server.domain.alarm import AlarmCode
from server.domain.errors import TransientError, TrulyError, UnlistedGroupError
from server.domain.mailbox import GroupPeople, Members, Workspace
from server.ports.alarms import Alarms
from server.ports.clock import Clock
from server.ports.directory import Directory
from server.ports.patience import limited, shorten

log = logging.getLogger(__name__)

FRESH = 3_600.0
"""Seconds."""
OLDEST = 86_400.0
"""Seconds for which members serve while the Directory does not answer."""
TRY_AGAIN = 60.0
"""Seconds from one vain question about a group to the next."""


@dataclass
class _Known:
    """``members`` is None where the Directory never answered."""

    members: Members | None = None
    read_at: float = 0.0
    asked_at: float = 0.0
    is_refused: bool = False
    asking: threading.Lock = field(default_factory=threading.Lock)


class GroupPeopleReader:
    """Asks only for groups that stand on mail, each once an hour. Thread-safe."""

    def __init__(self, directory: Directory, alarms: Alarms, clock: Clock) -> None:
        self._directory = directory
        self._alarms = alarms
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[str, _Known] = {}

    def read(self, workspace: Workspace, groups: Iterable[str]) -> tuple[GroupPeople, dict[str, UnlistedGroupError]]:
        """The people in each group, by primary address, in order; and the groups of which that cannot be known now.

        Its trouble is no other mail's. How long mail waits for it the mail's own row knows, which outlives a process.
        """
        people: GroupPeople = {}
        unlisted: dict[str, UnlistedGroupError] = {}
        for group in sorted(set(groups)):
            try:
                people[group] = self._list_people(workspace, group)
            except UnlistedGroupError as error:
                unlisted[group] = error
        if unlisted:
            self._alarms.raise_alarm(AlarmCode.GROUP_UNLISTED)
        return people, unlisted

    def _list_people(self, workspace: Workspace, group: str) -> tuple[str, ...]:
        """Outsiders count for nothing: no mail of ours is theirs."""
        members = self._read_members(group)
        if members.is_everybody:
            return tuple(sorted(workspace.people))
        primary_addresses = (workspace.owners.get(address) for address in members.addresses)
        return tuple(sorted({address for address in primary_addresses if address}))

    def _read_members(self, group: str) -> Members:
        with self._lock:
            known = self._known.setdefault(group, _Known())
        # Who knows nothing yet waits for the one who asks; the others go on with what is known.
        if known.asking.acquire(timeout=shorten(threading.TIMEOUT_MAX) if known.members is None else 0.0):
            try:
                with limited(None):  # for all, however long that takes
                    self._refresh(group, known)
            finally:
                known.asking.release()
        if known.members is not None and self._clock.now() - known.read_at <= OLDEST:
            return known.members
        raise UnlistedGroupError(
            "The Directory does not say who is in a group.", TRY_AGAIN, is_refused=known.is_refused
        )

    def _refresh(self, group: str, known: _Known) -> None:
        now = self._clock.now()
        if now - known.read_at <= FRESH or now - known.asked_at <= TRY_AGAIN:
            return
        known.asked_at = now
        try:
            known.members, known.read_at = self._directory.members(group), now
        except TrulyError as error:
            known.is_refused = not isinstance(error, TransientError)
            log.warning("the members of a group could not be listed: %s", type(error).__name__)
