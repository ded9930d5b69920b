"""A budget of Gmail's quota units for one day: what each purpose may use of what is left. Pure.

Live work is counted and never refused. Each lower purpose leaves what those above it are expected to use yet.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from server.domain.quota import Purpose

MARGIN = 1.25
"""A purpose is expected to use what it used on the busiest of the last days, and a quarter more."""
LOOKED_BACK = 14
"""Days. A Monday is busier than its Sunday, and the first one of January than all of the week before it."""
WEEK = 7
"""Known days, from which on the busiest is believed to be among them."""
AT_FIRST = {Purpose.LIVE: 0.25, Purpose.AUDIT: 0.05}
"""Share of the budget that is kept at least while fewer days are known."""
AT_LEAST = {Purpose.LIVE: 0.02, Purpose.AUDIT: 0.01}
"""Share that is kept whatever those days were: they may have been holidays."""
LEAST_PORTION = 10_000
"""A process takes at first this part of the budget,"""
WORTH_A_WRITE = 1_000
"""Units: a portion is no smaller, where a hundredth of the budget is not,"""
LARGEST_PORTION = 100
"""and never a larger part than this: no more is lost with a process that is killed."""
LASTS = 60.0
"""Seconds that a portion is to last: the next one is twice as large where it did not."""
LASTED_LONG = 600.0
"""Seconds after which the next portion is small again."""
TAKEN, USED = "taken_", "used_"
"""What the stored figures of a process begin with; the purpose follows."""
Used = Mapping[Purpose, int]


BEGAN = "began"
"""The figure of the seconds of a day that were over when it was first used."""
WHOLE = 86_400
SHORT = 0.5
"""A day of which less was counted says nothing of a whole one: it may have been the busy hours, or the quiet ones."""


def find_usual(budget: int, days: Iterable[Mapping[str, int]]) -> dict[Purpose, int]:
    """What a day brings: of each purpose the most that one of these stored days took, and a share while few are known.

    It is what the functions below are given as ``usual``.
    """
    known = [day for day in map(read_whole_day, days) if any(day.values())]
    least = AT_FIRST if len(known) < WEEK else {}
    return {
        purpose: max([day[purpose] for day in known] + [math.ceil(budget * least.get(purpose, 0.0) / MARGIN)])
        for purpose in Purpose
    }


def read_whole_day(figures: Mapping[str, int]) -> dict[Purpose, int]:
    """What was taken of a day that is over, as if all of it had been counted: the service may have begun at noon."""
    counted = 1 - figures.get(BEGAN, 0) / WHOLE
    if counted < SHORT:
        return dict.fromkeys(Purpose, 0)
    return {purpose: int(units / counted) for purpose, units in read_purposes(figures, TAKEN).items()}


def read_purposes(figures: Mapping[str, int], prefix: str) -> dict[Purpose, int]:
    """The stored figures that begin with ``prefix``, by purpose."""
    return {purpose: figures.get(f"{prefix}{purpose.word}", 0) for purpose in Purpose}


def count_reserve(budget: int, purpose: Purpose, today: Used, usual: Used, rest: float) -> int:
    """Units that this purpose is expected to use yet today. ``rest`` is the share of the day that is left."""
    expected = count_expected(budget, purpose, usual)
    # Where more than that was used already, the day goes on as busy as usual.
    return int(max(expected - today.get(purpose, 0), expected / MARGIN * rest, 0))


def count_expected(budget: int, purpose: Purpose, usual: Used) -> int:
    """Units of a whole day."""
    least = budget * AT_LEAST.get(purpose, 0.0)
    return int(max(MARGIN * usual.get(purpose, 0), least))


def count_free(budget: int, purpose: Purpose, today: Used, usual: Used, rest: float) -> int:
    """Units that ``purpose`` may take now; negative where more is taken than that."""
    # Older mail leaves more where the day is busy already. An audit is kept for, and only that must not be taken.
    ahead = rest if purpose is Purpose.PAST else 0.0
    reserved = sum(count_reserve(budget, above, today, usual, ahead) for above in Purpose if above < purpose)
    return budget - sum(today.values()) - reserved


def choose_portion(budget: int, last: int, lasted: float) -> int:
    """The units that a process takes next. ``last`` is its last portion, 0 for none, ``lasted`` in seconds."""
    largest = max(budget // LARGEST_PORTION, 1)
    least = min(max(budget // LEAST_PORTION, WORTH_A_WRITE), largest)
    if not last or lasted > LASTED_LONG:
        return least
    return min(max(last * 2 if lasted < LASTS else last, least), largest)
