"""A rep's choice for a conversation, carried out in Salesforce. The same click twice does everything once.

The choice is written first: from then on nothing new goes another way. What stands in Salesforce follows, and then the
ledger; where that is interrupted, the same click finishes it. Before each step a click looks whether something newer
was said meanwhile, and then it does no more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from server.domain.crm import Record
from server.domain.decision import Decision, Outcome, Reason
from server.domain.errors import (
    ConflictError,
    NotFoundError,
    OverruledError,
    RefusedError,
    RejectedError,
    UnseenActivityError,
)
from server.domain.history import MessageRef
from server.domain.ids import KeyedHash, SalesforceId
from server.domain.ledger import ActivityRow, ActivityState, Conversation, Row
from server.domain.mailbox import Mailbox, Workspace
from server.engine.conversations.carry_out import ActivityEditor, Move
from server.engine.conversations.choice_keeper import ChoiceKeeper, Click, Word
from server.engine.conversations.overrides import Overrides
from server.engine.decide.explain import Explainer
from server.engine.ledger.rows import is_waiting_in_shard
from server.engine.sidebar.conversation_reader import ConversationReader
from server.engine.sidebar.record_access import RecordAccess
from server.engine.sidebar.redeciding import Redecider
from server.engine.sidebar.take_up import MessageDelivery
from server.ports.crm import Crm
from server.ports.store import Store

FORCED = frozenset({Reason.AUTOMATED, Reason.BEFORE_START, Reason.NOT_PRIMARY})
"""What "log it anyway" has to be said for."""


@dataclass(frozen=True)
class Moved:
    """The record that a conversation goes to from now on.

    ``unseen`` counts its activities that Salesforce did not show us, and ``is_all_unseen``: there was no other.
    """

    record: Record
    unseen: int = 0
    is_all_unseen: bool = False


class Choices:
    """Thread-safe."""

    def __init__(
        self,
        crm: Crm,
        store: Store,
        reader: ConversationReader,
        keeper: ChoiceKeeper,
        overrides: Overrides,
        editor: ActivityEditor,
        explainer: Explainer,
        redecider: Redecider,
        delivery: MessageDelivery,
        access: RecordAccess,
    ) -> None:
        self._crm = crm
        self._store = store
        self._reader = reader
        self._keeper = keeper
        self._overrides = overrides
        self._editor = editor
        self._explainer = explainer
        self._redecider = redecider
        self._delivery = delivery
        self._access = access

    def log(self, workspace: Workspace, mailbox: Mailbox, ref: MessageRef, click: Click | None = None) -> None:
        """Log the conversation now, whatever kept it out, but for what no choice can change.

        Raises OverruledError, as all of these do, and TooSlowError where the click is given up.
        """
        click = click or self._keeper.accept_click()
        rows = self._reader.list_rows(mailbox, ref)
        opened = next((row for row in rows if row.message_id == ref.message_id), None)
        is_forced = opened.reason in FORCED if opened else self._is_forced(workspace, mailbox, ref)
        key = self._reader.find_key(mailbox, ref, rows)

        def change(current: Conversation) -> Conversation:
            let_in = _let_in(current, mailbox)
            return replace(let_in, log_anyway=True, said_by=mailbox.address) if is_forced else let_in

        word = Word(key, mailbox.mailbox_id, click, chooses=is_forced)
        self._keeper.save(word, change)
        for other_key in {row.conversation for row in rows if row.conversation} - {key}:
            other = replace(word, key=other_key, chooses=False)
            self._keeper.save(other, lambda current: _let_in(current, mailbox))
        self._log_again(workspace, mailbox, ref, rows, word)

    def move(
        self, workspace: Workspace, mailbox: Mailbox, ref: MessageRef, record_id: SalesforceId,
        click: Click | None = None,
    ) -> Moved:  # fmt: skip
        """To a record that the rep may read. Raises NotFoundError, RefusedError."""
        click = click or self._keeper.accept_click()
        record = self._read_record(mailbox, record_id)
        rows = self._reader.list_rows(mailbox, ref)
        key = self._reader.find_key(mailbox, ref, rows)
        sealed = self._overrides.seal_record(key, record)
        earlier = self._store.conversations([key]).get(key, Conversation(key))
        word = Word(key, mailbox.mailbox_id, click, chooses=True)
        self._keeper.save(
            word,
            lambda current: replace(
                _let_in(current, mailbox),
                record_id=record.record_id,
                sealed_record=sealed,
                is_record_gone=False,
                said_by=mailbox.address,
            ),
        )
        logged = [a for a in self._list_activities(mailbox, key) if a.state is ActivityState.LOGGED]
        require = partial(self._keeper.require_latest, word)
        unseen: list[int] = []
        try:
            self._change_activities(
                word, logged, lambda: unseen.append(self._editor.move_together(logged, record, require))
            )
        except RejectedError:
            self._keeper.take_back(word, earlier)
            raise
        self._log_again(workspace, mailbox, ref, rows, word)
        ours = [activity for activity in logged if not activity.is_joined]
        return Moved(record, sum(unseen), is_all_unseen=bool(ours) and sum(unseen) == len(ours))

    def withdraw(
        self, workspace: Workspace, mailbox: Mailbox, ref: MessageRef, click: Click | None = None,
        *, stays: bool = False,
    ) -> None:  # fmt: skip
        """The rules decide again. What stood in Salesforce only by a rep's choice goes.

        Raises UnseenActivityError, once everything else is done, where Salesforce does not show us an activity.
        ``stays``: only the choice of a record ends; that the conversation be logged anyway was said before it.
        """
        key = self._reader.find_key(mailbox, ref, self._reader.list_rows(mailbox, ref))
        word = Word(key, mailbox.mailbox_id, click or self._keeper.accept_click(), chooses=True)
        said_by = mailbox.address if stays else ""
        self._keeper.save(
            word,
            lambda current: replace(
                current, record_id=None, sealed_record=None, is_record_gone=False, log_anyway=stays, said_by=said_by
            ),
        )
        moves: list[Move] = []
        unseen: UnseenActivityError | None = None
        require = partial(self._keeper.require_latest, word)
        for activity in self._list_activities(mailbox, key):
            if activity.state is not ActivityState.LOGGED or activity.reason is not Reason.THREAD_OVERRIDE:
                continue
            decisions = self._redecider.decide_copies(workspace, activity)
            logged = next((d for d in decisions.values() if d.outcome is Outcome.LOGGED and d.chosen), None)
            if logged and logged.chosen:
                moves.append(Move(activity, logged.chosen, logged.reason))
            elif decisions and not stays:
                try:
                    self._change_activities(word, [activity], partial(self._remove, activity, decisions))
                except UnseenActivityError as error:
                    unseen = error
            # Where no copy can be read any more, nobody can say what the rules would do: it stays where it is.
        try:
            activities = [move.activity for move in moves]
            self._change_activities(word, activities, lambda: self._editor.move_each(moves, require))
        except UnseenActivityError as error:
            unseen = error
        waiting = [row for row in self._reader.list_rows(mailbox, ref) if is_waiting_in_shard(row)]
        self._keeper.require_latest(word)
        self._delivery.screen_again(workspace, mailbox, [MessageRef(r.message_id, r.thread_id) for r in waiting])
        if unseen:
            raise unseen

    # what follows the word

    def _change_activities(self, word: Word, activities: Sequence[ActivityRow], change: Callable[[], None]) -> None:
        """What was on its way to Salesforce when something newer was said is put right there afterwards."""
        self._keeper.require_latest(word)
        try:
            change()
        except (ConflictError, OverruledError):
            if not self._keeper.is_overruled(word):
                raise
        if self._keeper.is_overruled(word):
            self._editor.point_as_known(activities)
            raise OverruledError("A newer click counts over this one.")

    def _remove(self, activity: ActivityRow, decisions: Mapping[str, Decision]) -> None:
        self._editor.remove(activity, _reason_by_copy(decisions), is_revivable=True)

    # what is there

    def _read_record(self, mailbox: Mailbox, record_id: SalesforceId) -> Record:
        try:
            record = self._crm.record(record_id)
        except NotFoundError:
            raise RefusedError("That record isn't in Salesforce any more. Choose another one.") from None
        if record.record_id not in self._access.readable(mailbox, [record]):
            raise RefusedError("Salesforce does not let you open this record.")
        return record

    def _is_forced(self, workspace: Workspace, mailbox: Mailbox, ref: MessageRef) -> bool:
        message = self._reader.read_message(mailbox, ref)
        explanation = self._explainer.explain(workspace, message, mailbox, by_rules_alone=True)
        return explanation.decision.reason in FORCED

    def _log_again(
        self, workspace: Workspace, mailbox: Mailbox, ref: MessageRef, rows: Sequence[Row], word: Word
    ) -> None:
        again = [row for row in rows if _may_come_again(row, ref)]
        self._keeper.require_latest(word)
        rows_of_others = self._editor.revive(again)
        refs = [MessageRef(row.message_id, row.thread_id) for row in again]
        refs += self._reader.list_new_refs(mailbox, ref, rows)
        self._keeper.require_latest(word)
        self._delivery.deliver_again(workspace, mailbox, refs, rows_of_others)

    def _list_activities(self, mailbox: Mailbox, key: KeyedHash) -> list[ActivityRow]:
        """Those of the conversation of which this mailbox has a copy: no choice reaches others' mail."""
        store = self._store
        activities = store.activities_of(key)
        return [a for a in activities if any(c.mailbox_id == mailbox.mailbox_id for c in store.copies_of(a.key))]


def _may_come_again(row: Row, ref: MessageRef) -> bool:
    """What a person deleted in Salesforce comes again only where it was asked for itself; what was erased, never."""
    if row.reason is Reason.TAKEN_BACK:
        return row.message_id == ref.message_id
    return row.outcome in (Outcome.SKIPPED, Outcome.WAITING, Outcome.FAILED)


def _let_in(current: Conversation, mailbox: Mailbox) -> Conversation:
    return replace(current, kept_out_by=current.kept_out_by - {mailbox.mailbox_id})


def _reason_by_copy(decisions: Mapping[str, Decision]) -> Callable[[Row], Reason]:
    """Each copy its own reason; a copy that could not be read goes by another's."""
    any_reason = next(iter(decisions.values())).reason
    return lambda row: decisions[row.key].reason if row.key in decisions else any_reason
