"""A mailbox's past, the newest first.

What labels decide costs a list, what must be read its headers, what is known nothing. It may stop between any two
portions, and goes on from the window it was in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from server.domain.decision import Outcome, Reason, Screening
from server.domain.errors import ConfigurationError
from server.domain.history import EVERYTHING, MessageRef, Span
from server.domain.ids import MailboxId, MessageId
from server.domain.ledger import Row
from server.domain.mailbox import Backfill, Mailbox, Workspace
from server.engine.collect.reader import Lease, Progress, Reader, portions
from server.engine.conversations.dont_log_label import OWN, follow_label, has_mark, hear
from server.engine.ledger.rows import note_skipped
from server.engine.mailboxes.pausing import pause_backfill
from server.engine.ports import Ports
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
KNOWN_AT_ONCE = 500
TOO_OLD = Screening(Reason.BEFORE_START)


@dataclass(frozen=True)
class Backfilled:
    """``messages`` counts rows written. ``is_done``: the whole past is known."""

    messages: int = 0
    is_done: bool = True
    is_busy: bool = False
    error: str | None = None


def backfill(
    ports: Ports,
    workspace: Workspace,
    mailbox_id: MailboxId,
    turn: float = TURN,
    on_progress: Progress = lambda _n: None,
) -> Backfilled:
    """Go on with one mailbox's past for about ``turn`` seconds, below all other work on it.

    The mailbox's own trouble pauses it and is returned, not raised.
    """
    lease = Lease(ports, f"backfill/{mailbox_id}")
    if not lease.take():
        return Backfilled(is_done=False, is_busy=True)
    try:
        mailbox = ports.store.mailbox(mailbox_id)
        if mailbox is None or not mailbox.reads or mailbox.backfill is None:
            return Backfilled()
        if max(mailbox.paused_until, mailbox.backfill.paused_until) > ports.clock.now():
            return Backfilled(is_done=False, error=mailbox.last_error or mailbox.backfill.last_error or "paused")
        background = replace(ports, mail=ports.mail.in_background())
        return _Past(background, workspace, mailbox, lease, on_progress).run(ports.clock.now() + turn)
    finally:
        lease.release()


class _Past:
    """One run over one mailbox's past."""

    def __init__(
        self, ports: Ports, workspace: Workspace, mailbox: Mailbox, lease: Lease, on_progress: Progress
    ) -> None:
        self._ports = ports
        self._mailbox = mailbox
        self._reader = Reader(ports, workspace, mailbox, lease, on_progress, is_past=True)
        self._ends_at = 0.0
        self._has_moved = False

    def run(self, ends_at: float) -> Backfilled:
        self._ends_at = ends_at
        try:
            is_done = self._windows()
        except ConfigurationError:
            raise  # a setting is wrong, for every mailbox alike
        except Exception as error:  # noqa: BLE001  # whatever it is, it is this mailbox's alone
            cause = pause_backfill(self._ports.store, self._ports.clock, self._mailbox, error)
            return Backfilled(self._reader.count, is_done=False, error=cause)
        return Backfilled(self._reader.count, is_done=is_done)

    def _windows(self) -> bool:
        """False where the turn is over first."""
        if not self._labelled():
            return False
        present = _present(self._ports.mail, self._mailbox)
        state, span = self._mailbox.backfill, None
        while state is not None and (now := next_window(state, self._mailbox.start)):
            span = now.span
            smaller = narrow_window(state)
            refs = self._listed(now, TOO_MANY if smaller else None)
            if refs is None:
                state = smaller
                continue
            if not self._read(now, refs, present, is_again=state.is_again):
                return False
            if not self._keep(finish_window(state, now, len(refs))) or self._is_over():
                return False
            state = self._mailbox.backfill
        if span != EVERYTHING and not self._rest():
            return False
        return self._keep(None)

    def _labelled(self) -> bool:
        """What "Don't log" is on comes first, whatever its age: it speaks for newer mail of its conversation.

        False where the turn is over before all of it is read.
        """
        label, floor = self._reader.dont_log_label, self._mailbox.start // 1000 - DAY
        if label is None:
            return True
        span = Span(floor, None) if floor > 0 else EVERYTHING
        for page in self._ports.mail.list_messages(self._mailbox, span, (label,)):
            known = self._ports.store.existing_rows(self._mailbox.mailbox_id, [ref.message_id for ref in page])
            hear(self._ports, self._mailbox, dict.fromkeys(page, True), known)
            # A run that ended between a row and its word left the word to us.
            follow_label(self._ports, self._mailbox, {}, [row for row in known.values() if has_mark(row, OWN)])
            unread = [ref for ref in page if _is_unheard(known.get(ref.message_id))]
            if not self._screened(unread, known):
                return False
        return True

    def _listed(self, now: BackfillWindow, most: int | None) -> dict[MessageId, MessageRef] | None:
        """None where the window holds too much and can be cut."""
        found: dict[MessageId, MessageRef] = {}
        for page in self._ports.mail.list_messages(self._mailbox, now.span):
            found |= {ref.message_id: ref for ref in page}
            if most is not None and len(found) > most:
                return None
        return found

    def _read(
        self, now: BackfillWindow, refs: Mapping[MessageId, MessageRef], present: Sequence[str], *, is_again: bool
    ) -> bool:
        """False where the turn is over before the window is."""
        marks = _marks(self._ports.mail, self._mailbox, now, present)
        unread: list[MessageRef] = []
        stale: dict[MessageId, Row] = {}
        ids = list(refs)
        for begin in range(0, len(ids), KNOWN_AT_ONCE):
            part = ids[begin : begin + KNOWN_AT_ONCE]
            known = self._ports.store.existing_rows(self._mailbox.mailbox_id, part)
            decided: list[Row] = []
            before = len(unread)
            for message_id in part:
                row, mark = known.get(message_id), marks.get(message_id)
                if row is None and (found := _decided(mark, now)):
                    decided.append(self._row(refs[message_id], found))
                elif row is None:
                    unread.append(refs[message_id])
                elif _is_stale(row, mark, now, self._mailbox.start, is_again=is_again):
                    stale[message_id] = row
                    unread.append(refs[message_id])
            self._reader.write(decided)
            self._reader.passed(len(part) - (len(unread) - before))
            if self._is_over():
                return False
        return self._screened(unread, stale)

    def _screened(self, unread: Sequence[MessageRef], stale: Mapping[MessageId, Row]) -> bool:
        for part in portions(unread):
            self._reader.screen(part, stale)
            if self._is_over():
                return False
        return True

    def _rest(self) -> bool:
        """Search may have missed something; the plain list misses nothing."""
        for page in self._ports.mail.list_messages(self._mailbox):
            known = self._ports.store.existing_rows(self._mailbox.mailbox_id, [ref.message_id for ref in page])
            if not self._screened([ref for ref in page if ref.message_id not in known], {}):
                return False
        return True

    def _row(self, ref: MessageRef, found: Screening) -> Row:
        assert found.reason is not None
        version, now = self._ports.policy.version, self._ports.clock.now()
        return note_skipped(self._mailbox.mailbox_id, ref, found.reason, found.evidence, version, now)

    def _keep(self, state: Backfill | None) -> bool:
        """False where the past began anew meanwhile (the start moved, the history expired): that has the last word."""
        mine, kept = self._mailbox, False

        def change(before: Mailbox | None) -> Mailbox:
            nonlocal kept
            found = before or mine
            kept = found.start == mine.start and _is_same_walk(found.backfill, mine.backfill)
            return replace(found, backfill=state) if kept else found

        self._mailbox = self._ports.store.save_mailbox(mine.mailbox_id, change)
        self._has_moved = True
        return kept

    def _is_over(self) -> bool:
        """Never before anything is done, or a short turn would be the same turn for ever."""
        return (self._has_moved or self._reader.count > 0) and self._ports.clock.now() >= self._ends_at


def _is_same_walk(now: Backfill | None, mine: Backfill | None) -> bool:
    return now is not None and mine is not None and (now.begun_at, now.is_again) == (mine.begun_at, mine.is_again)


def _present(mail: MailProvider, mailbox: Mailbox) -> list[str]:
    """Which of the labels that decide alone are on anything here: a count costs less than a list."""
    there = {label.label_id for label in mail.labels(mailbox)}
    return [label for label in DECIDING if label in there and mail.count_messages(mailbox, label)]


def _marks(mail: MailProvider, mailbox: Mailbox, now: BackfillWindow, present: Sequence[str]) -> dict[MessageId, str]:
    """The label that decides, by message."""
    marks: dict[MessageId, str] = {}
    for label in present:
        found = _with(mail, mailbox, now, label)
        if label in CATEGORIES and found:
            found -= _with(mail, mailbox, now, label, SENT)
        for message_id in found:
            marks.setdefault(message_id, label)
    return marks


def _with(mail: MailProvider, mailbox: Mailbox, now: BackfillWindow, *labels: str) -> set[MessageId]:
    return {ref.message_id for page in mail.list_messages(mailbox, now.span, labels) for ref in page}


def _decided(mark: str | None, now: BackfillWindow) -> Screening | None:
    """What needs no header: what a label decides, and what is too old."""
    if mark is not None:
        return by_labels({mark})
    return TOO_OLD if now.is_too_old else None


def _is_unheard(row: Row | None) -> bool:
    """Must a labelled message be read for its label? What its other labels settle, or who logged it, is done with."""
    if row is None or row.outcome is Outcome.WAITING:
        return True
    settled = (Reason.NOT_MAIL, Reason.NOT_PRIMARY, Reason.BEFORE_START)
    return row.outcome is Outcome.SKIPPED and row.reason not in settled and not has_mark(row, OWN)


def _is_stale(row: Row, mark: str | None, now: BackfillWindow, start_ms: int, *, is_again: bool) -> bool:
    """Must a known message be read once more? Its label went unseen, or it is no longer too old."""
    if row.reason is Reason.BEFORE_START:
        return not now.is_too_old and (row.internal_date == 0 or row.internal_date >= start_ms)
    if not is_again:
        return False
    if row.reason in (Reason.NOT_MAIL, Reason.NOT_PRIMARY):
        return mark not in {e.mark for e in row.evidence}
    if row.outcome is Outcome.WAITING:
        return mark is not None
    return has_mark(row, OWN)
