"""Work out of the queue: each kind is safe to run twice, and asks for what comes after it."""

from __future__ import annotations

from server.domain.ids import MailboxId
from server.engine.audit import audit
from server.engine.backfill import backfill
from server.engine.collect import collect
from server.engine.deliver import deliver_next
from server.engine.ports import Ports
from server.engine.sweep import sweep
from server.engine.workspace import WorkspaceCache
from server.ports.queue import Job, Queue

SWEEP = "sweep"
COLLECT = "collect"
BACKFILL = "backfill"
AUDIT = "audit"
DELIVER = "deliver"


def ask_collect(queue: Queue, mailbox_id: MailboxId, now: float) -> None:
    """Bring one mailbox up to now, soon."""
    queue.put(Job(COLLECT, mailbox_id), now)


def run(job: Job, ports: Ports, workspaces: WorkspaceCache, queue: Queue) -> None:
    """Raises what the port raised; the worker puts the job back. An unknown kind is done: nobody can do it here."""
    if job.kind == SWEEP:
        for mailbox in sweep(ports, workspaces):
            queue.put(Job(COLLECT, mailbox.mailbox_id), ports.clock.now())
        queue.put(Job(DELIVER), ports.clock.now())
    elif job.kind == COLLECT:
        done = collect(ports, workspaces.current(), MailboxId(job.subject))
        if done.has_past:
            queue.put(Job(BACKFILL, job.subject), ports.clock.now())
        if done.messages:
            queue.put(Job(DELIVER), ports.clock.now())
    elif job.kind == BACKFILL:
        past = backfill(
            ports,
            workspaces.current(),
            MailboxId(job.subject),
            on_progress=lambda _n: _ask(queue, Job(DELIVER), ports.clock.now()),
        )
        if not past.is_done and not past.is_busy and not past.error:
            queue.put(job, ports.clock.now())
    elif job.kind == AUDIT:
        _audit(job, ports, workspaces, queue)
    elif job.kind == DELIVER and deliver_next(ports, workspaces.current()).settled:
        # Whole batches go one after the other, so that a job ends within minutes.
        queue.put(Job(DELIVER), ports.clock.now())


def _ask(queue: Queue, job: Job, now: float) -> None:
    queue.put(job, now)


def _audit(job: Job, ports: Ports, workspaces: WorkspaceCache, queue: Queue) -> None:
    """Without a subject, of everybody: each mailbox is a job of its own."""
    if not job.subject:
        for mailbox in ports.store.mailboxes():
            if mailbox.reads:
                queue.put(Job(AUDIT, mailbox.mailbox_id), ports.clock.now())
        return
    found = ports.store.mailbox(MailboxId(job.subject))
    if found is not None and found.reads and audit(ports, workspaces.current(), found).missed:
        queue.put(Job(DELIVER), ports.clock.now())
