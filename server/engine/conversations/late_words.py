"""What a person says of a mail while it is on its way to Salesforce: it is carried out once the mail stands there.

Where Salesforce does not do it now, the mail's rows wait (``Row.waits_for_change``), and a later delivery tries again.
What it refuses for good stays as it is there, and the rows say so: they are logged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from server.domain.crm import Query
from server.domain.decision import Outcome, Reason
from server.domain.ids import ActivityKey, KeyedHash
from server.domain.ledger import ActivityRow, ActivityState, Conversation, Row
from server.domain.mail import Mail
from server.domain.mailbox import Workspace
from server.engine.conversations.carry_out import ActivityEditor, Move
from server.engine.conversations.overrides import Overrides, is_stopped_by_owner, list_unknown_users
from server.engine.ledger.retrying import after_failure
from server.engine.ledger.rows import await_change, keep_out_row, log_row, remove_row
from server.engine.ledger.sealing import Sealing
from server.ports.clock import Clock
from server.ports.crm import Crm
from server.ports.store import Store

Choices = Mapping[KeyedHash, Conversation]
"""What people chose, by the conversation's keyed hash."""


@dataclass(frozen=True)
class LateWords:
    """Thread-safe. No failure of one mail is raised: its rows say what becomes of it."""

    crm: Crm
    store: Store
    clock: Clock
    sealing: Sealing
    overrides: Overrides
    editor: ActivityEditor

    def remove_unwanted(self, rows: Sequence[Row]) -> list[Row]:
        """The activities of those of the rows that wait for it; returns these rows as they are to be saved."""
        copies: dict[ActivityKey, list[Row]] = {}
        for row in rows:
            if row.is_unwanted and row.activity_key is not None:
                copies.setdefault(row.activity_key, []).append(row)
        activities = self.store.activities(list(copies)) if copies else {}
        results: list[Row] = []
        for key, own in copies.items():
            activity = activities.get(key)
            try:
                is_gone = activity is None or activity.state is not ActivityState.LOGGED or self._remove(activity, own)
            except Exception as error:  # noqa: BLE001  # one mail's trouble is its own
                results += [self.put_off(row, activity, error) for row in own if activity]
                continue
            now = self.clock.now()
            results += [
                remove_row(row, Reason.KEPT_OUT, now) if is_gone else keep_out_row(row, now, row.evidence)
                for row in own
            ]
        return results

    def follow_new_stops(self, rows: Sequence[Row]) -> list[Row]:
        """As ``remove_unwanted``, of rows as they waited before a person kept some of them out."""
        current = [self.store.existing_rows(row.mailbox_id, [row.message_id]) for row in rows]
        return self.remove_unwanted([row for found in current for row in found.values()])

    def follow_new_choices(
        self, workspace: Workspace, mails: Sequence[tuple[Mail, Sequence[Row]]], earlier: Choices
    ) -> list[Row]:
        """A record that somebody chose while the mails were on their way: they go there after all.

        The rows are as they waited. Returns those that wait again, as they are to be saved.
        """
        current = self.store.conversations([mail.conversation for mail, _ in mails if mail.conversation])
        changed = {
            mail.key: (mail, rows) for mail, rows in mails if choice_of(mail, current) != choice_of(mail, earlier)
        }
        activities = self.store.activities(list(changed)) if changed else {}
        standing = [(changed[key][0], a) for key, a in activities.items() if a.state is ActivityState.LOGGED]
        results: list[Row] = []
        for key, failure in self.move(workspace, standing, current).items():
            for row in changed[key][1]:
                logged = self.store.existing_rows(row.mailbox_id, [row.message_id]).get(row.message_id)
                if logged is not None and logged.outcome is Outcome.LOGGED:
                    waiting = await_change(row, logged, activities[key], self.clock.now())
                    results.append(self.put_off(waiting, activities[key], failure))
        return results

    def move(
        self, workspace: Workspace, standing: Sequence[tuple[Mail, ActivityRow]], choices: Choices
    ) -> dict[ActivityKey, Exception]:
        """Each logged mail to the record that its conversation is to go to; returns what failed, and why."""
        failed: dict[ActivityKey, Exception] = {}
        moves: dict[ActivityKey, Move] = {}
        for mail, activity in standing:
            try:
                override = self.overrides.find_override(workspace, choice_of(mail, choices), mail)
            except Exception as error:  # noqa: BLE001  # one mail's trouble is its own
                failed[mail.key] = error
                continue
            if override and override.record and not _is_on(activity, override.record.record_id):
                moves[mail.key] = Move(activity, override.record, Reason.THREAD_OVERRIDE)
        by_key = {mail.key: choice_of(mail, choices) for mail, _ in standing}
        refused = self._move_each(moves)
        return failed | {key: self.overrides.follow_refusal(by_key[key], error) for key, error in refused.items()}

    def put_off(self, row: Row, activity: ActivityRow, failure: Exception) -> Row:
        """A waiting row whose mail stands in Salesforce otherwise than a person wants it."""
        now = self.clock.now()
        result = after_failure(self.sealing, row, failure, now, is_alone=True)
        return result if result.outcome is Outcome.WAITING else log_row(row, activity, now)

    def _move_each(self, moves: Mapping[ActivityKey, Move]) -> dict[ActivityKey, Exception]:
        """Together; and where that fails, alone what did not move, for one failure does not tell of which it is."""
        if not moves:
            return {}
        try:
            self.editor.move_each(list(moves.values()))
        except Exception as error:  # noqa: BLE001  # the mails are logged, whatever it is
            if len(moves) == 1:
                return dict.fromkeys(moves, error)
        else:
            return {}
        failed: dict[ActivityKey, Exception] = {}
        for key, activity in self.store.activities(list(moves)).items():
            if activity.state is not ActivityState.LOGGED or _is_on(activity, moves[key].record.record_id):
                continue
            try:
                self.editor.move_each([Move(activity, moves[key].record, moves[key].reason)])
            except Exception as error:  # noqa: BLE001
                failed[key] = error
        return failed

    def _remove(self, activity: ActivityRow, own: Sequence[Row]) -> bool:
        """An activity goes when its owner keeps it out, or when no other copy is left. Returns whether it went."""
        mailbox_ids = {row.mailbox_id for row in own}
        addresses = list_unknown_users(self.store, mailbox_ids) if activity.owner_id else frozenset()
        users = self.crm.look_up(Query(users=addresses)).users if addresses else {}
        is_owners = is_stopped_by_owner(self.store, mailbox_ids, activity.owner_id, users)
        copies = self.store.copies_of(activity.key)
        if not is_owners and any(c.is_wanted_in_crm and c.mailbox_id not in mailbox_ids for c in copies):
            return False
        self.editor.remove(activity, lambda _row: Reason.TAKEN_BACK, is_revivable=False, by_rep=not is_owners)
        return True


def choice_of(mail: Mail, choices: Choices) -> Conversation | None:
    return choices.get(mail.conversation) if mail.conversation else None


def _is_on(activity: ActivityRow, record_id: str) -> bool:
    return activity.record_id == record_id and activity.reason is Reason.THREAD_OVERRIDE
