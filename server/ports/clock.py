"""Time, injected, so that a test owns it."""

from typing import Protocol


class Clock(Protocol):
    def now(self) -> float:
        """Epoch seconds."""
