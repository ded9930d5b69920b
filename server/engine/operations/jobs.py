"""Work out of the queue: each kind is safe to run twice, and asks for what comes after it."""

from __future__ import annotations

import logging

from server.domain.alarm import AlarmCode
from server.domain.errors import ConfigurationError
from server.domain.ids import MailboxId
from server.engine.collect.backfill import backfill
from server.engine.collect.collect import collect
from server.engine.coverage.audit import audit
from server.engine.coverage.publishing import count_days, publish
from server.engine.deliver.turns import deliver_next
from server.engine.ledger.refusals import AT_ONCE, replay
from server.engine.mailboxes.sweep import sweep
from server.engine.mailboxes.watches import renew
from server.engine.mailboxes.workspace_cache import WorkspaceCache
from server.engine.ports import Ports
from server.ports.queue import Job, Queue
from server.rules.schedule.watch_renewal import is_due

log = logging.getLogger(__name__)

SWEEP = "sweep"
COLLECT = "collect"
PUSHED = "pushed"
WATCH = "watch"
BACKFILL = "backfill"
AUDIT = "audit"
PUBLISH = "publish"
DELIVER = "deliver"
GATHERED = 600.0
"""Seconds: days that audits count within one such span are published by one job."""
LAG = 5.0
"""Seconds after which Gmail's history shows what a push announced, where it did not at once."""


def ask_for(kind: str, queue: Queue, now: float) -> None:
    """Work over everything, soon."""
    queue.put(Job(kind), now)


def ask_collect(queue: Queue, mailbox_id: MailboxId, now: float) -> None:
    """Bring one mailbox up to now, soon."""
    queue.put(Job(COLLECT, mailbox_id), now)


def run(job: Job, ports: Ports, workspaces: WorkspaceCache, queue: Queue) -> None:
    """Raises what the port raised; the worker puts the job back. An unknown kind is done: nobody can do it here."""
    if job.kind == SWEEP:
        _sweep(ports, workspaces, queue)
    elif job.kind in (COLLECT, PUSHED):
        _collect(job, ports, workspaces, queue)
    elif job.kind == WATCH:
        _watch(ports, queue)
    elif job.kind == BACKFILL:
        _backfill(job, ports, workspaces, queue)
    elif job.kind == AUDIT:
        _audit(job, ports, workspaces, queue)
    elif job.kind == PUBLISH:
        publish(ports)
    elif job.kind == DELIVER and deliver_next(ports, workspaces.current()).settled:
        # Whole batches go one after the other, so that a job ends within minutes.
        queue.put(Job(DELIVER), ports.clock.now())


def _sweep(ports: Ports, workspaces: WorkspaceCache, queue: Queue) -> None:
    mailboxes = sweep(ports, workspaces)
    for mailbox in mailboxes:
        queue.put(Job(COLLECT, mailbox.mailbox_id), ports.clock.now())
    if ports.watch is not None and any(is_due(m, ports.clock.now()) for m in mailboxes):
        queue.put(Job(WATCH), ports.clock.now())  # who is new shall not wait for the hour
    queue.put(Job(DELIVER), ports.clock.now())


def _collect(job: Job, ports: Ports, workspaces: WorkspaceCache, queue: Queue) -> None:
    try:
        done = collect(ports, workspaces.current(), MailboxId(job.subject))
    except ConfigurationError:
        # A setting is wrong for everybody. The sweep's jobs stay and say so; those of pushes would only pile up.
        if job.kind == PUSHED:
            return
        raise
    if done.has_past:
        queue.put(Job(BACKFILL, job.subject), ports.clock.now())
    if done.messages:
        queue.put(Job(DELIVER), ports.clock.now())
    elif job.kind == PUSHED and done.is_busy:
        # Whoever has the mailbox may have read its history before the change that we were told of.
        queue.put(job, ports.clock.now(), delay=LAG)
    elif job.kind == PUSHED and not done.error:
        # Once: a push may come again for what is long done.
        queue.put(Job(COLLECT, job.subject), ports.clock.now(), delay=LAG)


def _backfill(job: Job, ports: Ports, workspaces: WorkspaceCache, queue: Queue) -> None:
    """A turn; the next one goes on. In trouble it stops here: the next collect asks again."""

    def deliver_too(_count: int) -> None:
        queue.put(Job(DELIVER), ports.clock.now())

    past = backfill(ports, workspaces.current(), MailboxId(job.subject), on_progress=deliver_too)
    if not past.is_done and not past.is_busy and not past.error:
        queue.put(job, ports.clock.now())


def _watch(ports: Ports, queue: Queue) -> None:
    """A setting at fault is said and not tried at once again: the next hour's job does."""
    try:
        is_done = renew(ports).is_done
    except ConfigurationError as error:
        log.error("%s", error)  # noqa: TRY400  # our own sentence, and a trace tells no more
        ports.alarms.raise_alarm(AlarmCode.WATCH_SETTING)
        return
    if not is_done:
        queue.put(Job(WATCH), ports.clock.now())


def _audit(job: Job, ports: Ports, workspaces: WorkspaceCache, queue: Queue) -> None:
    """Without a subject, of everybody: each mailbox is a job of its own.

    What Salesforce refused is tried once more: an admin may have mended what it was refused for.
    """
    if not job.subject:
        for mailbox in ports.store.mailboxes():
            if mailbox.reads:
                queue.put(Job(AUDIT, mailbox.mailbox_id), ports.clock.now())
        return
    found = ports.store.mailbox(MailboxId(job.subject))
    if found is None or not found.reads:
        return
    missed = audit(ports, workspaces.current(), found).missed
    if count_days(ports, found):  # before what was refused is tried again and waits
        now = ports.clock.now()
        queue.put(Job(PUBLISH), now, delay=GATHERED - now % GATHERED)
    replayed = replay(ports, found, limit=AT_ONCE) if found.delivers else 0
    if replayed:
        queue.put(Job(COLLECT, job.subject), ports.clock.now())
    if missed:
        queue.put(Job(DELIVER), ports.clock.now())
