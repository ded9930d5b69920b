"""Emails that stand in Salesforce twice, by us and by another tool: ours goes where an admin says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from server.domain.errors import ConflictError
from server.domain.ledger import ActivityRow, ActivityState
from server.engine.ledger.rows import log_row
from server.ports.clock import Clock
from server.ports.crm import ACTIVITIES_PER_COLLECTION, Crm
from server.ports.store import Store


@dataclass
class DoublesPlan:
    """``removable`` are ours of which the other tool's is still there; of ``single`` it was deleted since."""

    removable: list[ActivityRow] = field(default_factory=list)
    single: list[ActivityRow] = field(default_factory=list)


@dataclass(frozen=True)
class DoubleRemover:
    crm: Crm
    store: Store
    clock: Clock

    def preview(self) -> DoublesPlan:
        """Raises what the CRM port raises."""
        doubled = [a for a in self.store.doubled_activities() if a.state is ActivityState.LOGGED and not a.is_joined]
        standing = self.crm.standing_activities([a.doubled_by for a in doubled if a.doubled_by])
        plan = DoublesPlan()
        for activity in sorted(doubled, key=lambda a: (a.sent_at, a.key)):
            (plan.removable if activity.doubled_by in standing else plan.single).append(activity)
        return plan

    def forget(self, activities: Sequence[ActivityRow]) -> None:
        """Of these the other tool's activity is gone: ours is the only one again."""
        for activity in activities:
            try:
                self.store.save_activities([replace(activity, doubled_by=None)], [])
            except ConflictError:
                continue  # somebody changed it meanwhile: the next look shows how it stands

    def remove(self, activities: Sequence[ActivityRow]) -> int:
        """Move ours into the Recycle Bin, and let the other tool's stand for the mail; returns how many.

        The ledger goes on to say that the mail is logged, so nothing inserts it again. A crash in between leaves ours
        in the bin and marked: the same command goes on. Raises the first failure, once the others are done.
        """
        count = 0
        failures: list[Exception] = []
        for start in range(0, len(activities), ACTIVITIES_PER_COLLECTION):
            portion = activities[start : start + ACTIVITIES_PER_COLLECTION]
            answers = self.crm.remove([a.activity_id for a in portion if a.activity_id])
            for activity, failure in zip(portion, answers, strict=True):
                if failure is None:
                    self._join(activity)
                    count += 1
                else:
                    failures.append(failure)
        if failures:
            raise failures[0]
        return count

    def _join(self, activity: ActivityRow) -> None:
        """Again on top of what stands now, where a row or the activity changed meanwhile."""
        while True:
            current = self.store.activities([activity.key])[activity.key]
            if current.doubled_by is None or current.state is not ActivityState.LOGGED:
                return
            joined = replace(current, activity_id=current.doubled_by, doubled_by=None, is_joined=True)
            rows = [r for r in self.store.copies_of(activity.key) if r.activity_id == current.activity_id]
            try:
                self.store.save_activities([joined], [log_row(row, joined, self.clock.now()) for row in rows])
            except ConflictError:
                continue
            return
