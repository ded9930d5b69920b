"""What a call to the mail provider is for. Its place in the order says who goes first, and who yields."""

from __future__ import annotations

from enum import IntEnum

SPARE = 0.005
"""Share of an allowance a minute that is never used."""
BURST = 0.04
"""Share of it that may be spent at once; the rest comes evenly."""
DEAREST = 100
"""Units of the dearest call, which must fit into a burst."""


def compute_burst(allowance: int) -> float:
    """Units that may be spent at once, of an allowance in units a minute."""
    return max(allowance * BURST, DEAREST)


def compute_speed(allowance: int) -> float:
    """Units a second: 95.5 percent of the allowance, where that is 2,500 or more."""
    return (allowance * (1 - SPARE) - compute_burst(allowance)) / 60


class Purpose(IntEnum):
    """The lowest goes first. ``LIVE`` is new mail, cards and buttons; ``PAST`` is older mail."""

    LIVE = 0
    AUDIT = 1
    PAST = 2

    @property
    def word(self) -> str:
        """The name in the store and in figures."""
        return self.name.lower()
