"""The service's own threads on one machine: one enqueues what is due by time, the others run the queue's jobs."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable

from server.bootstrap import Services
from server.domain.errors import ConfigurationError, TrulyError
from server.engine.operations.jobs import enqueue_for_all
from server.logs.events import Event, describe_error
from server.ports.queue import Job, JobKind, Task
from server.rules.schedule.nightly import find_next_nightly_run
from server.rules.schedule.recovery import compute_backoff

log = logging.getLogger(__name__)

IDLE = 1.0
"""Seconds between looks into an empty queue."""
STOP_WITHIN = 45.0
"""Seconds: less than gunicorn's graceful_timeout, after which the process is killed."""
HOUR = 3_600.0
"""Seconds."""


class Worker:
    """Start it in the process that serves, after the fork. ``stop`` returns when the jobs at hand are done."""

    def __init__(self, services: Services, threads: int = 2) -> None:
        """Raises ConfigurationError where the services have no queue of their own."""
        if services.local_queue is None:
            raise ConfigurationError("Only a service with its state in SQLite has a queue that threads can work on.")
        self._services = services
        self._queue = services.local_queue
        self._clock = services.ports.clock
        self._stopping = threading.Event()
        self._running: set[Task] = set()
        self._enqueued_at: dict[JobKind, float] = {}
        self.threads = [threading.Thread(target=self._keep_ticking, name="poll", daemon=True)]
        self.threads += [
            threading.Thread(target=self._keep_working, name=f"work-{i}", daemon=True) for i in range(threads)
        ]

    def start(self) -> None:
        for thread in self.threads:
            thread.start()

    def stop(self, timeout: float = STOP_WITHIN) -> bool:
        """Returns when the jobs at hand are done, at the latest after ``timeout`` seconds; False where one goes on.

        Such a job is put back at once. The process must end now, and whoever runs the job next finds what it has done.
        """
        self._stopping.set()
        ends = time.monotonic() + timeout
        for thread in self.threads:
            thread.join(max(0.0, ends - time.monotonic()))
        for task in list(self._running):
            log.warning("a job of kind %s did not end in time and is put back", task.job.kind)
            self._queue.put_back(task, self._clock.now())
        return not self._running

    def work_once(self) -> bool:
        """Run one job, if one is due. A failed job goes back into the queue, with a longer delay after each failure."""
        if (task := self._queue.take(self._clock.now())) is None:
            return False
        self._running.add(task)
        try:
            self._services.rooms.jobs.run(task.job, self._queue, task)
        except Exception:  # noqa: BLE001  # after any error the job stays in the queue, and its own line says why
            self._queue.put_back(task, self._clock.now() + compute_backoff(task.attempt))
        else:
            self._queue.finish(task, self._clock.now())
        finally:
            self._running.discard(task)
        return True

    def tick(self) -> bool:
        """Enqueue what is due by time; False where the nightly audit is in the queue already.

        With push on, polling goes on: it finds changes that no push announced.
        """
        settings, now = self._services.settings, self._clock.now()
        for kind, seconds in self._schedule():
            if now - self._enqueued_at.get(kind, -math.inf) >= seconds:
                enqueue_for_all(self._queue, kind, now)
                self._enqueued_at[kind] = now
        # The audit is enqueued ahead, once a night by its name: after a night without service it still runs.
        return self._queue.put(Job(JobKind.AUDIT), now, find_next_nightly_run(settings.organisation, now) - now)

    def _keep_working(self) -> None:
        while not self._stopping.is_set():
            if not self._run_safely(self.work_once):
                self._stopping.wait(IDLE)

    def _keep_ticking(self) -> None:
        seconds = self._services.settings.poll_seconds
        while not self._stopping.is_set():
            self._run_safely(self.tick)
            self._stopping.wait(min(seconds, HOUR))

    def _schedule(self) -> list[tuple[JobKind, float]]:
        """The kinds of repeated jobs, each with its interval in seconds."""
        repeated = [(JobKind.SWEEP, float(self._services.settings.poll_seconds))]
        if self._services.ports.watch is not None:
            repeated.append((JobKind.WATCH, HOUR))
        return repeated

    def _run_safely(self, step: Callable[[], bool]) -> bool:
        """A state that does not answer for a moment ends no thread."""
        try:
            return step()
        except TrulyError as error:
            fields = describe_error(Event.QUEUE_FAILED, error)
            log.error("the queue failed with %s", type(error).__name__, extra=fields)  # noqa: TRY400
            return False
