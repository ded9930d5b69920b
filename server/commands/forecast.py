"""forecast: what any number of mailboxes would ask of Google and Salesforce, before anything is set up."""

from __future__ import annotations

import json
import math
import tomllib
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from server.commands.running import Source, report_errors, stdout
from server.domain.errors import BadInputError
from server.rules.forecast.costs import Cost
from server.rules.forecast.inputs import Inputs
from server.rules.forecast.model import Forecast, PriceList, forecast

PRICES = Path(__file__).parent.parent / "data" / "prices.toml"
GIB = 2.0**30
COUNTS = {
    "gmail_units": "Gmail quota units",
    "gmail_calls": "Gmail calls",
    "salesforce_calls": "Salesforce calls",
    "reads": "Firestore documents read",
    "writes": "Firestore documents written",
    "deletes": "Firestore documents deleted",
    "tasks": "Cloud Tasks operations",
    "pushes": "Pub/Sub messages",
    "kms": "Cloud KMS calls",
    "directory_calls": "Directory calls",
}
"""What each count is called."""


def commands(_source: Source) -> list[click.Command]:
    return [_forecast()]


def load_prices(path: Path = PRICES) -> PriceList:
    """The figures of the dated file."""
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    prices, assumed = ({name: float(e["value"]) for name, e in document[t].items()} for t in ("prices", "assumed"))
    return PriceList(str(document["as_of"]), prices, assumed)


def _forecast() -> click.Command:
    @click.command("forecast")
    @click.option("--mailboxes", type=click.IntRange(1, 50_000), required=True)
    @click.option("--mails-per-day", type=click.FloatRange(0, 10_000), default=40.0, help="Of one mailbox.")
    @click.option("--logged-percent", type=click.FloatRange(0, 100), default=30.0, help="Of all mail.")
    @click.option("--backfill-months", type=click.FloatRange(0, 600), default=12.0)
    @click.option("--no-push", is_flag=True, help="Without PUBSUB_TOPIC.")
    @click.option("--poll-seconds", type=click.IntRange(1), default=300)
    @click.option("--message-kilobytes", type=click.FloatRange(0), default=75.0, help="With attachments, on average.")
    @click.option("--salesforce-calls-per-day", type=click.IntRange(1), help="The org's allowance.")
    @click.option("--json", "as_json", is_flag=True)
    @report_errors
    def command(**options: Any) -> None:
        """Count a month's calls, documents and tasks, and say which limit is reached first."""
        as_json = options.pop("as_json")
        result = forecast(_read_inputs(**options), load_prices())
        click.echo(json.dumps(to_json(result), indent=2)) if as_json else _print(result)

    return command


def _read_inputs(
    mailboxes: int, mails_per_day: float, logged_percent: float, backfill_months: float, poll_seconds: int,
    message_kilobytes: float, salesforce_calls_per_day: int | None, *, no_push: bool,
) -> Inputs:  # fmt: skip
    logged = logged_percent / 100
    if logged > 1 - Inputs.unmatched_share:
        raise BadInputError(f"At most {100 * (1 - Inputs.unmatched_share):.0f} percent: the rest is nobody's mail.")
    return Inputs(
        mailboxes,
        mails_a_day=mails_per_day,
        logged_share=logged,
        backfill_months=backfill_months,
        watched=0.0 if no_push else 1.0,
        poll_seconds=float(poll_seconds),
        message_bytes=message_kilobytes * 1_000,
        salesforce_calls_a_day=salesforce_calls_per_day,
    )


def to_json(result: Forecast) -> dict[str, Any]:
    """Days that never end are null."""
    backfill = result.backfill
    first = result.first_limit
    return {
        "inputs": asdict(result.inputs),
        "days": result.inputs.days,
        "counts": asdict(result.total),
        "counts_by_work": {name: asdict(cost) for name, cost in result.parts.items()},
        "firestore_bytes": result.firestore_bytes,
        "salesforce_bytes": result.salesforce_bytes,
        "backfill": {
            "days": _finite(backfill.days),
            "bound": backfill.bound,
            "days_by_bound": {name: _finite(days) for name, days in backfill.days_by_bound.items()},
            "counts": asdict(backfill.cost),
            "firestore_bytes": backfill.firestore_bytes,
            "salesforce_bytes": backfill.salesforce_bytes,
        },
        "worker_instances": result.instances,
        "dollars": result.dollars,
        "dollars_by_item": dict(result.money),
        "prices_as_of": result.prices_as_of,
        "first_limit": {"name": first.name, "reached_at": first.reached_at},
        "limits": [asdict(limit) for limit in result.limits],
    }


def _finite(days: float) -> float | None:
    return days if math.isfinite(days) else None


def _print(result: Forecast) -> None:
    inputs = result.inputs
    stdout.print(f"{inputs.mailboxes:,} mailboxes, {inputs.mails_a_day:g} mails a day each, in {inputs.days:g} days:")
    _print_counts(result.total, result)
    _print_backfill(result)
    _print_money(result)
    _print_limits(result)


def _print_counts(total: Cost, result: Forecast) -> None:
    table = Table("", "a month", "mostly from")
    for name, title in COUNTS.items():
        source = max(result.parts, key=lambda part: getattr(result.parts[part], name))
        table.add_row(title, f"{getattr(total, name):,.0f}", source)
    table.add_row("Firestore storage added", f"{result.firestore_bytes / GIB:,.1f} GiB", "sealed copies")
    table.add_row("Salesforce data storage added", f"{result.salesforce_bytes / GIB:,.1f} GiB", "Tasks, 2 KB each")
    stdout.print(table)


def _print_backfill(result: Forecast) -> None:
    backfill, months = result.backfill, result.inputs.backfill_months
    if not months:
        return
    if not math.isfinite(backfill.days):
        stdout.print(
            f"Older mail of {months:g} months is never read to its end: new mail takes all of {backfill.bound}."
        )
        return
    stdout.print(
        f"Older mail of {months:g} months takes {backfill.days:,.1f} days, bound by {backfill.bound}:"
        f" {backfill.cost.gmail_units:,.0f} Gmail units, {backfill.cost.salesforce_calls:,.0f} Salesforce calls,"
        f" {backfill.firestore_bytes / GIB:,.1f} GiB in Firestore and {backfill.salesforce_bytes / GIB:,.1f} GiB in"
        " Salesforce."
    )


def _print_money(result: Forecast) -> None:
    table = Table("", "dollars a month")
    for name, dollars in result.money.items():
        table.add_row(name, f"{dollars:,.2f}")
    table.add_row("together", f"{result.dollars:,.2f}")
    stdout.print(table)
    stdout.print(
        f"Up to {result.instances} worker instances in the busiest hour. List prices of {result.prices_as_of}, region"
        " us-central1 (server/data/prices.toml): check them."
    )


def _print_limits(result: Forecast) -> None:
    table = Table("limit", "load", "allowed", "reached at mailboxes")
    for limit in result.limits:
        reached = "-" if limit.reached_at is None else f"{limit.reached_at:,}"
        table.add_row(limit.name, f"{limit.load:,.1f}", f"{limit.allowed:,.0f}", reached)
    stdout.print(table)
    first = result.first_limit
    reached = "never by more mailboxes" if first.reached_at is None else f"at {first.reached_at:,} mailboxes"
    stdout.print(f"The first limit is {first.name}, reached {reached}. Then: {first.effect}.")
