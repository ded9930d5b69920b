"""Gmail's quota: allowances a minute, the day as Google counts it, and what a call is for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import IntEnum
from zoneinfo import ZoneInfo

SPARE = 0.005
"""Share of an allowance a minute that is never used."""
BURST = 0.04
"""Share of it that may be spent at once; the rest comes evenly."""
DEAREST = 100
"""Units of the dearest call, which must fit into a burst."""
PACIFIC = ZoneInfo("America/Los_Angeles")
"""Google counts a day from midnight there."""
AFTER_TURN = 60.0
"""Seconds after the day's turn at which work that waited for it comes back: clocks differ."""


def compute_burst(allowance: int) -> float:
    """Units that may be spent at once, of an allowance in units a minute."""
    return max(allowance * BURST, DEAREST)


def compute_speed(allowance: int) -> float:
    """Units a second: 95.5 percent of the allowance, where that is 2,500 or more."""
    return (allowance * (1 - SPARE) - compute_burst(allowance)) / 60


@dataclass(frozen=True)
class QuotaDay:
    """A day as Google counts it; ``begins`` and ``ends`` are epoch seconds."""

    name: str
    before: str
    begins: float
    ends: float

    def compute_rest(self, now: float) -> float:
        """The share of the day that is left."""
        return min(max((self.ends - now) / (self.ends - self.begins), 0.0), 1.0)

    def list_days_before(self, count: int) -> list[str]:
        """So many of them, the first one first."""
        date = datetime.fromisoformat(self.name).date()
        return [(date - timedelta(days)).isoformat() for days in range(count, 0, -1)]

    def wait_for_next(self, now: float) -> float:
        """Seconds until work that this day has no units for comes back."""
        return self.ends + AFTER_TURN - now


def find_day(now: float) -> QuotaDay:
    """The day of this moment. One day in spring has 23 hours, and one in autumn 25."""
    date = datetime.fromtimestamp(now, PACIFIC).date()
    begins, ends = (datetime.combine(date + timedelta(days), time(), PACIFIC).timestamp() for days in (0, 1))
    return QuotaDay(date.isoformat(), (date - timedelta(1)).isoformat(), begins, ends)


class Purpose(IntEnum):
    """What a call is for. The lowest goes first, and the highest yields.

    ``LIVE`` is new mail, cards and buttons; ``PAST`` is older mail.
    """

    LIVE = 0
    AUDIT = 1
    PAST = 2

    @property
    def word(self) -> str:
        """The name in the store and in figures."""
        return self.name.lower()
