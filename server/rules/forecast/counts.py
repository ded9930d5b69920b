"""A day's counts, kind of work by kind of work, and what a year of older mail asks for once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from server.rules.forecast import costs
from server.rules.forecast.costs import Cost
from server.rules.forecast.events import Events, count_events, count_filled
from server.rules.forecast.inputs import DAY, Inputs

ROW_BYTES = 1_100.0
"""A row of the ledger with its name and its entries in indexes."""
ACTIVITY_BYTES = 1_800.0
"""An activity, its copy's head and its key, without the copy's own bytes."""
MAILBOX_BYTES = 800.0
PUBLISH_EVERY = 600.0
DAYS_PUBLISHED = 3.0
TASK_BYTES = 2_048.0
"""Salesforce counts two kilobytes for a Task, whatever is in it."""


def count_day(inputs: Inputs) -> Mapping[str, Cost]:
    """The counts of one day by kind of work."""
    events = count_events(inputs)
    return {
        "sweeps": _count_sweeps(inputs, events),
        "reading mail": _count_reading(events),
        "delivery": _count_delivery(events),
        "nightly audit": _count_audit(inputs),
        "watches": _count_watches(inputs),
        "processes": _count_processes(inputs, events),
    }


def count_period(inputs: Inputs) -> Cost:
    """The counts of ``inputs.days``."""
    return sum_costs(count_day(inputs)) * inputs.days


def count_backfill(inputs: Inputs) -> Cost:
    """What the older mail of all mailboxes asks for, once. Reading whole conversations may cost less."""
    messages = inputs.messages_in_mailbox
    logged = messages * inputs.logged_share
    decided = logged + messages * inputs.unmatched_share
    mailbox = costs.FIRST_READ + costs.WHOLE_PAGE * max(messages / costs.PAGE, 1.0)
    mailbox += costs.PAST_MAIL * messages + costs.DECIDED * decided + costs.LOGGED * logged
    mailbox += Cost(tasks=1) * (messages / costs.PAST_PORTION)
    return (mailbox + costs.PAST_ROUND * (decided / costs.PAST_ACTIVITIES_A_ROUND)) * inputs.mailboxes


def sum_costs(parts: Mapping[str, Cost]) -> Cost:
    return sum(parts.values(), Cost())


def _count_sweeps(inputs: Inputs, events: Events) -> Cost:
    tallies = Cost(reads=costs.TALLY_LOOKS * max(2.0 * inputs.workers, 1.0))
    sweep = costs.SWEEP + costs.STATUS + tallies + _list_directory(inputs) + costs.LISTED_MAILBOX * inputs.mailboxes
    # Whose send-as addresses were asked for an hour ago is asked by the next sweep.
    asked = inputs.hourly_share * DAY / (costs.WORKSPACE_SECONDS + inputs.poll_seconds / 2)
    return sweep * events.sweeps + costs.SEND_AS * (inputs.mailboxes * asked)


def _list_directory(inputs: Inputs) -> Cost:
    """Domains, groups and people."""
    return Cost(directory_calls=2 + math.ceil(inputs.mailboxes / costs.PAGE))


def _count_reading(events: Events) -> Cost:
    collects = events.mail_collects + events.change_collects + events.polls
    reading = (costs.COLLECT + Cost(tasks=costs.MADE_AND_RUN)) * collects
    # A push makes a task; those of one bucket share one, and each is an operation of its own.
    reading += costs.PUSH * events.pushes + Cost(tasks=-1) * (events.pushes and _count_pushed_collects(events))
    reading += costs.COLLECT_MAIL * events.mail_collects + costs.COLLECT_CHANGE * events.change_collects
    return reading + costs.MAIL * events.mails


def _count_pushed_collects(events: Events) -> float:
    return min(events.pushes, events.mail_collects + events.change_collects)


def _count_delivery(events: Events) -> Cost:
    delivery = costs.ROUND * events.rounds + costs.ROUND_THAT_LOGS * events.logging_rounds
    delivery += costs.ROUND_SHARD * events.round_shards + costs.ROUND_MAILBOX * events.round_mailboxes
    logging_share = events.logging_rounds / events.rounds if events.rounds else 0.0
    delivery += costs.ROUND_SHARD_THAT_LOGS * (events.round_shards * logging_share)
    delivery += costs.EMPTY_ROUND * events.empty_rounds
    return delivery + costs.DECIDED * events.decided + costs.LOGGED * events.logged


def _count_audit(inputs: Inputs) -> Cost:
    n, pages = inputs.mailboxes, max(inputs.messages_in_mailbox / costs.PAGE, 1.0)
    recent = min(3 * inputs.mails_a_day, inputs.messages_in_mailbox)
    nightly = costs.AUDIT + costs.AUDITED_MESSAGE * recent + costs.PUBLISHED
    # Once a week the list is that of the whole mailbox.
    weekly = Cost(reads=inputs.messages_in_mailbox) + costs.WHOLE_PAGE * (pages - 1)
    # Days that audits count within ten minutes are published together.
    jobs = count_filled(inputs.audit_span, PUBLISH_EVERY, n / inputs.audit_span)
    calls = max(DAYS_PUBLISHED * n / costs.ROWS_PUBLISHED, jobs)
    publishing = (costs.PUBLISH_JOB + costs.LISTED_MAILBOX * n) * jobs + Cost(salesforce_calls=calls)
    return ((nightly + weekly * (1 / 7)) * n + publishing) * inputs.audits_a_day


def _count_watches(inputs: Inputs) -> Cost:
    if not inputs.watched:
        return Cost()
    listed = costs.LISTED_MAILBOX * inputs.mailboxes
    return (costs.WATCH_JOB + listed) * 24 + costs.WATCHED_MAILBOX * (
        inputs.mailboxes * inputs.watched * inputs.renewals_a_day
    )


def _count_processes(inputs: Inputs, events: Events) -> Cost:
    listed = costs.LISTED_MAILBOX * inputs.mailboxes
    processes = inputs.workers + inputs.sidebars
    workers = max(inputs.workers, 1)
    busy = (events.sweeps + events.mail_collects) / DAY / workers
    tallies = costs.TALLY * (workers * count_filled(DAY, costs.TALLY_SECONDS, busy))
    cached = (listed + _list_directory(inputs)) * (processes * DAY / costs.WORKSPACE_SECONDS)
    books = listed * (inputs.sidebars * DAY / costs.ADDRESS_BOOK_SECONDS * (inputs.watched > 0))
    return costs.PROCESS_DAY * processes + costs.WORK_KEY + cached + books + tallies


@dataclass(frozen=True)
class Storage:
    """Bytes that ``days`` of mail add."""

    firestore: float
    salesforce: float


def count_storage(inputs: Inputs, mails: float) -> Storage:
    """What so many mails take, with the copies of those that are logged."""
    logged = mails * inputs.logged_share
    kept = mails * ROW_BYTES + logged * (ACTIVITY_BYTES + inputs.message_bytes)
    return Storage(kept + inputs.mailboxes * MAILBOX_BYTES, logged * TASK_BYTES)
