"""One mailbox, under its lease: read what is new, screen it, write the rows, and only then move the cursor."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from server.domain.decision import Outcome, Reason
from server.domain.errors import (
    ConfigurationError,
    ConflictError,
    CursorExpiredError,
    MailboxUnavailableError,
    ReconnectRequiredError,
    TransientError,
)
from server.domain.history import MessageRef
from server.domain.ids import GmailMessageId, HistoryId, MailboxId
from server.domain.ledger import Row
from server.domain.mailbox import Mailbox, Workspace
from server.engine.ports import Ports
from server.engine.screening import screen_messages
from server.rules.history import Change, Fate, fold
from server.rules.recovery import backoff

log = logging.getLogger(__name__)

LEASE = 120.0
"""Seconds; renewed while the work goes on."""
AT_ONCE = 50
"""Messages whose headers are fetched and written together."""
PARKED = 3600.0
"""Seconds until a mailbox that cannot be read is tried again."""
RESCREENED = frozenset({Reason.NOT_MAIL, Reason.NOT_PRIMARY, Reason.KEPT_OUT})
"""What a label decided, and a label that moved unseen may have changed."""


@dataclass(frozen=True)
class Collected:
    """``messages`` counts rows written or changed. ``is_busy``: another worker has the mailbox."""

    messages: int = 0
    is_busy: bool = False
    error: str | None = None


Progress = Callable[[int], None]


def collect(
    ports: Ports, workspace: Workspace, mailbox_id: MailboxId, on_progress: Progress = lambda _n: None
) -> Collected:
    """Bring one mailbox's ledger up to now. The mailbox's own trouble pauses it and is returned, not raised."""
    lease = f"mailbox/{mailbox_id}"
    if not ports.store.lease(lease, ports.holder, ports.clock.now(), LEASE):
        return Collected(is_busy=True)
    try:
        mailbox = ports.store.mailbox(mailbox_id)
        if mailbox is None or not mailbox.reads or mailbox.paused_until > ports.clock.now():
            return Collected()
        return _Collection(ports, workspace, mailbox, lease, on_progress).run()
    finally:
        ports.store.release(lease, ports.holder)


class _Collection:
    """One run over one mailbox."""

    def __init__(self, ports: Ports, workspace: Workspace, mailbox: Mailbox, lease: str, on_progress: Progress) -> None:
        self._ports = ports
        self._workspace = workspace
        self._mailbox = mailbox
        self._lease = lease
        self._on_progress = on_progress
        self._count = 0
        self._label: str | None = None
        self._renewed_at = ports.clock.now()

    def run(self) -> Collected:
        try:
            self._label = self._ports.mail.label_named(self._mailbox, self._ports.policy.dont_log_label)
            self._retry_unscreened()
            cursor = self._changes() if self._mailbox.cursor is not None else self._listing()
        except ConfigurationError:
            raise  # a setting is wrong, for every mailbox alike
        except Exception as error:  # noqa: BLE001  # whatever it is, it is this mailbox's alone
            if not isinstance(error, TransientError | MailboxUnavailableError):
                log.error("collecting a mailbox failed with %s", type(error).__name__)  # noqa: TRY400  # no text of mail
            self._pause(error)
            return Collected(self._count, error=type(error).__name__)
        self._move(cursor)
        return Collected(self._count)

    def _listing(self) -> HistoryId:
        """The position is read before the list: what changes meanwhile comes again with the history after it."""
        cursor = self._ports.mail.position(self._mailbox)
        for page in self._ports.mail.list_messages(self._mailbox):
            known = self._ports.store.known(self._mailbox.mailbox_id, [ref.gmail_message_id for ref in page])
            stale = {i: row for i, row in known.items() if row.reason in RESCREENED and self._mailbox.cursor}
            wanted = [ref for ref in page if ref.gmail_message_id not in known or ref.gmail_message_id in stale]
            self._screen(wanted, list(stale.values()))
        return cursor

    def _changes(self) -> HistoryId:
        assert self._mailbox.cursor is not None
        try:
            history = self._ports.mail.history(self._mailbox, self._mailbox.cursor)
        except CursorExpiredError:
            return self._listing()
        changes = fold(history.events)
        known = self._ports.store.known(self._mailbox.mailbox_id, [c.ref.gmail_message_id for c in changes])
        self._close_deleted([known[c.ref.gmail_message_id] for c in changes if _is_lost(c, known)])
        wanted = [c.ref for c in changes if _is_open(c, known)]
        self._screen(wanted, list(known.values()))
        return history.cursor

    def _retry_unscreened(self) -> None:
        rows = self._ports.store.unscreened(self._mailbox.mailbox_id, self._ports.clock.now())
        self._screen([MessageRef(row.gmail_message_id, row.gmail_thread_id) for row in rows], rows)

    def _screen(self, refs: Sequence[MessageRef], known: Sequence[Row]) -> None:
        before: dict[str, Row] = {row.gmail_message_id: row for row in known}
        for start in range(0, len(refs), AT_ONCE):
            part = refs[start : start + AT_ONCE]
            screened = screen_messages(self._ports, self._workspace, self._mailbox, part, self._label, before)
            self._ports.store.add_rows([row for row in screened.rows if not row.version])
            self._change([row for row in screened.rows if row.version])
            self._count += len(part)
            self._on_progress(len(part))
            if screened.throttled:
                raise screened.throttled
            self._renew()

    def _change(self, rows: list[Row]) -> None:
        """A row that a delivery closed meanwhile is left to it."""
        if not rows:
            return
        try:
            self._ports.store.change_rows(rows)
        except ConflictError:
            for row in rows:
                self._change_alone(row)

    def _change_alone(self, row: Row) -> None:
        try:
            self._ports.store.change_rows([row])
        except ConflictError:
            return

    def _close_deleted(self, rows: list[Row]) -> None:
        now = self._ports.clock.now()
        self._change(
            [
                replace(
                    row,
                    reason=Reason.GONE,
                    shard=None,
                    due_at=None,
                    sealed_headers=None,
                    cause="deleted",
                    updated_at=now,
                )
                for row in rows
            ]
        )

    def _renew(self) -> None:
        """Raises TransientError where another worker took the lease: the rows stay, the cursor does not move."""
        now = self._ports.clock.now()
        if now - self._renewed_at < LEASE / 4:
            return
        self._renewed_at = now
        if not self._ports.store.lease(self._lease, self._ports.holder, self._ports.clock.now(), LEASE):
            raise TransientError("The lease of a mailbox went to another worker.")

    def _move(self, cursor: HistoryId) -> None:
        self._renew()
        now = self._ports.clock.now()

        def change(before: Mailbox | None) -> Mailbox:
            mailbox = before or self._mailbox
            newest = cursor if mailbox.cursor is None else HistoryId(max(cursor, mailbox.cursor))
            return replace(mailbox, cursor=newest, last_synced_at=now, failures=0, last_error=None, paused_until=0.0)

        self._ports.store.save_mailbox(self._mailbox.mailbox_id, change)

    def _pause(self, error: Exception) -> None:
        now = self._ports.clock.now()

        def change(before: Mailbox | None) -> Mailbox:
            mailbox = before or self._mailbox
            failures = mailbox.failures + 1
            wait = PARKED if isinstance(error, MailboxUnavailableError | ReconnectRequiredError) else backoff(failures)
            if isinstance(error, TransientError) and error.retry_after is not None:
                wait = error.retry_after
            return replace(mailbox, failures=failures, last_error=type(error).__name__, paused_until=now + wait)

        self._ports.store.save_mailbox(self._mailbox.mailbox_id, change)


def _is_lost(change: Change, known: Mapping[GmailMessageId, Row]) -> bool:
    row = known.get(change.ref.gmail_message_id)
    return change.fate is Fate.DELETED and row is not None and row.outcome is Outcome.WAITING


def _is_open(change: Change, known: Mapping[GmailMessageId, Row]) -> bool:
    """New, or known and neither logged nor taken back: a later label reopens only what is not logged."""
    if change.fate is Fate.DELETED:
        return False
    row = known.get(change.ref.gmail_message_id)
    if row is None:
        return True
    return change.fate is Fate.RELABELLED and row.outcome in {Outcome.SKIPPED, Outcome.WAITING}
