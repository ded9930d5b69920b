"""What the busiest hour asks of each queue of Cloud Tasks, and how many instances that takes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from server.rules.forecast.deployment import JOBS_AT_A_TIME, LANES, MOST_AT_A_TIME, PUSHES_AT_A_TIME
from server.rules.forecast.events import count_events
from server.rules.forecast.inputs import DAY, Inputs


@dataclass(frozen=True)
class LaneLoad:
    """Of one queue in the busiest hour: tasks a second, and tasks that run at a time."""

    dispatches: float
    at_a_time: float


def measure_lanes(inputs: Inputs, assumed: Mapping[str, float]) -> Mapping[str, LaneLoad]:
    """By the queue's name, without ``backfill``: it takes what there is."""
    events = count_events(inputs)
    collects = inputs.in_busy_second(events.mail_collects + events.change_collects) + events.polls / DAY
    rounds = inputs.in_busy_second(events.rounds)
    # Rounds ask Salesforce; those that find nothing only look.
    delivering = rounds * inputs.round_seconds
    delivering += inputs.in_busy_second(events.logged) * assumed["seconds_a_logged_mail"]
    empty = inputs.in_busy_second(events.empty_rounds)
    delivering += empty * assumed["seconds_an_empty_round"]
    audits = inputs.mailboxes * inputs.audits_a_day / (assumed["audit_hours"] * 3_600)
    return {
        "live": LaneLoad(collects, collects * inputs.collect_seconds),
        "deliver": LaneLoad(rounds + empty, delivering),
        "audit": LaneLoad(audits, audits * assumed["seconds_an_audit"]),
    }


def count_needed_workers(inputs: Inputs, assumed: Mapping[str, float]) -> int:
    """The WORKER_INSTANCES with which no queue is full in the busiest hour."""
    needed = [1.0]
    for name, load in measure_lanes(inputs, assumed).items():
        needed += [load.at_a_time / LANES[name].at_a_time, load.dispatches / LANES[name].dispatches]
    return math.ceil(min(max(needed), MOST_AT_A_TIME))


def count_running_workers(inputs: Inputs, assumed: Mapping[str, float], backfills: float = 0.0) -> int:
    """Instances that run in the busiest hour: a further one starts when all threads of the others are busy."""
    lanes = measure_lanes(inputs, assumed)
    by_day = sum(lanes[name].at_a_time for name in ("live", "deliver"))
    at_a_time = max(by_day, lanes["audit"].at_a_time) + backfills
    return min(max(math.ceil(at_a_time / JOBS_AT_A_TIME), 1), inputs.worker_instances)


def count_sidebars(inputs: Inputs, assumed: Mapping[str, float]) -> int:
    """Instances for the pushes of the busiest second; clicks of people are not counted."""
    pushes = inputs.in_busy_second(count_events(inputs).pushes)
    return max(math.ceil(pushes * assumed["seconds_a_push"] / PUSHES_AT_A_TIME), 1)
