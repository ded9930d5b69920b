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
    def put(self, job: Job, now: float, delay: float = 0.0) -> bool:
        """Coalesced by name: False where the same work is already asked for in this bucket. That is success too."""


def name_and_due_time(job: Job, now: float, delay: float = 0.0) -> tuple[str, float]:
    """The job's name and when it is due (epoch seconds)."""
    bucket = math.floor((now + delay) / BUCKET)
    name = hashlib.sha256(f"{job.kind}\0{job.subject}\0{bucket}".encode()).hexdigest()[:40]
    return name, (bucket + 1) * BUCKET
