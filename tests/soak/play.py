"""A span of simulated time, from its first event to rest: events, failures, kills, and workers that come to rest."""

from __future__ import annotations

import sqlite3
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from server.bootstrap import build
from server.domain.ledger import Row
from server.domain.mailbox import Mailbox
from server.settings import Settings
from simulator.app import Simulator
from simulator.calls import CallLog
from simulator.universe import Universe
from simulator.world import World
from tests.soak import setting
from tests.soak.clock import SharedClock, cell
from tests.soak.crew import Crew
from tests.soak.front import Front
from tests.soak.pushes import Pushes
from tests.soak.weather import weight

STEP = 300.0
"""Seconds of mail time that go by at most between two looks."""
PATIENCE = 60.0
"""Real seconds in which the workers must come to rest at one moment of mail time."""
HURRY = 0.15
"""Share of moments at which time goes on while the workers are still busy."""
LOOK = 0.001
KILLS = 40
HANGS = 4


class Timed(Protocol):
    @property
    def at(self) -> float: ...


E = TypeVar("E", bound=Timed)


@dataclass(frozen=True)
class Violation:
    """``what`` is the promise that was broken, ``where`` a mailbox and a message, or a mail; no text of mail."""

    what: str
    where: str
    detail: str = ""


@dataclass
class Result:
    """Of one seed. ``seconds`` are real; ``suffered`` counts failures by service and kind."""

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
    refusals: dict[str, int] = field(default_factory=dict)
    violations: list[Violation] = field(default_factory=list)
    crm_calls: int = 0
    least_borne: int | None = None
    """The fewest records that the org's automation bore at any time of the day; None where it bore all."""

    calm_crm_calls_per_thousand: float = 0.0

    @property
    def crm_calls_per_thousand(self) -> float:
        """Calls to Salesforce for each thousand activities."""
        return self.crm_calls / max(self.activities, 1) * 1_000


@dataclass(frozen=True)
class Span:
    """Epoch seconds; failures end at ``ends``, and after ``rest`` seconds more nothing may be left to do."""

    begins: float
    ends: float
    rest: float


class Play(ABC, Generic[E]):
    """``folder`` is emptied by whoever made it. ``kills`` is an aim, not a promise."""

    def __init__(self, folder: Path, seed: int, world: World, span: Span, kills: int) -> None:
        self.seed = seed
        self.span = span
        self._cell = cell(span.begins)
        self.clock = SharedClock(self._cell)
        self.universe = Universe.of(world, self.clock)
        self.universe.calls = CallLog(keep=0)
        self._kills = self._moments("kill", kills)
        self._hangs = self._moments("hang", HANGS if kills else 0)
        self._steps = 0
        self.violations: list[Violation] = []
        self.front = Front(Simulator(self.universe), self._kill, seed, self.clock.now)
        size, threads = ((1, 2), (2, 1), (2, 2))[seed % 3]
        self.state, envs = setting.prepare(folder, self.universe, self.front.url, size)
        self.env = envs[0]
        self.crew = Crew(size, threads, self._cell, envs, folder)
        self.pushes = Pushes(self.universe, self.crew.ports)

    @abstractmethod
    def happen(self, event: E) -> None:
        """One event of the plan, in its time."""

    @abstractmethod
    def calm(self) -> None:
        """The span is over: no more failures."""

    def play_out(self, planned: Sequence[E]) -> None:
        """The whole span, and the rest after it. Afterwards no process of ours runs."""
        events, is_calm = list(planned), False
        self.crew.start()
        try:
            while self.clock.now() < self.span.ends + self.span.rest and not self.violations:
                if self.clock.now() >= self.span.ends and not is_calm:
                    is_calm = True
                    self.calm()
                self._step(events)
        finally:
            self.crew.stop()
            self.front.stop()

    def ledger(self) -> tuple[dict[str, Mailbox], dict[str, Row]]:
        """Mailboxes by id, rows by key, as they stand."""
        services = build(Settings.of(self.env), clock=self.clock)
        store = services.ports.store
        mailboxes: dict[str, Mailbox] = {mailbox.mailbox_id: mailbox for mailbox in store.mailboxes()}
        rows = {row.key: row for mailbox_id in mailboxes for row in store.rows(mailboxes[mailbox_id].mailbox_id)}
        services.close()
        return mailboxes, rows

    def result(self, rows: dict[str, Row], tasks: Sequence[Any]) -> Result:
        """What every run counts."""
        return Result(
            seed=self.seed,
            rows=len(rows),
            outcomes=dict(sorted(Counter(row.outcome.value for row in rows.values()).items())),
            activities=len(tasks),
            kills=self.crew.deaths,
            requests=self.front.requests,
            pushes=self.pushes.sent,
        )

    def _moments(self, what: str, count: int) -> list[float]:
        length = self.span.ends - self.span.begins
        return sorted(self.span.begins + weight(self.seed, f"{what} {i}") * length for i in range(count))

    def _step(self, events: list[E]) -> None:
        now = self.clock.now()
        self._happen(events, now)
        self._strike(now)
        self.pushes.pump()
        self._steps += 1
        self._rest(now, is_hurried=now < self.span.ends and weight(self.seed, f"hurry {self._steps}") < HURRY)
        times = [now + STEP, self._next_due(), self.pushes.next_at(), self.crew.wakes_at(now)]
        times += [events[0].at] if events else []
        self._move(max(min(at for at in times if at is not None and at > now), now + 0.5))

    def _move(self, to: float) -> None:
        """On, but for no request longer than a request lives: what is done late is done within its time."""
        while (lasts := self.front.lasts_to()) is not None and lasts < to:
            time.sleep(LOOK)
        self.clock.move_to(to)

    def _happen(self, events: list[E], now: float) -> None:
        ready = 0
        while ready < len(events) and events[ready].at <= now:
            self.happen(events[ready])
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
        patience = weight(self.seed, f"wait {self._steps}") * 0.05 if is_hurried else PATIENCE
        while not self.crew.is_resting(now):
            self.crew.mend()
            time.sleep(LOOK)
            if time.monotonic() - began > patience:
                if not is_hurried:
                    self.crew.dump()
                    time.sleep(1.0)
                    self.violations.append(Violation("a worker hangs", f"at {now - self.span.begins:.0f} s"))
                return

    def _next_due(self) -> float | None:
        queue = self.state.with_name(f"{self.state.stem}.queue{self.state.suffix}")
        with closing(sqlite3.connect(queue)) as connection:
            [due] = connection.execute("SELECT MIN(due_at) FROM jobs WHERE done_at IS NULL").fetchone()
        return None if due is None else float(due)
