"""Work out of the queue. Each kind of job is safe to run twice, and enqueues the work that follows it."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass

from server.domain.alarm import AlarmCode
from server.domain.errors import ConfigurationError, ReconnectRequiredError, TransientError
from server.domain.ids import MailboxId
from server.domain.mailbox import Mailbox
from server.engine.collect.backfill import PastCollector
from server.engine.collect.collect import Collector
from server.engine.coverage.audit import Auditor
from server.engine.coverage.publishing import DayPublisher
from server.engine.deliver.second_look import SecondLooker
from server.engine.deliver.turns import Deliverer
from server.engine.ledger.refusals import ROWS_PER_NIGHT, replay_refused
from server.engine.mailboxes.sweep import Sweeper
from server.engine.mailboxes.troubles import TroubleReporter
from server.engine.mailboxes.watches import WatchRenewer
from server.engine.mailboxes.workspace_cache import WorkspaceCache
from server.engine.operations.job_trail import follow_job
from server.engine.operations.status import StatusReader
from server.logs.events import Event, describe_error
from server.ports.alarms import Alarms
from server.ports.clock import Clock
from server.ports.queue import BUCKET, Job, JobKind, Queue, Task
from server.ports.store import Store
from server.rules.schedule.polling import WATCHED_POLL, is_poll_due
from server.rules.schedule.push_proof import measure_pushes
from server.rules.schedule.recovery import choose_share, compute_backoff
from server.rules.schedule.watch_renewal import is_due

log = logging.getLogger(__name__)

PUBLISH_EVERY = 600.0
"""Seconds: days that audits count within one such span are published by one job."""
SWEEP_PATIENCE = 240.0
"""Seconds for which a sweep asks Gmail about mailboxes: a job ends within five minutes."""
TRIES_OF_UNKNOWN_KIND = 30
"""With the queues' delays that is a day: longer than any new version takes to be rolled out."""
HISTORY_LAG = 5.0
"""Seconds after which Gmail's history surely has the change that a push announced."""
LONGEST_SPREAD = 300.0
"""Seconds over which a sweep's collects are due. Cloud Tasks is slow to begin with many tasks that are due at once."""
SPREAD_PER_MAILBOX = 0.1
"""Seconds: a few mailboxes need no spread."""
WATCHES_APART = 3_600.0
"""Seconds between the timed renewals of watches."""
AUDITS_APART = 86_400.0
"""Seconds from one night's audit to the next one."""
BUSY_AGAIN = 60.0
"""Seconds: a job that met another worker's lease looks again at the end of such a span. That worker may be dead, and
its lease ends within minutes. All who look again for the same thing make one job."""
PUTS_AT_ONCE = 8
"""A put is a call over the network, and there may be one for each mailbox."""


def enqueue_for_all(queue: Queue, kind: JobKind, now: float) -> None:
    """Enqueue work over all mailboxes."""
    queue.put(Job(kind), now)


def enqueue_collect(queue: Queue, mailbox_id: MailboxId, now: float) -> None:
    """Enqueue the reading of one mailbox's new mail."""
    queue.put(Job(JobKind.COLLECT, mailbox_id), now)


def put_spread(queue: Queue, jobs: Iterable[Job], now: float, spread: float = 0.0) -> None:
    """Enqueue many jobs. Each is due at a moment of its own within ``spread`` seconds, by its subject.

    Raises the first failure, and puts none after it: where the queue is away each would wait for seconds.
    """
    has_failed = threading.Event()

    def put_one(job: Job) -> None:
        if has_failed.is_set():
            return
        try:
            queue.put(job, now, delay=spread * choose_share(job.subject))
        except Exception:
            has_failed.set()
            raise

    with ThreadPoolExecutor(PUTS_AT_ONCE) as pool:
        # Each with a context of its own, which carries the trail of the running job.
        puts = [pool.submit(copy_context().run, put_one, job) for job in jobs]
    for put in puts:
        put.result()


def _delay_to_grid(now: float, span: float) -> float:
    """Seconds to the end of the current span, and on to the middle of the queue's bucket there."""
    return span - now % span + BUCKET / 2


def _look_again(queue: Queue, job: Job, now: float) -> None:
    """Enqueue a job that another worker's lease kept from its work."""
    queue.put(job, now, delay=_delay_to_grid(now, BUSY_AGAIN))


def _is_replaced(task: Task, sweep_seconds: float) -> bool:
    """Its next try would come after the next job of its kind, which does the same work and more."""
    spans: Mapping[str, float] = {
        JobKind.SWEEP: sweep_seconds,
        JobKind.DELIVER: sweep_seconds,
        JobKind.WATCH: WATCHES_APART,
        # A mailbox that was not read for an hour is polled by the next sweep, and that asks for its past too.
        JobKind.COLLECT: WATCHED_POLL,
        JobKind.PUSHED: WATCHED_POLL,
        JobKind.BACKFILL: WATCHED_POLL,
        JobKind.AUDIT: AUDITS_APART,
        JobKind.PUBLISH: AUDITS_APART,
    }
    tried_for = sum(compute_backoff(attempt) for attempt in range(1, task.attempt + 1))
    return tried_for >= spans.get(task.job.kind, math.inf)


@dataclass(frozen=True)
class JobRunner:
    """Runs one job at a time; many threads may share it.

    ``sweep_seconds`` lie between two sweeps; over at most ``longest_spread`` seconds a sweep spreads its jobs.
    """

    store: Store
    clock: Clock
    alarms: Alarms
    workspaces: WorkspaceCache
    sweeper: Sweeper
    watches: WatchRenewer
    collector: Collector
    past_collector: PastCollector
    deliverer: Deliverer
    looker: SecondLooker
    auditor: Auditor
    days: DayPublisher
    status: StatusReader
    troubles: TroubleReporter
    longest_spread: float = LONGEST_SPREAD
    sweep_seconds: float = LONGEST_SPREAD

    def run(self, job: Job, queue: Queue, task: Task | None = None) -> None:
        """Run the job. Raises what a port raised; then the worker puts the job back.

        A job raises nothing once the next job of its kind is due before its next try: days of trouble leave no heap.
        ``task`` is the job as it stands in the queue, None where nobody took it from one. A job of an unknown kind was
        enqueued by a newer version: it goes back, for that version to take it, and after enough tries it is dropped.
        """
        handlers: Mapping[str, Callable[[Task, Queue], object]] = {
            JobKind.SWEEP: self._sweep,
            JobKind.COLLECT: self._collect,
            JobKind.PUSHED: self._collect,
            JobKind.WATCH: self._renew_watches,
            JobKind.BACKFILL: self._backfill,
            JobKind.AUDIT: self._audit,
            JobKind.PUBLISH: lambda _task, _queue: self.days.publish(),
            JobKind.DELIVER: self._deliver,
        }
        if handler := handlers.get(job.kind):
            task = task or Task("", job)
            try:
                with follow_job(task, self.clock, self.status.tallier):
                    handler(task, queue)
            except Exception:
                if not _is_replaced(task, self.sweep_seconds):
                    raise
                log.warning("this %s ends here: the next one is due before its next try", job.kind)
        elif task is not None and task.attempt < TRIES_OF_UNKNOWN_KIND:
            raise TransientError("Only a newer version of this program knows this kind of job.")
        else:
            log.warning("a job of an unknown kind is dropped: no version that runs here knows it")

    def _continue(self, queue: Queue, task: Task, job: Job) -> None:
        """Enqueue the next turn of a running task.

        Where that name is used already, an earlier run had asked for it, and it may have come and gone: so one more.
        """
        if not (task.name and queue.put(job, self._now(), after=task)):
            queue.put(job, self._now())

    def _now(self) -> float:
        return self.clock.now()

    def _sweep(self, task: Task, queue: Queue) -> None:
        try:
            known = self.sweeper.follow(patience=SWEEP_PATIENCE)
        except (TransientError, ReconnectRequiredError):
            # Without the Directory nobody new is admitted, and those who are known are read all the same: once, for
            # this job comes again.
            if task.attempt == 1:
                self._enqueue_reading(queue, [mailbox for mailbox in self.store.mailboxes() if mailbox.reads])
            raise
        mailboxes = [mailbox for mailbox in known if mailbox.reads]
        self._enqueue_reading(queue, mailboxes)
        # Here, because the mailboxes have just been read: a look of its own would read them all once more.
        self.status.write(mailboxes)
        self.troubles.report(known)
        self.looker.look_or_wait()

    def _enqueue_reading(self, queue: Queue, mailboxes: Sequence[Mailbox]) -> None:
        jobs = [Job(JobKind.COLLECT, mailbox_id) for mailbox_id in self._select_to_poll(mailboxes)]
        put_spread(queue, jobs, self._now(), min(self.longest_spread, SPREAD_PER_MAILBOX * len(jobs)))
        if self.watches.is_on and any(is_due(m, self._now()) for m in mailboxes):
            # A new mailbox must not wait for the hourly job.
            queue.put(Job(JobKind.WATCH), self._now())
        if self.watches.is_on and measure_pushes(mailboxes, self._now()).is_broken:
            self.alarms.raise_alarm(AlarmCode.PUSHES_MISSING)
        # Also without new mail: rows that waited may be due by now.
        queue.put(Job(JobKind.DELIVER), self._now())

    def _select_to_poll(self, mailboxes: Sequence[Mailbox]) -> list[MailboxId]:
        """With push on, most mailboxes are read when Gmail tells of a change, and by a sweep only once an hour.

        A mailbox earns that by a push that was heard, and loses it when a poll finds mail that no push announced.
        """
        now = self._now()
        if not self.watches.is_on:
            return [mailbox.mailbox_id for mailbox in mailboxes]
        # Mail that could not be read is due again at a time of its own, of which no push tells.
        to_read_again = self.store.mailboxes_to_read_again(now)
        return [m.mailbox_id for m in mailboxes if m.mailbox_id in to_read_again or is_poll_due(m, now)]

    def _collect(self, task: Task, queue: Queue) -> None:
        job = task.job
        is_pushed = job.kind == JobKind.PUSHED
        try:
            collected = self.collector.collect(self.workspaces.current(), MailboxId(job.subject), is_pushed=is_pushed)
        except ConfigurationError:
            # A setting is wrong for all mailboxes. The sweep's jobs report that; those of pushes would only pile up.
            if is_pushed:
                return
            raise
        if collected.has_past:
            queue.put(Job(JobKind.BACKFILL, job.subject), self._now())
        if collected.messages:
            queue.put(Job(JobKind.DELIVER), self._now())
        elif collected.is_busy:
            # The other worker may have read the history before the change for which this job was asked.
            queue.put(job, self._now(), delay=HISTORY_LAG)
        elif is_pushed and not collected.error and not collected.has_news:
            # Gmail's history may lag behind its push. Only once more: the change may have been read long ago.
            queue.put(Job(JobKind.COLLECT, job.subject), self._now(), delay=HISTORY_LAG)

    def _backfill(self, task: Task, queue: Queue) -> None:
        """Read older mail for one turn, and enqueue the next one. After trouble the next collect enqueues it."""

        def enqueue_delivery(_count: int) -> None:
            queue.put(Job(JobKind.DELIVER), self._now())

        past = self.past_collector.collect_past(
            self.workspaces.current(), MailboxId(task.job.subject), on_progress=enqueue_delivery
        )
        if past.is_busy:
            _look_again(queue, task.job, self._now())
        elif not past.is_done and not past.error:
            self._continue(queue, task, task.job)

    def _deliver(self, task: Task, queue: Queue) -> None:
        """Deliver one batch; the next batch is a job of its own, so that a job ends within minutes."""
        delivered = self.deliverer.deliver_next(self.workspaces.current())
        if delivered.settled or delivered.misread:
            self._continue(queue, task, Job(JobKind.DELIVER))
        elif delivered.is_busy:
            _look_again(queue, Job(JobKind.DELIVER), self._now())

    def _renew_watches(self, task: Task, queue: Queue) -> None:
        """A wrong setting is reported and not tried again at once: the next hourly job tries again."""
        try:
            is_done = self.watches.renew().is_done
        except ConfigurationError as error:
            log.error("%s", error, extra=describe_error(Event.JOB_FAILED, error))  # noqa: TRY400  # the sentence is our own
            self.alarms.raise_alarm(AlarmCode.WATCH_SETTING)
            return
        if not is_done:
            self._continue(queue, task, Job(JobKind.WATCH))

    def _audit(self, task: Task, queue: Queue) -> None:
        if task.job.subject:
            self._audit_mailbox(MailboxId(task.job.subject), queue)
            return
        jobs = [Job(JobKind.AUDIT, mailbox.mailbox_id) for mailbox in self.store.mailboxes() if mailbox.reads]
        put_spread(queue, jobs, self._now(), min(LONGEST_SPREAD, SPREAD_PER_MAILBOX * len(jobs)))

    def _audit_mailbox(self, mailbox_id: MailboxId, queue: Queue) -> None:
        """Audit one mailbox, and try once more what Salesforce refused: an admin may have fixed the cause."""
        mailbox = self.store.mailbox(mailbox_id)
        if mailbox is None or not mailbox.reads:
            return
        missed = self.auditor.audit(self.workspaces.current(), mailbox).missed
        # The days are counted first: a refused mail that is tried again counts as waiting.
        if self.days.count(mailbox):
            now = self._now()
            queue.put(Job(JobKind.PUBLISH), now, delay=PUBLISH_EVERY - now % PUBLISH_EVERY)
        replayed = replay_refused(self.store, self.clock, mailbox, limit=ROWS_PER_NIGHT) if mailbox.delivers else 0
        # A replayed message is read anew, and only then decided.
        if replayed:
            enqueue_collect(queue, mailbox_id, self._now())
        if missed:
            queue.put(Job(JobKind.DELIVER), self._now())
