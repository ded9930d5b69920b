"""One time for the simulator, the workers and the harness, in memory that they share."""

from __future__ import annotations

import time
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

    def sleep(self, seconds: float) -> None:
        """Until so much of this time has gone by; somebody else has to move it."""
        until = self.now() + seconds
        while self.now() < until:
            time.sleep(LOOK)


def cell(start: float) -> Any:
    """To be handed to child processes."""
    return RawValue("d", start)
