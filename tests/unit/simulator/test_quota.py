"""The simulated Gmail's limits are Gmail's: sliding, by person, and for calls at a time."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from simulator.answers import Failure
from simulator.gmail.quota import Quota


def test_without_limits_nothing_is_refused():
    quota = Quota()
    quota.spend("ann", 10**9, 0.0)
    with quota.flight("ann", 100) as admitted:
        assert admitted == 100


def test_the_minute_slides_and_a_refusal_costs_nothing():
    quota = Quota()
    quota.set({"units_per_minute": 100})
    quota.spend("ann", 60, 0.0)
    quota.spend("ann", 40, 30.0)
    for _ in range(3):
        with pytest.raises(Failure) as caught:
            quota.spend("ann", 1, 59.9)
    assert (caught.value.status, caught.value.reason) == (403, "rateLimitExceeded")
    quota.spend("ben", 100, 59.9)
    quota.spend("ann", 60, 60.0)
    assert quota.used("ann", 60.0) == 100


def test_the_project_has_a_limit_of_its_own_and_says_so():
    quota = Quota()
    quota.set({"project_units_per_minute": 100})
    quota.spend("ann", 60, 0.0)
    with pytest.raises(Failure, match=r"limit 'Queries per minute' of service"):
        quota.spend("ben", 60, 0.0)


def test_calls_at_a_time_are_counted_by_person_and_end():
    quota = Quota()
    quota.set({"in_flight": 5})
    with quota.flight("ann", 4) as first, quota.flight("ann", 4) as second, quota.flight("ben", 4) as other:
        assert (first, second, other) == (4, 1, 4)
    with quota.flight("ann", 9) as admitted:
        assert admitted == 5


@pytest.mark.parametrize("day", [(2027, 1, 15), (2027, 7, 15)])
def test_a_day_of_the_project_ends_at_midnight_in_california(day):
    quota = Quota()
    quota.set({"project_units_per_day": 100})
    midnight = datetime(*day, tzinfo=ZoneInfo("America/Los_Angeles")).timestamp()
    quota.spend("ann", 100, midnight - 86_000)
    with pytest.raises(Failure, match="limit 'Queries per day' of service") as caught:
        quota.spend("ben", 1, midnight - 0.1)
    assert (caught.value.status, caught.value.reason, caught.value.code) == (
        403,
        "dailyLimitExceeded",
        "RESOURCE_EXHAUSTED",
    )
    quota.spend("ben", 100, midnight)
    assert quota.used_on(midnight - 1) == quota.used_on(midnight) == 100


def test_a_limit_that_does_not_exist_is_refused():
    with pytest.raises(KeyError):
        Quota().set({"per_fortnight": 1})
