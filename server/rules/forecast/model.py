"""The forecast: counts of a period, days of a backfill, money, instances, and the limit that is reached first. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from server.rules.forecast.costs import Cost
from server.rules.forecast.counts import count_backfill, count_day, count_storage, sum_costs
from server.rules.forecast.events import Events, count_events
from server.rules.forecast.inputs import Inputs
from server.rules.forecast.limits import Limit, count_instances, find_limits

GIB = 2.0**30
TIB = 2.0**40
HOURS_A_MONTH = 730.0
PUSH_BYTES = 2 * 1_024.0
"""Pub/Sub bills at least a kilobyte for a message that comes in, and another as it goes out."""


@dataclass(frozen=True)
class PriceList:
    """``prices`` in dollars and ``assumed`` figures, by name; ``as_of`` is the day on which they were looked up."""

    as_of: str
    prices: Mapping[str, float]
    assumed: Mapping[str, float]


@dataclass(frozen=True)
class BackfillForecast:
    """``days_by_bound`` holds how long each quota alone would make it; the longest counts."""

    cost: Cost
    days: float
    bound: str
    days_by_bound: Mapping[str, float]
    firestore_bytes: float
    salesforce_bytes: float


@dataclass(frozen=True)
class Forecast:
    """``total`` is for ``inputs.days``, ``parts`` the same by kind of work, ``events`` for one day.

    ``money`` is dollars for thirty days by item, without the backfill.
    """

    inputs: Inputs
    events: Events
    total: Cost
    parts: Mapping[str, Cost]
    firestore_bytes: float
    salesforce_bytes: float
    backfill: BackfillForecast
    instances: int
    money: Mapping[str, float]
    limits: tuple[Limit, ...]
    prices_as_of: str

    @property
    def first_limit(self) -> Limit:
        return self.limits[0]

    @property
    def dollars(self) -> float:
        return sum(self.money.values())


def forecast(inputs: Inputs, price_list: PriceList) -> Forecast:
    """Count what ``inputs.mailboxes`` ask for in ``inputs.days``.

    To compare a run with it, give what the run had: ``mailboxes``, ``days``, ``mails_a_day`` (a mailbox),
    ``logged_share`` and ``unmatched_share``, ``changes_a_mail`` (0 where no label moves), ``busy_hours`` (24 where mail
    comes around the clock), ``watched`` (0 without push), ``poll_seconds``, ``audits_a_day`` (0 where no audit ran),
    ``stored_messages`` and the numbers of processes. Then ``total`` holds the run's ``gmail_calls``, ``gmail_units``,
    ``salesforce_calls``, ``reads``, ``writes`` (without deletes), ``deletes`` and ``tasks``. Calls of Google's token
    services, HTTP batches and people's clicks are not in it.
    """
    parts = {name: cost * inputs.days for name, cost in count_day(inputs).items()}
    total = sum_costs(parts)
    storage = count_storage(inputs, inputs.mailboxes * inputs.mails_a_day * inputs.days)
    instances = math.ceil(count_instances(inputs, price_list.assumed))
    month = sum_costs(parts) * (30 / inputs.days)
    return Forecast(
        inputs=inputs,
        events=count_events(inputs),
        total=total,
        parts=parts,
        firestore_bytes=storage.firestore,
        salesforce_bytes=storage.salesforce,
        backfill=_forecast_backfill(inputs, price_list),
        instances=instances,
        money=_price(month, storage.firestore * 30 / inputs.days, instances, inputs, price_list.prices),
        limits=find_limits(inputs, price_list.assumed),
        prices_as_of=price_list.as_of,
    )


def _forecast_backfill(inputs: Inputs, price_list: PriceList) -> BackfillForecast:
    assumed, cost = price_list.assumed, count_backfill(inputs)
    live = sum_costs(count_day(inputs))
    a_mailbox = cost.gmail_units / max(inputs.mailboxes, 1)
    calls_left = inputs.salesforce_allowance * inputs.background_share - live.salesforce_calls
    days = {
        "Gmail units a day": _days(cost.gmail_units, assumed["gmail_units_a_day"] - live.gmail_units),
        "Gmail units a minute and project": _days(
            cost.gmail_units, assumed["gmail_units_a_minute"] * 1_440 - live.gmail_units
        ),
        "Gmail units a minute and mailbox": _days(a_mailbox, assumed["gmail_units_a_minute_and_mailbox"] * 1_440),
        "Salesforce calls a day": _days(cost.salesforce_calls, calls_left),
    }
    bound = max(days, key=lambda name: days[name])
    storage = count_storage(inputs, inputs.mailboxes * inputs.messages_in_mailbox)
    return BackfillForecast(cost, days[bound], bound, days, storage.firestore, storage.salesforce)


def _days(work: float, a_day: float) -> float:
    """Infinite where live work leaves nothing."""
    return work / a_day if a_day > 0 else math.inf


def _price(
    month: Cost, stored: float, instances: int, inputs: Inputs, prices: Mapping[str, float]
) -> Mapping[str, float]:
    """``stored`` are the bytes that a month adds; half of them lie there on average."""
    mail_out = inputs.mailboxes * inputs.mails_a_day * 30 * inputs.logged_share * TASK_TEXT
    worker_hours = instances * HOURS_A_MONTH * prices["worker_share_of_hours"]
    return {
        "Firestore reads": month.reads / 100_000 * prices["firestore_reads"],
        "Firestore writes": month.writes / 100_000 * prices["firestore_writes"],
        "Firestore deletes": month.deletes / 100_000 * prices["firestore_deletes"],
        "Firestore storage of the month's mail": stored / 2 / GIB * prices["firestore_gib"],
        "Cloud Tasks": max(month.tasks / 1e6 - prices["tasks_free_millions"], 0) * prices["tasks_million"],
        "Pub/Sub": max(month.pushes * PUSH_BYTES / GIB - prices["pubsub_free_gib"], 0) / 1_024 * prices["pubsub_tib"],
        "Cloud KMS": month.kms / 10_000 * prices["kms_calls"] + prices["kms_versions"] * prices["kms_version"],
        "App Engine worker": worker_hours * prices["worker_hour"],
        "App Engine sidebar": inputs.sidebars * HOURS_A_MONTH * prices["sidebar_hour"],
        "Network to Salesforce": mail_out / GIB * prices["egress_gib"],
    }


TASK_TEXT = 6_000.0
"""Bytes that leave for Salesforce with one mail, headers of HTTP and JSON included."""
