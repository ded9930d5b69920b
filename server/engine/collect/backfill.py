"""A mailbox's past, the newest first.

What labels decide costs a list, what must be read its headers, what is known nothing. It may stop between any two
portions, and goes on from the window it was in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from more_itertools import chunked

from server.domain.decision import Outcome, Reason, Screening
from server.domain.errors import ConfigurationError
from server.domain.history import EVERYTHING, MessageRef, Span
from server.domain.ids import MailboxId, MessageId
from server.domain.ledger import Row
from server.domain.mailbox import Backfill, Mailbox, Workspace
from server.domain.policy import Policy
from server.engine.collect.reader import MailboxReader, Progress, ReaderTools, cut_portions
from server.engine.conversations.dont_log_label import OWN, has_mark
from server.engine.ledger.rows import note_skipped
from server.engine.mailboxes.lease import Lease, Leases, keep_renewed
from server.engine.mailboxes.pausing import pause_backfill
from server.ports.mail import MailProvider
from server.rules.decision.screen import CATEGORIES, DECIDING, SENT, by_labels
from server.rules.schedule.backfill_windows import (
    DAY,
    TOO_MANY,
    BackfillWindow,
    finish_window,
    narrow_window,
    next_window,
)

TURN = 240.0
"""Seconds after which a run gives way: a job ends within five minutes."""
ROWS_PER_LOOKUP = 500


@dataclass(frozen=True)
class Backfilled:
    """``messages`` counts rows written. ``is_done``: the whole past is known."""

    messages: int = 0
    is_done: bool = True
    is_busy: bool = False
    error: str | None = None


@dataclass(frozen=True)
class PastCollector:
    """Reads mailboxes' pasts below all other work on them: ``mail`` is the provider in the background. Thread-safe."""

    mail: MailProvider
    policy: Policy
    leases: Leases
    tools: ReaderTools

    def collect_past(
        self,
        workspace: Workspace,
        mailbox_id: MailboxId,
        turn: float = TURN,
        on_progress: Progress = lambda _messages: None,
    ) -> Backfilled:
        """Go on with one mailbox's past for about ``turn`` seconds.

        The mailbox's own trouble pauses its past and is returned, not raised.
        """
        lease = self.leases.lease(f"backfill/{mailbox_id}")
        if not lease.take():
            return Backfilled(is_done=False, is_busy=True)
        try:
            now = self.tools.clock.now()
            mailbox = self.tools.store.mailbox(mailbox_id)
            if mailbox is None or not mailbox.reads or mailbox.backfill is None:
                return Backfilled()
            if max(mailbox.paused_until, mailbox.backfill.paused_until) > now:
                return Backfilled(is_done=False, error=mailbox.last_error or mailbox.backfill.last_error or "paused")
            with keep_renewed([lease]):
                return _PastRun(self, workspace, mailbox, lease, on_progress).run(now + turn)
        finally:
            lease.release()


class _PastRun:
    """One run over one mailbox's past."""

    def __init__(
        self, collector: PastCollector, workspace: Workspace, mailbox: Mailbox, lease: Lease, on_progress: Progress
    ) -> None:
        self._mail = collector.mail
        self._policy = collector.policy
        self._store = collector.tools.store
        self._clock = collector.tools.clock
        self._label = collector.tools.label
        self._mailbox = mailbox
        self._reader = MailboxReader(collector.tools, workspace, mailbox, lease, on_progress, is_past=True)
        self._ends_at = 0.0
        self._has_moved = False

    def run(self, ends_at: float) -> Backfilled:
        self._ends_at = ends_at
        try:
            is_done = self._read_windows()
        except ConfigurationError:
            raise  # a setting is wrong, for every mailbox alike
        except Exception as error:  # noqa: BLE001  # whatever it is, it is this mailbox's alone
            cause = pause_backfill(self._store, self._clock, self._mailbox, error)
            return Backfilled(self._reader.count, is_done=False, error=cause)
        return Backfilled(self._reader.count, is_done=is_done)

    def _read_windows(self) -> bool:
        """False where the turn is over first."""
        if not self._read_labelled():
            return False
        present = list_present_labels(self._mail, self._mailbox)
        state, span = self._mailbox.backfill, None
        while state is not None and (window := next_window(state, self._mailbox.start)):
            span = window.span
            smaller = narrow_window(state)
            refs = self._list_window(window, TOO_MANY if smaller else None)
            if refs is None:
                state = smaller
                continue
            if not self._read_window(window, refs, present, is_again=state.is_again):
                return False
            if not self._save_state(finish_window(state, window, len(refs))) or self._is_over():
                return False
            state = self._mailbox.backfill
        if span != EVERYTHING and not self._read_rest():
            return False
        return self._save_state(None)

    def _read_labelled(self) -> bool:
        """What "Don't log" is on comes first, whatever its age: it counts for newer mail of its conversation.

        False where the turn is over before all of it is read.
        """
        floor = self._mailbox.start // 1000 - DAY
        span = Span(floor, None) if floor > 0 else EVERYTHING
        return all(self._read_label(label, span) for label in sorted(self._reader.dont_log_labels))

    def _read_label(self, label: str, span: Span) -> bool:
        for page in self._mail.list_messages(self._mailbox, span, (label,)):
            rows = self._find_rows(page)
            self._label.record_labelled(self._mailbox, [row for row in rows.values() if row.outcome is Outcome.LOGGED])
            # A run that ended between a row and what its label says left the latter to us.
            self._label.record_labelled(self._mailbox, [row for row in rows.values() if has_mark(row, OWN)])
            unread = [ref for ref in page if _must_read_label(rows.get(ref.message_id))]
            if not self._screen(unread, rows):
                return False
        return True

    def _list_window(self, window: BackfillWindow, most: int | None) -> dict[MessageId, MessageRef] | None:
        """None where the window holds too much and can be cut."""
        refs: dict[MessageId, MessageRef] = {}
        for page in self._mail.list_messages(self._mailbox, window.span):
            refs |= {ref.message_id: ref for ref in page}
            if most is not None and len(refs) > most:
                return None
        return refs

    def _read_window(
        self, window: BackfillWindow, refs: Mapping[MessageId, MessageRef], present: Sequence[str], *, is_again: bool
    ) -> bool:
        """False where the turn is over before the window is."""
        marks = list_marks(self._mail, self._mailbox, window.span, present)
        unread: list[MessageRef] = []
        stale: dict[MessageId, Row] = {}
        for ids in chunked(refs, ROWS_PER_LOOKUP):
            rows = self._store.existing_rows(self._mailbox.mailbox_id, ids)
            skipped: list[Row] = []
            unread_so_far = len(unread)
            for message_id in ids:
                row, mark = rows.get(message_id), marks.get(message_id)
                if row is None and (screening := _decide_without_headers(mark, window, self._policy)):
                    skipped.append(self._make_skipped_row(refs[message_id], screening))
                elif row is None:
                    unread.append(refs[message_id])
                elif _is_stale(row, mark, window, self._mailbox.start, is_again=is_again):
                    stale[message_id] = row
                    unread.append(refs[message_id])
            self._reader.write(skipped)
            self._reader.report_progress(len(ids) - (len(unread) - unread_so_far))
            if self._is_over():
                return False
        return self._screen(unread, stale)

    def _screen(self, unread: Sequence[MessageRef], rows: Mapping[MessageId, Row]) -> bool:
        """False where the turn is over first."""
        for portion in cut_portions(unread):
            self._reader.screen(portion, rows)
            if self._is_over():
                return False
        return True

    def _read_rest(self) -> bool:
        """Search may have missed something; the plain list misses nothing."""
        for page in self._mail.list_messages(self._mailbox):
            rows = self._find_rows(page)
            if not self._screen([ref for ref in page if ref.message_id not in rows], {}):
                return False
        return True

    def _find_rows(self, refs: Sequence[MessageRef]) -> dict[MessageId, Row]:
        return self._store.existing_rows(self._mailbox.mailbox_id, [ref.message_id for ref in refs])

    def _make_skipped_row(self, ref: MessageRef, screening: Screening) -> Row:
        assert screening.reason is not None
        version, now = self._policy.version, self._clock.now()
        return note_skipped(self._mailbox.mailbox_id, ref, screening.reason, screening.evidence, version, now)

    def _save_state(self, state: Backfill | None) -> bool:
        """False where the past began again meanwhile (the start moved, the history expired): that has priority."""
        mine, is_saved = self._mailbox, False

        def change(current: Mailbox | None) -> Mailbox:
            nonlocal is_saved
            mailbox = current or mine
            is_saved = mailbox.start == mine.start and _is_same_walk(mailbox.backfill, mine.backfill)
            return replace(mailbox, backfill=state) if is_saved else mailbox

        self._mailbox = self._store.save_mailbox(mine.mailbox_id, change)
        self._has_moved = True
        return is_saved

    def _is_over(self) -> bool:
        """Never before anything is done, or a short turn would be the same turn for ever."""
        return (self._has_moved or self._reader.count > 0) and self._clock.now() >= self._ends_at


def _is_same_walk(current: Backfill | None, mine: Backfill | None) -> bool:
    if current is None or mine is None:
        return False
    return (current.begun_at, current.is_again) == (mine.begun_at, mine.is_again)


def list_present_labels(mail: MailProvider, mailbox: Mailbox) -> list[str]:
    """Which of the labels that decide alone are on anything here: a count costs less than a list."""
    label_ids = {label.label_id for label in mail.labels(mailbox)}
    return [label for label in DECIDING if label in label_ids and mail.count_messages(mailbox, label)]


def list_marks(mail: MailProvider, mailbox: Mailbox, span: Span, present: Sequence[str]) -> dict[MessageId, str]:
    """The label that decides, by message."""
    marks: dict[MessageId, str] = {}
    for label in present:
        ids = _list_with_labels(mail, mailbox, span, label)
        if label in CATEGORIES and ids:
            ids -= _list_with_labels(mail, mailbox, span, label, SENT)
        for message_id in ids:
            marks.setdefault(message_id, label)
    return marks


def _list_with_labels(mail: MailProvider, mailbox: Mailbox, span: Span, *labels: str) -> set[MessageId]:
    return {ref.message_id for page in mail.list_messages(mailbox, span, labels) for ref in page}


def _decide_without_headers(mark: str | None, window: BackfillWindow, policy: Policy) -> Screening | None:
    """What a label decides, and what is too old."""
    if mark is not None and (screening := by_labels({mark}, policy)):
        return screening
    return Screening(Reason.BEFORE_START) if window.is_too_old else None


def _must_read_label(row: Row | None) -> bool:
    """Must a labelled message be read for its label? Not where its other labels settle it, or it is logged."""
    if row is None or row.outcome is Outcome.WAITING:
        return True
    settled = (Reason.NOT_MAIL, Reason.NOT_PRIMARY, Reason.BEFORE_START)
    return row.outcome is Outcome.SKIPPED and row.reason not in settled and not has_mark(row, OWN)


def was_too_old(row: Row, start_ms: int) -> bool:
    """Was it left out for its age, and may it be young enough for this start?"""
    return row.reason is Reason.BEFORE_START and (row.internal_date == 0 or row.internal_date >= start_ms)


def _is_stale(row: Row, mark: str | None, window: BackfillWindow, start_ms: int, *, is_again: bool) -> bool:
    """Must a known message be read once more? A change of its label went unseen, or it is no longer too old."""
    if row.reason is Reason.BEFORE_START:
        return not window.is_too_old and was_too_old(row, start_ms)
    if not is_again:
        return False
    if row.reason in (Reason.NOT_MAIL, Reason.NOT_PRIMARY):
        return mark not in {evidence.mark for evidence in row.evidence}
    if row.outcome is Outcome.WAITING:
        return mark is not None
    return has_mark(row, OWN)
