"""A real backfill over the simulator, under a budget of units a day: the days that were told, and those it took.

One worker takes jobs out of a queue, as the service does, in virtual time. While a call of older mail waits, new mail
comes, and another worker reads it.
"""

from __future__ import annotations

import heapq
import itertools
import random
import tempfile
from collections import deque
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from unittest.mock import patch

from server.bootstrap import Services, build
from server.domain.ledger import LIVE
from server.ports.queue import Job, JobKind, Task, name_job
from server.rules.forecast.past_price import LOGGED
from server.settings import Settings
from simulator.mailfiles import MailFile
from simulator.world import User
from tests.support.scene import START, Scene, eml, small_world

SIZES = (1, 1, 2, 3, 5)
"""Messages of a conversation, one size as often as another."""
LABEL = "CATEGORY_PROMOTIONS"
LABELLED = 0.25
YEAR, DAY = 365, 86_400.0
FIRST_NEWS = 60.0
"""Seconds from the start to the first new mail: older mail is being read by then."""
LONGEST = 30 * DAY
"""Seconds after which it counts as never ending."""
NEWS_TO = "ann@acme.example"
Figure = tuple[float, str, float | None, str]


@dataclass(frozen=True)
class Work:
    """Of a domain of 1,000 mailboxes of 25,000 mails: a mailbox is a tenth, and all of it a thousandth.

    ``poll`` (seconds) is scaled too, so that polls take the same share of the day's units. ``news_every`` so many
    seconds a new mail comes.
    """

    mailboxes: int = 10
    messages: int = 2_500
    per_day: int = 80_000
    per_minute: int = 600
    poll: int = 3_000
    news_every: float = 900.0


@dataclass(frozen=True)
class Outcome:
    """``told`` and ``took`` in days; ``lag`` in seconds from the arrival of the slowest new mail to its activity."""

    told: float
    took: float
    lag: float
    refusals: int
    days: dict[str, int]
    logged: int

    @property
    def error(self) -> float:
        return abs(self.told - self.took) / self.took


class BusyScene(Scene):
    """``arrivals`` are the times of new mail that is still to come, ``lags`` how long each took to be logged."""

    arrivals: deque[float]
    lags: list[float]
    is_reading = False

    def let_pass(self, seconds: float) -> None:
        """The service waits, and new mail comes meanwhile."""
        until = self.clock.now() + seconds
        while not self.is_reading and self.arrivals and self.arrivals[0] <= until:
            self.clock.advance(max(self.arrivals[0] - self.clock.now(), 0.0))
            self._log_new_mail(self.arrivals.popleft())
        self.clock.advance(max(until - self.clock.now(), 0.0))

    def _log_new_mail(self, arrived: float) -> None:
        rooms, known = self.services.rooms, len(self.tasks())
        self.is_reading = True
        self.deliver(NEWS_TO, eml(subject=f"News {arrived}", message_id=f"<{arrived}@news.example>"))
        while len(self.tasks()) == known:
            workspace = self.services.workspaces.current()
            rooms.collector.collect(workspace, self.mailbox(NEWS_TO).mailbox_id)
            rooms.deliverer.deliver(workspace, LIVE)
            if self.clock.now() - arrived > DAY:
                raise RuntimeError("New mail is not logged at all.")
            if len(self.tasks()) == known:
                self.clock.advance(1.0)
        self.lags.append(self.clock.now() - arrived)
        self.is_reading = False

    def _built(self) -> Services:
        return build(Settings.of(self.source), transport=self.transport, clock=self.clock, sleep=self.let_pass)


@dataclass
class VirtualQueue:
    """Implements ``server.ports.queue.Queue``."""

    _line: list[tuple[float, int, Task]] = field(default_factory=list)
    _names: set[str] = field(default_factory=set)
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    def put(self, job: Job, now: float, delay: float = 0.0, *, after: Task | None = None) -> bool:
        name, due_at = name_job(job, now, delay, after)
        if name in self._names:
            return False
        self._names.add(name)
        heapq.heappush(self._line, (due_at, next(self._numbers), Task(name, job, due_at=due_at)))
        return True

    def take(self) -> Task:
        return heapq.heappop(self._line)[2]


def fill(scene: Scene, address: str, count: int, chance: random.Random) -> int:
    """Conversations spread over a year; returns how many messages are a customer's."""
    box, number, logged = scene.universe.mailboxes[address], 0, 0
    while number < count:
        began = datetime.fromtimestamp(START, UTC) - timedelta(days=chance.uniform(3, YEAR))
        is_labelled = chance.random() < LABELLED
        # The share is kept at every point, so that it is right of a small world too.
        is_customer = not is_labelled and logged < LOGGED * (number + 1)
        company = "byron.example" if is_customer else f"nowhere{number}.example"
        thread = f"{number:x}"
        for position in range(min(chance.choice(SIZES), count - number)):
            mail = EmailMessage()
            mail["From"], mail["To"], mail["Subject"] = f"person@{company}", address, f"Matter {thread}"
            mail["Date"] = format_datetime(began + timedelta(hours=position))
            mail["Message-ID"] = f"<{number}.{address}@{company}>"
            mail.set_content(f"Hello, number {number}.\n")
            labels = {"INBOX", LABEL} if is_labelled else {"INBOX"}
            box.add(MailFile(f"{number}", mail.as_bytes()), scene.clock.now_ms(), labels, thread)
            number += 1
            logged += is_customer
    return logged


def measure(work: Work, folder: Path) -> Outcome:
    """Raises RuntimeError where it never ends."""
    world = small_world()
    others = [User(f"u{number}@acme.example", f"U {number}") for number in range(work.mailboxes - len(world.users))]
    scene = BusyScene(
        folder, replace(world, users=(*world.users, *others)), POLL_SECONDS=str(work.poll), WORKERS="1",
        GMAIL_UNITS_PER_DAY=str(work.per_day), GMAIL_UNITS_PER_MINUTE=str(work.per_minute),
    )  # fmt: skip
    scene.lags, scene.arrivals = [], deque()
    addresses = [user.email for user in scene.universe.world.users][: work.mailboxes]
    logged = sum(fill(scene, address, work.messages, random.Random(index)) for index, address in enumerate(addresses))
    scene.universe.quota.set({"project_units_per_day": work.per_day, "units_per_minute": work.per_minute})
    try:
        # Threads that wait side by side would each move the one clock.
        with patch("server.engine.deliver.bodies.MAILBOXES_SIDE_BY_SIDE", 1):
            return _run(scene, logged, work)
    finally:
        scene.close()


def _run(scene: BusyScene, logged: int, work: Work) -> Outcome:
    rooms, queue = scene.services.rooms, VirtualQueue()
    looks = [rooms.quota.look(mailbox, mailbox.start) for mailbox in rooms.sweeper.sweep()]
    told, began = rooms.quota.foresee(looks).days, scene.clock.now()
    scene.arrivals = deque(began + FIRST_NEWS + work.news_every * n for n in range(int(LONGEST // work.news_every)))
    for number in range(int(LONGEST // work.poll)):
        queue.put(Job(JobKind.SWEEP), began + work.poll * number)
    days: dict[str, int] = {}
    while scene.clock.now() - began < LONGEST:
        task = queue.take()
        scene.let_pass(max(task.due_at - scene.clock.now(), 0.0))
        rooms.jobs.run(task.job, queue, task)
        day = rooms.quota.measure().day.name
        days[day] = scene.universe.quota.used_on(scene.clock.now())
        if task.job.kind == JobKind.DELIVER and _is_over(scene, logged):
            refusals = sum(call.status in (403, 429) for call in scene.universe.calls.calls("gmail"))
            took = (scene.clock.now() - began) / DAY
            return Outcome(told, took, max(scene.lags, default=0.0), refusals, days, logged)
    raise RuntimeError("The older mail is never read to its end.")


def _is_over(scene: BusyScene, logged: int) -> bool:
    mailboxes = scene.services.ports.store.mailboxes()
    is_read = all(m.cursor is not None and m.backfill is None for m in mailboxes)
    return is_read and len(scene.tasks()) >= logged + len(scene.lags)


def figures(work: Work = Work()) -> dict[str, Figure]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        outcome = measure(work, Path(folder))
    if outcome.refusals:
        raise RuntimeError(f"Gmail refused {outcome.refusals} calls that were to be within the budget.")
    of = (
        f"told {outcome.told:.2f} days, took {outcome.took:.2f}; {work.mailboxes} mailboxes of {work.messages:,} mails,"
        f" {work.per_day:,} units a day"
    )
    return {
        "backfill_days_error": (outcome.error, "ratio", 0.05, of),
        "live_lag_in_backfill_s": (outcome.lag, "s", 10.0, f"the slowest new mail; {of}"),
    }


if __name__ == "__main__":
    for name, figure in figures().items():
        print(name, *figure)  # noqa: T201
