"""Work to be done soon, once. The same rules hold on one machine and with Cloud Tasks."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import Protocol

BUCKET = 5.0
"""Seconds: requests for the same work within one bucket become one job, due just after the bucket's end."""


@dataclass(frozen=True)
class Job:
    """``kind`` names a handler; ``subject`` is a mailbox id or empty. Nothing that people wrote goes into a queue."""

    kind: str
    subject: str = ""


class Queue(Protocol):
    """Durable: a job that was put is done at least once."""

    def put(self, job: Job, now: float, delay: float = 0.0) -> bool:
        """Put the job, or return False where the same job is there already for the same bucket, which is as good."""


def coalesce_job(job: Job, now: float, delay: float = 0.0) -> tuple[str, float]:
    """The name that equal requests of one bucket share, and when their one job is due (epoch seconds)."""
    bucket = math.floor((now + delay) / BUCKET)
    name = hashlib.sha256(f"{job.kind}\0{job.subject}\0{bucket}".encode()).hexdigest()[:40]
    return name, (bucket + 1) * BUCKET
