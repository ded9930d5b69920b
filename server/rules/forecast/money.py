"""Dollars by item: the first month, a month a year later, and what the older mail asks for once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from server.rules.forecast.costs import Cost
from server.rules.forecast.demand import count_running_workers, count_sidebars
from server.rules.forecast.deployment import IDLE_MINUTES, ROTATION_DAYS, SIDEBAR_CLASS, SWEEP_MINUTES, WORKER_CLASS
from server.rules.forecast.inputs import GIB, Inputs

HOURS_A_MONTH = 730.0
PUSH_BYTES = 2 * 1_024.0
"""Pub/Sub bills at least a kilobyte for a message that comes in, and another as it goes out."""
TASK_TEXT = 6_000.0
"""Bytes that leave for Salesforce with one mail, headers of HTTP and JSON included."""


@dataclass(frozen=True)
class Price:
    """Dollars. ``first`` is a month with all older mail read, ``later`` the month a year after, ``once`` comes once."""

    first: float = 0.0
    later: float = 0.0
    once: float = 0.0


@dataclass(frozen=True)
class Stored:
    """Bytes in Firestore: of older mail, and what a month adds."""

    older: float
    a_month: float

    def average(self, month: int) -> float:
        """In the middle of a month, of which the first is 0."""
        return self.older + self.a_month * (month + 0.5)


@dataclass(frozen=True)
class Work:
    """What is priced: thirty days of counts, and the older mail with the days that it takes."""

    month: Cost
    older: Cost
    older_days: float
    backfills: float
    stored: Stored


def price(work: Work, inputs: Inputs, assumed: Mapping[str, float], prices: Mapping[str, float]) -> dict[str, Price]:
    return {**_price_firestore(work, inputs, prices), **_price_the_rest(work, inputs, assumed, prices)}


def _price_firestore(work: Work, inputs: Inputs, prices: Mapping[str, float]) -> dict[str, Price]:
    first, later = (work.stored.average(month) / GIB for month in (0, 12))

    def by_size(dollars: float) -> Price:
        return Price(first * dollars, later * dollars)

    def by_count(month: float, older: float, name: str) -> Price:
        return _steady(month / 100_000 * prices[name], older / 100_000 * prices[name])

    month, older = work.month, work.older
    return {
        "Firestore reads": by_count(month.reads, older.reads, "firestore_reads"),
        "Firestore writes": by_count(month.writes, older.writes, "firestore_writes"),
        "Firestore deletes": by_count(month.deletes, older.deletes, "firestore_deletes"),
        "Firestore storage": by_size(prices["firestore_gib"]),
        "Firestore point-in-time recovery": by_size(prices["firestore_pitr_gib"]),
        f"Firestore {inputs.backup_days} daily backups": by_size(prices["firestore_backup_gib"] * inputs.backup_days),
    }


def _price_the_rest(
    work: Work, inputs: Inputs, assumed: Mapping[str, float], prices: Mapping[str, float]
) -> dict[str, Price]:
    month, older = work.month, work.older
    tasks = max(month.tasks / 1e6 - prices["tasks_free_millions"], 0) * prices["tasks_million"]
    pushed = max(month.pushes * PUSH_BYTES / GIB - prices["pubsub_free_gib"], 0) / 1_024 * prices["pubsub_tib"]
    mail_out = inputs.mailboxes * inputs.mails_a_day * 30 * inputs.logged_share * TASK_TEXT / GIB * prices["egress_gib"]
    past_out = inputs.mailboxes * inputs.messages_in_mailbox * inputs.logged_share * TASK_TEXT / GIB
    return {
        "Cloud Tasks": _steady(tasks, older.tasks / 1e6 * prices["tasks_million"]),
        "Pub/Sub": _steady(pushed),
        "Cloud KMS": _price_keys(month, inputs, prices),
        f"App Engine worker ({WORKER_CLASS})": _price_workers(work, inputs, assumed, prices),
        f"App Engine sidebar ({SIDEBAR_CLASS})": _steady(
            _count_hours(count_sidebars(inputs, assumed), inputs) * prices[f"hour_{SIDEBAR_CLASS}"]
        ),
        "Network to Salesforce": _steady(mail_out, past_out * prices["egress_gib"]),
    }


def _steady(month: float, once: float = 0.0) -> Price:
    """The same in each month."""
    return Price(month, month, once)


def _price_keys(month: Cost, inputs: Inputs, prices: Mapping[str, float]) -> Price:
    """A version of ``work`` comes with each rotation, and older ones stay: mail is sealed under them."""
    calls = month.kms / 10_000 * prices["kms_calls"]
    vault, work = (prices[f"kms_{name}_{inputs.key_protection}"] for name in ("vault", "work"))
    return Price(vault + work + calls, vault + work * (1 + 365 // ROTATION_DAYS) + calls)


def _price_workers(work: Work, inputs: Inputs, assumed: Mapping[str, float], prices: Mapping[str, float]) -> Price:
    running = count_running_workers(inputs, assumed)
    hour = prices[f"hour_{WORKER_CLASS}"]
    more = count_running_workers(inputs, assumed, work.backfills) - running
    once = more * 24 * work.older_days * hour if more and math.isfinite(work.older_days) else 0.0
    return _steady(_count_hours(running, inputs) * hour, once)


def _count_hours(instances: int, inputs: Inputs) -> float:
    """Of a month. The first instance is always up (cron keeps the worker's awake), the others in the busy hours."""
    assert SWEEP_MINUTES < IDLE_MINUTES
    busy = min((inputs.busy_hours + IDLE_MINUTES / 60) / 24, 1.0)
    return HOURS_A_MONTH * (1 + (instances - 1) * busy)
