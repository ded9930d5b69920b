"""The end of a delivery: activities and the rows they settle, in one commit or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from server.domain.crm import Query
from server.domain.decision import Outcome, Reason
from server.domain.errors import ConflictError, UnseenActivityError
from server.domain.ids import ActivityKey, MailboxId
from server.domain.ledger import ActivityRow, ActivityState, Row
from server.engine.conversations.carry_out import NOT_VISIBLE
from server.engine.conversations.overrides import is_stopped_by_owner, list_unknown_users
from server.engine.deliver.other_tools import ForeignFinder
from server.engine.deliver.second_look import LookPlanner
from server.engine.deliver.wanted import Claimed, Wanted
from server.engine.ledger.rows import log_row
from server.logs.trail import name_on_trail
from server.ports.clock import Clock
from server.ports.crm import Crm
from server.ports.store import Store

CLOSING_TRIES = 5


class ActivityCloser:
    """Closes the activities of one round. ``retried`` are keys of mails that an earlier try claimed.

    ``settled`` counts rows with an outcome, ``logged`` activities that stand in Salesforce.
    """

    def __init__(
        self, crm: Crm, store: Store, clock: Clock, retried: frozenset[ActivityKey], looks: LookPlanner,
        finder: ForeignFinder,
    ) -> None:  # fmt: skip
        self._crm = crm
        self._store = store
        self._clock = clock
        self._retried = retried
        self._looks = looks
        self._finder = finder
        self.settled = 0
        self.logged = 0

    def close(self, closed: Sequence[tuple[Claimed, ActivityRow]]) -> None:
        """All in one commit; where a row changed meanwhile, mail by mail on top of what stands now."""
        if not closed:
            return
        own = [claimed.wanted for claimed, activity in closed if activity.own_activity_id]
        self._looks.plan([self._finder.note_mail(wanted) for wanted in own])
        now = self._clock.now()
        rows = [
            log_row(row, activity, now)
            for claimed, activity in closed
            for row in [*claimed.wanted.rows, *self._list_refused_copies(claimed.wanted)]
        ]
        try:
            self._store.save_activities([activity for _, activity in closed], rows)
        except ConflictError:
            for claimed, activity in closed:
                self._close_alone(claimed.wanted, activity)
        self.settled += len(rows)
        logged = [activity for _, activity in closed if activity.state is ActivityState.LOGGED]
        self.logged += len(logged)
        name_on_trail("activities", *(a.own_activity_id for a in logged if a.own_activity_id))

    def _close_alone(self, wanted: Wanted, activity: ActivityRow) -> None:
        """Where rows change without end the claim stays: the next round finds the activity by its key.

        A copy that a person kept out meanwhile stays out; the activity goes where no copy is left that wants it.
        """
        for _ in range(CLOSING_TRIES):
            fresh = self._read_again(wanted)
            waiting = [row for row in fresh if row.outcome is Outcome.WAITING]
            kept_out = {row.mailbox_id for row in fresh if row.reason is Reason.KEPT_OUT}
            if kept_out and (not waiting or self._is_stopped_by_owner(kept_out, wanted)):
                activity = self._delete_again(activity)
            stored = self._store.activities([activity.key]).get(activity.key)
            version = stored.version if stored else activity.version
            now = self._clock.now()
            rows = [log_row(row, activity, now) for row in [*waiting, *self._list_refused_copies(wanted)]]
            try:
                self._store.save_activities([replace(activity, version=version)], rows)
            except ConflictError:
                continue
            return

    def _is_stopped_by_owner(self, kept_out: set[MailboxId], wanted: Wanted) -> bool:
        addresses = list_unknown_users(self._store, kept_out)
        users = self._crm.look_up(Query(users=addresses)).users if addresses else {}
        return is_stopped_by_owner(self._store, kept_out, wanted.owner_id, users)

    def _read_again(self, wanted: Wanted) -> list[Row]:
        rows: list[Row] = []
        for row in wanted.rows:
            rows += self._store.existing_rows(row.mailbox_id, [row.message_id]).values()
        return rows

    def _list_refused_copies(self, wanted: Wanted) -> list[Row]:
        """Copies whose mail Salesforce refused, and now has after all: by another copy, or tried once more."""
        if wanted.key not in self._retried:
            return []
        own = {row.key for row in wanted.rows}
        copies = self._store.copies_of(wanted.key)
        return [row for row in copies if row.reason is Reason.REJECTED and row.key not in own]

    def _delete_again(self, activity: ActivityRow) -> ActivityRow:
        """The activity was logged a moment after its only rep stopped the conversation: the rep's choice is older.

        Raises what Salesforce refuses.
        """
        if activity.own_activity_id is not None:
            [failure] = self._crm.remove([activity.own_activity_id])
            if failure is not None:
                raise failure
        elif not activity.is_joined:
            raise UnseenActivityError(*NOT_VISIBLE)
        self._store.drop_copies([activity.key])
        return replace(activity, state=ActivityState.REMOVED, sealed_snapshot=None)
