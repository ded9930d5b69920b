"""Mail time. The simulator owns it, so that a week can pass in a minute."""

import threading
import time


class Clock:
    """Starts at ``start`` (epoch seconds, default: now), runs with real time, and can be pushed forward."""

    def __init__(self, start: float | None = None, *, frozen: bool = False) -> None:
        self._lock = threading.Lock()
        self._frozen = frozen
        self._origin = time.monotonic()
        self._base = time.time() if start is None else start

    def now(self) -> float:
        """Epoch seconds."""
        with self._lock:
            return self._base if self._frozen else self._base + time.monotonic() - self._origin

    def now_ms(self) -> int:
        return int(self.now() * 1000)

    def advance(self, seconds: float) -> None:
        with self._lock:
            self._base += seconds
