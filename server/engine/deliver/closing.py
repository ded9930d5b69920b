"""The end of a delivery: activities and the rows they settle, in one commit or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from server.domain.decision import Outcome, Reason
from server.domain.errors import ConflictError
from server.domain.ids import ActivityKey
from server.domain.ledger import ActivityRow, ActivityState, Row
from server.engine.decide.decisions import BY_CHOICE
from server.engine.deliver.other_tools import ForeignFinder
from server.engine.deliver.second_look import LookPlanner
from server.engine.deliver.wanted import Claimed, Wanted
from server.engine.ledger.categories import note_category
from server.engine.ledger.rows import await_change, log_row
from server.logs.trail import name_on_trail
from server.ports.clock import Clock
from server.ports.store import Store

CLOSING_TRIES = 5


class ActivityCloser:
    """Closes the activities of one round. ``retried`` are keys of mails that an earlier try claimed.

    ``settled`` counts rows with an outcome, ``logged`` activities that stand in Salesforce. ``stopped`` are mails with
    rows that a person kept out meanwhile: they wait for their activities to go.
    """

    def __init__(
        self, store: Store, clock: Clock, retried: frozenset[ActivityKey], looks: LookPlanner, finder: ForeignFinder
    ) -> None:
        self._store = store
        self._clock = clock
        self._retried = retried
        self._looks = looks
        self._finder = finder
        self.settled = 0
        self.logged = 0
        self.stopped: list[Wanted] = []

    def close(self, closed: Sequence[tuple[Claimed, ActivityRow]]) -> None:
        """All in one commit; where a row changed meanwhile, mail by mail on top of what stands now."""
        if not closed:
            return
        own = [claimed.wanted for claimed, activity in closed if activity.own_activity_id]
        self._looks.plan([self._finder.note_mail(wanted) for wanted in own])
        now = self._clock.now()
        rows = [
            log_row(row, activity, now, note_category(row, claimed.mail))
            for claimed, activity in closed
            for row in [*claimed.wanted.rows, *self._list_refused_copies(claimed.wanted)]
        ]
        try:
            self._store.save_activities([activity for _, activity in closed], rows)
        except ConflictError:
            rows = [row for claimed, activity in closed for row in self._close_alone(claimed.wanted, activity)]
        self.settled += sum(row.outcome is not Outcome.WAITING for row in rows)
        logged = [activity for _, activity in closed if activity.state is ActivityState.LOGGED]
        self.logged += len(logged)
        name_on_trail("activities", *(a.own_activity_id for a in logged if a.own_activity_id))

    def _close_alone(self, wanted: Wanted, activity: ActivityRow) -> list[Row]:
        """Where rows change without end the claim stays: the next round finds the activity by its key.

        A copy that a person kept out meanwhile waits for the activity to go. What stands in Salesforce is closed first,
        and no question is asked: the end of one mail must not hang on what Salesforce says of another.
        """
        for _ in range(CLOSING_TRIES):
            fresh = self._read_again(wanted)
            waiting = [row for row in fresh if row.outcome is Outcome.WAITING]
            kept_out = [row for row in fresh if row.reason is Reason.KEPT_OUT]
            stored = self._store.activities([activity.key]).get(activity.key)
            version = stored.version if stored else activity.version
            now = self._clock.now()
            rows = [log_row(row, activity, now) for row in [*waiting, *self._list_refused_copies(wanted)]]
            if activity.state is ActivityState.LOGGED and activity.activity_id is not None:
                rows += self._let_wait(wanted, kept_out, activity)
            elif activity.state is ActivityState.LOGGED and not waiting:
                # Salesforce does not show it to us, so nobody here can take it out.
                rows += [log_row(row, activity, now) for row in kept_out]
            try:
                self._store.save_activities([replace(activity, version=version)], rows)
            except ConflictError:
                continue
            if any(row.is_unwanted for row in rows):
                self.stopped.append(wanted)
            return rows
        return []

    def _let_wait(self, wanted: Wanted, kept_out: Sequence[Row], activity: ActivityRow) -> list[Row]:
        before = {row.key: row for row in wanted.rows}
        now = self._clock.now()
        return [await_change(before[row.key], row, activity, now, row.evidence or BY_CHOICE) for row in kept_out]

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
