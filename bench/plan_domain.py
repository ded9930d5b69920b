"""A domain's older mail in virtual time: the real planner, budget and pacer over mail that is counted, not stored.

Each process is one of the worker's instances, with a clock of its own. It reads one mailbox after the other, and
between two calls whatever live work is due. What was told before the start is held against what it took.
"""

from __future__ import annotations

import heapq
import math
import random
import tempfile
from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from unittest.mock import patch

from more_itertools import chunked

from bench.backfill import SIZES
from server.adapters.gmail.pacing.costs import CONVERSATION, MESSAGE, WORTH_A_CONVERSATION
from server.adapters.gmail.pacing.pacer import Pacer
from server.adapters.gmail.pacing.turns import IN_FLIGHT, PATIENCE
from server.adapters.sqlite.documents import SqliteDocuments
from server.adapters.store import DocumentStore
from server.domain.errors import ThrottledError
from server.domain.history import EVERYTHING, Label, MessageRef, Span
from server.domain.ids import MailboxId, MessageId, ThreadId
from server.domain.mailbox import Backfill, Mailbox
from server.domain.quota import Purpose, find_day
from server.engine.collect.reader import cut_portions
from server.engine.operations.quota.day_budget import DayBudget
from server.engine.operations.quota.gmail_quota import GmailQuota
from server.ports.mail import MailProvider
from server.rules.forecast.deployment import MAILBOX_UNITS_PER_MINUTE, share_units
from server.rules.forecast.past_price import LOGGED, Pace
from server.rules.schedule.backfill_windows import (
    TOO_MANY,
    begin_backfill,
    finish_window,
    narrow_window,
    next_window,
)

BEGIN = 1_806_000_000.0
"""A day in March 2027, in epoch seconds; processes start within a minute of it."""
YEAR = 365 * 86_400
LIST, PAGE = 5, 500
LABEL = "CATEGORY_PROMOTIONS"
LABELLED = 0.25
"""Share of conversations that a label keeps out."""
LIVE_UNITS = (2, 1, MESSAGE, MESSAGE)
"""Calls for a new mail that is logged: history, labels, headers, body."""
Figure = tuple[float, str, float | None, str]


@dataclass(frozen=True)
class Domain:
    """What is planned. ``kinds`` mailboxes differ, and the others are like one of them."""

    mailboxes: int = 1_000
    messages: int = 25_000
    per_day: int = 80_000_000
    processes: int = 16
    mails_a_day: float = 40.0
    kinds: int = 10
    seed: int = 1


@dataclass
class Result:
    """``told`` and ``took`` in days; ``lags`` of live calls in seconds; ``days`` holds the units of each day."""

    told: float
    took: float
    lags: list[float] = field(default_factory=list)
    days: Counter[str] = field(default_factory=Counter)
    messages: int = 0

    @property
    def error(self) -> float:
        return abs(self.told - self.took) / self.took


class VirtualClock:
    def __init__(self, now: float) -> None:
        self.at = now

    def now(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds


class Kind:
    """A mailbox's messages by time, the oldest first: their ids, conversations, and what becomes of them."""

    def __init__(self, domain: Domain, chance: random.Random) -> None:
        self.refs: list[MessageRef] = []
        self.labelled: set[MessageId] = set()
        self.logged: set[MessageId] = set()
        while len(self.refs) < domain.messages:
            ((low, high),) = chance.choices([size for size, _ in SIZES], [share for _, share in SIZES])
            is_labelled = chance.random() < LABELLED
            is_logged = not is_labelled and chance.random() < LOGGED / (1 - LABELLED)
            for position in range(min(chance.randint(low, high), domain.messages - len(self.refs))):
                number = len(self.refs)
                thread = self.refs[-1].thread_id if position else ThreadId(f"t{number}")
                ref = MessageRef(MessageId(f"m{number}"), thread)
                self.refs.append(ref)
                if is_labelled:
                    self.labelled.add(ref.message_id)
                if is_logged:
                    self.logged.add(ref.message_id)
        # Mail grows denser: twice as much in the last month as in the first.
        self.times = [BEGIN - YEAR * (1 - (n / domain.messages) ** 0.8) for n in range(domain.messages)]

    def list_span(self, span: Span) -> list[MessageRef]:
        low = 0 if span.after is None else bisect_left(self.times, span.after)
        high = len(self.times) if span.before is None else bisect_left(self.times, span.before)
        return self.refs[low:high]


class CountedMail:
    """The part of a mail provider that looks at what there is, without a call: for the price that is told before."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind

    def in_background(self, _purpose: Purpose = Purpose.AUDIT) -> CountedMail:
        return self

    def labels(self, _mailbox: Mailbox) -> list[Label]:
        return [Label(LABEL, LABEL)]

    def count_messages(self, _mailbox: Mailbox, label_id: str | None = None) -> int:
        return len(self._kind.labelled) if label_id else len(self._kind.refs)

    def list_messages(
        self, _mailbox: Mailbox, span: Span = EVERYTHING, label_ids: Sequence[str] = ()
    ) -> Iterator[Sequence[MessageRef]]:
        if "SENT" in label_ids:
            return
        refs = self._kind.list_span(span)
        if label_ids:
            refs = [ref for ref in refs if ref.message_id in self._kind.labelled]
        yield from chunked(refs, PAGE)


class Process:
    """One instance of the worker. ``at`` is when it does its next thing."""

    def __init__(self, domain: Domain, number: int, store: DocumentStore, queue: deque[Kind], result: Result) -> None:
        self.clock = VirtualClock(BEGIN + number)
        self._day = find_day(self.clock.at)
        budget = DayBudget(store, self.clock, f"p{number}", domain.per_day)
        share = share_units(domain.processes, domain.processes // 2)
        self.pacer = Pacer(self.clock, self.clock.sleep, MAILBOX_UNITS_PER_MINUTE, share, budget)
        self._result = result
        self._queue = queue
        self._past = self._read_all(number)
        self._resumes = self.clock.at
        a_day = domain.mailboxes * domain.mails_a_day / domain.processes
        self._gap = 86_400 / a_day
        self._next_live = self.clock.at
        self._mailboxes = domain.mailboxes
        self._box = 0
        self._turn = number
        self.is_done = False

    @property
    def at(self) -> float:
        return min(self._resumes, self._next_live)

    def step(self) -> None:
        """Do the next thing: a live mail where one is due, else one call for older mail."""
        if self._next_live <= self._resumes:
            self._read_live()
            return
        self.clock.at = max(self.clock.at, self._resumes)
        try:
            self._resumes = next(self._past)
        except StopIteration:
            self.is_done, self._resumes = True, math.inf
            self._result.took = max(self._result.took, (self.clock.at - BEGIN) / 86_400)

    def _read_live(self) -> None:
        """The lag is how long the mail's own calls waited: the virtual call of older mail before it has ended."""
        due, self._next_live = self._next_live, self._next_live + self._gap
        self.clock.at = max(self.clock.at, due)
        # Every tenth is of the mailbox that is being read, whose own allowance older mail uses up.
        self._turn += 1
        box = self._box if self._turn % 10 == 0 else 1_000_000 + self._turn % self._mailboxes
        for units in LIVE_UNITS:
            with self.pacer.turn(str(box), units):
                self._count(units)
        self._result.lags.append(self.clock.at - due)

    def _read_all(self, number: int) -> Iterator[float]:
        while self._queue:
            self._box = number * 100_000 + len(self._queue)
            yield from self._read_mailbox(self._queue.popleft())

    def _read_mailbox(self, kind: Kind) -> Iterator[float]:
        """The walk of ``engine.collect.backfill`` with its own windows and portions."""
        state: Backfill | None = begin_backfill(BEGIN, len(kind.refs), is_again=False)
        while state is not None and (window := next_window(state, 0)):
            smaller = narrow_window(state)
            refs = kind.list_span(window.span)
            yield from self._list(min(len(refs), TOO_MANY + PAGE) if smaller else len(refs))
            if smaller and len(refs) > TOO_MANY:
                state = smaller
                continue
            yield from self._read_window(kind, refs)
            state = finish_window(state, window, len(refs))
        yield from self._list(len(kind.refs))
        self._result.messages += len(kind.refs)

    def _read_window(self, kind: Kind, refs: Sequence[MessageRef]) -> Iterator[float]:
        labelled = sum(ref.message_id in kind.labelled for ref in refs)
        yield from self._list(labelled)
        yield from self._list(0)
        for portion in cut_portions(ref for ref in refs if ref.message_id not in kind.labelled):
            yield from self._read(portion)
            yield from self._read([ref for ref in portion if ref.message_id in kind.logged])

    def _read(self, portion: Sequence[MessageRef]) -> Iterator[float]:
        """Headers, or bodies: whole conversations where that is cheaper; as many calls at a time as are in flight."""
        prices: list[int] = []
        for size in Counter(ref.thread_id for ref in portion).values():
            prices += [MESSAGE] * size if size < WORTH_A_CONVERSATION else [CONVERSATION]
        for batch in chunked(prices, IN_FLIGHT):
            yield from self._call(sum(batch), len(batch))

    def _list(self, count: int) -> Iterator[float]:
        for _ in range(max(-(-count // PAGE), 1)):
            yield from self._call(LIST, 1)

    def _call(self, units: int, calls: int) -> Iterator[float]:
        while True:
            try:
                with self.pacer.turn(str(self._box), units, calls, purpose=Purpose.PAST):
                    self._count(units)
            except ThrottledError as error:  # the day's budget too: the past pauses for as long
                yield self.clock.at + (error.retry_after or 1.0)
                continue
            yield self.clock.at
            return

    def _count(self, units: int) -> None:
        if self.clock.at >= self._day.ends:  # it costs a tenth of all to find it for each call
            self._day = find_day(self.clock.at)
        self._result.days[self._day.name] += units


def plan(domain: Domain) -> Result:
    """Tell the days, and then read all of it in virtual time."""
    # One thread works a process here, so nothing but time changes a turn, and no look in between is needed.
    with patch("server.adapters.gmail.pacing.pacer.LOOK", PATIENCE):
        return _plan(domain)


def _plan(domain: Domain) -> Result:
    chance = random.Random(domain.seed)
    kinds = [Kind(domain, chance) for _ in range(min(domain.kinds, domain.mailboxes))]
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        documents = SqliteDocuments(Path(folder) / "s.sqlite3")
        store = DocumentStore(documents)
        result = Result(tell(domain, kinds, store), 0.0)
        queue = deque(kinds[number % len(kinds)] for number in range(domain.mailboxes))
        processes = [Process(domain, number, store, queue, result) for number in range(domain.processes)]
        line = [(process.at, number) for number, process in enumerate(processes)]
        heapq.heapify(line)
        while line:
            _, number = heapq.heappop(line)
            process = processes[number]
            process.step()
            if not all(p.is_done for p in processes):
                heapq.heappush(line, (process.at, number))
        documents.close()
    return result


def tell(domain: Domain, kinds: Sequence[Kind], store: DocumentStore) -> float:
    """What the operator is told before anything begins. Mailboxes that are alike are looked at once."""
    share = share_units(domain.processes, domain.processes // 2)
    pace = Pace(domain.per_day, MAILBOX_UNITS_PER_MINUTE, share, domain.processes, domain.processes)
    looks = []
    for kind in kinds:
        mail = cast("MailProvider", CountedMail(kind))
        quota = GmailQuota(mail, cast("Any", store), VirtualClock(BEGIN), pace, 300.0, 1.0)
        looks.append(quota.look(Mailbox(MailboxId("m"), ("m@bench.example",)), 0))
    return quota.foresee([looks[number % len(looks)] for number in range(domain.mailboxes)]).days


def figures(domain: Domain = Domain()) -> dict[str, Figure]:
    result = plan(domain)
    if over := {day: units for day, units in result.days.items() if units > domain.per_day}:
        raise RuntimeError(f"More than the day's budget was used: {over}.")
    of = f"{domain.mailboxes:,} mailboxes of {domain.messages:,} mails, {domain.per_day:,} units a day, virtual time"
    lags = sorted(result.lags)
    return {
        "forecast_days_error": (
            result.error,
            "ratio",
            0.05,
            f"told {result.told:.2f} days, took {result.took:.2f}; {of}",
        ),
        "live_lag_under_backfill_s": (lags[-1], "s", 10.0, f"the slowest of {len(lags):,} new mails; {of}"),
    }


if __name__ == "__main__":
    for name, figure in figures().items():
        print(name, *figure)  # noqa: T201
