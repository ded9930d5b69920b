"""The arithmetic of the forecast: it grows with the mailboxes, names the first limit, and adds up."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from server.commands.forecast import load_prices
from server.rules.forecast.counts import count_day, sum_costs
from server.rules.forecast.inputs import Inputs
from server.rules.forecast.limits import find_limits
from server.rules.forecast.model import forecast

PRICES = load_prices()


def test_the_parts_add_up_to_the_total() -> None:
    result = forecast(Inputs(1_000), PRICES)

    assert sum_costs(result.parts) == result.total
    assert result.dollars == pytest.approx(sum(result.money.values()))


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
            next(x for x in find_limits(replace(inputs, mailboxes=n), PRICES.assumed) if x.name == limit.name).share
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
    one, many = forecast(Inputs(1), PRICES).backfill, forecast(Inputs(20_000), PRICES).backfill

    assert one.bound == "Gmail units a minute and mailbox"
    assert many.bound == "Gmail units a day"
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
