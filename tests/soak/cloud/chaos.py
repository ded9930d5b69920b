"""What goes wrong, and when: kills and failures, drawn from a seed."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass

FAULTS: tuple[tuple[str, str, str], ...] = (
    ("kms", "*", "UNAVAILABLE"), ("kms", "*", "INTERNAL"), ("kms", "*", "drop_answer"), ("kms", "*", "stray_answer"),
    ("kms", "*", "slow:2"), ("cloudtasks", "CreateTask", "UNAVAILABLE"), ("cloudtasks", "CreateTask", "drop_answer"),
    ("cloudtasks", "CreateTask", "slow:1"), ("cloudtasks", "dispatch", "duplicate"),
    ("cloudtasks", "dispatch", "reorder"), ("cloudtasks", "dispatch", "lost_answer"), ("gmail", "*", "503"), ("gmail", "*", "rateLimitExceeded"),
    ("salesforce", "*", "503"), ("pubsub", "publish", "duplicate"),
    ("pubsub", "publish", "delay:5"), ("pubsub", "publish", "reorder"),
)  # fmt: skip
"""Service, method and kind, each as the simulator knows it. No push is dropped, and no
insert loses its answer: the one is found within the hour, the other is tried again after minutes, and no soak is as
long. ``make faults`` has both, in simulated time."""
MOST_TIMES = 8
"""Calls in a row that one failure meets."""


@dataclass(frozen=True)
class Kill:
    """``at`` is in seconds from the start, ``down`` how long the worker is away."""

    at: float
    worker: int
    down: float


@dataclass(frozen=True)
class Failure:
    at: float
    service: str
    method: str
    kind: str
    times: int


def plan_kills(seed: int, seconds: float, workers: int, every: float) -> list[Kill]:
    """One about every so many seconds; the other workers go on."""
    chance = random.Random(f"kills {seed}")
    kills, at = [], chance.uniform(0.3, 1.0) * every
    while at < seconds:
        kills.append(Kill(at, chance.randrange(workers), chance.uniform(0.5, 5.0)))
        at += chance.uniform(0.6, 1.4) * every
    return kills


def plan_failures(seed: int, seconds: float, every: float) -> list[Failure]:
    chance = random.Random(f"failures {seed}")
    failures, at = [], chance.random() * every
    while at < seconds:
        failures.append(Failure(at, *chance.choice(FAULTS), times=chance.randint(1, MOST_TIMES)))
        at += chance.uniform(0.5, 1.5) * every
    return failures


def count_kinds(failures: list[Failure]) -> dict[str, int]:
    return dict(sorted(Counter(f"{f.service} {f.kind}" for f in failures).items()))
