"""Processes that share a day's units: over each backend, at once, killed, and with clocks that differ."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from server.adapters.gmail.pacing.pacer import Pacer
from server.adapters.store import DocumentStore
from server.domain.errors import DayBudgetError, ThrottledError, TransientError
from server.domain.quota import AFTER_TURN, Purpose, find_day
from server.engine.operations.quota.day_budget import CARD_REPORTS, REPORT_EVERY, TURN_SPREAD, DayBudget
from server.ports.patience import limited
from server.rules.schedule.day_budget import TAKEN, USED, read_purposes
from simulator.clock import Clock

UNITS = 100_000
MIDNIGHT = datetime(2027, 4, 1, tzinfo=ZoneInfo("America/Los_Angeles")).timestamp()
NOON = MIDNIGHT + 43_200
FREE_OF_PAST = 70_000
"""Of the first day: a quarter stays for live work, and a twentieth for audits."""


@pytest.fixture
def clock():
    return Clock(NOON, frozen=True)


def spend_all(budget, purpose, units=20):
    """How often it may be spent until the budget says no."""
    count = 0
    while True:
        try:
            budget.spend(purpose, units)
        except DayBudgetError:
            return count * units
        count += 1


def used(store, at=NOON):
    return read_purposes(store.quota(find_day(at).name), USED)


def taken(store, at=NOON):
    return read_purposes(store.quota(find_day(at).name), TAKEN)


def test_older_mail_leaves_what_live_work_and_audits_need(store, clock):
    budget = DayBudget(store, clock, "a", UNITS)

    assert spend_all(budget, Purpose.PAST) == FREE_OF_PAST
    assert spend_all(budget, Purpose.AUDIT) == 5_000
    for _ in range(2_500):  # the reserve, and as much again: live work is never refused
        budget.spend(Purpose.LIVE, 20)
    budget.settle()
    assert used(store) == {Purpose.PAST: FREE_OF_PAST, Purpose.AUDIT: 5_000, Purpose.LIVE: 50_000}


def test_a_refusal_names_the_days_turn_and_the_new_day_begins_anew(store, clock):
    budget = DayBudget(store, clock, "a", UNITS)
    spend_all(budget, Purpose.PAST)

    with pytest.raises(DayBudgetError) as caught:
        budget.spend(Purpose.PAST, 20)
    assert 0 <= caught.value.retry_after - 43_200 - AFTER_TURN < TURN_SPREAD

    clock.advance(caught.value.retry_after)
    budget.spend(Purpose.PAST, 20)
    assert find_day(clock.now()).begins == MIDNIGHT + 86_400


def test_mailboxes_that_yielded_come_back_one_after_another(store, clock):
    budget = DayBudget(store, clock, "a", UNITS)
    pacer = Pacer(clock, clock.advance, 0, 0, budget)
    spend_all(budget, Purpose.PAST)
    times = []
    for number in range(600):
        with pytest.raises(DayBudgetError) as caught, pacer.turn(f"m{number}", 20, purpose=Purpose.PAST):
            pass
        times.append(round(clock.now() + caught.value.retry_after, 1))

    assert min(times) >= MIDNIGHT + 86_400 + AFTER_TURN
    assert max(times) - min(times) > TURN_SPREAD * 0.9
    assert max(Counter(int(at // 10) for at in times).values()) < 30


def test_somebody_who_waits_for_a_card_waits_for_no_report(store, clock):
    budget = DayBudget(store, clock, "a", UNITS)
    with limited(time.monotonic() + 60):
        for _ in range(int(CARD_REPORTS) - 1):
            budget.spend(Purpose.LIVE, 20)
            clock.advance(1)
        assert not store.quota(find_day(NOON).name)
        clock.advance(1)
        budget.spend(Purpose.LIVE, 20)  # nobody else works here, and what was used has to be known
    assert used(store)[Purpose.LIVE] == CARD_REPORTS * 20


def test_the_second_day_keeps_what_the_first_one_used(store, clock):
    first = DayBudget(store, clock, "a", UNITS)
    for _ in range(1_500):
        first.spend(Purpose.LIVE, 20)
    first.settle()
    clock.advance(86_400)

    # 30,000 in half a day, and a quarter more for live work; a twentieth for audits.
    assert spend_all(DayBudget(store, clock, "b", UNITS), Purpose.PAST) == UNITS - 75_000 - 5_000


def test_a_busy_day_is_remembered_for_two_weeks_and_read_once_a_day(store, clock):
    clock.advance(-43_200)
    for number in range(15):
        budget = DayBudget(store, clock, f"{number}", UNITS)
        for _ in range(1_500 if number == 0 else 100):
            budget.spend(Purpose.LIVE, 20)
        budget.settle()
        rest = spend_all(budget, Purpose.PAST)
        assert rest <= UNITS - (37_500 if number else 30_000) - 1_000
        clock.advance(86_400)

    # The last 14 days brought 2,000 each, which is less than what is always kept.
    assert spend_all(DayBudget(store, clock, "last", UNITS), Purpose.PAST) == UNITS - 2_500 - 1_000


def test_days_that_are_over_are_one_document_each(store, documents, clock):
    day = find_day(clock.now())
    for name in (day.before, day.name):
        for holder in range(450):
            store.save_quota(name, f"{holder}", {"began": 7 + holder, "taken_live": 10, "used_live": 3})
    before = store.quota(day.before)

    for _ in range(3):  # more than one commit can hold
        store.tidy_quota("2027-01-01", day.name)

    assert store.quota(day.before) == before == {"began": 7, "taken_live": 4_500, "used_live": 1_350}
    assert sum(document.data["day"] == day.before for document in documents.scan("quota")) == 1
    assert sum(document.data["day"] == day.name for document in documents.scan("quota")) == 450


def test_what_is_not_used_is_given_back_and_another_process_uses_it(store, clock):
    first, second = (DayBudget(store, clock, name, UNITS) for name in "ab")
    first.spend(Purpose.PAST, 100)
    first.settle()
    assert taken(store)[Purpose.PAST] == 100
    assert spend_all(second, Purpose.PAST) == FREE_OF_PAST - 100


def test_a_killed_process_loses_its_last_portion_and_no_more(store, clock):
    killed = DayBudget(store, clock, "killed", UNITS)
    for _ in range(2_000):
        killed.spend(Purpose.PAST, 20)

    rest = spend_all(DayBudget(store, clock, "b", UNITS), Purpose.PAST)

    assert FREE_OF_PAST - 40_000 - UNITS // 100 <= rest <= FREE_OF_PAST - 40_000


@pytest.mark.parametrize("seed", range(3))
def test_processes_at_once_never_use_more_than_there_is(opener, seed):
    """Each has a clock of its own, some are killed and begin anew, and live work goes on beside."""
    chance = random.Random(seed)
    stores = [DocumentStore(opener()) for _ in range(6)]
    spent = {purpose: [0] * 6 for purpose in Purpose}
    refused = threading.Event()

    def work(number):
        skew = chance.uniform(-30, 30)
        clock = Clock(NOON + skew, frozen=True)
        budget = DayBudget(stores[number], clock, f"p{number}", UNITS)
        for turn in range(3_000):
            purpose = Purpose.LIVE if turn % 20 == 0 else Purpose.AUDIT if turn % 20 == 1 else Purpose.PAST
            try:
                budget.spend(purpose, 20)
                spent[purpose][number] += 20
            except DayBudgetError:
                refused.set()
                if purpose is Purpose.PAST and turn > 1_500:
                    break
            clock.advance(0.5)
            if turn in (700, 1_400) and number < 3:
                budget = DayBudget(stores[number], clock, f"p{number}.{turn}", UNITS)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)

    total = {purpose: sum(parts) for purpose, parts in spent.items()}
    stored = taken(stores[0])
    assert refused.is_set()
    assert sum(total.values()) <= UNITS
    assert all(total[purpose] <= stored[purpose] for purpose in (Purpose.AUDIT, Purpose.PAST))
    # Six killed processes lost a portion each, and nothing else is lost.
    assert total[Purpose.PAST] + total[Purpose.AUDIT] >= FREE_OF_PAST - 6 * UNITS // 100 - 6 * UNITS // 100


def test_a_busy_process_writes_its_document_about_once_a_minute(store, clock):
    budget = DayBudget(store, clock, "a", 80_000_000)
    for _ in range(60 * 60):
        for _ in range(14):  # 84,000 units a minute: an instance's share
            budget.spend(Purpose.PAST, 100)
        budget.spend(Purpose.LIVE, 20)
        clock.advance(1)
    hour = 3_600 / REPORT_EVERY
    assert store.writes()["quota"] <= 1.6 * hour


def test_nobody_else_writes_a_processs_document(documents, store, clock):
    for name in "abc":
        spend_all(DayBudget(store, clock, name, UNITS), Purpose.AUDIT, 1_000)
    keys = [document.key for document in documents.scan("quota")]
    assert sorted(key.rpartition(".")[2] for key in keys) == ["a", "b", "c"][: len(keys)]


def test_days_are_forgotten(store, clock):
    DayBudget(store, clock, "a", UNITS).spend(Purpose.LIVE, 20)
    day = find_day(clock.now())
    assert store.quota(day.name)
    store.tidy_quota(day.name, day.name)
    assert store.quota(day.name)
    tomorrow = find_day(clock.now() + 86_400).name
    store.tidy_quota(tomorrow, tomorrow)
    assert not store.quota(day.name)


class AwayStore:
    """A store that answers nothing."""

    def save_quota(self, *_args):
        raise TransientError("away")

    quota = quota_since = save_quota


class ReadOnlyStore:
    """A store that can be read while nothing can be written."""

    def __init__(self, store):
        self._store = store
        self.quota, self.quota_since = store.quota, store.quota_since

    def save_quota(self, *_args):
        raise TransientError("away")


def test_a_portion_that_could_not_be_written_is_never_used(store, clock):
    for name in "ab":
        budget = DayBudget(ReadOnlyStore(store), clock, name, UNITS)
        for _ in range(100):
            with pytest.raises(TransientError):
                budget.spend(Purpose.PAST, 20)
            clock.advance(1)
    assert taken(store)[Purpose.PAST] == 0


def test_a_portion_is_not_used_by_another_thread_before_it_is_written(store, clock):
    refused = []

    class SlowStore(ReadOnlyStore):
        def save_quota(self, day, holder, figures):
            if not refused:
                refused.append("asked")
                thread = threading.Thread(target=self.spend)
                thread.start()
                thread.join(0.3)
                assert refused == ["asked"]
            self._store.save_quota(day, holder, figures)

        def spend(self):
            budget.spend(Purpose.PAST, 20)
            refused.append(taken(store)[Purpose.PAST])

    budget = DayBudget(SlowStore(store), clock, "a", UNITS)
    budget.spend(Purpose.PAST, 20)
    for _ in range(100):
        if len(refused) == 2:
            break
        threading.Event().wait(0.05)
    assert refused[1] >= 40


@pytest.mark.parametrize("days", [1, -1, 3])
def test_a_clock_that_is_wrong_for_a_moment_forgets_nothing(store, clock, days):
    budget = DayBudget(store, clock, "a", UNITS)
    assert spend_all(budget, Purpose.PAST) == FREE_OF_PAST
    for step in (days, -days):
        clock.advance(step * 86_400)
        budget.spend(Purpose.LIVE, 20)

    assert spend_all(budget, Purpose.PAST) == 0
    budget.settle()
    assert taken(store)[Purpose.PAST] == FREE_OF_PAST
    assert store.quota(find_day(NOON).name)["began"] == 43_200


def test_live_work_goes_on_where_the_store_is_away_and_older_mail_waits(clock):
    budget = DayBudget(AwayStore(), clock, "a", UNITS)
    for _ in range(100):
        budget.spend(Purpose.LIVE, 20)
        clock.advance(10)
    with pytest.raises(TransientError):
        budget.spend(Purpose.PAST, 20)
    budget.settle()


def test_a_call_that_is_not_made_costs_nothing(store, clock):
    budget = DayBudget(store, clock, "a", UNITS)
    pacer = Pacer(clock, clock.advance, 200, 0, budget)
    with pacer.turn("m", 100, purpose=Purpose.PAST):
        pass
    with pytest.raises(ThrottledError), pacer.turn("m", 100, purpose=Purpose.PAST):
        pass
    budget.settle()
    assert used(store)[Purpose.PAST] == 100


def test_a_call_that_nobody_waits_for_any_more_costs_nothing(store, clock):
    budget = DayBudget(store, clock, "a", UNITS)
    pacer = Pacer(clock, clock.advance, 200, 0, budget)
    with pacer.turn("m", 100, purpose=Purpose.PAST):
        pass
    with limited(time.monotonic() - 1), pytest.raises(TransientError), pacer.turn("m", 10, purpose=Purpose.PAST):
        pass
    budget.settle()
    assert used(store)[Purpose.PAST] == 100


def test_without_a_budget_nothing_is_asked_or_counted(store, clock):
    budget = DayBudget(store, clock, "a", 0)
    budget.spend(Purpose.PAST, 10**9)
    budget.settle()
    assert store.quota(find_day(clock.now()).name) == {}
