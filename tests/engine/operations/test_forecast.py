"""The forecast against the code: hours of a small company, counted, at two sizes and without mail."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.commands.reports.forecast import load_prices
from server.domain.ledger import LIVE
from server.ports.queue import BUCKET
from server.rules.forecast import costs
from server.rules.forecast.inputs import Inputs
from server.rules.forecast.model import Forecast, forecast
from tests.support.counting import Counts
from tests.support.office_day import LOGGED, UNMATCHED, Office, OfficeDay

TOLERANCE = 0.10
NAMES = ("gmail_calls", "gmail_units", "salesforce_calls", "directory_calls", "reads", "writes", "deletes", "tasks")


def forecast_of(office: Office) -> Forecast:
    """The forecast for the same hours. Their watches were renewed just before, and everybody was audited once."""
    days = office.hours / 24
    return forecast(
        Inputs(
            office.mailboxes,
            days=days,
            mails_a_day=office.mails_a_day,
            logged_share=LOGGED / 10,
            unmatched_share=UNMATCHED / 10,
            changes_a_mail=1.0,
            busy_hours=24.0,
            peak=1.0,
            audits_a_day=1 / days,
            audit_span=office.hours * 3_600,
            renewals_a_day=0.0,
            stored_messages=office.mails_a_day * days,
            workers=0,
            sidebars=0,
        ),
        load_prices(),
    )


def measure(counts: Counts) -> dict[str, float]:
    """As the forecast names them: without HTTP batches, tokens and the processes' own looks at the schema."""
    deletes = sum(counts.deletes.values())
    return {
        "gmail_calls": counts.calls_of("gmail", "batch"),
        "gmail_units": counts.units,
        "salesforce_calls": counts.calls_of("salesforce"),
        "directory_calls": counts.calls_of("directory"),
        "reads": sum(counts.reads.values()) - counts.reads["state"],
        "writes": sum(counts.writes.values()) - deletes,
        "deletes": deletes,
        "tasks": sum(counts.puts.values()) + sum(counts.runs.values()),
    }


@pytest.mark.parametrize(
    "office",
    [Office(3, hours=4, mails_a_day=60.0), Office(10, hours=4, mails_a_day=60.0), Office(4, hours=8, mails_a_day=0.0)],
    ids=["3 mailboxes", "10 mailboxes", "no mail"],
)
def test_every_count_is_within_a_tenth_of_what_was_measured(tmp_path: Path, office: Office) -> None:
    counted = measure(OfficeDay(tmp_path, office).run())

    total = forecast_of(office).total

    assert {name: counted[name] for name in NAMES} == {
        name: pytest.approx(getattr(total, name), rel=TOLERANCE, abs=6) for name in NAMES
    }


def test_the_figures_that_costs_repeat_are_those_of_the_code() -> None:
    assert len(LIVE) == costs.SHARDS
    assert Inputs(1).bucket_seconds == BUCKET
