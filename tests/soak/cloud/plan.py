"""What arrives, when, and what must become of it: drawn from a seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.soak import town
from tests.soak.script import Mail
from tests.soak.town import CUSTOMERS, Kind
from tests.support.engines import describe_world, write_world

MAILS_A_DAY = 40
"""Of one mailbox."""
DAY = 86_400.0
KINDS = {
    Kind.CONTACT: 35, Kind.ACCOUNT: 10, Kind.LEAD: 5, Kind.STRANGER: 15, Kind.COLLEAGUE: 20, Kind.MACHINE: 15,
}  # fmt: skip
"""How many of a hundred mails; half of them are customers', and must be logged."""
BURST_EVERY = 180.0
"""Seconds."""
BURST_WITHIN = 2.0
"""Seconds in which a burst arrives."""


@dataclass(frozen=True)
class Arrival:
    """``at`` is in seconds from the start; ``mailbox`` a number. ``is_burst``: one of many within two seconds."""

    at: float
    mailbox: int
    mail: Mail
    is_burst: bool

    @property
    def is_wanted(self) -> bool:
        return self.mail.kind in CUSTOMERS


class Planner:
    """Draws mails one after the other; each has a number of its own."""

    def __init__(self, seed: int, mailboxes: int, began: float, pace: float = 1.0) -> None:
        """``began`` (epoch seconds) dates the mails. ``pace`` is how often as much mail comes as 40 a day."""
        self._chance = random.Random(seed)
        self._mailboxes = mailboxes
        self._began = began
        self._pace = pace
        self._number = 0

    def plan(self, seconds: float) -> list[Arrival]:
        """Mail at the pace of so many mailboxes, and a burst to a tenth of them every three minutes."""
        return sorted([*self._steady(seconds), *self._bursts(seconds)], key=lambda arrival: arrival.at)

    def burst(self, at: float, count: int, *kinds: Kind, within: float = BURST_WITHIN) -> list[Arrival]:
        """Mail to ``count`` different mailboxes, or to all of them several times."""
        boxes = [box for _ in range(-(-count // self._mailboxes)) for box in self._shuffled()][:count]
        return [self._draw(at + self._chance.random() * within, box, True, *kinds) for box in boxes]

    def _steady(self, seconds: float) -> Iterator[Arrival]:
        rate = self._pace * self._mailboxes * MAILS_A_DAY / DAY
        at = self._chance.expovariate(rate)
        while at < seconds:
            yield self._draw(at, self._chance.randrange(self._mailboxes), False)
            at += self._chance.expovariate(rate)

    def _bursts(self, seconds: float) -> Iterator[Arrival]:
        at = min(BURST_EVERY, seconds) / 3
        while at < seconds - BURST_WITHIN:
            yield from self.burst(at, count_in_burst(self._mailboxes))
            at += BURST_EVERY

    def _shuffled(self) -> list[int]:
        return self._chance.sample(range(self._mailboxes), self._mailboxes)

    def _draw(self, at: float, mailbox: int, is_burst: bool, *kinds: Kind) -> Arrival:  # private
        number, chance = self._number, self._chance
        self._number += 1
        kind = chance.choice(kinds) if kinds else chance.choices(list(KINDS), list(KINDS.values()))[0]
        sender, record = _draw_sender(kind, number, chance)
        mail = Mail(number, kind, sender, (town.rep(mailbox),), f"<m{number}@faults.example>", self._began + at, record)
        return Arrival(at, mailbox, mail, is_burst)


def count_in_burst(mailboxes: int) -> int:
    """Mails of one burst."""
    return max(5, mailboxes // 10)


def _draw_sender(kind: Kind, number: int, chance: random.Random) -> tuple[str, str | None]:
    """The sender, and the record on which the mail must be logged."""
    account = chance.randrange(town.ACCOUNTS)
    match kind:
        case Kind.CONTACT:
            return town.contact(account, chance.randrange(town.CONTACTS))
        case Kind.ACCOUNT:
            domain, record = town.account_of(account)
            return f"new{number}@{domain}", record
        case Kind.LEAD:
            return town.lead(chance.randrange(town.LEADS))
        case Kind.COLLEAGUE:
            return f"boss@{town.DOMAIN}", None
        case _:
            return f"sender{number}@stranger{number}.example", None


def write_town(folder: Path, mailboxes: int) -> Path:
    """A company of so many mailboxes without mail."""
    world: dict[str, Any] = describe_world(town.world(mailboxes))
    return write_world(folder, world, {})
