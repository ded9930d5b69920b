"""Messages of one mailbox, screened a portion at a time and written before anything else moves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from server.domain.decision import Outcome
from server.domain.errors import ConflictError, ThrottledError, TransientError
from server.domain.history import MessageRef
from server.domain.ids import MessageId, ThreadId
from server.domain.ledger import Held, Row
from server.domain.mailbox import Mailbox, Workspace
from server.engine.collect.screening import screen_messages
from server.engine.conversations.dont_log_label import follow_label
from server.engine.mailboxes.stages import align_rows
from server.engine.ports import Ports

LEASE = 120.0
"""Seconds; renewed while the work goes on."""
AT_ONCE = 50
"""Messages whose headers are fetched and written together; more only where a conversation is longer."""
TRIES = 5
"""Readings of one portion, where others go on writing its rows."""
OPEN = (Outcome.SKIPPED, Outcome.WAITING)
"""What a label that moves reopens; a row that a delivery closed otherwise meanwhile is left to it."""
Progress = Callable[[int], None]


class Lease:
    """The right to work on one thing, held by name: another thread of this process is another holder."""

    def __init__(self, ports: Ports, name: str) -> None:
        self._ports = ports
        self._name = name
        self._holder = ports.new_holder()
        self._renewed_at = 0.0

    def take(self) -> bool:
        now = self._ports.clock.now()
        self._renewed_at = now
        return self._ports.store.lease(self._name, self._holder, now, LEASE)

    def renew(self) -> None:
        """Raises TransientError where another worker took it: what is written stays, and nothing further is."""
        if self._ports.clock.now() - self._renewed_at >= LEASE / 4 and not self.take():
            raise TransientError("The lease of a mailbox went to another worker.")

    def release(self) -> None:
        self._ports.store.release(self._name, self._holder)


class Reader:
    """Reads for one run over one mailbox. ``is_past``: its mail lets new mail go first. ``count`` is rows written."""

    def __init__(
        self,
        ports: Ports,
        workspace: Workspace,
        mailbox: Mailbox,
        lease: Lease,
        on_progress: Progress,
        *,
        is_past: bool = False,
    ) -> None:
        self._ports = ports
        self._workspace = workspace
        self._mailbox = mailbox
        self._lease = lease
        self._on_progress = on_progress
        self._is_past = is_past
        self.dont_log_label: str | None = mailbox.dont_log_label
        self.count = 0

    def screen(self, part: Sequence[MessageRef], known: Mapping[MessageId, Row]) -> None:
        """One of ``portions``. Raises ThrottledError, once it is written, where the provider asked for a pause."""
        throttled = self._screened(part, known)
        self.passed(len(part))
        if throttled:
            raise throttled
        self._lease.renew()

    def _screened(self, part: Sequence[MessageRef], known: Mapping[MessageId, Row]) -> ThrottledError | None:
        """What somebody else wrote meanwhile may tell of older labels than we were sent for: it is read once more."""
        for _ in range(TRIES):
            self._refresh()
            screened = screen_messages(
                self._ports, self._workspace, self._mailbox, part, self.dont_log_label, known, is_past=self._is_past
            )
            late = {row.message_id for row in self.write(screened.rows)}
            self._free(screened.rows)
            fresh = self._ports.store.existing_rows(self._mailbox.mailbox_id, sorted(late)) if late else {}
            again = {i: row for i, row in fresh.items() if row.outcome in OPEN}
            # The label's word holds for a conversation also where a delivery was faster with the message itself.
            follow_label(self._ports, self._mailbox, known, [r for r in screened.rows if r.message_id not in again])
            known = again
            part = [MessageRef(i, row.thread_id) for i, row in known.items()]
            if screened.throttled or not part:
                return screened.throttled
        raise TransientError("Rows of a mailbox are being written by somebody else without end.")

    def _refresh(self) -> None:
        self._mailbox = self._ports.store.mailbox(self._mailbox.mailbox_id) or self._mailbox

    def _free(self, rows: Sequence[Row]) -> None:
        """Who made the mailbox live meanwhile has freed what was held by then, and perhaps not these rows."""
        held = [row.message_id for row in rows if isinstance(row.wait, Held)]
        if not held:
            return
        self._refresh()
        if self._mailbox.delivers:
            current = self._ports.store.existing_rows(self._mailbox.mailbox_id, held)
            align_rows(self._ports.store, self._ports.clock, self._mailbox, current.values())

    def write(self, rows: Sequence[Row]) -> list[Row]:
        """New rows, and those that exist in another version. Returns those that somebody else wrote first."""
        late = self._ports.store.add_rows([row for row in rows if not row.version])
        late += self._change([row for row in rows if row.version])
        self.count += len(rows)
        return late

    def passed(self, messages: int) -> None:
        self._on_progress(messages)

    def _change(self, rows: list[Row]) -> list[Row]:
        if not rows:
            return []
        try:
            self._ports.store.change_rows(rows)
        except ConflictError:
            return [row for row in rows if not self._has_changed(row)]
        return []

    def _has_changed(self, row: Row) -> bool:
        try:
            self._ports.store.change_rows([row])
        except ConflictError:
            return False
        return True


def portions(refs: Iterable[MessageRef]) -> Iterator[list[MessageRef]]:
    """Whole conversations, some fifty messages together, in order of their first message here."""
    threads: dict[ThreadId, list[MessageRef]] = {}
    for ref in refs:
        threads.setdefault(ref.thread_id, []).append(ref)
    part: list[MessageRef] = []
    for thread in threads.values():
        if part and len(part) + len(thread) > AT_ONCE:
            yield part
            part = []
        part += thread
    if part:
        yield part
