"""Time, injected, so that a test owns it."""

from typing import Protocol


class Clock(Protocol):
    """The present moment."""

    def now(self) -> float:
        """Epoch seconds."""
