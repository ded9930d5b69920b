"""One mailbox, under its lease: read what is new, screen it, write the rows, and only then move the cursor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from server.domain.decision import Outcome
from server.domain.errors import ConfigurationError, CursorExpiredError
from server.domain.history import History, MessageRef
from server.domain.ids import Cursor, MailboxId, MessageId
from server.domain.ledger import Row
from server.domain.mailbox import Mailbox, Workspace
from server.engine.collect.reader import Lease, Progress, Reader, portions
from server.engine.conversations.dont_log_label import dont_log_label, hear
from server.engine.ledger.rows import lose_row
from server.engine.mailboxes.pausing import pause_mailbox
from server.engine.ports import Ports
from server.rules.schedule.backfill_windows import begin_backfill
from server.rules.schedule.fold_history import Fate, MessageChange, find_label_moves, fold_events

QUIET = 43_200.0
"""Seconds after which nothing listed means that nothing happened. Gmail keeps a history for days."""


@dataclass(frozen=True)
class Collected:
    """``messages`` counts rows written or changed. ``is_busy``: another worker has the mailbox.

    ``has_past``: there is more to be read, by ``backfill``.
    """

    messages: int = 0
    is_busy: bool = False
    has_past: bool = False
    error: str | None = None


def collect(
    ports: Ports, workspace: Workspace, mailbox_id: MailboxId, on_progress: Progress = lambda _n: None
) -> Collected:
    """Bring one mailbox's ledger up to now. The mailbox's own trouble pauses it and is returned, not raised."""
    lease = Lease(ports, f"mailbox/{mailbox_id}")
    if not lease.take():
        return Collected(is_busy=True)
    try:
        mailbox = ports.store.mailbox(mailbox_id)
        if mailbox is None or not mailbox.reads or mailbox.paused_until > ports.clock.now():
            return Collected()
        return _Collection(ports, workspace, mailbox, lease, on_progress).run()
    finally:
        lease.release()


class _Collection:
    """One run over one mailbox."""

    def __init__(
        self, ports: Ports, workspace: Workspace, mailbox: Mailbox, lease: Lease, on_progress: Progress
    ) -> None:
        self._ports = ports
        self._mailbox = mailbox
        self._lease = lease
        self._reader = Reader(ports, workspace, mailbox, lease, on_progress)

    def run(self) -> Collected:
        try:
            if self._mailbox.cursor is None:
                return self._begin(is_again=False)
            try:
                history = self._ports.mail.history(self._mailbox, self._mailbox.cursor)
            except CursorExpiredError:
                return self._begin(is_again=True)
            self._read(history)
            self._move(history)
        except ConfigurationError:
            raise  # a setting is wrong, for every mailbox alike
        except Exception as error:  # noqa: BLE001  # whatever it is, it is this mailbox's alone
            cause = pause_mailbox(self._ports.store, self._ports.clock, self._mailbox, error)
            return Collected(self._reader.count, error=cause)
        return Collected(self._reader.count, has_past=self._mailbox.backfill is not None)

    def _begin(self, *, is_again: bool) -> Collected:
        """The position is read before anything is listed: what changes meanwhile comes again with the history.

        Position and past are one write: a mailbox whose history begins here always knows that its past is unread.
        """
        cursor = self._ports.mail.current_cursor(self._mailbox)
        size = self._ports.mail.count_messages(self._mailbox)
        past = begin_backfill(self._ports.clock.now(), size, is_again=is_again)
        label = dont_log_label(self._ports, self._mailbox)
        now = self._ports.clock.now()
        self._ports.store.save_mailbox(
            self._mailbox.mailbox_id,
            lambda before: replace(
                before or self._mailbox,
                cursor=cursor,
                cursor_at=now,
                backfill=past,
                dont_log_label=label,
                last_synced_at=now,
            ),
        )
        return Collected(has_past=True)

    def _read(self, history: History) -> None:
        changes = fold_events(history.events)
        retried = self._ports.store.unscreened_rows(self._mailbox.mailbox_id, self._ports.clock.now())
        if changes or retried:
            self._reader.dont_log_label = dont_log_label(self._ports, self._mailbox)
        known = self._ports.store.existing_rows(self._mailbox.mailbox_id, [c.ref.message_id for c in changes])
        known |= {row.message_id: row for row in retried}
        if label := self._reader.dont_log_label:
            hear(self._ports, self._mailbox, find_label_moves(history.events, label), known)
        self._reader.write(self._deleted([known[c.ref.message_id] for c in changes if _is_lost(c, known)]))
        wanted = [MessageRef(row.message_id, row.thread_id) for row in retried]
        wanted += [c.ref for c in changes if _is_open(c, known)]
        for part in portions(dict.fromkeys(wanted)):
            self._reader.screen(part, known)

    def _deleted(self, rows: list[Row]) -> list[Row]:
        now = self._ports.clock.now()
        return [lose_row(row, now) for row in rows]

    def _move(self, history: History) -> None:
        """An empty history moves nothing for half a day.

        Gmail has been seen to name a new position before it lists what led there: past it, that would never be read.
        """
        self._lease.renew()
        now = self._ports.clock.now()
        label = self._reader.dont_log_label

        def change(before: Mailbox | None) -> Mailbox:
            mailbox = before or self._mailbox
            moves = bool(history.events) or now - mailbox.cursor_at > QUIET
            newest = Cursor(max(history.cursor, mailbox.cursor or history.cursor))
            return replace(
                mailbox,
                cursor=newest if moves else mailbox.cursor,
                cursor_at=now if moves else mailbox.cursor_at,
                last_synced_at=now,
                failures=0,
                last_error=None,
                paused_until=0.0,
                dont_log_label=label,
            )

        self._ports.store.save_mailbox(self._mailbox.mailbox_id, change)


def _is_lost(change: MessageChange, known: Mapping[MessageId, Row]) -> bool:
    row = known.get(change.ref.message_id)
    return change.fate is Fate.DELETED and row is not None and row.outcome is Outcome.WAITING


def _is_open(change: MessageChange, known: Mapping[MessageId, Row]) -> bool:
    """New, or known and neither logged nor taken back: a later label reopens only what is not logged."""
    if change.fate is Fate.DELETED:
        return False
    row = known.get(change.ref.message_id)
    if row is None:
        return True
    # A run that ended between the rows and the cursor left rows that the history calls new.
    return change.has_moved and row.outcome in {Outcome.SKIPPED, Outcome.WAITING}
