"""How many API calls an org had in the last 24 hours."""

from __future__ import annotations

import threading
from collections import deque

from simulator.clock import Clock

DAY = 86_400.0
BUCKET = 900.0
"""Seconds that are counted together."""


class Usage:
    """Thread-safe."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: deque[list[float]] = deque()

    def add(self) -> None:
        bucket = self._clock.now() // BUCKET
        with self._lock:
            if not self._buckets or self._buckets[-1][0] != bucket:
                self._buckets.append([bucket, 0])
            self._buckets[-1][1] += 1

    def last_day(self) -> int:
        oldest = (self._clock.now() - DAY) // BUCKET
        with self._lock:
            while self._buckets and self._buckets[0][0] <= oldest:
                self._buckets.popleft()
            return int(sum(calls for _, calls in self._buckets))
