"""One seed's week: mail and people as they come and go, every vendor failing, and the checks at its end."""

from __future__ import annotations

import time
from pathlib import Path

from tests.soak import checks, journal
from tests.soak.checks import End
from tests.soak.planning import plan
from tests.soak.play import KILLS, Play, Result, Span
from tests.soak.script import END, HOUR, START, Event
from tests.soak.town import Kind, world
from tests.soak.truth import Truth
from tests.soak.weather import Weather

REST = 12 * HOUR
"""After the week and its failures: what waits for a next try has its time."""


class Week(Play[Event]):
    """``messages`` is an aim, not a promise."""

    def __init__(self, folder: Path, seed: int, mailboxes: int, messages: int, kills: int = KILLS) -> None:
        super().__init__(folder, seed, world(mailboxes), Span(START, END, REST), kills)
        self.weather = Weather(seed, self.clock)
        self.universe.faults = self.universe.pubsub.faults = self.weather
        self.plan = plan(seed, mailboxes, messages)
        self.weather.refused = frozenset(mail.subject for mail in self.plan.mails if mail.kind is Kind.REFUSED)
        self.truth = Truth(self.universe, self.plan)

    def happen(self, event: Event) -> None:
        self.truth.play(event)

    def calm(self) -> None:
        self.weather.is_over = True

    def play(self) -> None:
        self.play_out(self.plan.events)

    def run(self) -> Result:
        began = time.monotonic()
        self.play()
        end = self.end()
        result = self.result(dict(end.rows), end.tasks)
        result.messages = len(self.truth.copies)
        result.repeats = checks.repeats(end.changes)
        result.events = dict(sorted(self.truth.played.items()))
        result.suffered = dict(sorted(self.weather.suffered.items()))
        result.violations = [*self.violations, *checks.violations(end)]
        result.seconds = round(time.monotonic() - began, 1)
        return result

    def end(self) -> End:
        mailboxes, rows = self.ledger()
        tasks = self.universe.org.dump()["Task"]
        return End(self.truth, mailboxes, rows, list(journal.changes(self.state)), tasks)
