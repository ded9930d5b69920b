"""One mailbox, under its lease: read what is new, screen it, write the rows, and only then move the cursor."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from server.domain.decision import Outcome
from server.domain.errors import ConfigurationError, CursorExpiredError, TransientError
from server.domain.history import History, MessageRef
from server.domain.ids import Cursor, MailboxId, MessageId
from server.domain.ledger import Row
from server.domain.mailbox import Mailbox, Workspace
from server.domain.trouble import PersonStep
from server.engine.collect.reader import MailboxReader, Progress, ReaderTools, cut_portions
from server.engine.conversations.dont_log_label import OWN, has_mark
from server.engine.ledger.rows import look_again, lose_row
from server.engine.ledger.saving import save_changed_rows
from server.engine.mailboxes.lease import Lease, Leases, keep_renewed
from server.engine.mailboxes.pausing import pause_mailbox
from server.ports.mail import MailProvider
from server.rules.schedule.backfill_windows import begin_backfill
from server.rules.schedule.fold_history import Fate, MessageChange, fold_events, list_label_moves
from server.rules.schedule.push_proof import note_poll, note_push

log = logging.getLogger(__name__)
MOST_LOOKS = 200
"""Skipped messages that one run looks at again."""
LOOK_LATER = 3_600.0
"""Seconds after which they are tried again, where Gmail does not answer or the day's share for them is used up."""
QUIET = 43_200.0
"""Seconds after which nothing listed means that nothing happened. Gmail keeps a history for days."""


@dataclass(frozen=True)
class Collected:
    """``messages`` counts rows written or changed. ``is_busy``: another worker has the mailbox.

    ``has_news``: Gmail's history named changes, of whatever kind. ``has_past``: there is more to be read, by
    ``PastCollector``.
    """

    messages: int = 0
    is_busy: bool = False
    has_news: bool = False
    has_past: bool = False
    error: str | None = None


@dataclass(frozen=True)
class Collector:
    """Thread-safe."""

    mail: MailProvider
    leases: Leases
    tools: ReaderTools
    tell_past: Callable[[int], None] = lambda _size: None
    """Hears how many messages there are, before older mail begins to be read."""

    def collect(
        self,
        workspace: Workspace,
        mailbox_id: MailboxId,
        on_progress: Progress = lambda _messages: None,
        *,
        is_pushed: bool = False,
    ) -> Collected:
        """Bring one mailbox's ledger up to now. The mailbox's own trouble pauses it and is returned, not raised.

        ``is_pushed``: a push asks for it, which proves that pushes arrive.
        """
        lease = self.leases.lease(f"mailbox/{mailbox_id}")
        if not lease.take():
            return Collected(is_busy=True)
        try:
            mailbox = self.tools.store.mailbox(mailbox_id)
            if mailbox is None or not mailbox.reads or mailbox.paused_until > self.tools.clock.now():
                return Collected()
            with keep_renewed([lease]):
                return _Collection(self, workspace, mailbox, lease, on_progress, is_pushed=is_pushed).run()
        finally:
            lease.release()


class _Collection:
    """One run over one mailbox."""

    def __init__(
        self,
        collector: Collector,
        workspace: Workspace,
        mailbox: Mailbox,
        lease: Lease,
        on_progress: Progress,
        *,
        is_pushed: bool,
    ) -> None:
        self._mail = collector.mail
        self._tell_past = collector.tell_past
        self._store = collector.tools.store
        self._clock = collector.tools.clock
        self._label = collector.tools.label
        self._mailbox = mailbox
        self._lease = lease
        self._is_pushed = is_pushed
        self._tools = collector.tools
        self._workspace = workspace
        self._on_progress = on_progress
        self._to_look_at: list[Row] = []
        self._looked_at = 0
        self._reader = MailboxReader(collector.tools, workspace, mailbox, lease, on_progress)

    def run(self) -> Collected:
        try:
            if self._mailbox.cursor is None:
                return self._begin(is_again=False)
            try:
                history = self._mail.history(self._mailbox, self._mailbox.cursor)
            except CursorExpiredError:
                return self._begin(is_again=True)
            self._read(history)
            self._move_cursor(history)
            self._look_again()
        except ConfigurationError:
            raise  # a setting is wrong, for every mailbox alike
        except Exception as error:  # noqa: BLE001  # whatever it is, it is this mailbox's alone
            return Collected(self._reader.count, error=pause_mailbox(self._store, self._clock, self._mailbox, error))
        has_past = self._mailbox.backfill is not None
        return Collected(self._reader.count + self._looked_at, has_news=bool(history.events), has_past=has_past)

    def _begin(self, *, is_again: bool) -> Collected:
        """The cursor is read before anything is listed: what changes meanwhile comes again with the history.

        Cursor and past are one write: a mailbox whose history begins here always knows that its past is unread.
        """
        cursor = self._mail.current_cursor(self._mailbox)
        size = self._mail.count_messages(self._mailbox)
        past = begin_backfill(self._clock.now(), size, is_again=is_again)
        if not is_again:
            self._tell_past(size)
        labels = self._label.find_labels(self._mailbox)
        now = self._clock.now()
        self._store.save_mailbox(
            self._mailbox.mailbox_id,
            lambda current: replace(
                self._note_push(current or self._mailbox, now).recovered(PersonStep.READ).with_labels(labels),
                cursor=cursor,
                cursor_at=now,
                backfill=past,
                last_synced_at=now,
                failures=0,
                last_error=None,
                paused_until=0.0,
            ),
        )
        return Collected(has_past=True)

    def _read(self, history: History) -> None:
        changes = fold_events(history.events)
        now = self._clock.now()
        to_retry = self._store.unscreened_rows_of(self._mailbox.mailbox_id, Outcome.WAITING, now)
        self._to_look_at = self._store.unscreened_rows_of(self._mailbox.mailbox_id, Outcome.SKIPPED, now, MOST_LOOKS)
        if changes or to_retry or self._to_look_at:
            self._reader.dont_log_labels = self._label.find_labels(self._mailbox)
        rows = self._store.existing_rows(self._mailbox.mailbox_id, [c.ref.message_id for c in changes])
        rows |= {row.message_id: row for row in to_retry}
        labels = self._reader.dont_log_labels
        lost_rows = self._look_at_lost_labels(self._mailbox.dont_log_labels - labels)
        rows |= {row.message_id: row for row in lost_rows}
        if moved := list_label_moves(history.events, labels | self._mailbox.dont_log_labels):
            logged = [row for row in rows.values() if row.outcome is Outcome.LOGGED]
            on_logged = [row for row in logged if MessageRef(row.message_id, row.thread_id) in moved]
            self._label.record_moves_on_logged(self._mailbox, on_logged, labels)
        now = self._clock.now()
        lost = [rows[change.ref.message_id] for change in changes if _is_lost(change, rows)]
        self._reader.write([lose_row(row, now) for row in lost])
        refs = [MessageRef(row.message_id, row.thread_id) for row in (*to_retry, *lost_rows)]
        refs += [change.ref for change in changes if _is_open(change, rows)]
        # In an order of their own, for Gmail's means nothing: its ids grow with time.
        for portion in cut_portions(sorted(set(refs), key=lambda ref: ref.message_id)):
            self._reader.screen(portion, rows)

    def _look_again(self) -> None:
        """At own mail of which time may tell more: a migrated mailbox holds tens of thousands. New mail goes first."""
        reader = MailboxReader(
            self._tools.in_background(), self._workspace, self._mailbox, self._lease, self._on_progress
        )
        reader.dont_log_labels = self._reader.dont_log_labels
        rows = {row.message_id: row for row in self._to_look_at}
        try:
            for portion in cut_portions(MessageRef(row.message_id, row.thread_id) for row in rows.values()):
                reader.screen(portion, rows)
        except TransientError:
            due = self._clock.now() + LOOK_LATER
            save_changed_rows(self._store, [look_again(row, due) for row in self._to_look_at])
            log.info("what is to be looked at again waits")
        self._looked_at = reader.count

    def _look_at_lost_labels(self, lost: frozenset[str]) -> list[Row]:
        """A label was deleted, or is called otherwise: what it kept out is looked at again. Returns what to screen."""
        if not lost:
            return []
        rows = self._label.list_labelled(self._mailbox)
        logged = [row for row in rows if row.outcome is Outcome.LOGGED]
        self._label.record_moves_on_logged(self._mailbox, logged, self._reader.dont_log_labels)
        return [row for row in rows if has_mark(row, OWN)]

    def _move_cursor(self, history: History) -> None:
        """An empty history moves nothing for half a day.

        Gmail has been seen to name a new cursor before it lists what led there: past it, that would never be read.
        """
        self._lease.renew()
        now = self._clock.now()
        labels = self._reader.dont_log_labels

        def change(current: Mailbox | None) -> Mailbox:
            mailbox = current or self._mailbox
            moves = bool(history.events) or now - mailbox.cursor_at > QUIET
            newest = Cursor(max(history.cursor, mailbox.cursor or history.cursor))
            return replace(
                self._note_push(mailbox, now).recovered(PersonStep.READ).with_labels(labels),
                cursor=newest if moves else mailbox.cursor,
                cursor_at=now if moves else mailbox.cursor_at,
                last_synced_at=now,
                failures=0,
                last_error=None,
                paused_until=0.0,
            )

        self._store.save_mailbox(self._mailbox.mailbox_id, change)

    def _note_push(self, mailbox: Mailbox, now: float) -> Mailbox:
        return note_push(mailbox, now) if self._is_pushed else note_poll(mailbox, self._reader.arrivals, now)


def _is_lost(change: MessageChange, rows: Mapping[MessageId, Row]) -> bool:
    row = rows.get(change.ref.message_id)
    return (
        change.fate is Fate.DELETED and row is not None and row.outcome is Outcome.WAITING and not row.waits_for_change
    )


def _is_open(change: MessageChange, rows: Mapping[MessageId, Row]) -> bool:
    """New, or known and neither logged nor taken back: a later label reopens only what is not logged."""
    if change.fate is Fate.DELETED:
        return False
    row = rows.get(change.ref.message_id)
    if row is None:
        return True
    # A run that ended between the rows and the cursor left rows that the history calls new.
    return change.has_moved and row.outcome in {Outcome.SKIPPED, Outcome.WAITING}
