"""Gmail's limits: units a user and minute, units of the project a minute and a day, calls of a user at a time."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from zoneinfo import ZoneInfo

from simulator.answers import Failure

MINUTE = 60.0
PACIFIC = ZoneInfo("America/Los_Angeles")
"""Google counts days from midnight there."""
CONSUMER = "of service 'gmail.googleapis.com' for consumer 'project_number:100000000001'."

DAILY = f"Quota exceeded for quota metric 'Queries' and limit 'Queries per day' {CONSUMER}"
LIMITS = {
    "units_per_minute": "per_minute",
    "project_units_per_minute": "project_per_minute",
    "project_units_per_day": "project_per_day",
    "in_flight": "in_flight",
}
"""The attribute of each limit, by the name that callers have."""


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
        self.project_per_day: int | None = None
        self.in_flight: int | None = None
        self._lock = threading.Lock()
        self._users: dict[str, Window] = defaultdict(Window)
        self._project = Window()
        self._flying: Counter[str] = Counter()
        self._days: Counter[date] = Counter()

    def set(self, limits: dict[str, int | None]) -> None:
        """Raises KeyError for a limit that does not exist."""
        for name, limit in limits.items():
            setattr(self, LIMITS[name], limit)

    def used(self, user: str, now: float) -> int:
        """Units of the last sixty seconds."""
        with self._lock:
            return self._users[user].used(now)

    def used_on(self, now: float) -> int:
        """Units of the project on Google's day that holds this moment."""
        with self._lock:
            return self._days[_name_day(now)]

    def spend(self, user: str, units: int, now: float) -> None:
        """Raises Failure where a limit would be broken."""
        with self._lock:
            if self.per_minute is not None and self._users[user].used(now) + units > self.per_minute:
                raise _refuse_units("Queries per minute per user")
            if self.project_per_minute is not None and self._project.used(now) + units > self.project_per_minute:
                raise _refuse_units("Queries per minute")
            day = _name_day(now)
            if self.project_per_day is not None and self._days[day] + units > self.project_per_day:
                raise Failure(403, "dailyLimitExceeded", DAILY, "RESOURCE_EXHAUSTED", domain="usageLimits")
            self._days[day] += units
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


def _name_day(now: float) -> date:
    return datetime.fromtimestamp(now, PACIFIC).date()
