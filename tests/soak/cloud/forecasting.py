"""The forecast of exactly the mail that a soak had, beside what was counted while it ran."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from server.ports.queue import BUCKET
from server.rules.forecast.costs import Cost
from server.rules.forecast.counts import count_period
from server.rules.forecast.inputs import DAY, Inputs
from tests.soak.cloud.plan import BURST_WITHIN, KINDS, count_in_burst
from tests.soak.cloud.run import Order, Outcome
from tests.soak.town import CUSTOMERS, Kind

COLLECT_SECONDS, ROUND_SECONDS = 0.75, 1.0
"""How long jobs take beside each other on two processors, against the simulators."""
TOLERANCE = 0.10
NOT_FORECAST = ("firestore reads state", "firestore reads identity")
"""What each process reads when it starts: a soak starts them far more often than a month does."""


@dataclass(frozen=True)
class Comparison:
    measured: float
    forecast: float

    @property
    def ratio(self) -> float:
        return self.forecast / self.measured if self.measured else 1.0

    @property
    def is_close(self) -> bool:
        return abs(self.ratio - 1) <= TOLERANCE


def count_forecast(order: Order, outcome: Outcome, poll_seconds: float) -> Cost:
    """Of the steady mail, and what the mail of the bursts asks for beside it."""
    # Mail comes for a part of the time only; the rest of it is for what is left to be done.
    steady = _inputs_of(order, outcome, poll_seconds, outcome.mails - outcome.in_bursts, order.seconds)
    bursts = outcome.in_bursts / count_in_burst(order.mailboxes)
    # A burst of two seconds lies in one bucket or in two.
    within = bursts * (BURST_WITHIN + BUCKET)
    burst = _inputs_of(order, outcome, poll_seconds, outcome.in_bursts, within)
    nothing = _inputs_of(order, outcome, poll_seconds, 0, order.seconds)
    return count_period(steady) + count_period(burst) + count_period(nothing) * -1.0


def _inputs_of(order: Order, outcome: Outcome, poll_seconds: float, mails: int, seconds: float) -> Inputs:
    """So many mails within so many seconds. Labels do not move in a soak, and all mailboxes were read and watched right before."""
    total = sum(KINDS.values())
    days = outcome.seconds / DAY
    return Inputs(
        order.mailboxes,
        days=days,
        mails_a_day=mails / order.mailboxes / days,
        logged_share=sum(KINDS[kind] for kind in CUSTOMERS) / total,
        unmatched_share=KINDS[Kind.STRANGER] / total,
        changes_a_mail=0.0,
        busy_hours=24.0 * min(1.0, max(seconds, 1.0) / outcome.seconds),
        peak=1.0,
        poll_seconds=poll_seconds,
        audits_a_day=0.0,
        renewals_a_day=0.0,
        hourly_share=0.0,
        stored_messages=0.0,
        worker_instances=order.workers,
        collect_seconds=COLLECT_SECONDS,
        round_seconds=ROUND_SECONDS,
        workers=order.workers,
    )


def compare_with_forecast(order: Order, outcome: Outcome, poll_seconds: float) -> Mapping[str, Comparison]:
    """By count. Kills and failures make the service do work again, so a soak without them is the fair one."""
    total, counts = count_forecast(order, outcome, poll_seconds), outcome.counts
    reads = counts.get("firestore reads", 0.0) - sum(counts.get(name, 0.0) for name in NOT_FORECAST)
    asked = {name: count for name, count in outcome.cloud_calls.items() if name.startswith("cloudtasks CreateTask")}
    # What was made is run as well, and that is an operation more.
    tasks = sum(asked.values()) + sum(count for name, count in asked.items() if name.endswith(" OK"))
    return {
        "gmail units": Comparison(counts.get("gmail units", 0.0), total.gmail_units),
        "salesforce calls": Comparison(counts.get("salesforce requests", 0.0), total.salesforce_calls),
        "firestore reads": Comparison(reads, total.reads),
        "firestore writes": Comparison(counts.get("firestore writes", 0.0), total.writes + total.deletes),
        "task operations": Comparison(tasks, total.tasks),
    }
