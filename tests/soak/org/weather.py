"""How the org fails in a day: a drizzle all the time, storms, and outages."""

from __future__ import annotations

import random
import threading
from collections import Counter

from simulator.clock import Clock
from simulator.faults import Faults
from tests.soak.play import Span
from tests.soak.weather import Spell
from tests.soak.worker import TIMEOUT

LOCK = "UNABLE_TO_LOCK_ROW:unable to obtain exclusive access to this record or 1 records: 001"
LOCK_IN_TRIGGER = (
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY:AccountRollup: execution of AfterInsert\n\ncaused by: System.DmlException: "
    "Update failed. First exception on row 0 with id 001; first error: UNABLE_TO_LOCK_ROW, unable to obtain exclusive "
    "access to this record: []\n\nTrigger.AccountRollup: line 7, column 1"
)
LOCK_IN_FLOW = (
    "CANNOT_EXECUTE_FLOW_TRIGGER:We can't save this record because the Email rollup process failed: UNABLE_TO_LOCK_ROW: "
    "unable to obtain exclusive access to this record or 1 records: 001."
)
PAGES = ("502", "503", "504", "500")
LIMITS = ("REQUEST_LIMIT_EXCEEDED", "REQUEST_LIMIT_EXCEEDED:concurrent")
LATE = f"late:{TIMEOUT * 1.3}"
"""Done after whoever asked has given up, and perhaps asked again."""
LOST = ("drop_answer", "drop_answer", "drop_answer", "timeout", LATE)
CALLS: dict[str, tuple[str, ...]] = {
    "insert": (LOCK, LOCK_IN_FLOW, LOCK_IN_TRIGGER, "rival", "rival_unnamed"),
    "composite.parts": ("401",),
    "token": ("503",),
    "*": (*PAGES, *LIMITS, *LOST, "401", "401", "slow:0.1"),
}
"""Which failures a call can suffer; ``*`` stands for the methods that are not named."""
DRIZZLE = {"insert": 0.04, "composite.parts": 0.02, "token": 0.05, "*": 0.1}
STORM = {"insert": 0.15, "composite.parts": 0.1, "token": 0.2, "*": 0.4}
NONE = ("update",)
WRITING = ("collections.create", "composite")


def spells(seed: int, span: Span) -> list[Spell]:
    """Five storms and two outages."""
    chance = random.Random(f"org weather {seed}")
    found = []
    for number in range(7):
        length = span.ends - span.begins
        begins = span.begins + chance.uniform(0, 0.85) * length
        ends = begins + chance.uniform(0.02, 0.07) * length
        found.append(Spell(begins, ends, "salesforce", 0.0 if number < 5 else 1.0))
    return found


class Weather(Faults):
    """Which calls to Salesforce fail; Google is calm. Thread-safe.

    ``lost_at`` are the moments at which an answer was lost, perhaps to an insert, although it was done.
    """

    def __init__(self, seed: int, clock: Clock, span: Span) -> None:
        super().__init__()
        self._chance = random.Random(f"org calls {seed}")
        self._clock = clock
        self._spells = spells(seed, span)
        self._guard = threading.Lock()
        self.is_over = False
        self.suffered: Counter[str] = Counter()
        self.lost_at: list[float] = []

    def take(self, service: str, method: str, *, mailbox: str | None = None, record: str | None = None) -> str | None:
        del mailbox, record  # it rains on everybody
        if not service.startswith("salesforce") or self.is_over or method in NONE:
            return None
        name = method if method in CALLS else "*"
        with self._guard:
            if self._chance.random() >= self._rate(name):
                return None
            kind = self._chance.choice(CALLS[name])
            short = kind.partition(":")[0] if name == "insert" else kind
            self.suffered[f"{method} {short}"] += 1
            if method in WRITING and kind == "drop_answer":
                self.lost_at.append(self._clock.now())
            return kind

    def _rate(self, name: str) -> float:
        """In an outage whole calls fail, and nothing within them is reached."""
        now = self._clock.now()
        spell = next((s for s in self._spells if s.begins <= now < s.ends), None)
        if spell is None:
            return DRIZZLE[name]
        return STORM[name] if spell.rate == 0.0 or name in ("insert", "composite.parts") else 1.0
