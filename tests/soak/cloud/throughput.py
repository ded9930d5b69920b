"""How much more it could do: the same burst for one worker, for two and for four, and what is used up meanwhile."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from tests.soak.cloud.crew import Crew
from tests.soak.cloud.findings import read_created, read_message_id
from tests.soak.cloud.run import Soak
from tests.soak.town import CUSTOMERS
from tests.support.engines import Engine

SIZES = (1, 2, 4)
FULL = 0.9
"""Share of the machine's processors from which on they are what bounds it."""
PATIENCE = 240.0
"""Seconds for one burst."""


@dataclass(frozen=True)
class Rate:
    """``per_minute`` is how many mails went from mailboxes into Salesforce. ``cpu`` is seconds of the processor by part.

    ``busy`` is the share of all processors of this machine that was used, by whomever.
    """

    workers: int
    mails: int
    logged: int
    seconds: float
    per_minute: float
    cpu: Mapping[str, float]
    busy: float
    bound: str


def measure_throughput(soak: Soak, mails: int) -> list[Rate]:
    """Each burst comes to as many mailboxes as there are, all of it from customers; nothing fails."""
    return [_measure(soak, size, mails) for size in SIZES]


def _measure(soak: Soak, workers: int, mails: int) -> Rate:
    soak.stop()
    soak.crew = Crew.of(soak.stage, workers, soak.meters)
    soak.engine = Engine(soak.stage, soak.crew.deployment)
    soak.engine.subscribe()
    soak.crew.deployment.start()
    soak.delivered.clear()
    burst = soak.planner.burst(0.0, mails, *sorted(CUSTOMERS))
    began = time.time()
    soak.take_sample()
    soak.deliver(burst)
    soak.settle(PATIENCE)
    cpu, busy = soak.take_sample()
    wanted = {arrival.mail.message_id for arrival in burst}
    created = [read_created(t) for t in soak.engine.tasks() if read_message_id(t) in wanted]
    seconds = max(created, default=time.time()) - began
    rate = 60 * len(created) / seconds
    return Rate(
        workers, mails, len(created), round(seconds, 1), round(rate), cpu, round(busy, 2), _name_bound(cpu, busy)
    )


def _name_bound(cpu: Mapping[str, float], busy: float) -> str:
    """What there was no more of."""
    total = sum(cpu.values()) or 1.0
    shares = ", ".join(
        f"{name} {spent / total:.0%}" for name, spent in sorted(cpu.items(), key=lambda c: -c[1]) if spent
    )
    if busy >= FULL:
        return f"this machine's processors ({shares})"
    return f"waiting: the queue's delays and leases, processors {busy:.0%} busy ({shares})"
