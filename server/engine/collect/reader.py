"""Messages of one mailbox, screened a portion at a time and written before anything else moves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from server.domain.decision import Outcome
from server.domain.errors import ThrottledError, TransientError
from server.domain.history import MessageRef
from server.domain.ids import MessageId, ThreadId
from server.domain.ledger import Held, Row
from server.domain.mailbox import Mailbox, Workspace
from server.domain.quota import Purpose
from server.engine.collect.screening import Screener
from server.engine.collect.sent_mail import SentMail
from server.engine.conversations.dont_log_label import DontLogLabel
from server.engine.ledger.saving import save_changed_rows
from server.engine.mailboxes.lease import Lease
from server.engine.mailboxes.stages import align_rows
from server.logs.trail import name_on_trail
from server.ports.clock import Clock
from server.ports.store import Store

MESSAGES_PER_PORTION = 50
"""Messages whose headers are fetched and written together; more only where a conversation is longer."""
TRIES = 5
"""Readings of one portion, where another worker goes on writing its rows."""
REOPENED = (Outcome.SKIPPED, Outcome.WAITING)
"""What a label that moves reopens; a row that a delivery ended otherwise meanwhile is left to it."""
Progress = Callable[[int], None]
"""Hears how many messages were looked at."""


@dataclass(frozen=True)
class ReaderTools:
    """What every reader of a process shares."""

    store: Store
    clock: Clock
    screener: Screener
    label: DontLogLabel

    def in_background(self) -> ReaderTools:
        """For mail that may wait, as all older mail does."""
        mail = self.screener.mail.in_background(Purpose.PAST)
        return replace(self, screener=replace(self.screener, mail=mail))


class MailboxReader:
    """Reads for one run over one mailbox. ``is_past``: its mail lets new mail go first.

    ``count`` is rows written; ``arrivals`` are the moments (epoch seconds) at which mail arrived that was not known.
    """

    def __init__(
        self,
        tools: ReaderTools,
        workspace: Workspace,
        mailbox: Mailbox,
        lease: Lease,
        on_progress: Progress,
        *,
        is_past: bool = False,
    ) -> None:
        self._tools = tools
        self._store = tools.store
        self._workspace = workspace
        self._mailbox = mailbox
        self._lease = lease
        self._on_progress = on_progress
        self._is_past = is_past
        self._sent_mail = SentMail(tools.screener.mail, tools.clock, mailbox)
        self.dont_log_labels: frozenset[str] = mailbox.dont_log_labels
        self.count = 0
        self.arrivals: set[float] = set()

    def screen(self, portion: Sequence[MessageRef], rows: Mapping[MessageId, Row]) -> None:
        """One of ``cut_portions``; ``rows`` are those that exist.

        Raises ThrottledError, once the portion is written, where the provider asked for a pause.
        """
        throttled = self._screen_and_write(portion, rows)
        self.report_progress(len(portion))
        if throttled:
            raise throttled
        self._lease.renew()

    def _screen_and_write(self, portion: Sequence[MessageRef], rows: Mapping[MessageId, Row]) -> ThrottledError | None:
        """Another worker may have stored older labels meanwhile, which it was sent for: those are read again."""
        for _ in range(TRIES):
            self._refresh()
            screened = self._tools.screener.screen_messages(
                self._workspace,
                self._mailbox,
                portion,
                self.dont_log_labels,
                rows,
                sent_mail=self._sent_mail,
                is_past=self._is_past,
            )
            lost = {row.message_id for row in self.write(screened.rows)}
            self._free_held(screened.rows)
            fresh = self._store.existing_rows(self._mailbox.mailbox_id, sorted(lost)) if lost else {}
            to_repeat = {i: row for i, row in fresh.items() if row.outcome in REOPENED}
            # The label counts for a conversation also where a delivery was faster with the message itself.
            final = [row for row in screened.rows if row.message_id not in to_repeat]
            self._tools.label.record_labels(self._mailbox, rows, final, screened.labelled)
            rows = to_repeat
            portion = [MessageRef(i, row.thread_id) for i, row in rows.items()]
            if screened.throttled or not portion:
                return screened.throttled
        raise TransientError("Another worker keeps writing rows of this mailbox.")

    def _refresh(self) -> None:
        self._mailbox = self._store.mailbox(self._mailbox.mailbox_id) or self._mailbox

    def _free_held(self, rows: Sequence[Row]) -> None:
        """An admin who made the mailbox live meanwhile freed what was held by then, and perhaps not these rows."""
        held = [row.message_id for row in rows if isinstance(row.wait, Held)]
        if not held:
            return
        self._refresh()
        if self._mailbox.delivers:
            rows_now = self._store.existing_rows(self._mailbox.mailbox_id, held).values()
            align_rows(self._store, self._tools.clock, self._mailbox, rows_now)

    def write(self, rows: Sequence[Row]) -> list[Row]:
        """New rows, and those that exist in another version. Returns those that another worker wrote first."""
        new_rows = [row for row in rows if not row.version]
        self.arrivals |= {row.internal_date / 1000 for row in new_rows}
        lost = self._store.add_rows(new_rows)
        lost += save_changed_rows(self._store, [row for row in rows if row.version])
        self.count += len(rows)
        name_on_trail("messages", *(row.message_id for row in rows))
        return lost

    def report_progress(self, messages: int) -> None:
        self._on_progress(messages)


def cut_portions(refs: Iterable[MessageRef]) -> Iterator[list[MessageRef]]:
    """Whole conversations, some fifty messages together, in order of their first message here."""
    threads: dict[ThreadId, list[MessageRef]] = {}
    for ref in refs:
        threads.setdefault(ref.thread_id, []).append(ref)
    portion: list[MessageRef] = []
    for thread in threads.values():
        if portion and len(portion) + len(thread) > MESSAGES_PER_PORTION:
            yield portion
            portion = []
        portion += thread
    if portion:
        yield portion
