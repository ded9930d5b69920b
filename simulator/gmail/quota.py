"""Gmail's limits: units a user and minute, units of the project, calls of a user at a time."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager

from simulator.answers import Failure

MINUTE = 60.0
CONSUMER = "of service 'gmail.googleapis.com' for consumer 'project_number:100000000001'."


class Window:
    """What was spent in the last sixty seconds. Not thread-safe."""

    def __init__(self) -> None:
        self._spent: deque[tuple[float, int]] = deque()
        self._sum = 0

    def used(self, now: float) -> int:
        while self._spent and self._spent[0][0] <= now - MINUTE:
            self._sum -= self._spent.popleft()[1]
        return self._sum

    def spend(self, units: int, now: float) -> None:
        self._spent.append((now, units))
        self._sum += units


class Quota:
    """Each limit is None for none. A refused call costs nothing. Thread-safe."""

    def __init__(self) -> None:
        self.per_minute: int | None = None
        self.project_per_minute: int | None = None
        self.in_flight: int | None = None
        self._lock = threading.Lock()
        self._users: dict[str, Window] = defaultdict(Window)
        self._project = Window()
        self._flying: Counter[str] = Counter()

    def set(self, limits: dict[str, int | None]) -> None:
        """Raises KeyError for a limit that does not exist."""
        names = {"units_per_minute": "per_minute", "project_units_per_minute": "project_per_minute"}
        for name, limit in limits.items():
            setattr(self, {**names, "in_flight": "in_flight"}[name], limit)

    def used(self, user: str, now: float) -> int:
        """Units of the last sixty seconds."""
        with self._lock:
            return self._users[user].used(now)

    def spend(self, user: str, units: int, now: float) -> None:
        """Raises Failure where a limit would be broken."""
        with self._lock:
            if self.per_minute is not None and self._users[user].used(now) + units > self.per_minute:
                raise _refuse_units("Queries per minute per user")
            if self.project_per_minute is not None and self._project.used(now) + units > self.project_per_minute:
                raise _refuse_units("Queries per minute")
            self._users[user].spend(units, now)
            self._project.spend(units, now)

    @contextmanager
    def flight(self, user: str, calls: int = 1) -> Iterator[int]:
        """How many of these calls may go on; the others are too many at a time."""
        with self._lock:
            free = calls if self.in_flight is None else max(self.in_flight - self._flying[user], 0)
            admitted = min(calls, free)
            self._flying[user] += admitted
        try:
            yield admitted
        finally:
            with self._lock:
                self._flying[user] -= admitted


def _refuse_units(limit: str) -> Failure:
    message = f"Quota exceeded for quota metric 'Queries' and limit '{limit}' {CONSUMER}"
    return Failure(403, "rateLimitExceeded", message, "PERMISSION_DENIED", domain="usageLimits")
