"""The right to work on one thing, held by name for a while."""

from __future__ import annotations

import itertools

from server.domain.errors import TransientError
from server.ports.clock import Clock
from server.ports.store import Store

SECONDS = 120.0
"""How long a lease holds. It is renewed while the work goes on."""
_NUMBERS = itertools.count()


class Leases:
    """Hands out leases of this process. ``process`` names it, so that a dead one is known by its name."""

    def __init__(self, store: Store, clock: Clock, process: str) -> None:
        self._store = store
        self._clock = clock
        self._process = process

    def lease(self, name: str, seconds: float = SECONDS) -> Lease:
        """A lease that is not taken yet. Each has a holder of its own: two threads must not hold one thing together."""
        return Lease(self._store, self._clock, name, f"{self._process}/{next(_NUMBERS)}", seconds)


class Lease:
    """One piece of work's right to one thing."""

    def __init__(self, store: Store, clock: Clock, name: str, holder: str, seconds: float) -> None:
        self._store = store
        self._clock = clock
        self._name = name
        self._holder = holder
        self._seconds = seconds
        self._renewed_at = 0.0

    def take(self) -> bool:
        """False where another worker holds it."""
        now = self._clock.now()
        self._renewed_at = now
        return self._store.lease(self._name, self._holder, now, self._seconds)

    def renew(self) -> None:
        """Raises TransientError where another worker took it: what is written stays, and nothing further is."""
        if self._clock.now() - self._renewed_at >= self._seconds / 4 and not self.take():
            raise TransientError("The lease of a mailbox went to another worker.")

    def release(self) -> None:
        self._store.release(self._name, self._holder)
