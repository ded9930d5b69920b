"""One soak: set up, then mail with kills and failures, then rest, then how much more it could do."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import Any

from server.bootstrap import build
from server.settings import Settings
from simulator.demo.stage import Scene
from tests.soak import town
from tests.soak.cloud import chaos
from tests.soak.cloud.crew import Crew
from tests.soak.cloud.findings import Delivered, Findings, compare, read_message_id
from tests.soak.cloud.meter import Readings, read_meters
from tests.soak.cloud.plan import Arrival, Planner
from tests.soak.cloud.processes import Usage, read_usage
from tests.support.engines import Engine

log = logging.getLogger(__name__)
LOOK = 2.0
"""Seconds between looks at what has come of it."""
POSTMEN = 8
KILL_EVERY = 45.0
FAIL_EVERY = 8.0
SETTLE = 1_200.0
"""Seconds after the last mail in which everything must be in Salesforce. A dead worker's lease ends within a minute,
and within ten where it died in an insert: Salesforce may still be at that (decision 74)."""
SHORT_SETTLE = 60.0


@dataclass(frozen=True)
class Order:
    """``seconds`` is how long mail arrives. ``pace`` is how often as much mail comes.

    With ``kills_within`` (seconds) the run is bounded: kills and failures end then, and what is not in Salesforce
    ``SHORT_SETTLE`` after the last mail is judged by the ledger. Without it everything must be there.
    """

    seed: int
    mailboxes: int
    seconds: float
    workers: int = 2
    is_calm: bool = False
    pace: float = 1.0
    kills_within: float | None = None


@dataclass
class Outcome:
    """What one soak found. Times are seconds; ``counts`` are of the time in which mail arrived, and of the rest after it."""

    findings: Findings = field(default_factory=Findings)
    mails: int = 0
    in_bursts: int = 0
    setup_seconds: float = 0.0
    seconds: float = 0.0
    kills: int = 0
    failures: dict[str, int] = field(default_factory=dict)
    counts: dict[str, float] = field(default_factory=dict)
    cloud_calls: dict[str, int] = field(default_factory=dict)
    starts: int = 0
    cpu: dict[str, float] = field(default_factory=dict)
    machine_busy: float = 0.0
    memory: dict[str, int] = field(default_factory=dict)
    hottest: tuple[str, int] = ("", 0)
    busiest: list[tuple[str, int]] = field(default_factory=list)


class Soak:
    """``stage`` is a simulated world of so many mailboxes with the cloud engine's settings."""

    def __init__(self, stage: Scene, order: Order, emulator: str) -> None:
        self.stage = stage
        self.order = order
        self.meters = stage.folder / "meters"
        self.crew = Crew.of(stage, order.workers, self.meters)
        self.engine = Engine(stage, self.crew.deployment)
        self.delivered: list[Delivered] = []
        self.planner = Planner(order.seed, order.mailboxes, time.time(), order.pace)
        self.kills = 0
        self.starts = 0
        self._emulator = emulator.rpartition(":")[2]
        self._lock = threading.Lock()
        self._spent: defaultdict[str, float] = defaultdict(float)
        self._machine = [0.0, 0.0]
        self._usage: Usage | None = None

    def set_up(self) -> float:
        """Start everything, and wait until every mailbox is read and watched. Returns how long it took."""
        began = time.monotonic()
        self.engine.subscribe()
        self.starts = len(self.crew.deployment.parts)
        self.engine.start()
        self._wait("every mailbox is watched", lambda: self._count_watches() >= self.order.mailboxes, 1_800)
        self._wait("the queue is at rest", self.is_idle, 900)
        return time.monotonic() - began

    def run(self) -> Outcome:
        """Mail, kills and failures, and the rest after them."""
        outcome = Outcome(setup_seconds=self.set_up())
        began, calls, cloud = time.time(), self._summary(), self.list_cloud_calls()
        arrivals = self.planner.plan(self.order.seconds)
        log.info("set up in %.0f s; %d mails come in %.0f s", outcome.setup_seconds, len(arrivals), self.order.seconds)
        self._play(arrivals, outcome)
        log.info("%d kills; now everything comes to rest", self.kills)
        self.settle(SETTLE if self.order.kills_within is None else SHORT_SETTLE)
        ended = time.time()
        outcome.seconds = ended - began
        outcome.mails, outcome.in_bursts = len(arrivals), sum(arrival.is_burst for arrival in arrivals)
        # The meters write once a second.
        time.sleep(LOOK)
        readings = read_meters(self.meters, began, ended)
        self._count(outcome, readings, calls, cloud)
        # Before the ledger: what is read meanwhile has its row there.
        read_to = None if self.order.kills_within is None else self.find_read_to()
        outcome.findings = compare(self.delivered, *self._read_results(), read_to)
        return outcome

    def find_read_to(self) -> dict[str, float]:
        """By mailbox: up to when it is read, as the service's state has it (epoch seconds)."""
        services = build(Settings.of(self.stage.env))
        try:
            return {m.address: m.last_synced_at or 0.0 for m in services.ports.store.mailboxes()}
        finally:
            services.close()

    def _read_results(self) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """The ledger first: what is logged meanwhile stands in Salesforce."""
        ledger = self.engine.export()
        return self.engine.tasks(), ledger

    def stop(self) -> None:
        self.engine.stop()

    def deliver(self, arrivals: Sequence[Arrival]) -> None:
        """Each in its time; several at once, for a burst is one."""
        began = time.monotonic()
        with ThreadPoolExecutor(POSTMEN) as pool:
            for arrival in arrivals:
                time.sleep(max(0.0, arrival.at - (time.monotonic() - began)))
                pool.submit(self._deliver_one, arrival)

    def settle(self, patience: float) -> None:
        """Until every customer's mail is in Salesforce and the queue is at rest, or for so long."""
        wanted = {d.arrival.mail.message_id for d in self.delivered if d.arrival.is_wanted}
        ends = time.monotonic() + patience
        while time.monotonic() < ends and not wanted <= self.list_logged():
            self.mend()
            time.sleep(LOOK)
        while time.monotonic() < ends and not self.is_idle():
            time.sleep(LOOK)

    def list_logged(self) -> set[str]:
        """The Message-IDs in Salesforce."""
        return {read_message_id(task) for task in self.engine.tasks()}

    def is_idle(self) -> bool:
        """Nothing is due in the queue within the time that a look at the history is put off."""
        return int(self.stage.get("cloud")["tasks"]["due_soon"]) == 0

    def mend(self) -> None:
        """As a platform does: a process that ended at its start, for a service that it needs is away, is started again."""
        for name in self.crew.deployment.parts:
            if self.crew.deployment.has_ended(name):
                self.crew.deployment.kill(name)
                self.crew.deployment.spawn(name)
                self.starts += 1

    def sample(self) -> None:
        """Adds up the processor time of each part; what was killed since the last look is not seen."""
        words = {"emulator": self._emulator, "simulator": str(self.stage.folder / "port")}
        usage = read_usage(self.crew.leaders(), words)
        if self._usage:
            since = usage.since(self._usage)
            for name, spent in since.groups.items():
                self._spent[name.partition("-")[0]] += spent  # the workers together
            self._machine = [self._machine[0] + since.busy, self._machine[1] + since.all]
        self._usage = usage

    def take_sample(self) -> tuple[dict[str, float], float]:
        """Seconds of the processor by part since the last call of this, and the share of the machine that was busy."""
        self.sample()
        spent, machine = dict(self._spent), self._machine
        self._spent, self._machine = defaultdict(float), [0.0, 0.0]
        return {name: round(seconds, 1) for name, seconds in spent.items()}, machine[0] / (machine[1] or 1.0)

    def _play(self, arrivals: Sequence[Arrival], outcome: Outcome) -> None:
        stopping = threading.Event()
        threads = [threading.Thread(target=self._watch, args=(stopping,), daemon=True)]
        if not self.order.is_calm:
            seconds = self.order.seconds if self.order.kills_within is None else self.order.kills_within
            kills = chaos.plan_kills(self.order.seed, seconds, len(self.crew.workers), KILL_EVERY)
            failures = chaos.plan_failures(self.order.seed, seconds, FAIL_EVERY)
            outcome.failures = chaos.count_kinds(failures)
            threads.append(threading.Thread(target=self._strike, args=(kills, stopping), daemon=True))
            threads.append(threading.Thread(target=self._fail, args=(failures, stopping), daemon=True))
        self.take_sample()
        for thread in threads:
            thread.start()
        self.deliver(arrivals)
        stopping.set()
        for thread in threads:
            thread.join()
        self.stage.post("faults/clear", {})
        outcome.kills = self.kills

    def _strike(self, kills: Sequence[chaos.Kill], stopping: threading.Event) -> None:
        began = time.monotonic()
        for kill in kills:
            if stopping.wait(max(0.0, kill.at - (time.monotonic() - began))):
                return
            name = self.crew.workers[kill.worker]
            self.crew.deployment.kill(name)
            self.kills += 1
            stopping.wait(kill.down)
            self.crew.deployment.spawn(name)
            self.starts += 1

    def _fail(self, failures: Sequence[chaos.Failure], stopping: threading.Event) -> None:
        began = time.monotonic()
        for failure in failures:
            if stopping.wait(max(0.0, failure.at - (time.monotonic() - began))):
                return
            self.engine.plan_fault(failure.service, failure.method, failure.kind, failure.times)

    def _watch(self, stopping: threading.Event) -> None:
        while not stopping.wait(LOOK):
            self.sample()
            self.mend()

    def _deliver_one(self, arrival: Arrival) -> None:
        mailbox = town.rep(arrival.mailbox)
        at = time.time()
        message = self.engine.deliver(mailbox, arrival.mail.raw(), "INBOX")
        with self._lock:
            self.delivered.append(Delivered(arrival, at, mailbox, message))

    def _count(self, outcome: Outcome, readings: Readings, calls: Any, cloud: Counter[str]) -> None:
        after = self._summary()
        counts = {
            f"{service} {name}": after[service][name] - calls.get(service, {}).get(name, 0)
            for service in after for name in after[service]
        }  # fmt: skip
        counts |= {f"firestore reads {name}": count for name, count in readings.reads.items()}
        counts |= {f"firestore writes {name}": count for name, count in readings.writes.items()}
        counts |= {"firestore calls": readings.calls, "firestore reads": sum(readings.reads.values())}
        counts["firestore writes"] = sum(readings.writes.values())
        outcome.counts = {name: count for name, count in sorted(counts.items()) if count}
        outcome.cloud_calls = dict(sorted((self.list_cloud_calls() - cloud).items()))
        outcome.starts = self.starts
        outcome.cpu, outcome.machine_busy = self.take_sample()
        outcome.memory = describe_memory(readings)
        outcome.hottest, outcome.busiest = readings.hottest(), readings.busiest()

    def _summary(self) -> dict[str, dict[str, int]]:
        summary: dict[str, dict[str, int]] = self.stage.get("calls/summary")
        return summary

    def list_cloud_calls(self) -> Counter[str]:
        """By service, method, caller's role and status."""
        accounts = {account: role for role, account in self.stage.get("cloud")["accounts"].items()}
        return Counter(
            {
                f"{c['service']} {c['method']} {accounts.get(c['caller'], 'nobody')} {c['status']}": int(c["count"])
                for c in self.stage.get("cloud")["calls"]
            }
        )

    def _count_watches(self) -> int:
        return len(self.stage.get("pubsub")["watches"])

    def _wait(self, what: str, is_so: Callable[[], bool], patience: float) -> None:
        """Raises RuntimeError where it does not come to be."""
        ends = time.monotonic() + patience
        while not is_so():
            if time.monotonic() > ends:
                raise RuntimeError(f"Not so after {patience:.0f} seconds: {what}.")
            time.sleep(LOOK)


def describe_memory(readings: Readings) -> dict[str, int]:
    """Of the process that lived longest: bytes at first, at the end and at most. Its first minute is its start."""
    longest = max(readings.memory.values(), key=lambda line: line[-1][0] - line[0][0], default=[])
    if not longest:
        return {}
    began = longest[0][0]
    warm = [size for second, size in longest if second - began >= min(60, (longest[-1][0] - began) / 3)]
    return {"start": warm[0], "end": warm[-1], "most": max(warm), "seconds": longest[-1][0] - began}


def as_json(outcome: Outcome) -> dict[str, Any]:
    return dict(json.loads(json.dumps(asdict(outcome))))


__all__ = ["Order", "Outcome", "Soak", "as_json"]
