"""The service's own threads on one machine: one asks for a pass now and then, the others do what the queue holds."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable

from server.bootstrap import Services
from server.domain.errors import TrulyError
from server.engine.operations.jobs import AUDIT, SWEEP, WATCH, run
from server.ports.queue import Job
from server.rules.schedule.nightly import find_next_nightly_run
from server.rules.schedule.recovery import compute_backoff

log = logging.getLogger(__name__)

IDLE = 1.0
"""Seconds between looks into an empty queue."""
HOUR = 3_600.0


class Worker:
    """Start it in the process that serves, after it was forked. ``stop`` returns when the work at hand is done."""

    def __init__(self, services: Services, threads: int = 2) -> None:
        self._services = services
        self._stopping = threading.Event()
        self._asked_at: dict[str, float] = {}
        self.threads = [threading.Thread(target=self._poll, name="poll", daemon=True)]
        self.threads += [threading.Thread(target=self._work, name=f"work-{i}", daemon=True) for i in range(threads)]

    def start(self) -> None:
        for thread in self.threads:
            thread.start()

    def stop(self, timeout: float = 30.0) -> None:
        self._stopping.set()
        for thread in self.threads:
            thread.join(timeout)

    def work_once(self) -> bool:
        """One job, if one is due. A failed one goes back, later each time: it is never lost."""
        queue, ports = self._services.queue, self._services.ports
        if queue is None or (task := queue.take(ports.clock.now())) is None:
            return False
        try:
            run(task.job, ports, self._services.workspaces, queue)
        except Exception as error:  # noqa: BLE001  # whatever it is, the job stays and the thread lives
            # The class alone: an exception's text may hold what somebody wrote.
            log.error("job %s failed with %s, try %d", task.job.kind, type(error).__name__, task.attempt)  # noqa: TRY400
            queue.put_back(task, ports.clock.now() + compute_backoff(task.attempt))
        else:
            queue.done(task, ports.clock.now())
        return True

    def _work(self) -> None:
        while not self._stopping.is_set():
            if not self._safely(self.work_once):
                self._stopping.wait(IDLE)

    def _poll(self) -> None:
        seconds = self._services.settings.poll_seconds
        while not self._stopping.is_set():
            self._safely(self.tick)
            self._stopping.wait(min(seconds, HOUR))

    def tick(self) -> bool:
        """Ask for what is due by time. With push on, polling goes on: it finds what a push did not tell."""
        queue, now = self._services.queue, self._services.ports.clock.now()
        assert queue is not None
        for kind, seconds in self._every():
            if now - self._asked_at.get(kind, -math.inf) >= seconds:
                queue.put(Job(kind), now)
                self._asked_at[kind] = now
        # Put ahead, once a night by its name: a service that is down at the hour does it when it is up again.
        return queue.put(Job(AUDIT), now, find_next_nightly_run(self._services.settings.organisation, now) - now)

    def _every(self) -> list[tuple[str, float]]:
        """What is asked for again and again, and after how many seconds."""
        found = [(SWEEP, float(self._services.settings.poll_seconds))]
        return [*found, (WATCH, HOUR)] if self._services.ports.watch is not None else found

    def ask(self) -> bool:
        """For a pass over everything, soon."""
        assert self._services.queue is not None
        return self._services.queue.put(Job(SWEEP), self._services.ports.clock.now())

    def _safely(self, step: Callable[[], bool]) -> bool:
        """The state being away for a moment ends no thread."""
        try:
            return step()
        except TrulyError as error:
            log.error("the queue failed with %s", type(error).__name__)  # noqa: TRY400
            return False
