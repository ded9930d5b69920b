"""Count what jobs spend and which failures they meet, over all processes, at one write a minute and process."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime

from server.domain.errors import TrulyError
from server.ports.clock import Clock
from server.ports.store import TallyStore

FLUSH_EVERY = 60.0
"""Seconds between two writes of one process. What a killed process counted since its last write is lost."""


class Tallier:
    """Thread-safe."""

    def __init__(self, store: TallyStore, clock: Clock, holder: str) -> None:
        self._store = store
        self._clock = clock
        self._holder = holder
        self._lock = threading.Lock()
        self._unsaved: Counter[str] = Counter()
        self._saved_at = 0.0

    def count(self, figures: Mapping[str, int]) -> None:
        """Never raises: a count that cannot be saved is saved with the next one."""
        now = self._clock.now()
        with self._lock:
            self._unsaved.update(figures)
            if now - self._saved_at < FLUSH_EVERY:
                return
            self._saved_at = now
            figures, self._unsaved = self._unsaved, Counter()
        self._save(name_day(now), figures)

    def read_today(self) -> Counter[str]:
        """What all processes counted since midnight (UTC). Raises TransientError."""
        with self._lock:
            figures, self._unsaved = self._unsaved, Counter()
        today = name_day(self._clock.now())
        if figures:
            self._save(today, figures)
        return self._store.tally(today)

    def drop_old(self) -> None:
        """Yesterday's stay, for whoever looks after midnight. Raises TransientError."""
        self._store.drop_tallies(name_day(self._clock.now() - 86_400.0))

    def _save(self, day: str, figures: Mapping[str, int]) -> None:
        try:
            self._store.add_to_tally(day, self._holder, figures)
        except TrulyError:
            with self._lock:
                self._unsaved.update(figures)


def name_day(epoch_seconds: float) -> str:
    return datetime.fromtimestamp(epoch_seconds, UTC).date().isoformat()
