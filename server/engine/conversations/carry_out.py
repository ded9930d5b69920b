"""Salesforce and the ledger follow a rep's choice: activities are moved, removed, or allowed to come again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from server.domain.crm import UNSEEN, Record, RecordKind, Target
from server.domain.decision import Loser, Outcome, Reason, Unrelated, Why
from server.domain.errors import RejectedError, StaleTargetError, TransientError, UnseenActivityError
from server.domain.ids import SalesforceId
from server.domain.ledger import ActivityRow, ActivityState, Row
from server.engine.ledger.rows import remove_row, repoint_row
from server.engine.ledger.sealing import Sealing
from server.engine.ledger.snapshots import Snapshot, open_snapshot, seal_snapshot
from server.ports.clock import Clock
from server.ports.crm import Crm
from server.ports.store import Store
from server.rules.decision.activity import links_of

NOT_VISIBLE = ("ACTIVITY_NOT_VISIBLE", UNSEEN)
PERHAPS_GONE = (StaleTargetError, RejectedError)
"""What Salesforce may answer for an activity that it does not show: the code differs by org and by way of writing."""
OF_ANOTHER_TOOL = ("LOGGED_BY_ANOTHER_TOOL", "Another tool logged this email. Move it in Salesforce.")


def _always() -> None:
    """For a change that nothing newer can overrule."""


ReasonOfCopy = Callable[[Row], Reason]
"""The reason that a copy gets whose activity is removed."""


@dataclass(frozen=True)
class Move:
    """Where one activity shall point, and the reason that its rows get."""

    activity: ActivityRow
    record: Record
    reason: Reason


class ActivityEditor:
    """Thread-safe. Each step may be repeated: the second time it finds its work done."""

    def __init__(self, crm: Crm, store: Store, sealing: Sealing, clock: Clock) -> None:
        self._crm = crm
        self._store = store
        self._sealing = sealing
        self._clock = clock

    def move_each(self, moves: Sequence[Move], require_wanted: Callable[[], None] = _always) -> None:
        """Raises the first failure, once everything that can be done is done.

        ``require_wanted`` raises where nobody wants the move any more: then the ledger does not follow Salesforce.
        """
        activities = self._find_ids([move.activity for move in moves])
        named = [replace(move, activity=activity) for move, activity in zip(moves, activities, strict=True)]
        own = [move for move in named if move.activity.own_activity_id]
        targets = [_target_of(move, open_snapshot(self._sealing, move.activity)) for move in own]
        failures: list[Exception] = [_explain_untouched(m.activity) for m in named if not m.activity.own_activity_id]
        results = self._crm.retarget(targets)
        require_wanted()
        pairs = list(zip(own, results, strict=True))
        deleted, unseen = self._sort_gone([m.activity for m, failure in pairs if isinstance(failure, PERHAPS_GONE)])
        for move, failure in pairs:
            if move.activity in unseen:
                failures.append(UnseenActivityError(*NOT_VISIBLE))
            elif failure is None:
                self._save_move(move)
            elif move.activity not in deleted:
                failures.append(failure)
        if failures:
            raise choose_news(failures)

    def move_together(
        self, activities: Sequence[ActivityRow], record: Record, require_wanted: Callable[[], None] = _always
    ) -> int:
        """A rep's choice: all of a conversation or none of it. What somebody deleted in Salesforce stays deleted.

        What Salesforce does not show us stays as it is; returns how many. What another tool logged stays where it is;
        RejectedError where all of it was. Raises the first failure.
        ``require_wanted`` is that of ``move_each``.
        """
        ours = self._find_ids([activity for activity in activities if not activity.is_joined])
        if activities and not ours:
            raise RejectedError(*OF_ANOTHER_TOOL)
        own = [activity for activity in ours if activity.activity_id]
        unseen_count = len(ours) - len(own)
        while own:
            moves = [Move(activity, record, Reason.THREAD_OVERRIDE) for activity in own]
            results = self._crm.retarget(
                [_target_of(move, open_snapshot(self._sealing, move.activity)) for move in moves], together=True
            )
            require_wanted()
            if not any(results):
                for move in moves:
                    self._save_move(move)
                return unseen_count
            pairs = list(zip(own, results, strict=True))
            deleted, unseen = self._sort_gone([a for a, failure in pairs if isinstance(failure, PERHAPS_GONE)])
            unseen_count += len(unseen)
            gone = [*deleted, *unseen]
            failures = [failure for activity, failure in pairs if failure is not None and activity not in gone]
            # The others of a refused batch say only that it was refused: the one that names a cause is the news.
            named = [failure for failure in failures if type(failure) is not TransientError]
            if named or not gone:
                if None in results:  # the org takes fewer at once than these, and a part of them went through
                    self.point_as_known(own)
                raise (named or failures)[0]
            own = [activity for activity in own if activity not in gone]
        return unseen_count

    def remove(
        self, activity: ActivityRow, reason_of: ReasonOfCopy, *, is_revivable: bool, by_rep: bool = False
    ) -> None:
        """From Salesforce, with our copy. ``is_revivable``: the rules may log it again under a new generation.

        ``by_rep``: a rep who does not own the activity stopped it, because nobody else had a copy. A copy that comes
        later may want it. Raises what Salesforce refuses: then nothing is changed.
        """
        [activity] = self._find_ids([activity])
        if activity.own_activity_id is not None:
            [failure] = self._crm.remove([activity.own_activity_id])
            if isinstance(failure, PERHAPS_GONE) and self._find_gone([activity])[1]:
                raise UnseenActivityError(*NOT_VISIBLE)
            if failure is not None:
                raise failure
        elif not activity.is_joined:
            raise UnseenActivityError(*NOT_VISIBLE)
        self._save_removal(activity, reason_of, is_revivable=is_revivable, by_rep=by_rep)

    def _save_removal(
        self, activity: ActivityRow, reason_of: ReasonOfCopy, *, is_revivable: bool = False, by_rep: bool = False
    ) -> None:
        self._store.drop_copies([activity.key])
        now = self._clock.now()
        removed = replace(activity, state=ActivityState.REMOVED, sealed_snapshot=None)
        if by_rep:
            removed = replace(removed, reason=Reason.KEPT_OUT)
        if is_revivable:
            removed = revive_activity(removed, now)
        rows = self._list_logged_rows(activity)
        self._store.save_activities([removed], [remove_row(row, reason_of(row), now) for row in rows])

    def revive(self, rows: Sequence[Row]) -> list[Row]:
        """What was taken out may be logged again. Returns the other mailboxes' rows that went with it."""
        keys = [row.activity_key for row in rows if row.activity_key and row.outcome is not Outcome.LOGGED]
        removed = [a for a in self._store.activities(keys).values() if a.state is ActivityState.REMOVED]
        own = {row.mailbox_id for row in rows}
        rows_of_others = [
            row
            for activity in removed
            for row in self._store.copies_of(activity.key)
            if row.mailbox_id not in own and row.reason is Reason.TAKEN_BACK
        ]
        now = self._clock.now()
        self._store.save_activities([revive_activity(activity, now) for activity in removed], [])
        return rows_of_others

    def point_as_known(self, activities: Sequence[ActivityRow]) -> None:
        """Salesforce as the ledger has these activities now: a change that should not come any more may have come.

        Raises the first failure, once everything that can be done is done.
        """
        current = self._store.activities([activity.key for activity in activities]).values()
        moves = []
        for activity in current:
            snapshot = open_snapshot(self._sealing, activity)
            if activity.state is ActivityState.LOGGED and activity.reason and snapshot and snapshot.chosen:
                moves.append(Move(activity, snapshot.chosen, activity.reason))
        self.move_each([move for move in moves if not move.activity.is_joined])

    def _find_ids(self, activities: Sequence[ActivityRow]) -> list[ActivityRow]:
        """The same activities in order, each of ours with its id.

        An org may take an insert without naming its id, and may hide the activity: then it has none here either.
        """
        nameless = [activity.crm_key for activity in activities if _lacks_id(activity)]
        if not nameless:
            return list(activities)
        standing = self._crm.find_by_key(nameless)
        return [
            replace(activity, activity_id=standing[activity.crm_key].activity_id)
            if _lacks_id(activity) and activity.crm_key in standing
            else activity
            for activity in activities
        ]

    def _sort_gone(self, activities: Sequence[ActivityRow]) -> tuple[list[ActivityRow], list[ActivityRow]]:
        """``_find_gone``, and the ledger follows what somebody deleted in Salesforce."""
        deleted, unseen = self._find_gone(activities)
        for activity in deleted:
            self._save_removal(activity, lambda _row: Reason.TAKEN_BACK)
        return deleted, unseen

    def _find_gone(self, activities: Sequence[ActivityRow]) -> tuple[list[ActivityRow], list[ActivityRow]]:
        """Those in the Recycle Bin, and those that Salesforce does not show us: a private one is not deleted."""
        ids = [activity.activity_id for activity in activities if activity.activity_id]
        standing = self._crm.standing_activities(ids) if ids else {}
        deleted = [a for a in activities if a.activity_id and standing.get(a.activity_id) is False]
        return deleted, [a for a in activities if a.activity_id not in standing]

    def _save_move(self, move: Move) -> None:
        activity, record, reason = move.activity, move.record, move.reason
        snapshot = open_snapshot(self._sealing, activity)
        moved = _move_snapshot(snapshot, record, by_rules=reason is not Reason.THREAD_OVERRIDE)
        updated = replace(
            activity,
            reason=reason,
            record_id=record.record_id,
            related_ids=_relate(move, snapshot),
            sealed_snapshot=seal_snapshot(self._sealing, activity.key, moved),
            unrelated=0,
        )
        now = self._clock.now()
        rows = [repoint_row(row, reason, record.record_id, now) for row in self._list_logged_rows(activity)]
        self._store.save_activities([updated], rows)

    def _list_logged_rows(self, activity: ActivityRow) -> list[Row]:
        return [row for row in self._store.copies_of(activity.key) if row.outcome is Outcome.LOGGED]


def choose_news(failures: Sequence[Exception]) -> Exception:
    """The one that a person should read: nothing can be done here about what Salesforce does not show us."""
    return next((failure for failure in failures if not isinstance(failure, UnseenActivityError)), failures[0])


def _lacks_id(activity: ActivityRow) -> bool:
    return activity.activity_id is None and not activity.is_joined


def _explain_untouched(activity: ActivityRow) -> RejectedError:
    return RejectedError(*OF_ANOTHER_TOOL) if activity.is_joined else UnseenActivityError(*NOT_VISIBLE)


def revive_activity(activity: ActivityRow, now: float) -> ActivityRow:
    """A removed activity under its next generation, claimed for the next delivery."""
    return replace(
        activity,
        state=ActivityState.CLAIMED,
        claimed_at=now,
        generation=activity.generation + 1,
        activity_id=None,
        is_joined=False,
        is_unsent=True,
        sealed_snapshot=None,
    )


def _target_of(move: Move, snapshot: Snapshot | None) -> Target:
    assert move.activity.activity_id is not None
    who_id, what_id = links_of(move.record)
    people = _relate(move, snapshot) or ((who_id,) if who_id else ())
    return Target(move.activity.activity_id, who_id, what_id, move.reason.value, people)


def _relate(move: Move, snapshot: Snapshot | None) -> tuple[SalesforceId, ...]:
    """The people of the moved activity: a Lead is alone, and an account has none.

    Whom only a Bcc header found leaves the activity with the move: those who see the new record are not to see that.
    """
    if move.record.kind is not RecordKind.CONTACT:
        return ()
    gone: set[SalesforceId | None] = {move.record.record_id}
    if snapshot and move.activity.record_id in snapshot.blind.records:
        gone.add(move.activity.record_id)
    return (move.record.record_id, *(person for person in move.activity.related_ids if person not in gone))


def _move_snapshot(snapshot: Snapshot | None, record: Record, *, by_rules: bool) -> Snapshot:
    """The card goes on showing the records that were not chosen."""
    if snapshot is None:
        return Snapshot(record)
    # What is beside the record was the other's. A record that a person names for the conversation is no secret in it.
    secrets = {i: holders for i, holders in snapshot.blind.records.items() if by_rules or i != record.record_id}
    blind = replace(snapshot.blind, records=secrets)
    snapshot = replace(snapshot, opportunity_id=None, unrelated=Unrelated(), blind=blind)
    shown = [*([snapshot.chosen] if snapshot.chosen else []), *(loser.record for loser in snapshot.losers)]
    rest = [candidate for candidate in shown if candidate.record_id != record.record_id]
    losers = () if by_rules else tuple(Loser(candidate, Why.CHOICE_OF_A_PERSON) for candidate in rest)
    return replace(snapshot, chosen=record, losers=losers)
