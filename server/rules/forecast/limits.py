"""What ends first: each limit of Google, of Salesforce and of our own, and at how many mailboxes it is reached."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from server.rules.forecast.counts import count_day, count_storage, sum_costs
from server.rules.forecast.demand import count_needed_workers, count_sidebars, measure_lanes
from server.rules.forecast.deployment import LANES, share_units
from server.rules.forecast.events import count_events
from server.rules.forecast.inputs import GIB, Inputs

MOST_MAILBOXES = 10_000_000
"""Beyond this a limit counts as one that mailboxes do not reach."""
SHARD_WRITES = 2.0
"""Writes of a shard's lease in one round."""


@dataclass(frozen=True)
class Limit:
    """``load`` of ``allowed``, in ``unit``; ``effect`` says what happens beyond it.

    ``reached_at`` is the number of mailboxes at which they meet, None for never.
    """

    name: str
    load: float
    allowed: float
    unit: str
    effect: str
    reached_at: int | None = None

    @property
    def share(self) -> float:
        return self.load / self.allowed if self.allowed else float("inf")


def find_limits(inputs: Inputs, assumed: Mapping[str, float]) -> tuple[Limit, ...]:
    """All limits, the one first that is reached first."""
    known: dict[int, dict[str, float]] = {}

    def shares(mailboxes: int) -> dict[str, float]:
        """The searches of all limits begin at the same numbers, so each is counted once."""
        if mailboxes not in known:
            loads = list_loads(replace(inputs, mailboxes=mailboxes), assumed)
            known[mailboxes] = {limit.name: limit.share for limit in loads}
        return known[mailboxes]

    limits = [replace(limit, reached_at=_find_reach(shares, limit.name)) for limit in list_loads(inputs, assumed)]
    return tuple(sorted(limits, key=lambda limit: (limit.reached_at or MOST_MAILBOXES + 1, -limit.share)))


def _find_reach(shares: Callable[[int], Mapping[str, float]], name: str) -> int | None:
    """Halve until the smallest number of mailboxes is known at which the load is more than allowed."""

    def is_over(mailboxes: int) -> bool:
        return shares(mailboxes)[name] > 1

    low, high = 0, MOST_MAILBOXES
    if not is_over(high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_over(middle) else (middle, high)
    return high


def list_loads(inputs: Inputs, assumed: Mapping[str, float]) -> list[Limit]:
    """All limits, without where they are reached."""
    return [
        *_load_gmail(inputs, assumed),
        *_load_salesforce(inputs),
        *_load_cloud(inputs, assumed),
        *_load_queues(inputs, assumed),
        *_load_service(inputs, assumed),
    ]


def _load_gmail(inputs: Inputs, assumed: Mapping[str, float]) -> list[Limit]:
    parts = count_day(inputs)
    units = sum_costs(parts).gmail_units
    mail = parts["reading mail"].gmail_units + parts["delivery"].gmail_units
    minute = inputs.in_busy_second(mail) * 60 + (units - mail) / 1_440
    shared = share_units(inputs.worker_instances, inputs.sidebar_instances) * inputs.worker_instances
    return [
        Limit("Gmail units a day", units, assumed["gmail_units_a_day"], "units a day",
              "whether Google stops or charges there is not known; backfills yield first"),
        Limit("Gmail units a minute and project", minute, assumed["gmail_units_a_minute"], "units a minute",
              "reading slows down to the quota"),
        Limit("Gmail units a minute of all workers", minute, shared, "units a minute",
              "reading slows down: raise WORKER_INSTANCES, whose share of the project's units then grows"),
    ]  # fmt: skip


def _load_salesforce(inputs: Inputs) -> list[Limit]:
    """Background sync may use a part of the org's calls. The data storage is what a year and the older mail take."""
    calls = sum_costs(count_day(inputs)).salesforce_calls
    messages = inputs.messages_in_mailbox + 365.25 * inputs.mails_a_day
    stored = count_storage(inputs, inputs.mailboxes * messages).salesforce
    return [
        Limit("Salesforce calls a day", calls, inputs.salesforce_allowance * inputs.background_share,
              "calls a day", "mail waits until the next day; the sidebar goes on"),
        Limit("Salesforce data storage after a year", stored / GIB, inputs.salesforce_bytes / GIB,
              "GiB, as if the org held nothing else", "Salesforce refuses new records, of everybody"),
    ]  # fmt: skip


def _load_cloud(inputs: Inputs, assumed: Mapping[str, float]) -> list[Limit]:
    events, parts = count_events(inputs), count_day(inputs)
    total = sum_costs(parts)
    busy = [parts["reading mail"], parts["delivery"]]
    writes = sum(part.writes + part.deletes for part in busy)
    shard = inputs.in_busy_second(events.round_shards) * SHARD_WRITES / 16
    return [
        Limit("Firestore writes a second from cold", inputs.in_busy_second(writes), assumed["firestore_cold_writes"],
              "writes a second", "the first busy minutes are slow: traffic may grow by half in five minutes"),
        Limit("Firestore writes a second and document", shard, assumed["firestore_document_writes"],
              "writes a second on the lease of a shard", "rounds wait for each other"),
        Limit("Cloud KMS calls a minute", total.kms / 60, assumed["kms_calls_a_minute"],
              "calls, if an hour's processes all start within a minute", "sealing goes on, opening waits"),
        Limit("Pub/Sub pushes a second", inputs.in_busy_second(total.pushes), assumed["pubsub_pushes"],
              "pushes a second", "pushes come later"),
        Limit("Directory calls a minute", total.directory_calls / 1_440, assumed["directory_calls_a_minute"],
              "calls a minute", "sweeps take longer"),
    ]  # fmt: skip


def _load_queues(inputs: Inputs, assumed: Mapping[str, float]) -> list[Limit]:
    """The queues of `make deploy`. A backfill takes what there is, so its queue has no load."""
    limits = []
    for name, load in measure_lanes(inputs, assumed).items():
        lane, instances = LANES[name], inputs.worker_instances
        wider = "jobs start later: raise WORKER_INSTANCES"
        limits += [
            Limit(f"Queue {name}: tasks at a time", load.at_a_time, lane.count_at_a_time(instances), "tasks", wider),
            Limit(f"Queue {name}: dispatches a second", load.dispatches, lane.count_dispatches(instances),
                  "dispatches a second", wider),
        ]  # fmt: skip
    return limits


def _load_service(inputs: Inputs, assumed: Mapping[str, float]) -> list[Limit]:
    return [
        Limit("Length of a sweep", sweep_seconds(inputs, assumed), inputs.poll_seconds, "seconds",
              "sweeps follow each other, and polls come less often than POLL_SECONDS"),
        Limit("App Engine's worker instances", count_needed_workers(inputs, assumed), assumed["most_instances"],
              "instances that the queues need", "WORKER_INSTANCES cannot be raised further, and jobs wait"),
        Limit("Sidebar instances", count_sidebars(inputs, assumed), inputs.sidebar_instances, "instances",
              "pushes come later, and cards wait: raise SIDEBAR_INSTANCES"),
    ]  # fmt: skip


def sweep_seconds(inputs: Inputs, assumed: Mapping[str, float]) -> float:
    """How long one sweep takes: one process lists people and mailboxes, and asks and enqueues one after the other."""
    n, events = inputs.mailboxes, count_events(inputs)
    listed = n * (assumed["seconds_a_listed_person"] + assumed["seconds_a_listed_mailbox"])
    # A sweep stops asking after a while, and goes on with the next one.
    asked = min(n * inputs.poll_seconds / 3_600 * assumed["seconds_a_gmail_call"], assumed["sweep_patience"])
    mail_swept = (1 - inputs.watched) * n * events.sweeps
    polls = max(events.polls, mail_swept) / events.sweeps
    return listed + asked + polls * assumed["seconds_a_put"]
