"""One time for the simulator, the workers and the harness, in memory that they share."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from multiprocessing.sharedctypes import RawValue
from typing import Any

from simulator.clock import Clock

LOOK = 0.001
"""Real seconds between looks at whether time has gone on."""


class SharedClock(Clock):
    """Stands still until somebody moves it."""

    def __init__(self, cell: Any) -> None:
        super().__init__(0.0, frozen=True)
        self._cell = cell

    def now(self) -> float:
        return float(self._cell.value)

    def advance(self, seconds: float) -> None:
        self._cell.value += seconds

    def move_to(self, at: float) -> None:
        """Never back."""
        self._cell.value = max(self._cell.value, at)


class Sleeper:
    """Lets threads sleep until so much of this time has gone by; somebody else has to move it.

    ``wakes`` says at ``place`` when the first of them wakes up, 0 where nobody sleeps: who moves time need not wait.
    """

    def __init__(self, clock: SharedClock, wakes: Any, place: int) -> None:
        self._clock = clock
        self._wakes = wakes
        self._place = place
        self._lock = threading.Lock()
        self._until: list[float] = []

    def sleep(self, seconds: float) -> None:
        until = self._clock.now() + seconds
        self._tell(lambda: self._until.append(until))
        while self._clock.now() < until:
            time.sleep(LOOK)
        self._tell(lambda: self._until.remove(until))

    def _tell(self, change: Callable[[], None]) -> None:
        with self._lock:
            change()
            self._wakes[self._place] = min(self._until, default=0.0)


def cell(start: float) -> Any:
    """To be handed to child processes."""
    return RawValue("d", start)
