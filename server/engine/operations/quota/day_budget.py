"""The units a day that all processes of a deployment share: each takes portions of them, and uses its portions.

A portion is written into the process's own document before a unit of it is used, and the documents of all are read
after that. So of two processes that take the last units at once, at least one sees both, and gives back. What all
used is never more than what all wrote, whoever is killed; what a killed process did not use is lost for that day.
Live work alone does not wait for that: it may use a little more while one write is under way.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from server.domain.errors import DayBudgetError, TrulyError
from server.domain.quota import Purpose, QuotaDay, find_day
from server.ports.clock import Clock
from server.ports.patience import is_limited
from server.rules.schedule.day_budget import (
    BEGAN,
    LASTED_LONG,
    LOOKED_BACK,
    TAKEN,
    USED,
    Used,
    choose_portion,
    count_free,
    find_usual,
    read_purposes,
)
from server.rules.schedule.recovery import choose_share

if TYPE_CHECKING:
    from server.ports.store import QuotaStore

NOTHING: Mapping[Purpose, int] = MappingProxyType({})
REPORT_EVERY = 60.0
"""Seconds between two writes of what was used, where no portion is taken meanwhile."""
ASK_AGAIN = 300.0
"""Seconds for which a refusal holds without another look at the store."""
TURN_SPREAD = 600.0
"""Seconds over which the mailboxes that yielded come back, so that the new day does not begin with all at once."""
CARD_REPORTS = 600.0
"""Seconds without a write, after which a call that somebody waits for makes it: nobody else works in this process."""
COLLISION = 15.0
"""Seconds after which work comes back that met another process at the last units."""


def read_usual(store: QuotaStore, day: QuotaDay, units: int) -> dict[Purpose, int]:
    """What a day is expected to bring, of ``units``. Raises what the store raises."""
    names = day.list_days_before(LOOKED_BACK)
    known = store.quota_since(names[0])
    return find_usual(units, [known[name] for name in names if name in known])


@dataclass
class _Share:
    """Of one purpose: what this process took today, what it used, and its last portion."""

    taken: int = 0
    used: int = 0
    portion: int = 0
    portion_at: float = 0.0
    used_at: float = 0.0
    refused_until: float = 0.0

    @property
    def left(self) -> int:
        return self.taken - self.used


class DayBudget:
    """Implements ``server.ports.budget.Budget``. ``units`` a day are shared by all processes; 0 for no budget."""

    def __init__(self, store: QuotaStore, clock: Clock, holder: str, units: int) -> None:
        self._store = store
        self._clock = clock
        self._holder = holder
        self._units = units
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._day = find_day(clock.now())
        self._began = {self._day.name: int(clock.now() - self._day.begins)}
        self._turns = 0
        self._shares = {purpose: _Share() for purpose in Purpose}
        self._saved: dict[str, int] = {}
        self._saved_at = clock.now()
        self._usual: Used | None = None

    def spend(self, purpose: Purpose, units: int, subject: str = "") -> None:
        """As the port says; raises what the store raises."""
        if not self._units:
            return
        with self._lock:
            now = self._turn_day()
            share = self._shares[purpose]
            share.used_at = now
            is_covered = share.left >= units
            if is_covered or purpose is Purpose.LIVE:
                share.used += units
            elif now < share.refused_until:
                raise self._refuse(now, subject)
        if purpose is Purpose.LIVE:
            self._report(is_due=not is_covered)
        elif not is_covered:
            self._take(purpose, units, subject)

    def give_back(self, purpose: Purpose, units: int) -> None:
        """As the port says."""
        with self._lock:
            self._shares[purpose].used -= min(units, self._shares[purpose].used)

    def settle(self) -> None:
        """Give back all that is not used: the process ends, or rests. Trouble is left: then it counts as used."""
        if not self._units:
            return
        with self._writing:
            with self._lock:
                self._turn_day()
                for share in self._shares.values():
                    share.taken = share.used
            self._save_quietly()

    def _take(self, purpose: Purpose, units: int, subject: str) -> None:
        """Take a portion of what is free for this purpose, and use ``units`` of it."""
        with self._writing:
            with self._lock:
                now = self._turn_day()
                share, day = self._shares[purpose], self._day
                if share.left >= units:  # another thread took a portion meanwhile
                    share.used += units
                    return
            needed = units - share.left
            free = self._count_free(purpose, day, now)
            if free < needed:
                share.refused_until = now + ASK_AGAIN
                raise self._refuse(now, subject)
            wanted = choose_portion(self._units, share.portion, now - share.portion_at)
            portion = min(max(wanted, needed), free)
            self._begin_portion(share, portion, now)
            # Until both have gone well, no thread may use it.
            self._save({purpose: portion})
            granted = max(portion + min(self._count_free(purpose, day, now), 0), 0)
            with self._lock:
                share.taken += granted
                is_enough = share.left >= units and self._day is day
                if is_enough:
                    share.used += units
            if granted < portion:
                self._save()
            if not is_enough:
                raise DayBudgetError("Another process took the last of today's Gmail units.", COLLISION)

    def _report(self, *, is_due: bool) -> None:
        """Write what live work used, and take the next portion where it has none. It never fails.

        The caller waits for that write, once a minute and process; somebody who waits for a card, seldom.
        """
        age = self._clock.now() - self._saved_at
        is_due = age >= CARD_REPORTS if is_limited() else is_due or age >= REPORT_EVERY
        if not is_due or not self._writing.acquire(blocking=False):
            return
        try:
            now = self._clock.now()
            share = self._shares[Purpose.LIVE]
            if share.left <= 0:
                portion = choose_portion(self._units, share.portion, now - share.portion_at)
                taken = portion - share.left
                self._begin_portion(share, taken, now)
                with self._lock:
                    share.taken += taken
            self._save_quietly()
        finally:
            self._writing.release()

    def _begin_portion(self, share: _Share, portion: int, now: float) -> None:
        with self._lock:
            share.portion, share.portion_at = portion, now
            for other in self._shares.values():
                if other is not share and now - other.used_at > LASTED_LONG:
                    other.taken = other.used

    def _count_free(self, purpose: Purpose, day: QuotaDay, now: float) -> int:
        usual = self._usual
        if usual is None:
            usual = self._usual = read_usual(self._store, day, self._units)
        today = read_purposes(self._store.quota(day.name), TAKEN)
        return count_free(self._units, purpose, today, usual, day.compute_rest(now))

    def _save(self, more: Mapping[Purpose, int] = NOTHING) -> None:
        """``more`` is about to be taken."""
        with self._lock:
            day, figures, turns = self._day, self._list_figures(more), self._turns
        if figures == self._saved or len(figures) == 1:
            return
        # A day that comes again, after a wrong clock, has a document that must not be written over.
        holder = f"{self._holder}-{turns}" if turns else self._holder
        self._store.save_quota(day.name, holder, figures)
        self._saved, self._saved_at = figures, self._clock.now()

    def _save_quietly(self) -> None:
        try:
            self._save()
        except TrulyError:
            self._saved_at = self._clock.now()  # the next report comes in its time, and live work goes on

    def _list_figures(self, more: Mapping[Purpose, int]) -> dict[str, int]:
        figures = {BEGAN: self._began[self._day.name]}
        for purpose, share in self._shares.items():
            taken = share.taken + more.get(purpose, 0)
            if taken or share.used:
                figures |= {f"{TAKEN}{purpose.word}": taken, f"{USED}{purpose.word}": share.used}
        return figures

    def _turn_day(self) -> float:
        """With a new day all portions end. Returns the time."""
        now = self._clock.now()
        if not self._day.begins <= now < self._day.ends:
            was, self._day = self._day, find_day(now)
            # Whoever came through midnight counted all of the day, and whose clock was set back does not know.
            began = int(now - self._day.begins) if now < was.begins else 0
            self._began.setdefault(self._day.name, began)
            self._turns += 1
            self._shares = {purpose: _Share() for purpose in Purpose}
            self._saved, self._usual = {}, None
        return now

    def _refuse(self, now: float, subject: str) -> DayBudgetError:
        text = "Today's Gmail units for this work are used up."
        return DayBudgetError(text, self._day.wait_for_next(now) + TURN_SPREAD * choose_share(subject))
