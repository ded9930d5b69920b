"""A job's line in the log: which task it was, how late it began, what it did, or how it failed."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from server.domain.errors import reaction_of
from server.engine.operations.tallying import Tallier
from server.logs.events import Event, describe, describe_error
from server.logs.trail import Trail, trail
from server.ports.clock import Clock
from server.ports.queue import Task

log = logging.getLogger(__name__)

WORTH_A_LINE = 60.0
"""Seconds late, from which on also a job that found nothing says so."""
CHEAP_FIGURES = frozenset({"gmail_units", "tasks_count", "tasks"})
"""What a look that found nothing leaves on its trail, too."""
POLLS = frozenset({"collect", "pushed", "deliver"})
"""Kinds of jobs that mostly find nothing. Ten thousands of them a day would be ten thousands of empty lines."""


@contextmanager
def follow_job(task: Task, clock: Clock, tallier: Tallier) -> Iterator[Trail]:
    """Give the job a trail, and at the end write its line and count its figures. What the job raises goes on."""
    labels = {"job": str(task.job.kind), "task": task.name}
    if task.job.subject:
        labels["mailbox"] = task.job.subject
    late = max(clock.now() - task.due_at, 0.0) if task.due_at else None
    began = time.perf_counter()
    with trail(**{key: value for key, value in labels.items() if value}) as followed:
        try:
            yield followed
        except Exception as error:
            followed.add(f"errors_{reaction_of(error).value}", 1)
            tallier.count({**_count(late), **_plain(followed)})
            fields = describe_error(Event.JOB_FAILED, error, **_measure(task, late, began), **_plain(followed))
            log.error("a job failed and comes again", extra=fields)  # noqa: TRY400  # a trace holds the error's text
            raise
        tallier.count({**_count(late), **_plain(followed)})
        # The same threshold for all: a late job is news even where it found nothing.
        level = logging.DEBUG if _found_nothing(task, late, followed) else logging.INFO
        log.log(level, "a job is done", extra=describe(Event.JOB, **_measure(task, late, began), **followed.fields()))


def _measure(task: Task, late: float | None, began: float) -> dict[str, float | None]:
    return {
        "attempts": task.attempt,
        "late_s": None if late is None else round(late, 3),
        "duration_ms": round((time.perf_counter() - began) * 1000),
    }


def _count(late: float | None) -> dict[str, int]:
    return {"jobs": 1, "late_jobs": int((late or 0.0) >= WORTH_A_LINE)}


def _plain(followed: Trail) -> dict[str, int]:
    """The figures without the lists of ids: what failed has counts that are worth having."""
    return {key: value for key, value in followed.fields().items() if isinstance(value, int)}


def _found_nothing(task: Task, late: float | None, followed: Trail) -> bool:
    is_poll = task.job.kind in POLLS and task.attempt == 1 and (late or 0.0) < WORTH_A_LINE
    return is_poll and not followed.fields().keys() - CHEAP_FIGURES
