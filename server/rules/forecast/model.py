"""The forecast: counts of a period, days of a backfill, money, instances, and the limit that is reached first. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from server.rules.forecast.costs import Cost
from server.rules.forecast.counts import count_backfill, count_day, count_storage, sum_costs
from server.rules.forecast.demand import count_needed_workers, count_running_workers
from server.rules.forecast.deployment import LANES, share_units
from server.rules.forecast.events import Events, count_events
from server.rules.forecast.inputs import Inputs
from server.rules.forecast.limits import Limit, find_limits
from server.rules.forecast.money import Price, Stored, Work, price

GMAIL_DAY = "Gmail units a day"
AT_A_TIME = "mailboxes read at a time (WORKER_INSTANCES)"
OF_WORKERS = "Gmail units a minute of all workers"


@dataclass(frozen=True)
class PriceList:
    """``prices`` in dollars and ``assumed`` figures, by name; ``as_of`` is the day on which they were looked up."""

    as_of: str
    prices: Mapping[str, float]
    assumed: Mapping[str, float]


@dataclass(frozen=True)
class BackfillForecast:
    """``days_by_bound`` holds how long each bound alone would make it; the longest counts.

    ``best_workers`` is the fewest WORKER_INSTANCES with which more of them would not make it shorter, and
    ``best_days`` how long it takes then.
    """

    cost: Cost
    days: float
    bound: str
    days_by_bound: Mapping[str, float]
    firestore_bytes: float
    salesforce_bytes: float
    best_workers: int
    best_days: float


@dataclass(frozen=True)
class Forecast:
    """``total`` is for ``inputs.days``, ``parts`` the same by kind of work, ``events`` for one day.

    ``money`` is dollars by item. ``instances`` of the worker run in the busiest hour; ``needed_workers`` is what
    WORKER_INSTANCES must be so that no queue is full. ``months_until_full`` is when the org's data storage would be
    full if it held nothing else: 0 where the older mail fills it, None for never.
    """

    inputs: Inputs
    events: Events
    total: Cost
    parts: Mapping[str, Cost]
    firestore_bytes: float
    salesforce_bytes: float
    backfill: BackfillForecast
    instances: int
    needed_workers: int
    months_until_full: float | None
    money: Mapping[str, Price]
    limits: tuple[Limit, ...]
    prices_as_of: str

    @property
    def first_limit(self) -> Limit:
        return self.limits[0]

    @property
    def dollars(self) -> Price:
        items = self.money.values()
        return Price(*(sum(getattr(item, name) for item in items) for name in ("first", "later", "once")))


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
    assumed, backfill = price_list.assumed, _forecast_backfill(inputs, price_list)
    work = Work(
        month=total * (30 / inputs.days),
        older=backfill.cost,
        older_days=backfill.days,
        backfills=_count_backfills(inputs),
        stored=Stored(backfill.firestore_bytes, storage.firestore * 30 / inputs.days),
    )
    return Forecast(
        inputs=inputs,
        events=count_events(inputs),
        total=total,
        parts=parts,
        firestore_bytes=storage.firestore,
        salesforce_bytes=storage.salesforce,
        backfill=backfill,
        instances=count_running_workers(inputs, assumed),
        needed_workers=count_needed_workers(inputs, assumed),
        months_until_full=_find_full(
            inputs.salesforce_bytes - backfill.salesforce_bytes, storage.salesforce * 30 / inputs.days
        ),
        money=price(work, inputs, assumed, price_list.prices),
        limits=find_limits(inputs, assumed),
        prices_as_of=price_list.as_of,
    )


def _find_full(room: float, a_month: float) -> float | None:
    if room <= 0:
        return 0.0
    return room / a_month if a_month else None


def _count_backfills(inputs: Inputs) -> int:
    """How many mailboxes are read at a time: each is one task of the queue."""
    return min(LANES["backfill"].count_at_a_time(inputs.worker_instances), inputs.mailboxes)


def _forecast_backfill(inputs: Inputs, price_list: PriceList) -> BackfillForecast:
    cost = count_backfill(inputs)
    days = _count_days(inputs, cost, price_list.assumed)
    bound = max(days, key=lambda name: days[name])
    storage = count_storage(inputs, inputs.mailboxes * inputs.messages_in_mailbox)
    best = _find_best(inputs, cost, price_list.assumed)
    return BackfillForecast(
        cost=cost,
        days=days[bound],
        bound=bound,
        days_by_bound=days,
        firestore_bytes=storage.firestore,
        salesforce_bytes=storage.salesforce,
        best_workers=best,
        best_days=max(_count_days(replace(inputs, worker_instances=best), cost, price_list.assumed).values()),
    )


def _count_days(inputs: Inputs, cost: Cost, assumed: Mapping[str, float]) -> dict[str, float]:
    """By bound. New mail comes first everywhere."""
    live = sum_costs(count_day(inputs))
    of_mailbox = assumed["gmail_units_a_minute_and_mailbox"] * 1_440
    of_workers = share_units(inputs.worker_instances, inputs.sidebar_instances) * inputs.worker_instances * 1_440
    calls_left = inputs.salesforce_allowance * inputs.background_share - live.salesforce_calls
    return {
        GMAIL_DAY: _days(cost.gmail_units, assumed["gmail_units_a_day"] - live.gmail_units),
        OF_WORKERS: _days(cost.gmail_units, of_workers - live.gmail_units),
        "Gmail units a minute and mailbox": _days(cost.gmail_units / max(inputs.mailboxes, 1), of_mailbox),
        AT_A_TIME: _days(cost.gmail_units, of_mailbox * _count_backfills(inputs)),
        "Salesforce calls a day": _days(cost.salesforce_calls, calls_left),
    }


def _find_best(inputs: Inputs, cost: Cost, assumed: Mapping[str, float]) -> int:
    """The fewest WORKER_INSTANCES with which neither workers nor their share of the units bound the older mail."""

    def is_enough(workers: int) -> bool:
        days = _count_days(replace(inputs, worker_instances=workers), cost, assumed)
        ours = max(days[AT_A_TIME], days[OF_WORKERS])
        return ours <= max(value for name, value in days.items() if name not in (AT_A_TIME, OF_WORKERS))

    most = int(assumed["most_instances"])
    return next((n for n in range(1, most) if is_enough(n)), most)


def _days(work: float, a_day: float) -> float:
    """Infinite where live work leaves nothing."""
    return work / a_day if a_day > 0 else math.inf
