"""One seed's week, from the first mail to rest: events, time, failures and kills, and the checks at its end."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from bench.faults import checks, journal, setting
from bench.faults.checks import End, Violation
from bench.faults.clock import SharedClock, cell
from bench.faults.crew import Crew
from bench.faults.front import Front
from bench.faults.planning import plan
from bench.faults.pushes import Pushes
from bench.faults.script import END, HOUR, START, Event
from bench.faults.town import Kind, world
from bench.faults.truth import Truth
from bench.faults.weather import Weather, weight
from server.bootstrap import build
from server.domain.mailbox import Mailbox
from server.settings import Settings
from simulator.app import Simulator
from simulator.calls import CallLog
from simulator.universe import Universe

STEP = 300.0
"""Seconds of mail time that go by at most between two looks."""
REST = 12 * HOUR
"""After the week and its failures: what waits for a next try has its time."""
PATIENCE = 60.0
"""Real seconds in which the workers must come to rest at one moment of mail time."""
HURRY = 0.15
"""Share of moments at which time goes on while the workers are still busy."""
LOOK = 0.001
KILLS = 40
HANGS = 4


@dataclass
class Result:
    """Of one seed. Times are real seconds; ``suffered`` counts failures by service and kind."""

    seed: int
    seconds: float = 0.0
    messages: int = 0
    rows: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    activities: int = 0
    kills: int = 0
    requests: int = 0
    pushes: int = 0
    repeats: int = 0
    events: dict[str, int] = field(default_factory=dict)
    suffered: dict[str, int] = field(default_factory=dict)
    violations: list[Violation] = field(default_factory=list)


class Week:
    """``folder`` is emptied by whoever made it. ``kills`` and ``messages`` are aims, not promises."""

    def __init__(self, folder: Path, seed: int, mailboxes: int, messages: int, kills: int = KILLS) -> None:
        self._folder = folder
        self._seed = seed
        self._cell = cell(START)
        self.clock = SharedClock(self._cell)
        self.universe = Universe.of(world(mailboxes), self.clock)
        self.universe.calls = CallLog(keep=0)
        self.weather = Weather(seed, self.clock)
        self.universe.faults = self.universe.pubsub.faults = self.weather
        self.plan = plan(seed, mailboxes, messages)
        self.weather.refused = frozenset(mail.subject for mail in self.plan.mails if mail.kind is Kind.REFUSED)
        self.truth = Truth(self.universe, self.plan)
        self._kills = sorted(START + weight(seed, f"kill {i}") * (END - START) for i in range(kills))
        self._hangs = sorted(START + weight(seed, f"hang {i}") * (END - START) for i in range(HANGS if kills else 0))
        self._steps = 0
        self._violations: list[Violation] = []
        app = Simulator(self.universe)
        self.front = Front(app, self._kill, seed)
        size, threads = ((1, 2), (2, 1), (2, 2))[seed % 3]
        self.state, envs = setting.prepare(folder, self.universe, self.front.url, size)
        self.env = envs[0]
        self.crew = Crew(size, threads, self._cell, envs, folder)
        self.pushes = Pushes(self.universe, self.crew.ports)

    def run(self) -> Result:
        began = time.monotonic()
        self.play()
        end = self.end()
        found = [*self._violations, *checks.violations(end)]
        return self._result(time.monotonic() - began, end, found)

    def play(self) -> None:
        """The whole week, and the rest after it. Afterwards no process of ours runs."""
        events = list(self.plan.events)
        self.crew.start()
        try:
            while self.clock.now() < END + REST and not self._violations:
                if self.clock.now() >= END and not self.weather.is_over:
                    self.weather.is_over = True
                self._step(events)
        finally:
            self.crew.stop()
            self.front.stop()

    def end(self) -> End:
        services = build(Settings.of(self.env), clock=self.clock)
        store = services.ports.store
        known = store.mailboxes()
        mailboxes: dict[str, Mailbox] = {mailbox.mailbox_id: mailbox for mailbox in known}
        rows = {row.key: row for mailbox in known for row in store.rows(mailbox.mailbox_id)}
        services.close()
        tasks = self.universe.org.dump()["Task"]
        return End(self.truth, mailboxes, rows, list(journal.changes(self.state)), tasks)

    def _step(self, events: list[Event]) -> None:
        now = self.clock.now()
        self._happen(events, now)
        self._strike(now)
        self.pushes.pump()
        self._steps += 1
        self._rest(now, is_hurried=now < END and weight(self._seed, f"hurry {self._steps}") < HURRY)
        times = [now + STEP, self._next_due(), self.pushes.next_at(), self.crew.wakes_at(now)]
        times += [events[0].at] if events else []
        self.clock.move_to(max(min(at for at in times if at is not None and at > now), now + 0.5))

    def _happen(self, events: list[Event], now: float) -> None:
        ready = 0
        while ready < len(events) and events[ready].at <= now:
            self.truth.play(events[ready])
            ready += 1
        del events[:ready]

    def _strike(self, now: float) -> None:
        while self._kills and self._kills[0] <= now:
            self._kills.pop(0)
            self.front.arm()
        while self._hangs and self._hangs[0] <= now:
            self._hangs.pop(0)
            self.front.hangs += 1

    def _kill(self, number: int) -> None:
        self.crew.kill(number)

    def _rest(self, now: float, *, is_hurried: bool) -> None:
        """Until nobody has anything to do at this moment, or for a moment only."""
        began = time.monotonic()
        patience = weight(self._seed, f"wait {self._steps}") * 0.05 if is_hurried else PATIENCE
        while not self.crew.is_resting(now):
            self.crew.mend()
            time.sleep(LOOK)
            if time.monotonic() - began > patience:
                if not is_hurried:
                    self.crew.dump()
                    time.sleep(1.0)
                    self._violations.append(Violation("a worker hangs", f"at {now - START:.0f} s of the week"))
                return

    def _next_due(self) -> float | None:
        queue = self.state.with_name(f"{self.state.stem}.queue{self.state.suffix}")
        with closing(sqlite3.connect(queue)) as connection:
            [due] = connection.execute("SELECT MIN(due_at) FROM jobs WHERE done_at IS NULL").fetchone()
        return None if due is None else float(due)

    def _result(self, seconds: float, end: End, found: list[Violation]) -> Result:
        outcomes = Counter(row.outcome.value for row in end.rows.values())
        return Result(
            seed=self._seed,
            seconds=round(seconds, 1),
            messages=len(self.truth.copies),
            rows=len(end.rows),
            outcomes=dict(sorted(outcomes.items())),
            activities=len(end.tasks),
            kills=self.crew.deaths,
            requests=self.front.requests,
            pushes=self.pushes.sent,
            repeats=checks.repeats(end.changes),
            events=dict(sorted(self.truth.played.items())),
            suffered=dict(sorted(self.weather.suffered.items())),
            violations=found,
        )


def run(seed: int, mailboxes: int, messages: int, kills: int = KILLS, keep: Path | None = None) -> Result:
    """A week in a folder in memory where there is one: no crash of ours is a power failure. ``keep`` keeps it."""
    memory = Path("/dev/shm")  # noqa: S108  # a folder of our own in it
    folder = Path(tempfile.mkdtemp(prefix="faults-", dir=memory if memory.is_dir() else None))
    try:
        return Week(folder, seed, mailboxes, messages, kills).run()
    finally:
        if keep:
            shutil.copytree(folder, keep, dirs_exist_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
