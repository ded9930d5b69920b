"""Who may use how much of a day's units: never more than there are, and live work first."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.quota import Purpose, find_day
from server.rules.schedule.day_budget import (
    AT_FIRST,
    AT_LEAST,
    LARGEST_PORTION,
    LOOKED_BACK,
    MARGIN,
    TAKEN,
    WEEK,
    choose_portion,
    count_expected,
    count_free,
    count_reserve,
    find_usual,
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
def test_what_may_be_taken_is_within_the_budget_and_leaves_the_reserves_above(budget, today, usual, rest):
    free = {purpose: count_free(budget, purpose, today, usual, rest) for purpose in Purpose}

    assert free[Purpose.PAST] <= free[Purpose.AUDIT] <= free[Purpose.LIVE] == budget - sum(today.values())
    for purpose in (Purpose.AUDIT, Purpose.PAST):
        above = [other for other in Purpose if other < purpose]
        ahead = rest if purpose is Purpose.PAST else 0.0
        reserved = sum(count_reserve(budget, other, today, usual, ahead) for other in above)
        # Whoever takes all that is free leaves exactly what those above are expected to use.
        after = {**today, purpose: today[purpose] + max(free[purpose], 0)}
        if free[purpose] > 0:
            assert budget - sum(after.values()) == reserved
            assert count_free(budget, purpose, after, usual, rest) == 0


@given(BUDGETS, st.integers(0, 40), st.integers(0, 10))
def test_live_work_as_large_as_usual_always_finds_its_units(budget, live_percent, audit_percent):
    """However greedy older mail was before, and whatever order they come in."""
    usual = {Purpose.LIVE: budget * live_percent // 100, Purpose.AUDIT: budget * audit_percent // 100}
    usual[Purpose.PAST] = budget - sum(usual.values())
    today = dict.fromkeys(Purpose, 0)
    for step in range(1, 11):
        rest = 1 - step / 10
        today[Purpose.PAST] += max(count_free(budget, Purpose.PAST, today, usual, rest), 0)
        today[Purpose.LIVE] = usual[Purpose.LIVE] * step // 10
        today[Purpose.AUDIT] += max(
            min(usual[Purpose.AUDIT] // 10, count_free(budget, Purpose.AUDIT, today, usual, rest)), 0
        )
        assert sum(today.values()) <= budget
    assert today[Purpose.AUDIT] >= usual[Purpose.AUDIT] // 10 * 10


def test_a_first_day_keeps_a_quarter_for_live_work():
    nothing = find_usual(1_000_000, [])
    assert count_expected(1_000_000, Purpose.LIVE, nothing) == 1_000_000 * AT_FIRST[Purpose.LIVE]
    assert count_free(1_000_000, Purpose.PAST, {}, nothing, 1.0) == 700_000
    assert count_free(1_000_000, Purpose.AUDIT, {}, nothing, 1.0) == 750_000


BUDGET = 80_000_000


def store_day(live, audit=0, past=0, began=0):
    units = {Purpose.LIVE: live, Purpose.AUDIT: audit, Purpose.PAST: past}
    return {"began": began, **{f"{TAKEN}{purpose.word}": amount for purpose, amount in units.items()}}


def run_day(budget, before, live, audit, hours, speed):
    """A day by the ten minutes: greedy older mail, and live work in these hours. Returns what each took."""
    usual = find_usual(budget, before[-LOOKED_BACK:])
    today = dict.fromkeys(Purpose, 0)
    first, last = hours
    for step in range(144):
        rest = (144 - step) / 144
        today[Purpose.PAST] += max(min(count_free(budget, Purpose.PAST, today, usual, rest), speed), 0)
        done = min(max((step + 1 - first * 6) / ((last - first) * 6), 0), 1)
        today[Purpose.LIVE] = int(live * done)
        free = count_free(budget, Purpose.AUDIT, today, usual, rest)
        today[Purpose.AUDIT] += max(min(audit // 144, free), 0)
    return today


WORKDAY, SUNDAY = (20_000_000, 800_000), (1_500_000, 800_000)
HOLIDAY = (4_000_000, 300_000)


@pytest.mark.parametrize(
    "before",
    [
        [WORKDAY] * 5 + [SUNDAY] * 2,
        [WORKDAY] * 3 + [HOLIDAY] * 11,
        [SUNDAY],
        [WORKDAY, WORKDAY, SUNDAY, SUNDAY],
    ],
    ids=["a Monday", "a Monday in January", "the second day", "the first week"],
)
def test_a_monday_finds_its_units_though_the_days_before_were_quiet(before):
    """Europe's morning is the first third of a day in California, when older mail has all the day's units before it."""
    days = [store_day(live, audit, 60_000_000) for live, audit in before]

    today = run_day(BUDGET, days, *WORKDAY, (0, 9), 11_000_000)

    assert sum(today.values()) <= BUDGET
    assert today[Purpose.AUDIT] >= WORKDAY[1] // 144 * 144
    assert today[Purpose.PAST] > BUDGET // 2


@given(st.data())
def test_all_together_are_within_the_budget_unless_live_work_grows_beyond_its_bound(data):
    budget = data.draw(st.integers(10_000, 100_000_000))
    days = []
    for _ in range(data.draw(st.integers(1, 3 * LOOKED_BACK))):
        live = int(budget * data.draw(st.floats(0, 1.1)) * data.draw(st.sampled_from([0.05, 0.3, 1.0])))
        audit = int(budget * data.draw(st.floats(0, 0.1)))
        first = data.draw(st.integers(0, 20))
        last = data.draw(st.integers(first + 1, 24))
        speed = int(budget * data.draw(st.floats(0.001, 1)))

        today = run_day(budget, days, live, audit, (first, last), speed)

        known = [day[f"{TAKEN}live"] for day in days[-LOOKED_BACK:] if sum(day.values())]
        share = AT_FIRST if len(known) < WEEK else AT_LEAST
        bound = max([MARGIN * units for units in known] + [budget * share[Purpose.LIVE]])
        if live <= min(bound, budget):
            assert sum(today.values()) <= budget + 1
        days.append(store_day(*(today[purpose] for purpose in Purpose)))


def test_a_day_that_was_counted_for_less_than_half_says_nothing():
    short, long = store_day(100_000, began=50_000), store_day(100_000, began=21_600)

    assert find_usual(1_000, [short] * WEEK) == find_usual(1_000, [])
    assert find_usual(1_000, [short] * WEEK + [long])[Purpose.LIVE] == 133_333


def test_a_day_busier_than_usual_keeps_its_rest_in_proportion():
    usual = {Purpose.LIVE: 100_000, Purpose.AUDIT: 0, Purpose.PAST: 0}
    busy = {Purpose.LIVE: 300_000}
    assert count_reserve(1_000_000, Purpose.LIVE, busy, usual, 0.5) == 50_000
    assert count_reserve(1_000_000, Purpose.LIVE, {Purpose.LIVE: 25_000}, usual, 0.5) == 100_000 * MARGIN - 25_000
    assert count_reserve(1_000_000, Purpose.LIVE, busy, usual, 0.0) == 0


@given(BUDGETS, st.lists(st.floats(0, 1_000), max_size=30))
def test_a_portion_grows_while_it_is_used_up_fast_and_is_never_above_a_hundredth(budget, lasted):
    last = 0
    for seconds in lasted:
        portion = choose_portion(budget, last, seconds)
        assert 1 <= portion <= max(budget // LARGEST_PORTION, 1)
        if last and seconds < 60:
            assert portion >= last
        last = portion
