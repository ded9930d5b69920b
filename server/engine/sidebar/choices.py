"""A rep's word on a conversation, and Salesforce made to follow it. Said twice, each is done once.

The word is written first: from then on nothing new goes another way. What stands in Salesforce follows, and then the
ledger; where that is interrupted, the same click finishes it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from server.domain.crm import Record
from server.domain.decision import Decision, Outcome, Reason
from server.domain.errors import (
    NotFoundError,
    RefusedError,
    RejectedError,
    TrulyError,
)
from server.domain.history import MessageRef
from server.domain.ids import KeyedHash, MailboxId, SalesforceId
from server.domain.ledger import ActivityRow, ActivityState, Conversation, Row
from server.domain.mailbox import Mailbox, Workspace
from server.domain.policy import Override
from server.engine.collect.screening import conversation_of, day_of, screen_messages
from server.engine.conversations.carry_out import Follower
from server.engine.conversations.dont_log_label import dont_log_label
from server.engine.conversations.overrides import seal_record
from server.engine.decide.explain import explain
from server.engine.deliver.turns import deliver_now
from server.engine.ledger.rows import free_row, is_waiting_in_shard, keep_out_row
from server.engine.ports import Ports
from server.engine.sidebar.record_access import RecordAccess
from server.engine.sidebar.redeciding import decisions_of, read_message
from server.rules.decision.screen import HEADERS

log = logging.getLogger(__name__)

FORCED = frozenset({Reason.AUTOMATED, Reason.BEFORE_START, Reason.NOT_PRIMARY})
"""What "log it anyway" has to be said for."""


@dataclass(frozen=True)
class Stopping:
    """What stopping would do: how many activities go, and the names of whose copies stay in Salesforce."""

    removed: int = 0
    stays_with: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Copy:
    """One logged message of the rep's, its activity, and the other mailboxes in which it is logged."""

    row: Row
    activity: ActivityRow
    others: tuple[Row, ...]


class Choices:
    """Thread-safe."""

    def __init__(self, ports: Ports, access: RecordAccess) -> None:
        self._ports = ports
        self._access = access
        self._follower = Follower(ports)

    def log(self, workspace: Workspace, mailbox: Mailbox, ref: MessageRef) -> None:
        """Log the conversation now, whatever kept it out, but for what no word can change."""
        rows = self._rows(mailbox, ref)
        opened = next((row for row in rows if row.message_id == ref.message_id), None)
        forced = opened.reason in FORCED if opened else self._is_forced(workspace, mailbox, ref)
        key = self._conversation(mailbox, ref, rows)

        def change(before: Conversation) -> Conversation:
            kept = before.kept_out_by - {mailbox.mailbox_id}
            if not forced:
                return replace(before, kept_out_by=kept)
            return replace(before, kept_out_by=kept, log_anyway=True, said_by=mailbox.address)

        self._ports.store.save_conversation(key, change)
        for other in {row.conversation for row in rows if row.conversation} - {key}:
            self._ports.store.save_conversation(
                other, lambda before: replace(before, kept_out_by=before.kept_out_by - {mailbox.mailbox_id})
            )
        others = self._follower.revive([row for row in rows if _may_come_again(row, ref)])
        self._take_up(workspace, mailbox, self._refs(mailbox, ref, rows), others)

    def move(self, workspace: Workspace, mailbox: Mailbox, ref: MessageRef, record_id: SalesforceId) -> Record:
        """To a record that the rep may read. Raises NotFoundError, RefusedError."""
        try:
            record = self._ports.crm.record(record_id)
        except NotFoundError:
            raise RefusedError("That record isn't in Salesforce any more. Choose another one.") from None
        if record.record_id not in self._access.readable(mailbox, [record]):
            raise RefusedError("Salesforce does not let you open this record.")
        rows = self._rows(mailbox, ref)
        key = self._conversation(mailbox, ref, rows)
        sealed = seal_record(self._ports, key, record, day_of(self._ports.clock.now()))
        earlier = self._ports.store.conversations([key]).get(key, Conversation(key))
        self._ports.store.save_conversation(
            key,
            lambda before: replace(
                before,
                record_id=record.record_id,
                sealed_record=sealed,
                is_record_gone=False,
                said_by=mailbox.address,
                kept_out_by=before.kept_out_by - {mailbox.mailbox_id},
            ),
        )
        standing = [a for a in self._activities(mailbox, key) if a.state is ActivityState.LOGGED]
        try:
            self._follower.move(standing, record)
        except RejectedError:
            self._ports.store.save_conversation(key, lambda before: _as_it_was(before, earlier))
            raise
        others = self._follower.revive([row for row in rows if _may_come_again(row, ref)])
        self._take_up(workspace, mailbox, self._refs(mailbox, ref, rows), others)
        return record

    def withdraw(self, workspace: Workspace, mailbox: Mailbox, ref: MessageRef, *, stays: bool = False) -> None:
        """The rules decide again. What stood only by a rep's word goes from Salesforce.

        ``stays``: only the choice of a record ends; that the conversation be logged anyway was said before it.
        """
        rows = self._rows(mailbox, ref)
        key = self._conversation(mailbox, ref, rows)
        said_by = mailbox.address if stays else ""
        self._ports.store.save_conversation(
            key,
            lambda before: replace(
                before, record_id=None, sealed_record=None, is_record_gone=False, log_anyway=stays, said_by=said_by
            ),
        )
        override = Override(None, said_by) if stays else None
        by_word = [
            a
            for a in self._activities(mailbox, key)
            if a.state is ActivityState.LOGGED and a.reason is Reason.THREAD_OVERRIDE
        ]
        mailboxes = {m.mailbox_id: m for m in self._ports.store.mailboxes()}
        moved: list[tuple[ActivityRow, Record, Reason]] = []
        for activity in by_word:
            decisions = decisions_of(self._ports, workspace, mailboxes, activity, override)
            logged = next((d for d in decisions.values() if d.outcome is Outcome.LOGGED and d.chosen), None)
            if logged and logged.chosen:
                moved.append((activity, logged.chosen, logged.reason))
            elif decisions and not stays:
                self._follower.remove(activity, _each(decisions), revivable=True)
            # Where no copy can be read any more, nobody can say what the rules would do: it stays where it is.
        self._follower.retarget(moved)
        waiting = [row for row in self._rows(mailbox, ref) if is_waiting_in_shard(row)]
        self._screened(workspace, mailbox, [MessageRef(r.message_id, r.thread_id) for r in waiting])

    def stopping(self, mailbox: Mailbox, ref: MessageRef) -> Stopping:
        """What ``stop`` would do now. Nothing is changed."""
        copies = self._copies(self._rows(mailbox, ref))
        staying = {row.mailbox_id for copy in copies if not self._goes(mailbox, copy) for row in copy.others}
        found = [self._ports.store.mailbox(i) for i in sorted(staying)]
        names = tuple(m.name or m.address for m in found if m)
        ours = {c.activity.key for c in copies if self._goes(mailbox, c) and not c.activity.is_joined}
        return Stopping(len(ours), names)

    def stop(self, mailbox: Mailbox, ref: MessageRef) -> Stopping:
        """Keep the conversation out of Salesforce for this mailbox; its owner's activities go to the Recycle Bin."""
        done = self.stopping(mailbox, ref)
        rows = self._rows(mailbox, ref)
        # A thread of Gmail's may hold several conversations by their References: the rep means all of it.
        for key in {self._conversation(mailbox, ref, rows), *(row.conversation for row in rows if row.conversation)}:
            self._ports.store.save_conversation(
                key, lambda before: replace(before, kept_out_by=before.kept_out_by | {mailbox.mailbox_id})
            )
        for copy in self._copies(rows):
            if self._goes(mailbox, copy):
                by_rep = copy.activity.owner_id != self._access.user_of(mailbox)
                self._follower.remove(
                    copy.activity, lambda row: self._fate(mailbox, row), revivable=False, by_rep=by_rep
                )
        now = self._ports.clock.now()
        left = [row for row in self._rows(mailbox, ref) if row.outcome in (Outcome.LOGGED, Outcome.WAITING)]
        self._ports.store.change_rows([keep_out_row(row, now) for row in left])
        return done

    # what is there

    def _rows(self, mailbox: Mailbox, ref: MessageRef) -> list[Row]:
        return self._ports.store.thread(mailbox.mailbox_id, ref.thread_id)

    def _conversation(self, mailbox: Mailbox, ref: MessageRef, rows: Sequence[Row]) -> KeyedHash:
        own = [row.conversation for row in rows if row.message_id == ref.message_id and row.conversation]
        return own[0] if own else conversation_of(self._ports, mailbox, read_message(self._ports, mailbox, ref))

    def _is_forced(self, workspace: Workspace, mailbox: Mailbox, ref: MessageRef) -> bool:
        found = explain(self._ports, workspace, read_message(self._ports, mailbox, ref), mailbox)
        return found.decision.reason in FORCED

    def _refs(self, mailbox: Mailbox, ref: MessageRef, rows: Sequence[Row]) -> list[MessageRef]:
        """The conversation's messages, those that have no row yet too."""
        known = {row.message_id for row in rows}
        refs = [MessageRef(row.message_id, row.thread_id) for row in rows if _may_come_again(row, ref)]
        if ref.message_id in known:
            return refs
        messages = self._ports.mail.thread(mailbox, ref.thread_id, HEADERS)
        new = [MessageRef(m.message_id, m.thread_id) for m in messages if m.message_id not in known]
        return refs + new

    def _copies(self, rows: Sequence[Row]) -> list[_Copy]:
        logged = [row for row in rows if row.outcome is Outcome.LOGGED and row.activity_key]
        activities = self._ports.store.activities([row.activity_key for row in logged if row.activity_key])
        return [
            _Copy(row, activities[row.activity_key], self._others(row))
            for row in logged
            if row.activity_key in activities
        ]

    def _others(self, row: Row) -> tuple[Row, ...]:
        assert row.activity_key is not None
        copies = self._ports.store.copies_of(row.activity_key)
        return tuple(c for c in copies if c.mailbox_id != row.mailbox_id and c.outcome is Outcome.LOGGED)

    def _goes(self, mailbox: Mailbox, copy: _Copy) -> bool:
        """The activity goes when its owner keeps it out, or when no copy is left."""
        owner = copy.activity.owner_id
        return not copy.others or (owner is not None and owner == self._access.user_of(mailbox))

    def _fate(self, mailbox: Mailbox, row: Row) -> Reason:
        return Reason.KEPT_OUT if row.mailbox_id == mailbox.mailbox_id else Reason.TAKEN_BACK

    def _activities(self, mailbox: Mailbox, key: KeyedHash) -> list[ActivityRow]:
        """Those of the conversation of which this mailbox has a copy: nobody's word reaches others' mail."""
        found = self._ports.store.activities_of(key)
        return [a for a in found if any(c.mailbox_id == mailbox.mailbox_id for c in self._ports.store.copies_of(a.key))]

    def _take_up(
        self, workspace: Workspace, mailbox: Mailbox, refs: Sequence[MessageRef], others: Sequence[Row] = ()
    ) -> None:
        """Screen again, and deliver at once."""
        deliver_now(self._ports, workspace, self._screened(workspace, mailbox, refs))
        for row in others:
            other = self._ports.store.mailbox(MailboxId(row.mailbox_id))
            if other is None or not other.reads:
                continue  # nobody reads a mailbox that is off, whoever clicks
            try:
                ready = self._screened(workspace, other, [MessageRef(row.message_id, row.thread_id)])
                deliver_now(self._ports, workspace, ready)
            except TrulyError as error:
                # A colleague's trouble is not this rep's: that copy joins when its mailbox is read again.
                log.warning("a copy in another mailbox could not follow: %s", type(error).__name__)

    def _screened(self, workspace: Workspace, mailbox: Mailbox, refs: Sequence[MessageRef]) -> list[Row]:
        if not refs:
            return []
        store, now = self._ports.store, self._ports.clock.now()
        known = store.existing_rows(mailbox.mailbox_id, [ref.message_id for ref in refs])
        label = dont_log_label(self._ports, mailbox)
        screened = screen_messages(self._ports, workspace, mailbox, refs, label, known).rows
        rows = [_due(row, now) if mailbox.delivers else row for row in screened]
        store.add_rows([row for row in rows if not row.version])
        store.change_rows([row for row in rows if row.version])
        after = store.existing_rows(mailbox.mailbox_id, [ref.message_id for ref in refs])
        return list(after.values())


def _may_come_again(row: Row, ref: MessageRef) -> bool:
    """What a person deleted in Salesforce comes again only where it was asked for itself; what was erased, never."""
    if row.reason is Reason.TAKEN_BACK:
        return row.message_id == ref.message_id
    return row.outcome in (Outcome.SKIPPED, Outcome.WAITING, Outcome.FAILED)


def _as_it_was(now: Conversation, earlier: Conversation) -> Conversation:
    return replace(
        now,
        record_id=earlier.record_id,
        sealed_record=earlier.sealed_record,
        is_record_gone=earlier.is_record_gone,
        log_anyway=earlier.log_anyway,
        said_by=earlier.said_by,
        kept_out_by=earlier.kept_out_by,
    )


def _each(decisions: Mapping[str, Decision]) -> Callable[[Row], Reason]:
    """Each copy its own reason; one that could not be asked goes by another's."""
    any_reason = next(iter(decisions.values())).reason
    return lambda row: decisions[row.key].reason if row.key in decisions else any_reason


def _due(row: Row, now: float) -> Row:
    """Somebody asked for it now: a publish delay is over."""
    return free_row(row, now) if is_waiting_in_shard(row) else row
