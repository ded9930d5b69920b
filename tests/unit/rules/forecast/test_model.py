"""The arithmetic of the forecast: it grows with the mailboxes, names the first limit, and adds up."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from server.commands.reports.forecast import load_prices
from server.rules.forecast.counts import count_day, sum_costs
from server.rules.forecast.inputs import Inputs
from server.rules.forecast.limits import find_limits, list_loads
from server.rules.forecast.model import forecast

PRICES = load_prices()


def test_the_parts_add_up_to_the_total() -> None:
    result = forecast(Inputs(1_000), PRICES)

    assert sum_costs(result.parts) == result.total
    assert result.dollars.first == pytest.approx(sum(item.first for item in result.money.values()))


@pytest.mark.parametrize("name", ["gmail_units", "salesforce_calls", "reads", "writes", "tasks", "kms"])
def test_more_mailboxes_never_ask_for_less(name: str) -> None:
    counts = [getattr(sum_costs(count_day(Inputs(n))), name) for n in (1, 10, 300, 1_000, 9_000, 50_000)]

    assert counts == sorted(counts)


@pytest.mark.parametrize("push", [0.0, 1.0])
def test_each_limit_is_reached_exactly_where_it_says(push: float) -> None:
    inputs = Inputs(1_000, watched=push)
    limits = find_limits(inputs, PRICES.assumed)

    for limit in limits:
        if limit.reached_at is None:
            continue
        at, below = (
            next(x for x in list_loads(replace(inputs, mailboxes=n), PRICES.assumed) if x.name == limit.name).share
            for n in (limit.reached_at, limit.reached_at - 1)
        )
        assert below <= 1 < at, limit.name
    reached = [limit.reached_at for limit in limits if limit.reached_at is not None]
    assert reached == sorted(reached)


def test_push_saves_nine_of_ten_polls() -> None:
    polled, pushed = (
        sum_costs(count_day(Inputs(1_000, mails_a_day=0.0, watched=watched))).tasks for watched in (0.0, 1.0)
    )

    assert pushed < polled / 9


def test_a_small_allowance_of_salesforce_is_the_first_limit() -> None:
    result = forecast(Inputs(2_000, salesforce_calls_a_day=15_000), PRICES)

    assert result.first_limit.name == "Salesforce calls a day"
    assert result.first_limit.share > 1


def test_a_year_takes_as_long_as_the_tightest_quota_says() -> None:
    """One mailbox is bound by its own quota, and many by the project's day, which new mail comes first in."""
    one = forecast(Inputs(1), PRICES).backfill
    many = forecast(Inputs(20_000, worker_instances=10), PRICES).backfill

    assert one.bound == "Gmail units a minute and mailbox"
    assert many.bound == "Gmail units a day"
    assert many.best_days == many.days
    assert many.days == pytest.approx(many.cost.gmail_units / (80e6 - sum_costs(count_day(Inputs(20_000))).gmail_units))


def test_where_new_mail_takes_all_units_older_mail_is_never_read() -> None:
    assert math.isinf(forecast(Inputs(50_000, mails_a_day=80.0), PRICES).backfill.days)


def test_a_company_without_mail_has_a_forecast() -> None:
    result = forecast(Inputs(5, mails_a_day=0.0, backfill_months=0.0), PRICES)

    assert result.total.reads > 0
    assert result.salesforce_bytes == 0


def test_the_page_names_the_right_number_of_mailboxes() -> None:
    """docs/costs.md says that some 55,000 mailboxes use all of a day's units, and that the audit reads most."""
    result = forecast(Inputs(50_000), PRICES)

    [units] = [limit for limit in result.limits if limit.name == "Gmail units a day"]
    assert units.reached_at == pytest.approx(55_000, abs=1_500)
    assert max(result.parts, key=lambda part: result.parts[part].reads) == "nightly audit"


def test_four_instances_read_four_mailboxes_at_a_time() -> None:
    """A backfill is one mailbox, and one an instance: 4 x 6,000 units a minute."""
    few, more = (forecast(Inputs(300, worker_instances=n), PRICES).backfill for n in (4, 10))

    assert few.bound == "mailboxes read at a time (WORKER_INSTANCES)"
    assert few.days == pytest.approx(few.cost.gmail_units / (4 * 6_000 * 1_440))
    assert few.best_workers == 10
    assert few.best_days == pytest.approx(more.days)
    assert more.bound == "Gmail units a day"


@pytest.mark.parametrize("instances", [1, 4, 8, 20])
def test_twice_the_workers_are_full_at_twice_the_mailboxes(instances: int) -> None:
    once, twice = (
        next(
            x.reached_at for x in find_limits(Inputs(1, worker_instances=n), PRICES.assumed) if "live: tasks" in x.name
        )
        for n in (instances, 2 * instances)
    )

    assert once is not None
    assert twice == pytest.approx(2 * once, abs=2)


@pytest.mark.parametrize("mailboxes", [300, 8_000, 20_000])
def test_with_the_workers_that_it_names_no_queue_is_full_and_with_one_less_some_is(mailboxes: int) -> None:
    needed = forecast(Inputs(mailboxes), PRICES).needed_workers

    def full(workers: int) -> list[str]:
        limits = list_loads(Inputs(mailboxes, worker_instances=workers), PRICES.assumed)
        return [limit.name for limit in limits if limit.name.startswith("Queue") and limit.share > 1]

    assert not full(needed)
    assert needed == 1 or full(needed - 1)


def test_the_items_are_those_of_the_deployment() -> None:
    """The example of docs/costs.md: prices of F2, B4 and HSM keys, all hours of the first instances."""
    money = forecast(Inputs(300), PRICES).money

    assert money["App Engine sidebar (F2)"].first == pytest.approx(730 * 0.10)
    assert money["App Engine worker (B4)"].first == pytest.approx(730 * 0.20)
    assert money["Cloud KMS"].first == pytest.approx(3.50, abs=0.01)
    assert money["Cloud KMS"].later == pytest.approx(7.50, abs=0.01)
    software = forecast(Inputs(300, key_protection="software"), PRICES).money
    assert software["Cloud KMS"].later == pytest.approx(6 * 0.06, abs=0.01)


def test_what_is_stored_is_older_mail_and_grows_each_month() -> None:
    result = forecast(Inputs(5_000), PRICES)
    older, month = result.backfill.firestore_bytes / 2**30, result.firestore_bytes / 2**30
    stored = result.money["Firestore storage"]

    assert stored.first == pytest.approx((older + month / 2) * 0.15)
    assert stored.later - stored.first == pytest.approx(12 * month * 0.15)
    assert result.money["Firestore point-in-time recovery"] == stored
    assert result.money["Firestore 14 daily backups"].first == pytest.approx(14 * 0.03 / 0.15 * stored.first)
    none = forecast(Inputs(5_000, backfill_months=0.0), PRICES).money
    assert none["Firestore storage"].first == pytest.approx(month / 2 * 0.15, rel=0.01)
    assert none["Firestore writes"].once == pytest.approx(0, abs=0.1)


def test_older_mail_is_read_and_written_once() -> None:
    result = forecast(Inputs(5_000), PRICES)
    cost = result.backfill.cost

    assert result.money["Firestore writes"].once == pytest.approx(cost.writes / 1e5 * 0.09)
    assert result.money["Firestore reads"].once == pytest.approx(cost.reads / 1e5 * 0.03)


def test_salesforces_storage_is_full_after_what_is_left_of_it() -> None:
    result = forecast(Inputs(5_000, salesforce_gigabytes=50.0), PRICES)
    left = 50 * 2**30 - result.backfill.salesforce_bytes

    assert result.months_until_full == pytest.approx(left / result.salesforce_bytes)
    assert forecast(Inputs(5_000, salesforce_gigabytes=1.0), PRICES).months_until_full == 0
    assert forecast(Inputs(5, mails_a_day=0.0), PRICES).months_until_full is None
