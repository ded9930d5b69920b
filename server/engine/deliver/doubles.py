"""Emails that stand in Salesforce twice, by us and by another tool: ours goes where an admin says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from server.domain.errors import ConflictError
from server.domain.ledger import ActivityRow, ActivityState
from server.engine.deliver.other_tools import is_taken
from server.engine.ledger.rows import log_row
from server.ports.clock import Clock
from server.ports.crm import ACTIVITIES_PER_COLLECTION, Crm
from server.ports.store import Store


@dataclass
class DoublesPlan:
    """``removable`` are ours of which the other tool's is still there; of ``single`` it lies in the Recycle Bin.

    Of ``unseen`` it is not visible now, and of ``shared`` it stands for another mail too: then ours is the only one.
    """

    removable: list[ActivityRow] = field(default_factory=list)
    single: list[ActivityRow] = field(default_factory=list)
    unseen: list[ActivityRow] = field(default_factory=list)
    shared: list[ActivityRow] = field(default_factory=list)


@dataclass(frozen=True)
class DoubleRemover:
    crm: Crm
    store: Store
    clock: Clock

    def preview(self) -> DoublesPlan:
        """Nothing is written. Raises what the CRM port raises."""
        return self._sort(self.store.doubled_activities())

    def forget(self, activities: Sequence[ActivityRow]) -> None:
        """Of these the other tool's activity is gone: ours is the only one again."""
        for activity in activities:
            try:
                self.store.save_activities([replace(activity, doubled_by=None)], [])
            except ConflictError:
                continue  # somebody changed it meanwhile: the next look shows how it stands

    def remove(self, activities: Sequence[ActivityRow]) -> int:
        """Move ours into the Recycle Bin, and let the other tool's stand for the mail; returns how many.

        Theirs is looked for again just before: an admin may have taken an hour to answer. The ledger goes on to say
        that the mail is logged, so nothing inserts it again. A crash in between leaves ours in the bin and marked: the
        same command goes on. Raises the first failure, once the others are done.
        """
        count = 0
        failures: list[Exception] = []
        for start in range(0, len(activities), ACTIVITIES_PER_COLLECTION):
            current = self.store.activities([a.key for a in activities[start : start + ACTIVITIES_PER_COLLECTION]])
            portion = self._sort(list(current.values())).removable
            answers = self.crm.remove([a.activity_id for a in portion if a.activity_id]) if portion else []
            for activity, failure in zip(portion, answers, strict=True):
                if failure is None:
                    self._join(activity)
                    count += 1
                else:
                    failures.append(failure)
        if failures:
            raise failures[0]
        return count

    def _sort(self, activities: Sequence[ActivityRow]) -> DoublesPlan:
        logged = [a for a in activities if a.own_activity_id and a.state is ActivityState.LOGGED]
        doubled = [(a, a.doubled_by) for a in sorted(logged, key=lambda a: (a.sent_at, a.key)) if a.doubled_by]
        standing = self.crm.standing_activities([theirs for _, theirs in doubled])
        plan = DoublesPlan()
        for activity, theirs in doubled:
            if theirs not in standing:
                plan.unseen.append(activity)
            elif not standing[theirs]:
                plan.single.append(activity)
            elif is_taken(self.store, activity.key, theirs):
                plan.shared.append(activity)
            else:
                plan.removable.append(activity)
        return plan

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
