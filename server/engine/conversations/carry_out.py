"""Salesforce and the ledger, made to follow a rep's word: activities moved, removed, or allowed to come again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from server.domain.crm import Record, RecordKind, Target
from server.domain.decision import Loser, Outcome, Reason, Why
from server.domain.errors import RejectedError, StaleTargetError, TransientError
from server.domain.ledger import ActivityRow, ActivityState, Row
from server.engine.ledger.rows import remove_row, repoint_row
from server.engine.ledger.snapshots import Snapshot, open_snapshot, seal_snapshot
from server.engine.ports import Ports
from server.rules.decision.activity import links_of

NOT_OURS = ("LOGGED_BY_ANOTHER_TOOL", "Another tool logged this email. Move it in Salesforce.")
Fate = Callable[[Row], Reason]
"""What becomes of a copy whose activity is removed."""


class Follower:
    """Thread-safe. Each step may be repeated: the second time it finds its work done."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def retarget(self, wanted: Sequence[tuple[ActivityRow, Record, Reason]]) -> None:
        """Raises the first failure, once all that could be done is done."""
        named = [item for item in wanted if item[0].own_activity_id]
        targets = [
            Target(activity.activity_id, *links_of(record), reason.value)
            for activity, record, reason in named
            if activity.activity_id
        ]
        failures: list[Exception] = [RejectedError(*NOT_OURS) for activity, _, _ in wanted if activity.is_joined]
        for (activity, record, reason), answer in zip(named, self._ports.crm.retarget(targets), strict=True):
            if isinstance(answer, StaleTargetError) and self._was_deleted(activity):
                self.remove(replace(activity, activity_id=None), lambda _row: Reason.TAKEN_BACK, revivable=False)
            elif answer is not None:
                failures.append(answer)
            else:
                self._keep(activity, record, reason)
        if failures:
            raise failures[0]

    def move(self, activities: Sequence[ActivityRow], record: Record) -> None:
        """A rep's choice: all of a conversation or none of it. What somebody deleted in Salesforce stays deleted.

        Raises the first failure. What another tool logged stays where it is; RejectedError where all of it was.
        """
        ours = [each for each in activities if each.own_activity_id]
        if activities and not ours:
            raise RejectedError(*NOT_OURS)
        while ours:
            targets = [
                Target(each.activity_id, *links_of(record), Reason.THREAD_OVERRIDE.value)
                for each in ours
                if each.activity_id
            ]
            answers = self._ports.crm.retarget(targets, together=True)
            if not any(answers):
                for each in ours:
                    self._keep(each, record, Reason.THREAD_OVERRIDE)
                return
            stale = [each for each, a in zip(ours, answers, strict=True) if isinstance(a, StaleTargetError)]
            deleted = [each for each in stale if self._was_deleted(each)]
            for each in deleted:
                self.remove(replace(each, activity_id=None), lambda _row: Reason.TAKEN_BACK, revivable=False)
            failures = [a for each, a in zip(ours, answers, strict=True) if a is not None and each not in deleted]
            told = [a for a in failures if type(a) is not TransientError]
            if told or not deleted:
                raise (told or failures)[0]
            ours = [each for each in ours if each not in deleted]

    def _was_deleted(self, activity: ActivityRow) -> bool:
        found = self._ports.crm.find_by_key([activity.crm_key]).get(activity.crm_key)
        return found is None or found.is_deleted

    def _keep(self, activity: ActivityRow, record: Record, reason: Reason) -> None:
        related = [i for i in activity.related_ids if i != record.record_id]
        snapshot = _moved(open_snapshot(self._ports, activity), record, by_rules=reason is not Reason.THREAD_OVERRIDE)
        after = replace(
            activity,
            reason=reason,
            record_id=record.record_id,
            related_ids=(record.record_id, *related) if record.kind is RecordKind.CONTACT else (),
            sealed_snapshot=seal_snapshot(self._ports, activity.key, snapshot),
        )
        now = self._ports.clock.now()
        rows = [row for row in self._ports.store.copies_of(activity.key) if row.outcome is Outcome.LOGGED]
        self._ports.store.save_activities([after], [repoint_row(row, reason, record.record_id, now) for row in rows])

    def remove(
        self, activity: ActivityRow, fate: Callable[[Row], Reason], *, revivable: bool, by_rep: bool = False
    ) -> None:
        """From Salesforce, with our copy. ``revivable``: the rules may log it again under a new generation.

        ``by_rep``: a rep who does not own it stopped it, for nobody else had it. A copy that comes later may want it.
        """
        if activity.own_activity_id is not None:
            [failure] = self._ports.crm.remove([activity.own_activity_id])
            if failure is not None:
                raise failure
        self._ports.store.drop_copies([activity.key])
        after = replace(activity, state=ActivityState.REMOVED, sealed_snapshot=None)
        if by_rep:
            after = replace(after, reason=Reason.KEPT_OUT)
        if revivable:
            after = revived(after, self._ports.clock.now())
        now = self._ports.clock.now()
        rows = [row for row in self._ports.store.copies_of(activity.key) if row.outcome is Outcome.LOGGED]
        gone = [remove_row(row, fate(row), now) for row in rows]
        self._ports.store.save_activities([after], gone)

    def revive(self, rows: Sequence[Row]) -> list[Row]:
        """What was taken out may be logged again. Returns the other mailboxes' rows that went with it."""
        keys = [row.activity_key for row in rows if row.activity_key and row.outcome is not Outcome.LOGGED]
        removed = [a for a in self._ports.store.activities(keys).values() if a.state is ActivityState.REMOVED]
        own = {row.mailbox_id for row in rows}
        others = [
            row
            for activity in removed
            for row in self._ports.store.copies_of(activity.key)
            if row.mailbox_id not in own and row.reason is Reason.TAKEN_BACK
        ]
        now = self._ports.clock.now()
        self._ports.store.save_activities([revived(activity, now) for activity in removed], [])
        return others


def revived(activity: ActivityRow, now: float) -> ActivityRow:
    return replace(
        activity,
        state=ActivityState.CLAIMED,
        claimed_at=now,
        generation=activity.generation + 1,
        activity_id=None,
        is_joined=False,
        sealed_snapshot=None,
    )


def _moved(before: Snapshot | None, record: Record, *, by_rules: bool) -> Snapshot:
    """The card goes on showing the records that were not chosen."""
    if before is None:
        return Snapshot(record)
    before = replace(before, opportunity_id=None)  # it was the other record's
    known = [*([before.chosen] if before.chosen else []), *(loser.record for loser in before.losers)]
    others = [r for r in known if r.record_id != record.record_id]
    losers = () if by_rules else tuple(Loser(r, Why.CHOICE_OF_A_PERSON) for r in others)
    return replace(before, chosen=record, losers=losers)
