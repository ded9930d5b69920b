"""Emails that stand in Salesforce twice, by us and by another tool: ours goes where an admin says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from server.domain.errors import ConflictError, UnseenActivityError
from server.domain.ids import ActivityKey, SalesforceId
from server.domain.ledger import ActivityRow, ActivityState
from server.engine.deliver.other_tools import is_taken, list_earlier_mails, may_be_of_thread
from server.engine.ledger.rows import log_row
from server.ports.clock import Clock
from server.ports.crm import ACTIVITIES_PER_COLLECTION, Crm
from server.ports.store import Store
from server.rules.decision.other_tools import may_be_of


@dataclass
class DoublesPlan:
    """``removable`` are ours of which the other tool's is still there; of ``single`` it lies in the Recycle Bin.

    Of ``unseen`` it is not visible now, of ``shared`` it stands for another mail too, and of ``doubtful`` it may be
    another mail's: then ours stays. Of ``gone`` ours is deleted, or not visible now.
    """

    removable: list[ActivityRow] = field(default_factory=list)
    single: list[ActivityRow] = field(default_factory=list)
    unseen: list[ActivityRow] = field(default_factory=list)
    shared: list[ActivityRow] = field(default_factory=list)
    doubtful: list[ActivityRow] = field(default_factory=list)
    gone: list[ActivityRow] = field(default_factory=list)


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

    def let_theirs_stand(self, activities: Sequence[ActivityRow]) -> None:
        """Of these ours is gone: the other tool's stands for the mail from now on. Nothing is deleted."""
        for activity in activities:
            self._join(activity)

    def remove(self, activities: Sequence[ActivityRow]) -> int:
        """Move ours into the Recycle Bin, and let the other tool's stand for the mail; returns how many.

        Theirs is looked for again just before: an admin may have taken an hour to answer. The ledger goes on to say
        that the mail is logged, so nothing inserts it again. A crash in between leaves ours in the bin and marked: then
        it is ``gone`` the next time. What went meanwhile is left to the next time too. Raises the first other failure,
        once the others are done.
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
                elif not isinstance(failure, UnseenActivityError):
                    failures.append(failure)
        if failures:
            raise failures[0]
        return count

    def _sort(self, activities: Sequence[ActivityRow]) -> DoublesPlan:
        logged = [a for a in activities if a.own_activity_id and a.state is ActivityState.LOGGED]
        doubled = [(a, a.doubled_by) for a in sorted(logged, key=lambda a: (a.sent_at, a.key)) if a.doubled_by]
        own = [activity.own_activity_id for activity, _ in doubled if activity.own_activity_id]
        standing = self.crm.standing_activities([*own, *(theirs for _, theirs in doubled)])
        doubtful = self._list_doubtful(doubled)
        plan = DoublesPlan()
        for activity, theirs in doubled:
            if theirs not in standing:
                plan.unseen.append(activity)
            elif not standing[theirs]:
                plan.single.append(activity)
            elif is_taken(self.store, activity.key, theirs):
                plan.shared.append(activity)
            elif activity.own_activity_id and not standing.get(activity.own_activity_id):
                plan.gone.append(activity)
            elif activity.key in doubtful:
                plan.doubtful.append(activity)
            else:
                plan.removable.append(activity)
        return plan

    def _list_doubtful(self, doubled: Sequence[tuple[ActivityRow, SalesforceId]]) -> set[ActivityKey]:
        """Of which the other tool's may stand for another mail of ours: one that came since the second look."""
        if not doubled:
            return set()
        records = self.crm.foreign_tasks({theirs for _, theirs in doubled})
        tasks = {task.activity_id: task for task in records.tasks}
        earlier = list_earlier_mails(self.store, records.own)
        return {
            activity.key
            for activity, theirs in doubled
            if theirs in tasks
            and (
                any(may_be_of(tasks[theirs], other) for other in earlier if other.key != activity.crm_key)
                or may_be_of_thread(self.store, tasks[theirs], activity.conversation, [activity.key])
            )
        }

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
