"""Work out of the queue: each kind is safe to run twice, and asks for what comes after it."""

from __future__ import annotations

from server.domain.ids import MailboxId
from server.domain.ledger import SHARDS
from server.engine.collect import collect
from server.engine.deliver import deliver
from server.engine.ports import Ports
from server.engine.sweep import sweep
from server.engine.workspace import WorkspaceCache
from server.ports.queue import Job, Queue

SWEEP = "sweep"
COLLECT = "collect"
DELIVER = "deliver"
ALL_SHARDS = tuple(range(SHARDS))


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
        if done.messages:
            queue.put(Job(DELIVER), ports.clock.now())
    elif job.kind == DELIVER:
        done_now = deliver(ports, workspaces.current(), ALL_SHARDS)
        if done_now.settled:
            # Whole batches go one after the other, so that a job ends within minutes.
            queue.put(Job(DELIVER), ports.clock.now())
