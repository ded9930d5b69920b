"""One queue of Cloud Tasks: names that are used once a day, limits, and tries that come ever later."""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass, field

from google.cloud import tasks_v2 as tasks

REMEMBERED = 86_400.0
"""Seconds for which a used name is refused, also after its task was deleted."""
SLOWING = frozenset({429, 503})
"""Answers after which the whole queue slows down."""
SLOWEST = 60.0
"""Seconds between dispatches, at most, of a queue that slowed down."""
HELD = 30.0
"""Seconds after which a task that was to be overtaken comes all the same."""
PRUNED_EVERY = 1_000
"""Names that are used between two looks for names that may be used again."""


@dataclass
class Rates:
    """As ``gcloud tasks queues create`` sets them. Times are in seconds."""

    concurrent: int = 1_000
    min_backoff: float = 0.1
    max_backoff: float = 3_600.0
    max_doublings: int = 16

    def compute_backoff(self, failures: int) -> float:
        """Doubles so many times, then grows by the last step, up to the longest."""
        doublings = min(failures - 1, self.max_doublings)
        wait = self.min_backoff * 2**doublings * max(1, failures - doublings)
        return float(min(wait, self.max_backoff))


@dataclass
class Waiting:
    """A task in its queue. Times are mail time, in epoch seconds; ``order`` settles what is due at the same moment."""

    task: tasks.Task
    due_at: float
    order: int
    attempts: int = 0
    last_status: int = 0
    is_held: bool = False
    is_deleted: bool = False

    @property
    def short_name(self) -> str:
        return str(self.task.name).rpartition("/")[2]


class NameTakenError(Exception):
    """A task has this name, or had it within the last day."""


@dataclass
class TaskQueue:
    """Thread-safe. ``name`` is the full one."""

    name: str
    rates: Rates = field(default_factory=Rates)
    is_paused: bool = False
    done: int = 0
    _waiting: dict[str, Waiting] = field(default_factory=dict)
    _running: dict[str, Waiting] = field(default_factory=dict)
    _used: dict[str, float] = field(default_factory=dict)
    _numbers: itertools.count[int] = field(default_factory=itertools.count)
    _interval: float = 0.0
    _next_at: float = 0.0
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def short_name(self) -> str:
        return self.name.rpartition("/")[2]

    def add(self, task: tasks.Task, due_at: float, now: float) -> None:
        """Raises NameTakenError."""
        with self._lock:
            if now - self._used.get(task.name, -REMEMBERED) < REMEMBERED or task.name in self._tasks():
                raise NameTakenError(task.name)
            number = next(self._numbers)
            if number % PRUNED_EVERY == 0:
                self._used = {name: at for name, at in self._used.items() if now - at < REMEMBERED}
            self._waiting[task.name] = Waiting(task, due_at, number)

    def delete(self, name: str, now: float) -> bool:
        """False where there is no such task. One that runs is not tried again."""
        with self._lock:
            waiting = self._waiting.pop(name, None) or self._running.get(name)
            if waiting is None:
                return False
            waiting.is_deleted = True
            self._used[name] = now
            return True

    def take_due(self, now: float) -> list[Waiting]:
        """What may be dispatched now, the longest due first. It runs until ``report`` or ``hold`` is called."""
        with self._lock:
            if self.is_paused or (self._interval and now < self._next_at):
                return []
            free = max(0, self.rates.concurrent - len(self._running))
            most = min(free, 1) if self._interval else free
            due = sorted((w for w in self._waiting.values() if w.due_at <= now), key=lambda w: (w.due_at, w.order))
            for waiting in due[:most]:
                self._running[waiting.task.name] = self._waiting.pop(waiting.task.name)
            self._next_at = now + self._interval
            return due[:most]

    def hold(self, waiting: Waiting, seconds: float, now: float, *, is_overtaken: bool = False) -> None:
        """Put a task off without a try. With ``is_overtaken`` it comes after the next one that is done."""
        with self._lock:
            del self._running[waiting.task.name]
            waiting.due_at, waiting.is_held = now + seconds, is_overtaken
            self._waiting[waiting.task.name] = waiting

    def report(self, waiting: Waiting, status: int, now: float) -> None:
        """How a try ended; 0 where nobody answered."""
        with self._lock:
            del self._running[waiting.task.name]
            self._adapt(status, now)
            waiting.attempts += 1
            waiting.last_status = status
            if 200 <= status < 300:
                self.done += 1
                self._used[waiting.task.name] = now
                self._let_held_go(now)
            elif not waiting.is_deleted:
                waiting.due_at = now + self.rates.compute_backoff(waiting.attempts)
                self._waiting[waiting.task.name] = waiting

    def list_tasks(self) -> list[Waiting]:
        with self._lock:
            return sorted(self._tasks().values(), key=lambda w: (w.due_at, w.order))

    def count_due(self, until: float) -> int:
        """Tasks that run, or are due by then."""
        with self._lock:
            return len(self._running) + sum(w.due_at <= until for w in self._waiting.values())

    def next_at(self) -> float | None:
        """When the next task is due (mail time)."""
        with self._lock:
            return min((w.due_at for w in self._waiting.values()), default=None)

    @property
    def is_slow(self) -> bool:
        with self._lock:
            return self._interval > 0

    def _tasks(self) -> dict[str, Waiting]:
        return {**self._waiting, **self._running}

    def _adapt(self, status: int, now: float) -> None:
        if status in SLOWING:
            self._interval = min(max(2 * self._interval, 1.0), SLOWEST)
            self._next_at = now + self._interval
        elif self._interval and 200 <= status < 300:
            self._interval = self._interval / 2 if self._interval > 1.0 else 0.0

    def _let_held_go(self, now: float) -> None:
        for waiting in self._waiting.values():
            if waiting.is_held:
                waiting.due_at, waiting.is_held = now, False
