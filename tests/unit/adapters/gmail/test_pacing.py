"""The allowance is never broken, in any minute; what is left of it is used; live work goes first, mailboxes in turn."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from server.adapters.gmail.pacing.bucket import FLOOR, LEAST_ALLOWANCE, STEP, STEP_SECONDS, Bucket
from server.adapters.gmail.pacing.costs import units_of
from server.adapters.gmail.pacing.turns import IN_FLIGHT, PATIENCE, Turns
from server.domain.errors import ThrottledError
from server.domain.quota import BURST, SPARE, Purpose

MINUTE = 60.0

COSTS = st.sampled_from([1, 2, 5, 20, 40, 100])


def most_in_a_minute(spent):
    """``spent`` holds (time, units), in order."""
    most = 0
    for first, (start, _) in enumerate(spent):
        most = max(most, sum(units for at, units in spent[first:] if at < start + MINUTE))
    return most


@pytest.mark.parametrize(
    ("method", "units"),
    [
        ("getProfile", 1),
        ("history.list", 2),
        ("messages.get", 20),
        ("threads.get", 40),
        ("watch", 100),
        ("new.method", 100),
    ],
)
def test_each_method_has_its_price_and_an_unknown_one_the_highest(method, units):
    assert units_of(f"gmail.users.{method}") == units


@settings(deadline=None)
@given(st.integers(LEAST_ALLOWANCE, 20_000), st.lists(st.tuples(COSTS, st.floats(0, 30)), max_size=200))
def test_no_minute_holds_more_than_the_allowance(allowance, asks):
    now, spent, bucket = 0.0, [], Bucket.full(allowance, 0.0)
    for units, pause in asks:
        now += pause
        now += bucket.wait(units, now)
        bucket = bucket.spend(units, now)
        spent.append((now, units))
    assert most_in_a_minute(spent) <= allowance


@settings(deadline=None)
@given(st.integers(2_500, 20_000), st.sampled_from([20, 40, 100]))
def test_the_full_speed_is_ninety_five_and_a_half_percent(allowance, units):
    now, total, bucket = 0.0, 0, Bucket(allowance, 0.0, 0.0)
    while now < 10 * MINUTE:
        now += bucket.wait(units, now)
        bucket = bucket.spend(units, now)
        total += units
    assert pytest.approx(0.955) == 1 - SPARE - BURST
    assert (total - units) / (allowance * 10) <= 0.955 + 1e-6
    assert total / (allowance * 10) >= 0.95


def test_a_zero_allowance_is_not_paced():
    bucket = Bucket.full(0, 0.0)
    assert bucket.spend(10**6, 0.0).wait(10**6, 0.0) == 0


def test_slowing_down_halves_the_speed_to_a_floor_and_steps_win_it_back():
    bucket = Bucket.full(6_000, 0.0)
    full = bucket.speed(0.0)
    shares = []
    for second in range(1, 8):
        bucket = bucket.slow_down(second, second)
        shares.append(bucket.speed(second) / full)
    assert shares[:2] == pytest.approx([0.5, 0.25])
    assert shares[-1] == pytest.approx(FLOOR)
    assert bucket.level == 0
    won_back = [bucket.speed(7 + n * STEP_SECONDS) / full for n in range(12)]
    assert won_back == pytest.approx([min(FLOOR + n * STEP, 1.0) for n in range(12)])


def test_calls_that_began_before_a_slowing_do_not_slow_again():
    bucket = Bucket.full(6_000, 0.0).slow_down(1.0, 2.0)
    assert bucket.slow_down(1.5, 3.0) == bucket
    assert bucket.slow_down(2.5, 3.0) != bucket


class Traffic(RuleBasedStateMachine):
    """Three mailboxes and a project that is smaller than they are together, in virtual time."""

    per_mailbox, per_project = 1_000, 2_000

    def __init__(self):
        super().__init__()
        self.now = 1_000.0
        self.turns = Turns(self.per_mailbox, self.per_project, self.now)
        self.waiting, self.flying, self.spent = {}, [], []

    @rule(box=st.sampled_from("abc"), calls=st.integers(1, IN_FLIGHT), units=COSTS, is_background=st.booleans())
    def join(self, box, calls, units, is_background):
        try:
            ticket = self.turns.join(
                box, units, calls, self.now, purpose=Purpose.PAST if is_background else Purpose.LIVE
            )
        except ThrottledError as error:
            assert error.retry_after > 0
        else:
            self.waiting[ticket] = box
        self.settle()

    @rule(seconds=st.floats(0.01, 20))
    def time_passes(self, seconds):
        """As the threads do: whoever may begin begins, as soon as it may."""
        until = self.now + seconds
        for _ in range(500):
            waits = [wait for wait in self.settle() if wait]
            if not waits or self.now + min(waits) > until:
                break
            self.now += max(min(waits), 1e-3)
        self.now = max(self.now, until)
        self.settle()

    @precondition(lambda self: self.flying)
    @rule(data=st.data())
    def a_call_ends(self, data):
        self.turns.end(self.flying.pop(data.draw(st.integers(0, len(self.flying) - 1))))
        self.settle()

    @precondition(lambda self: self.flying)
    @rule(data=st.data(), retry_after=st.none() | st.floats(1, 90))
    def gmail_asks_to_slow_down(self, data, retry_after):
        self.turns.slow_down(data.draw(st.sampled_from(self.flying)), retry_after, self.now)
        self.settle()

    def settle(self):
        """One look of every waiting call, until none begins; the waits of those that know theirs."""
        while True:
            waits, has_begun = [], False
            for ticket, box in list(self.waiting.items()):
                try:
                    wait = self.turns.ask(ticket, self.now)
                except ThrottledError as error:
                    assert error.retry_after > 0
                    self.turns.leave(ticket)
                    del self.waiting[ticket]
                    has_begun = True
                    continue
                if wait == 0:
                    self.begun(ticket, box)
                    has_begun = True
                else:
                    waits.append(wait)
            if not has_begun:
                return waits

    def begun(self, ticket, box):
        del self.waiting[ticket]
        assert not any(other.lane is ticket.lane and other.place < ticket.place for other in self.waiting), (
            "a later one, or one in the background, went first"
        )
        assert self.now >= ticket.lane.blocked_until
        assert self.now - ticket.joined <= PATIENCE
        self.flying.append(ticket)
        self.spent.append((self.now, box, ticket.units))

    @invariant()
    def no_allowance_is_broken(self):
        assert most_in_a_minute([(at, units) for at, _, units in self.spent]) <= self.per_project
        for box in "abc":
            assert most_in_a_minute([(at, units) for at, b, units in self.spent if b == box]) <= self.per_mailbox

    @invariant()
    def no_mailbox_has_too_many_in_flight(self):
        for lane in {ticket.lane for ticket in self.flying}:
            assert sum(t.calls for t in self.flying if t.lane is lane) == lane.in_flight <= IN_FLIGHT

    @invariant()
    def nobody_waits_for_nothing(self):
        """Of those that could begin by their mailbox's own allowance, one waits for units, and no longer than patience."""
        waits = self.settle()
        if self.waiting and not self.flying:
            assert any(waits)


Traffic.TestCase.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
test_traffic = Traffic.TestCase


def drained(turns, tickets, seconds):
    """Each call is as short as can be. Returns (time, ticket) in the order of their beginnings."""
    now, order, waiting = 0.0, [], list(tickets)
    while waiting and now < seconds:
        asked = {}
        for ticket in list(waiting):
            asked[ticket] = turns.ask(ticket, now)
            if asked[ticket] == 0:
                turns.end(ticket)
                order.append((now, ticket))
                waiting.remove(ticket)
        waits = [wait for wait in asked.values() if wait]
        now += min(waits) if waits and 0 not in asked.values() else 0
    return order


def test_ninety_five_percent_is_used_while_there_is_work():
    turns = Turns(6_000, 0, 0.0)
    ticket = lambda: turns.join("a", 100, 5, now, purpose=Purpose.PAST)  # noqa: E731
    now, spent = 0.0, []
    while now < 10 * MINUTE:
        asking = ticket()
        while wait := turns.ask(asking, now):
            now += wait
        turns.end(asking)
        spent.append((now, 100))
    after_the_first = sum(units for at, units in spent if at >= MINUTE)
    assert after_the_first / (6_000 * 9) >= 0.95
    assert most_in_a_minute(spent) <= 6_000


def test_a_projects_units_go_to_mailboxes_in_rotation():
    turns = Turns(0, LEAST_ALLOWANCE * 20, 0.0)
    tickets = [turns.join(box, 100, 1, 0.0, purpose=Purpose.LIVE) for box in "aaaabc"]
    names = dict(zip(tickets, "aaaabc", strict=True))
    assert [names[ticket] for _, ticket in drained(turns, tickets, 60)][:3] == ["a", "b", "c"]


def test_mailboxes_that_share_a_projects_units_get_the_same_of_it_whatever_their_calls_cost():
    turns, now = Turns(0, 4_000, 0.0), 0.0
    prices = {"a": 20, "b": 20, "c": 100}
    counts = dict.fromkeys(prices, 0)
    asking = {box: turns.join(box, units, 1, now, purpose=Purpose.PAST) for box, units in prices.items()}
    while now < 10 * MINUTE:
        waits = {box: turns.ask(ticket, now) for box, ticket in asking.items()}
        for box in (b for b, wait in waits.items() if wait == 0):
            turns.end(asking[box])
            counts[box] += 1
            asking[box] = turns.join(box, prices[box], 1, now, purpose=Purpose.PAST)
        now += 0 if 0 in waits.values() else min(waits.values())
    assert max(counts.values()) - min(counts.values()) <= 1
    assert sum(counts[box] * prices[box] for box in prices) >= 0.95 * 4_000 * 10


def test_a_projects_live_work_goes_before_another_mailboxs_background():
    turns = Turns(0, LEAST_ALLOWANCE, 0.0)
    first = turns.join("a", 100, 1, 0.0, purpose=Purpose.PAST)
    assert turns.ask(first, 0.0) == 0
    behind = turns.join("a", 20, 1, 0.0, purpose=Purpose.PAST)
    live = turns.join("b", 20, 1, 0.0, purpose=Purpose.LIVE)
    assert turns.ask(behind, 0.0) > turns.ask(live, 0.0) > 0


def test_a_wait_that_is_too_long_is_said_at_once():
    turns = Turns(LEAST_ALLOWANCE, 0, 0.0)
    turns.ask(turns.join("a", 100, 1, 0.0, purpose=Purpose.LIVE), 0.0)
    with pytest.raises(ThrottledError) as caught:
        turns.join("a", 100, 1, 0.0, purpose=Purpose.LIVE)
    assert caught.value.retry_after == pytest.approx(100 / 1.65, abs=0.1)
    assert turns.ask(turns.join("b", 100, 1, 0.0, purpose=Purpose.LIVE), 0.0) == 0
