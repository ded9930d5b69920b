"""Work to be done soon, once. The same rules hold on one machine and with Cloud Tasks."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

BUCKET = 5.0
"""Seconds: requests for the same work within one bucket become one job."""
MARGIN = 2.0
"""Seconds from a bucket's end to its job. Clocks differ: the job must not run on one machine while another, whose clock
is behind, still asks for it under the same name."""
REMEMBERED = 86_400.0
"""Seconds for which the name of a job that is done cannot be used again."""
LONGEST_RUN = 600.0
"""Seconds after which a job that nobody has reported on is run again. A job ends within half of that."""


class JobKind(StrEnum):
    """The queue stores the value. ``AUDIT`` without a subject means all mailboxes."""

    SWEEP = "sweep"
    COLLECT = "collect"
    PUSHED = "pushed"
    WATCH = "watch"
    BACKFILL = "backfill"
    AUDIT = "audit"
    PUBLISH = "publish"
    DELIVER = "deliver"


class Lane(StrEnum):
    """A queue of its own at Cloud Tasks, so that one lane's load or trouble does not slow the others."""

    LIVE = "live"
    DELIVER = "deliver"
    BACKFILL = "backfill"
    AUDIT = "audit"


LANES: dict[str, Lane] = {
    JobKind.DELIVER: Lane.DELIVER,
    JobKind.BACKFILL: Lane.BACKFILL,
    JobKind.AUDIT: Lane.AUDIT,
    JobKind.PUBLISH: Lane.AUDIT,
}
"""The lane of a kind; the others are live."""


@dataclass(frozen=True)
class Job:
    """``kind`` names a handler; ``subject`` is a mailbox id or empty. Nothing that people wrote goes into a queue."""

    kind: str
    subject: str = ""


@dataclass(frozen=True)
class Task:
    """A job that is running, under the name that it had in the queue. ``attempt`` counts from 1.

    ``due_at`` (epoch seconds) is when this attempt was due, 0 where the queue does not say.
    """

    name: str
    job: Job
    attempt: int = 1
    due_at: float = 0.0


class Queue(Protocol):
    """Durable: a job that was put is done at least once."""

    def put(self, job: Job, now: float, delay: float = 0.0, *, after: Task | None = None) -> bool:
        """Put the job, or return False where the queue has had a job of that name already, which is as good.

        Equal jobs of one bucket share a name. What continues a running task says so with ``after``: its name is made
        from that task's own, so that no clock decides whether there is a next turn. Raises TransientError.
        """


def choose_lane(kind: str) -> Lane:
    return LANES.get(kind, Lane.LIVE)


def name_job(job: Job, now: float, delay: float = 0.0, after: Task | None = None) -> tuple[str, float]:
    """The job's name in the queue, and when the job is due (epoch seconds)."""
    if after is not None:
        return _digest(job, f"after {after.name}"), now + delay
    bucket = math.floor((now + delay) / BUCKET)
    return _digest(job, str(bucket)), (bucket + 1) * BUCKET + MARGIN


def _digest(job: Job, rest: str) -> str:
    return hashlib.sha256(f"{job.kind}\0{job.subject}\0{rest}".encode()).hexdigest()[:40]
