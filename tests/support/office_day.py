"""Some hours of a company with push on: mail at random, labels that move, sweeps, watches and one audit of everybody."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from server.engine.operations.jobs import enqueue_for_all
from server.ports.queue import Job, JobKind
from simulator.world import User, World
from tests.support import package
from tests.support.counting import Counting, Counts
from tests.support.pushing import Pushing
from tests.support.scene import Scene, eml, small_world

SWEEP_SECONDS = 300
HOUR = 3_600.0
SETTLE_SECONDS = 30
"""After an event the clock goes on by seconds for so long; then it jumps to the next event."""
LOGGED, UNMATCHED = 3, 2
"""Of ten mails, so many are a customer's and so many a stranger's; the others are a colleague's."""


@dataclass(frozen=True)
class Office:
    mailboxes: int
    hours: float
    mails_a_day: float
    seed: int = 1

    def world(self) -> World:
        small = small_world()
        names = [f"u{i}@acme.example" for i in range(self.mailboxes - 1)]
        users = (User("ann@acme.example", "Ann", is_admin=True), *(User(name, name[:2]) for name in names))
        rows = [
            {"Id": f"005A{i + 100:011d}", "Email": name, "Name": name[:2], "IsActive": True}
            for i, name in enumerate(names)
        ]
        return replace(
            small,
            users=users,
            groups=(),
            org={**small.org, "package": str(package.PROJECT), "User": [*small.org["User"], *rows]},
        )


class OfficeDay:
    """Runs it; ``counts`` are those of the hours alone, without the set-up before."""

    def __init__(self, folder: Path, office: Office) -> None:
        self._office = office
        self._random = random.Random(office.seed)
        self._scene = Scene(folder, office.world())
        self._pushing = Pushing(self._scene)
        self._arrived = 0

    def run(self) -> Counts:
        self._pushing.begin()
        self._pushing.work(SETTLE_SECONDS)
        start = self._scene.clock.now()
        events = sorted(self._plan(start), key=lambda event: event[0])
        with Counting(self._scene).during() as counts:
            for moment, happen in events:
                self._go_to(moment)
                happen()
            self._settle(start + self._office.hours * HOUR)
        self._scene.close()
        return counts

    def _plan(self, start: float) -> list[tuple[float, Callable[[], None]]]:
        seconds = self._office.hours * HOUR
        events: list[tuple[float, Callable[[], None]]] = []
        for address in self._scene.universe.mailboxes:
            for _ in range(round(self._office.mails_a_day * self._office.hours / 24)):
                events.append((start + self._random.random() * seconds, self._arrival(address)))
            events.append((start + self._random.random() * seconds, self._audit(address)))
        for number in range(int(seconds // SWEEP_SECONDS)):
            events.append((start + number * SWEEP_SECONDS, self._timed(JobKind.SWEEP)))
        for number in range(int(seconds // HOUR)):
            events.append((start + number * HOUR + 1, self._timed(JobKind.WATCH)))
        return events

    def _arrival(self, address: str) -> Callable[[], None]:
        def arrive() -> None:
            self._arrived += 1
            number = self._arrived
            kind = number % 10
            sender = "ada@byron.example" if kind < LOGGED else f"s@stranger{number}.example"
            sender = sender if kind < LOGGED + UNMATCHED else "colleague@acme.example"
            mail = eml(sender=sender, to=address, subject=f"Mail {number}", message_id=f"<{number}@mail.example>")
            message = self._scene.deliver(address, mail, "INBOX", "UNREAD")
            self._settle()
            # It is read a little later, and Gmail pushes that too.
            self._scene.clock.advance(self._random.random() * 10)
            self._scene.universe.mailboxes[address].relabel(message, set(), {"UNREAD"})

        return arrive

    def _audit(self, address: str) -> Callable[[], None]:
        return lambda: self._put(Job(JobKind.AUDIT, self._pushing.mailbox(address).mailbox_id))

    def _timed(self, kind: JobKind) -> Callable[[], None]:
        queue = self._scene.services.queue
        assert queue is not None
        return lambda: enqueue_for_all(queue, kind, self._scene.clock.now())

    def _put(self, job: Job) -> None:
        queue = self._scene.services.queue
        assert queue is not None
        queue.put(job, self._scene.clock.now())

    def _go_to(self, moment: float) -> None:
        self._settle(moment)
        self._scene.clock.advance(max(moment - self._scene.clock.now(), 0))

    def _settle(self, until: float = float("inf")) -> None:
        end = min(self._scene.clock.now() + SETTLE_SECONDS, until)
        while self._scene.clock.now() < end:
            self._pushing.work(1)
