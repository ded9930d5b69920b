"""What ends first: each limit of Google, of Salesforce and of our own, and at how many mailboxes it is reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from server.rules.forecast.counts import count_day, sum_costs
from server.rules.forecast.events import count_events
from server.rules.forecast.inputs import DAY, Inputs

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
    limits = [replace(limit, reached_at=_find_reach(inputs, assumed, limit.name)) for limit in _load(inputs, assumed)]
    return tuple(sorted(limits, key=lambda limit: (limit.reached_at or MOST_MAILBOXES + 1, -limit.share)))


def _find_reach(inputs: Inputs, assumed: Mapping[str, float], name: str) -> int | None:
    """Halve until the smallest number of mailboxes is known at which the load is more than allowed."""

    def is_over(mailboxes: int) -> bool:
        limits = _load(replace(inputs, mailboxes=mailboxes), assumed)
        return next(limit.share > 1 for limit in limits if limit.name == name)

    low, high = 0, MOST_MAILBOXES
    if not is_over(high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_over(middle) else (middle, high)
    return high


def _load(inputs: Inputs, assumed: Mapping[str, float]) -> list[Limit]:
    return [*_load_gmail(inputs, assumed), *_load_cloud(inputs, assumed), *_load_service(inputs, assumed)]


def _busy_second(inputs: Inputs, a_day: float) -> float:
    """Of what comes with mail: how much in a second of the busiest hour."""
    return a_day / (inputs.busy_hours * 3_600) * inputs.peak


def _load_gmail(inputs: Inputs, assumed: Mapping[str, float]) -> list[Limit]:
    parts = count_day(inputs)
    units = sum_costs(parts).gmail_units
    mail = parts["reading mail"].gmail_units + parts["delivery"].gmail_units
    minute = _busy_second(inputs, mail) * 60 + (units - mail) / 1_440
    calls = sum_costs(parts).salesforce_calls
    return [
        Limit("Gmail units a day", units, assumed["gmail_units_a_day"], "units a day",
              "whether Google stops or charges there is not known; backfills yield first"),
        Limit("Gmail units a minute and project", minute, assumed["gmail_units_a_minute"], "units a minute",
              "reading slows down to the quota"),
        Limit("Gmail units a minute and mailbox", minute / max(inputs.mailboxes, 1),
              assumed["gmail_units_a_minute_and_mailbox"], "units a minute", "that mailbox's reading slows down"),
        Limit("Salesforce calls a day", calls, inputs.salesforce_allowance * inputs.background_share,
              "calls a day", "mail waits until the next day; the sidebar goes on"),
    ]  # fmt: skip


def _load_cloud(inputs: Inputs, assumed: Mapping[str, float]) -> list[Limit]:
    events, parts = count_events(inputs), count_day(inputs)
    total = sum_costs(parts)
    busy = [parts["reading mail"], parts["delivery"]]
    writes = sum(part.writes + part.deletes for part in busy)
    collects = events.mail_collects + events.change_collects + events.polls
    rounds = _busy_second(inputs, events.rounds + events.empty_rounds)
    shard = _busy_second(inputs, events.round_shards) * SHARD_WRITES / 16
    return [
        Limit("Firestore writes a second from cold", _busy_second(inputs, writes), assumed["firestore_cold_writes"],
              "writes a second", "the first busy minutes are slow: traffic may grow by half in five minutes"),
        Limit("Firestore writes a second and document", shard, assumed["firestore_document_writes"],
              "writes a second on the lease of a shard", "rounds wait for each other"),
        Limit("Cloud Tasks dispatches a second and queue", _busy_second(inputs, collects) + rounds,
              assumed["tasks_dispatches"], "dispatches a second of the queue live", "jobs start later"),
        Limit("Cloud KMS calls a minute", total.kms / 60, assumed["kms_calls_a_minute"],
              "calls, if an hour's processes all start within a minute", "sealing goes on, opening waits"),
        Limit("Pub/Sub pushes a second", _busy_second(inputs, total.pushes), assumed["pubsub_pushes"],
              "pushes a second", "pushes come later"),
        Limit("Directory calls a minute", total.directory_calls / 1_440, assumed["directory_calls_a_minute"],
              "calls a minute", "sweeps take longer"),
    ]  # fmt: skip


def _load_service(inputs: Inputs, assumed: Mapping[str, float]) -> list[Limit]:
    return [
        Limit("Length of a sweep", sweep_seconds(inputs, assumed), inputs.poll_seconds, "seconds",
              "sweeps follow each other, and polls come less often than POLL_SECONDS"),
        Limit("Worker instances", count_instances(inputs, assumed), assumed["most_instances"], "instances",
              "jobs wait in the queue"),
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


def count_instances(inputs: Inputs, assumed: Mapping[str, float]) -> float:
    """Worker instances in the busiest hour, from the jobs at a time and the jobs that one instance runs at a time."""
    events = count_events(inputs)
    collects = _busy_second(inputs, events.mail_collects + events.change_collects) + events.polls / DAY
    rounds = _busy_second(inputs, events.rounds)
    mails = _busy_second(inputs, events.logged)
    at_a_time = collects * assumed["seconds_a_collect"] + mails * assumed["seconds_a_logged_mail"]
    at_a_time += rounds * assumed["seconds_a_round"]
    audits = inputs.mailboxes * assumed["seconds_an_audit"] / (assumed["audit_hours"] * 3_600)
    return max(1.0, max(at_a_time, audits) / assumed["jobs_an_instance"])
