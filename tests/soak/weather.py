"""How the outside world fails in a week: a drizzle all the time, storms, and outages."""

from __future__ import annotations

import hashlib
import random
import threading
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime

from simulator.clock import Clock
from simulator.faults import Faults
from tests.soak.script import HOUR, START, WEEK

GOOGLE = ("500", "503", "429", "rateLimitExceeded", "userRateLimitExceeded", "drop_answer", "until")
"""``until`` is a 429 that states a time."""
CALLS: dict[tuple[str, str], tuple[str, ...]] = {
    ("gmail", "messages.get"): ("500", "503", "429", "rateLimitExceeded", "userRateLimitExceeded", "until", "404"),
    ("gmail", "batch"): ("503", "429", "drop_answer"),
    ("gmail", "history.list"): (*GOOGLE, "empty_page"),
    ("gmail", "messages.list"): (*GOOGLE, "empty_page"),
    ("gmail", "*"): GOOGLE,
    ("directory", "*"): ("500", "503", "429", "rateLimitExceeded", "drop_answer"),
    ("google_token", "token"): ("503", "drop_answer"),
    ("google_certs", "certs"): ("503",),
    ("salesforce", "collections.create"): (
        "503", "500", "timeout", "drop_answer", "drop_answer", "401", "REQUEST_LIMIT_EXCEEDED",
    ),
    ("salesforce", "insert"): ("UNABLE_TO_LOCK_ROW", "UNABLE_TO_LOCK_ROW", "ENTITY_IS_DELETED"),
    ("salesforce", "*"): ("503", "500", "timeout", "drop_answer", "401", "REQUEST_LIMIT_EXCEEDED"),
    ("salesforce_token", "token"): ("503",),
    ("pubsub", "publish"): ("drop", "drop", "duplicate", "delay:40", "delay:900", "reorder"),
}  # fmt: skip
"""Which failures a call can suffer; ``*`` stands for the methods that are not named."""
ONCE = frozenset({"404", "ENTITY_IS_DELETED"})
"""A record suffers this once: Gmail's lag ends, and no contact is deleted again and again."""
DRIZZLE = {"pubsub": 0.4, "gmail": 0.01, "directory": 0.02, "salesforce": 0.02, "google_token": 0.01}
RECORDS = 0.01
"""Of a single record's insert."""
STORM = 0.3
NONE = ("update", "composite.parts")
"""Within a call that may suffer itself."""
REFUSAL = "FIELD_CUSTOM_VALIDATION_EXCEPTION:Region is required."


@dataclass(frozen=True)
class Spell:
    """A time of bad weather for one service; ``rate`` 1 is an outage."""

    begins: float
    ends: float
    service: str
    rate: float


def spells(seed: int) -> list[Spell]:
    """Some storms, and two outages of each service."""
    chance = random.Random(f"weather {seed}")
    found = []
    for service, storms in (("gmail", 10), ("salesforce", 6), ("directory", 3), ("google_token", 3)):
        for number in range(storms + 2):
            begins = START + chance.uniform(0, WEEK - 4 * HOUR)
            rate = STORM if number < storms else 1.0
            found.append(Spell(begins, begins + chance.uniform(0.3, 2.5) * HOUR, service, rate))
    return found


class Weather(Faults):
    """Which calls fail. The n-th call of a kind for a mailbox suffers the same in every run of a seed. Thread-safe."""

    def __init__(self, seed: int, clock: Clock) -> None:
        super().__init__()
        self._seed = seed
        self._clock = clock
        self._spells = spells(seed)
        self._guard = threading.Lock()
        self._calls: Counter[tuple[str, ...]] = Counter()
        self._struck: set[tuple[str, str]] = set()
        self.is_over = False
        self.refused: frozenset[str] = frozenset()
        """Subjects of mails that Salesforce refuses for good."""
        self.suffered: Counter[str] = Counter()

    def take(self, service: str, method: str, *, mailbox: str | None = None, record: str | None = None) -> str | None:
        if (service, method) == ("salesforce", "insert") and str(record).rpartition(": ")[2] in self.refused:
            return REFUSAL
        planned = super().take(service, method, mailbox=mailbox, record=record)
        if planned or self.is_over or method in NONE:
            return planned
        kinds = CALLS.get((service, method)) or CALLS.get((service, "*"))
        if not kinds:
            return None
        with self._guard:
            key = (service, method, mailbox or record or "")
            self._calls[key] += 1
            chance = random.Random(f"{self._seed} {key} {self._calls[key]}")
            if chance.random() >= self._rate(service, method):
                return None
            kind = chance.choice(kinds)
            if kind in ONCE and ((kind, record or "") in self._struck or record is None):
                return None
            self._struck.add((kind, record or ""))
            self.suffered[f"{service} {kind}"] += 1
            return self._stated(chance) if kind == "until" else kind

    def _rate(self, service: str, method: str) -> float:
        now = self._clock.now()
        bad = [s.rate for s in self._spells if s.service == service and s.begins <= now < s.ends]
        if method in ("insert", "messages.get"):
            return min(max(bad, default=RECORDS), STORM)
        return max(bad, default=DRIZZLE.get(service, 0.01))

    def _stated(self, chance: random.Random) -> str:
        until = datetime.fromtimestamp(self._clock.now() + chance.choice((5, 60, 900)), UTC)
        return f"429_until:{until:%Y-%m-%dT%H:%M:%SZ}"


def weight(seed: int, what: str) -> float:
    """A number from 0 to 1 that is the same for the same words."""
    return int.from_bytes(hashlib.sha256(f"{seed} {what}".encode()).digest()[:6], "big") / 2**48
