"""One seed's day: mail comes in, the org fails and changes, and the checks at its end."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from server.bootstrap import build
from server.domain.decision import Outcome
from server.domain.ledger import Row
from server.engine.ledger.refusals import read_sentence
from server.settings import Settings
from simulator.mailfiles import MailFile
from tests.soak.org import checks, town
from tests.soak.org.checks import End
from tests.soak.org.deeds import Deeds
from tests.soak.org.planning import BEGINS, Arrival, Done, ends, plan
from tests.soak.org.weather import Weather
from tests.soak.play import KILLS, Play, Result, Span, Violation
from tests.soak.script import HOUR

REST = 6 * HOUR
INBOX = frozenset({"INBOX", "UNREAD"})
SENT = frozenset({"SENT"})


def most_calls(calm: Result, least_borne: int) -> float:
    """For each thousand activities, where ``calm`` is the same day of an org whose automation bears everything."""
    return 2 * (calm.crm_calls_per_thousand + 1_000 / (5 * least_borne))


class Day(Play[Arrival | Done]):
    """``messages`` is an aim, not a promise. ``is_hard``: as ``planning.plan`` says."""

    def __init__(
        self, folder: Path, seed: int, mailboxes: int, messages: int, kills: int = KILLS, *, is_hard: bool = True
    ) -> None:
        super().__init__(folder, seed, town.world(mailboxes), Span(BEGINS, ends(messages), REST), kills)
        self.org = self.universe.org
        self.org.is_journalled = True
        self.weather = Weather(seed, self.clock, self.span)
        self.universe.faults = self.universe.pubsub.faults = self.weather
        self.plan = plan(seed, mailboxes, messages, is_hard=is_hard)
        self.deeds = Deeds(self.org, self.weather, seed)
        self.front.before, self.front.after = self.deeds.before, self.deeds.after
        self.copies: dict[str, int] = {}
        """The mail of each row that must be, by the row's key."""
        self._threads: dict[tuple[str, str], str] = {}

    def happen(self, event: Arrival | Done) -> None:
        if isinstance(event, Done):
            self.deeds.play(event)
            return
        mail, box = self.plan.mails[event.mail], self.universe.mailboxes[event.box]
        thread = self._threads.get((event.box, mail.root))
        labels = SENT if mail.sender == event.box else INBOX
        name = f"{mail.number}.{event.box.partition('@')[0]}"
        stored = box.add(MailFile(name, mail.raw()), self.clock.now_ms(), set(labels), thread)
        self._threads.setdefault((event.box, mail.root), stored.thread_id)
        user = self.universe.user(event.box)
        assert user is not None
        self.copies[f"{user.user_id}.{stored.message_id}"] = mail.number

    def calm(self) -> None:
        self.weather.is_over = True
        self.deeds.everybody_back()

    def play(self) -> None:
        self.play_out(self.plan.events)

    def run(self) -> Result:
        began = time.monotonic()
        self.play()
        end = self.end()
        result = self.result(dict(end.rows), [task for task in end.tasks if not task["IsDeleted"]])
        result.messages = len(self.copies)
        result.events = dict(sorted(self.deeds.done.items()))
        result.suffered = dict(sorted(self.weather.suffered.items()))
        result.refusals = checks.refusals(end.rows)
        result.violations = [*self.violations, *checks.violations(end)]
        result.crm_calls = self.universe.calls.summary()["salesforce"]["requests"]
        result.least_borne = self.deeds.least_borne
        result.seconds = round(time.monotonic() - began, 1)
        return result

    def end(self) -> End:
        _, rows = self.ledger()
        tasks, world = self.org.everything("Task"), self.universe.world.org
        return End(self.plan.mails, self.copies, rows, self._sentences(rows), tasks, self.org.journal, world)

    def _sentences(self, rows: Mapping[str, Row]) -> dict[str, str]:
        services = build(Settings.of(self.env), clock=self.clock)
        failed = [row for row in rows.values() if row.outcome is Outcome.FAILED]
        found = {row.key: read_sentence(services.rooms.sealing, row) for row in failed}
        services.close()
        return found


class HardDay:
    """A day of a hard org and the same day of an easy one, beside which the hard one's calls are held."""

    def __init__(self, folder: Path, seed: int, mailboxes: int, messages: int, kills: int = KILLS) -> None:
        self._folder = folder
        self._arguments = (seed, mailboxes, messages, kills)

    def run(self) -> Result:
        hard, calm = (self._play(is_hard=is_hard) for is_hard in (True, False))
        hard.calm_crm_calls_per_thousand = round(calm.crm_calls_per_thousand, 1)
        hard.violations += calm.violations
        most = most_calls(calm, hard.least_borne or 200)
        if not hard.violations and hard.crm_calls_per_thousand > most:
            detail = f"{hard.crm_calls_per_thousand:.0f} for each thousand, {most:.0f} at most"
            hard.violations.append(Violation("too many calls to Salesforce", "the day", detail))
        return hard

    def _play(self, *, is_hard: bool) -> Result:
        folder = self._folder / ("hard" if is_hard else "easy")
        folder.mkdir()
        return Day(folder, *self._arguments, is_hard=is_hard).run()
