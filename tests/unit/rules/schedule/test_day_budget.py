"""Who may use how much of a day's units: never more than there are, and live work first."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.quota import Purpose
from server.rules.schedule.day_budget import (
    AT_FIRST,
    LARGEST_PORTION,
    MARGIN,
    choose_portion,
    count_expected,
    count_free,
    count_reserve,
    find_day,
)

CALIFORNIA = ZoneInfo("America/Los_Angeles")
BUDGETS = st.integers(1_000, 100_000_000)
FIGURES = st.fixed_dictionaries({purpose: st.integers(0, 100_000_000) for purpose in Purpose})
SHARES = st.floats(0, 1)


@pytest.mark.parametrize(
    ("day", "hours"), [((2027, 3, 14), 23), ((2027, 11, 7), 25), ((2027, 4, 1), 24), ((2027, 12, 31), 24)]
)
def test_a_day_lasts_from_midnight_to_midnight_in_california(day, hours):
    begins = datetime(*day, tzinfo=CALIFORNIA).timestamp()

    first, last = find_day(begins), find_day(begins + hours * 3_600 - 0.001)

    assert first == last
    assert (first.begins, first.ends) == (begins, begins + hours * 3_600)
    assert first.name == "{:04}-{:02}-{:02}".format(*day)
    assert find_day(begins - 0.001).name == first.before
    assert find_day(first.ends).before == first.name
    assert (first.compute_rest(begins), first.compute_rest(first.ends + 5)) == (1.0, 0.0)


@given(BUDGETS, FIGURES, FIGURES, SHARES)
def test_what_may_be_taken_is_within_the_budget_and_leaves_the_reserves_above(budget, today, yesterday, rest):
    free = {purpose: count_free(budget, purpose, today, yesterday, rest) for purpose in Purpose}

    assert free[Purpose.PAST] <= free[Purpose.AUDIT] <= free[Purpose.LIVE] == budget - sum(today.values())
    for purpose in (Purpose.AUDIT, Purpose.PAST):
        above = [other for other in Purpose if other < purpose]
        reserved = sum(count_reserve(budget, other, today, yesterday, rest) for other in above)
        # Whoever takes all that is free leaves exactly what those above are expected to use.
        after = {**today, purpose: today[purpose] + max(free[purpose], 0)}
        if free[purpose] > 0:
            assert budget - sum(after.values()) == reserved
            assert count_free(budget, purpose, after, yesterday, rest) == 0


@given(BUDGETS, st.integers(0, 40), st.integers(0, 10))
def test_live_work_as_large_as_yesterdays_always_finds_its_units(budget, live_percent, audit_percent):
    """However greedy older mail was before, and whatever order they come in."""
    yesterday = {Purpose.LIVE: budget * live_percent // 100, Purpose.AUDIT: budget * audit_percent // 100}
    yesterday[Purpose.PAST] = budget - sum(yesterday.values())
    today = dict.fromkeys(Purpose, 0)
    for step in range(1, 11):
        rest = 1 - step / 10
        today[Purpose.PAST] += max(count_free(budget, Purpose.PAST, today, yesterday, rest), 0)
        today[Purpose.LIVE] = yesterday[Purpose.LIVE] * step // 10
        today[Purpose.AUDIT] += max(
            min(yesterday[Purpose.AUDIT] // 10, count_free(budget, Purpose.AUDIT, today, yesterday, rest)), 0
        )
        assert sum(today.values()) <= budget
    assert today[Purpose.AUDIT] >= yesterday[Purpose.AUDIT] // 10 * 10


def test_a_first_day_keeps_a_tenth_for_live_work():
    nothing = dict.fromkeys(Purpose, 0)
    assert count_expected(1_000_000, Purpose.LIVE, nothing) == 1_000_000 * AT_FIRST[Purpose.LIVE]
    assert count_free(1_000_000, Purpose.PAST, nothing, nothing, 1.0) == 850_000
    assert count_free(1_000_000, Purpose.AUDIT, nothing, nothing, 1.0) == 900_000


def test_a_day_busier_than_yesterday_keeps_its_rest_in_proportion():
    yesterday = {Purpose.LIVE: 100_000, Purpose.AUDIT: 0, Purpose.PAST: 0}
    busy = {Purpose.LIVE: 300_000}
    assert count_reserve(1_000_000, Purpose.LIVE, busy, yesterday, 0.5) == 50_000
    assert count_reserve(1_000_000, Purpose.LIVE, {Purpose.LIVE: 25_000}, yesterday, 0.5) == 100_000 * MARGIN - 25_000
    assert count_reserve(1_000_000, Purpose.LIVE, busy, yesterday, 0.0) == 0


@given(BUDGETS, st.lists(st.floats(0, 1_000), max_size=30))
def test_a_portion_grows_while_it_is_used_up_fast_and_is_never_above_a_hundredth(budget, lasted):
    last = 0
    for seconds in lasted:
        portion = choose_portion(budget, last, seconds)
        assert 1 <= portion <= max(budget // LARGEST_PORTION, 1)
        if last and seconds < 60:
            assert portion >= last
        last = portion
