"""What a call to the mail provider is for. Its place in the order says who goes first, and who yields."""

from __future__ import annotations

from enum import IntEnum


class Purpose(IntEnum):
    """The lowest goes first. ``LIVE`` is new mail, cards and buttons; ``PAST`` is older mail."""

    LIVE = 0
    AUDIT = 1
    PAST = 2

    @property
    def word(self) -> str:
        """The name in the store and in figures."""
        return self.name.lower()
