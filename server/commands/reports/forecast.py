"""forecast: what any number of mailboxes would ask of Google and Salesforce, before anything is set up."""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from server.commands.arguments import FiniteRange
from server.commands.reports.tables import count_noun
from server.commands.running import Source, report_errors, stdout
from server.domain.errors import BadInputError
from server.rules.forecast import deployment
from server.rules.forecast.costs import Cost
from server.rules.forecast.inputs import GIB, Inputs
from server.rules.forecast.model import Forecast, PriceList, forecast

PRICES = Path(__file__).parents[2] / "data" / "prices.toml"
MONTH = 30.0
"""Days."""
TOO_LONG = 366.0
"""Days of reading older mail after which a person is told to want less."""
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
    @click.command("forecast", context_settings={"show_default": True})
    @click.option("--mailboxes", type=click.IntRange(1, 50_000), required=True, help="Up to 50,000 were looked at.")
    @click.option("--mails-per-day", type=FiniteRange(0, 10_000), default=40.0, help="Of one mailbox.")
    @click.option("--logged-percent", type=FiniteRange(0, 100), default=30.0, help="Of all mail.")
    @click.option("--busy-hours", type=FiniteRange(1, 24), default=10.0, help="Of a day, when mail comes.")
    @click.option("--peak", type=FiniteRange(1), default=2.0, help="The busiest hour, times an average busy one.")
    @click.option(
        "--backfill-months",
        type=FiniteRange(0, 600),
        default=12.0,
        help="Older mail. For BACKFILL_MONTHS=all: how far back mailboxes go.",
    )
    @click.option("--no-push", is_flag=True, help="Without PUBSUB_TOPIC.")
    @click.option("--poll-seconds", type=click.IntRange(1), default=300)
    @click.option("--message-kilobytes", type=FiniteRange(0), default=75.0, help="With attachments, on average.")
    @_add_options_of_deployment
    @click.option("--json", "as_json", is_flag=True)
    @report_errors
    def command(**options: Any) -> None:
        """Count a month's calls, documents and tasks, and say which limit is reached first."""
        as_json = options.pop("as_json")
        result = forecast(_read_inputs(**options), load_prices())
        click.echo(json.dumps(to_json(result), indent=2)) if as_json else _print(result)

    return command


def _add_options_of_deployment(command: Callable[..., None]) -> Callable[..., None]:
    """What the deployment and the org allow."""
    instances = click.IntRange(1, 1_000)
    options = (
        _repeat_setting("--worker-instances", instances, deployment.WORKER_INSTANCES, "WORKER_INSTANCES"),
        _repeat_setting("--sidebar-instances", instances, deployment.SIDEBAR_INSTANCES, "SIDEBAR_INSTANCES"),
        click.option("--key-protection", type=click.Choice(["hsm", "software"]), default=deployment.KEY_PROTECTION),
        _repeat_setting("--backup-days", click.IntRange(1, 98), deployment.BACKUP_DAYS, "BACKUP_RETENTION"),
        click.option(
            "--salesforce-calls-per-day",
            type=click.IntRange(1),
            help="The org's allowance.  [default: 100,000, and 1,000 for each mailbox]",
        ),
        click.option(
            "--salesforce-gigabytes",
            type=FiniteRange(0),
            help="The org's free data storage.  [default: 10 GB, and 20 MB for each mailbox]",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def _repeat_setting(option: str, numbers: click.IntRange, default: int, setting: str) -> Callable[[Any], Any]:
    """An option for what ``make deploy`` calls ``setting``."""
    return click.option(option, type=numbers, default=default, help=f"{setting} of the deployment.")


def _read_inputs(**options: Any) -> Inputs:
    logged = options["logged_percent"] / 100
    if logged > 1 - Inputs.unmatched_share:
        raise BadInputError(f"At most {100 * (1 - Inputs.unmatched_share):.0f} percent: the rest is nobody's mail.")
    same = ("busy_hours", "peak", "backfill_months", "worker_instances", "sidebar_instances", "key_protection",
            "backup_days", "salesforce_gigabytes")  # fmt: skip
    return Inputs(
        options["mailboxes"],
        mails_a_day=options["mails_per_day"],
        logged_share=logged,
        watched=0.0 if options["no_push"] else 1.0,
        poll_seconds=float(options["poll_seconds"]),
        message_bytes=options["message_kilobytes"] * 1_000,
        salesforce_calls_a_day=options["salesforce_calls_per_day"],
        **{name: options[name] for name in same},
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
            "best_worker_instances": backfill.best_workers,
            "best_days": _finite(backfill.best_days),
        },
        "worker_instances": result.instances,
        "needed_worker_instances": result.needed_workers,
        "salesforce_months_until_full": result.months_until_full,
        "dollars": asdict(result.dollars),
        "dollars_by_item": {name: asdict(price) for name, price in result.money.items()},
        "prices_as_of": result.prices_as_of,
        "first_limit": {"name": first.name, "reached_at": first.reached_at},
        "limits": [asdict(limit) for limit in result.limits],
    }


def _finite(days: float) -> float | None:
    return days if math.isfinite(days) else None


def _print(result: Forecast) -> None:
    inputs = result.inputs
    stdout.print(f"{inputs.mailboxes:,} mailboxes, {inputs.mails_a_day:g} mails a day each, in {inputs.days:g} days:")
    stdout.print(_describe_assumptions(inputs))
    _print_counts(result.total, result)
    _print_backfill(result)
    _print_money(result)
    _print_limits(result)


def _describe_assumptions(inputs: Inputs) -> str:
    polled = "push" if inputs.watched else f"no push, and a sweep every {inputs.poll_seconds:g} seconds"
    return (
        f"Assumed: {inputs.logged_share:.0%} of the mail is logged, {inputs.unmatched_share:.0%} looked up and skipped;"
        f" a message is {inputs.message_bytes / 1_000:g} KB; mail comes in {inputs.busy_hours:g} hours of a day,"
        f" {inputs.peak:g} times as much in the busiest; {inputs.backfill_months:g} months of older mail; {polled};"
        f" WORKER_INSTANCES={inputs.worker_instances}, SIDEBAR_INSTANCES={inputs.sidebar_instances}; the org allows"
        f" {inputs.salesforce_allowance:,} calls a day, and background sync takes {inputs.background_share:.0%} of them"
        " at most. Options change these (--help)."
    )


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
    if backfill.best_workers > result.inputs.worker_instances and backfill.best_days < backfill.days:
        stdout.print(
            f"With WORKER_INSTANCES={backfill.best_workers} it would take {backfill.best_days:,.1f} days; more workers"
            " than that do not help."
        )
    if min(backfill.days, backfill.best_days) > TOO_LONG:
        stdout.print("That is over a year: shorten BACKFILL_MONTHS, or ask Google for more units a day.")


def _print_money(result: Forecast) -> None:
    table = Table("dollars", "a month", "a month, a year later", "once, for older mail")
    for name, price in [*result.money.items(), ("together", result.dollars)]:
        table.add_row(name, *(f"{dollars:,.2f}" for dollars in (price.first, price.later, price.once)))
    stdout.print(table)
    stdout.print(
        f"Running in the busiest hour: {count_noun(result.instances, 'worker instance')}. {_say_first_month(result)}"
        f" List prices of {result.prices_as_of}, region us-central1 (server/data/prices.toml): check them, and"
        " those of your region."
    )
    needed, allowed = result.needed_workers, result.inputs.worker_instances
    if needed > allowed:
        stdout.print(
            f"These sums are too low: they are for WORKER_INSTANCES={allowed}, and this size needs {needed}."
            f" Run it with --worker-instances {needed}."
        )


def _say_first_month(result: Forecast) -> str:
    days = result.backfill.days
    if not math.isfinite(days):
        return "The month is counted as if all older mail were stored, though it is never read to its end."
    if days > MONTH:
        return f"The month is counted with all older mail, which is in after {days:,.0f} days; months before cost less."
    return "The first month is counted with all older mail in it."


def _print_limits(result: Forecast) -> None:
    table = Table("", "limit", "load", "allowed", "reached at mailboxes")
    for limit in result.limits:
        reached = "never" if limit.reached_at is None else f"{limit.reached_at:,}"
        table.add_row("OVER" if limit.share > 1 else "", limit.name, _round(limit.load), _round(limit.allowed), reached)
    stdout.print(table)
    for limit in result.limits:
        if limit.share > 1:
            stdout.print(f"OVER, {limit.name}: {limit.effect}.")
    needed = result.needed_workers
    if needed > result.inputs.worker_instances:
        stdout.print(f"This size needs WORKER_INSTANCES={needed}: with {result.inputs.worker_instances} jobs wait.")
    _print_salesforce_storage(result)
    first = result.first_limit
    reached = "never by more mailboxes" if first.reached_at is None else f"at {first.reached_at:,} mailboxes"
    stdout.print(f"The first limit is {first.name}, reached {reached}. Then: {first.effect}.")


def _print_salesforce_storage(result: Forecast) -> None:
    months, held = result.months_until_full, result.inputs.salesforce_bytes / GIB
    if months is None:
        return
    when = "too small for the older mail" if not months else f"full after {months:,.0f} months"
    stdout.print(
        f"Salesforce data storage of {held:,.1f} GiB is {when}, if nothing else is stored there. Setup, Storage Usage"
        " says what is free: --salesforce-gigabytes."
    )


def _round(figure: float) -> str:
    return f"{figure:,.0f}" if figure >= 1_000 or figure == int(figure) else f"{figure:,.2f}"
