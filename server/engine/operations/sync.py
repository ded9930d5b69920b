"""One whole pass on one machine: sweep, collect every mailbox, deliver until nothing is due."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum

from server.domain.errors import BadInputError, OtherOrgError
from server.domain.ids import MailboxId
from server.domain.ledger import BACKFILL, LIVE
from server.domain.mailbox import Mailbox, Workspace
from server.engine.collect.backfill import PastCollector
from server.engine.collect.collect import Collector
from server.engine.deliver.second_look import SecondLooker
from server.engine.deliver.turns import SHORT, SPENT, Deliverer
from server.engine.mailboxes.sweep import Sweeper
from server.engine.mailboxes.troubles import TroubleReporter
from server.engine.mailboxes.workspace_cache import WorkspaceCache
from server.ports.clock import Clock
from server.ports.store import Store

FRUITLESS_ROUNDS = 3
"""Rounds in a row that read rows and settle none, after which a pass stops delivering."""
SHORTEST_WAIT = 0.05
"""Seconds."""
LONGEST_WAIT = 86_400.0
"""Seconds: a row that is due later waits for a person, and the pass does not wait for that row."""


class Step(StrEnum):
    """What happened to some messages. ``EXPECTED``: about so many more are to be collected."""

    COLLECTED = "collected"
    SETTLED = "settled"
    EXPECTED = "expected"


Progress = Callable[[Step, int], None]
"""Called with a number of messages, from several threads."""


def ignore_progress(_step: Step, _count: int) -> None:
    """For callers that show no progress."""


@dataclass
class SyncResult:
    """``troubled`` maps a mailbox address to the class of its error.

    ``is_at_rest``: nothing is left to be tried again. ``has_waiting``: messages wait for another try.
    ``is_spent``: the pass ended early, because background work has used its share of the org's daily API calls;
    ``is_short``: older mail waits for room in the org's storage.
    ``other_org``: mail waits, because another org answers than the one that the state belongs to.
    ``settings_fault``: all mailboxes are refused with this code, so it is nobody's own trouble.
    """

    mailboxes: int = 0
    messages: int = 0
    logged: int = 0
    is_at_rest: bool = True
    has_waiting: bool = False
    is_spent: bool = False
    is_short: bool = False
    other_org: OtherOrgError | None = None
    settings_fault: str | None = None
    troubled: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Syncer:
    """Runs passes over all mailboxes."""

    store: Store
    clock: Clock
    sweeper: Sweeper
    workspaces: WorkspaceCache
    collector: Collector
    past_collector: PastCollector
    deliverer: Deliverer
    looker: SecondLooker
    sleep: Callable[[float], None]
    troubles: TroubleReporter

    def sync(
        self, *, workers: int = 4, patience: float = 60.0, only: frozenset[str] = frozenset(),
        on_progress: Progress = ignore_progress,
    ) -> SyncResult:  # fmt: skip
        """Run one pass over all mailboxes, or over those that ``only`` names by address or Directory id.

        ``patience`` is how long (seconds) the pass waits in all for rows and mailboxes that must be tried again.
        Raises BadInputError where no mailbox has one of these names.
        """
        swept = self.sweeper.sweep()
        mailboxes = [m for m in swept if not only or any(map(m.is_named, only))]
        known = self.store.mailboxes() if only else []
        if unknown := sorted(name for name in only if not any(m.is_named(name) for m in known)):
            raise BadInputError(f"No mailbox of this Workspace has the address or Directory id {', '.join(unknown)}.")
        result = _Pass(self, mailboxes, on_progress).run(workers, patience)
        self.looker.look_or_wait()
        result.settings_fault = self.troubles.report(self.store.mailboxes()).fault
        return result


class _Pass:
    """One pass over some mailboxes."""

    def __init__(self, syncer: Syncer, mailboxes: Sequence[Mailbox], on_progress: Progress) -> None:
        self._store = syncer.store
        self._clock = syncer.clock
        self._workspaces = syncer.workspaces
        self._collector = syncer.collector
        self._past_collector = syncer.past_collector
        self._deliverer = syncer.deliverer
        self._sleep = syncer.sleep
        self._mailboxes = mailboxes
        self._on_progress = on_progress
        self._result = SyncResult(mailboxes=len(mailboxes))

    def run(self, workers: int, patience: float) -> SyncResult:
        result, waited = self._result, 0.0
        while True:
            # All mailboxes again after each wait: new mail may have come meanwhile.
            self._collect_all(workers)
            self._deliver_all()
            row_due_at = self._next_row_due()
            result.has_waiting = row_due_at is not None
            if result.is_spent or result.is_short or result.other_org:
                result.is_at_rest = False
                return result
            due_at = min((at for at in (row_due_at, self._next_mailbox_due()) if at is not None), default=None)
            if due_at is None:
                result.is_at_rest = not result.troubled
                return result
            wait = max(due_at - self._clock.now(), SHORTEST_WAIT)
            if waited + wait > patience:
                result.is_at_rest = False
                return result
            self._sleep(wait)
            waited += wait

    def _collect_all(self, workers: int) -> None:
        workspace = self._workspaces.current()
        with ThreadPoolExecutor(workers) as pool:
            # Through list(), because map() raises a thread's error only when its result is taken.
            list(pool.map(lambda m: self._collect_mailbox(workspace, m.mailbox_id), self._mailboxes))

    def _collect_mailbox(self, workspace: Workspace, mailbox_id: MailboxId) -> None:
        collected = self._collector.collect(workspace, mailbox_id, self._count_collected)
        self._result.messages += collected.messages
        error = collected.error
        if collected.has_past and not error:
            error = self._collect_past(workspace, mailbox_id)
        mailbox = self._store.mailbox(mailbox_id)
        if mailbox and error:
            self._result.troubled[mailbox.address] = error
        elif mailbox:
            self._result.troubled.pop(mailbox.address, None)

    def _collect_past(self, workspace: Workspace, mailbox_id: MailboxId) -> str | None:
        """Collect older mail until none is left; returns the class of the error that stopped it."""
        mailbox = self._store.mailbox(mailbox_id)
        if mailbox and mailbox.backfill:
            self._on_progress(Step.EXPECTED, mailbox.backfill.size - mailbox.backfill.seen)
        while True:
            past = self._past_collector.collect_past(workspace, mailbox_id, on_progress=self._count_collected)
            self._result.messages += past.messages
            if past.is_done or past.is_busy or past.error:
                return past.error

    def _count_collected(self, messages: int) -> None:
        self._on_progress(Step.COLLECTED, messages)

    def _count_settled(self, messages: int) -> None:
        self._on_progress(Step.SETTLED, messages)

    def _deliver_all(self) -> None:
        fruitless = 0
        while fruitless < FRUITLESS_ROUNDS:
            try:
                delivered = self._deliverer.deliver_next(self._workspaces.current(), self._count_settled)
            except OtherOrgError as error:
                self._result.other_org = error  # Gmail is read all the same, and mail waits
                return
            self._result.is_spent = delivered.error == SPENT
            self._result.is_short = delivered.error == SHORT
            if delivered.read == 0:
                return
            self._result.logged += delivered.logged
            fruitless = fruitless + 1 if delivered.settled == 0 else 0

    def _next_row_due(self) -> float | None:
        """When the next row is to be tried (epoch seconds). Rows that wait for a person are left out."""
        latest = self._clock.now() + LONGEST_WAIT
        row_due_at = self._deliverer.next_due((*LIVE, *BACKFILL))
        times = [row_due_at] if row_due_at is not None and row_due_at < latest else []
        for mailbox in self._mailboxes:
            times += [row.due for row in self._store.unscreened_rows(mailbox.mailbox_id, latest) if row.due]
        return min(times, default=None)

    def _next_mailbox_due(self) -> float | None:
        """When the next paused mailbox is to be tried (epoch seconds).

        A mailbox with an error counts even when its pause is over: it has not been read since.
        """
        times = []
        for mailbox_id in (m.mailbox_id for m in self._mailboxes):
            mailbox = self._store.mailbox(mailbox_id)
            if mailbox and mailbox.last_error:
                times.append(mailbox.paused_until)
            if mailbox and mailbox.backfill and mailbox.reads:
                times.append(max(mailbox.paused_until, mailbox.backfill.paused_until))
        return min(times, default=None)
