"""One allowance as a value: how fast calls may be made. It has no clock and no thread."""

from __future__ import annotations

from dataclasses import dataclass, replace

from server.domain.quota import DEAREST, compute_burst, compute_speed

LEAST_ALLOWANCE = 2 * DEAREST
"""Units a minute, below which the dearest call could not be made without breaking the allowance."""
FLOOR = 0.05
"""Share of the full speed that is left however often Gmail asks us to slow down."""
STEP = 0.1
"""Share of the full speed that comes back with each step."""
STEP_SECONDS = 20.0
TOLERANCE = 1e-6
"""Units. A rounding error of this size makes no call wait."""
LEAST_WAIT = 0.001
"""Seconds. Epoch seconds are so large that a much shorter wait would not move them at all."""


@dataclass(frozen=True)
class Bucket:
    """Units that may be spent now (``level``, as of ``at``), and how fast more of them come.

    In any minute at most ``burst`` + a minute's flow are spent, which is less than ``allowance`` (units a minute; 0 is
    no limit). ``share`` is the part of the full speed that Gmail left us when it last asked us to slow down.
    """

    allowance: int
    level: float
    at: float
    share: float = 1.0
    slowed_at: float | None = None

    @classmethod
    def full(cls, allowance: int, now: float) -> Bucket:
        empty = cls(allowance, 0.0, now)
        return replace(empty, level=empty.burst)

    @property
    def burst(self) -> float:
        return compute_burst(self.allowance)

    @property
    def full_speed(self) -> float:
        """Units a second."""
        return compute_speed(self.allowance)

    def speed(self, now: float) -> float:
        """Units a second, with the steps that came back since the last slowing."""
        return self.full_speed * self._share(now)

    def at_time(self, now: float) -> Bucket:
        """The same bucket at a later time. A step that came back in between counts from then on."""
        if now <= self.at:
            return self
        # The speed of the start of the interval: a bucket must never promise units too early.
        level = min(self.burst, self.level + (now - self.at) * self.speed(self.at))
        # No ``replace``: this is done for every call, and that takes five times as long.
        return Bucket(self.allowance, level, now, self.share, self.slowed_at)

    def wait(self, units: float, now: float) -> float:
        """Seconds until so many units are there at the present speed; 0 for at once."""
        if not self.allowance:
            return 0.0
        short = units - self.at_time(now).level
        return max(short / self.speed(now), LEAST_WAIT) if short > TOLERANCE else 0.0

    def spend(self, units: int, now: float) -> Bucket:
        later = self.at_time(now)
        if not self.allowance:
            return later
        return Bucket(self.allowance, later.level - units, later.at, self.share, self.slowed_at)

    def slow_down(self, began: float, now: float) -> Bucket:
        """Half the speed and no units in hand. Calls that began before an earlier slowing do not slow it down again."""
        if self.slowed_at is not None and began <= self.slowed_at:
            return self
        later = self.at_time(now)
        return replace(later, level=min(later.level, 0.0), share=max(self._share(now) / 2, FLOOR), slowed_at=now)

    def _share(self, now: float) -> float:
        if self.slowed_at is None:
            return 1.0
        steps = max(int((now - self.slowed_at) // STEP_SECONDS), 0)
        return min(self.share + steps * STEP, 1.0)
