"""The right to work on one thing, held by name for a while."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import copy_context
from typing import Protocol

from server.domain.errors import TransientError, TrulyError
from server.ports.clock import Clock
from server.ports.store import Store

SECONDS = 60.0
"""How long a lease outlives its holder. It is renewed at a quarter of that, by ``keep_renewed`` too."""
STUCK = 300.0
"""Real seconds for which ``keep_renewed`` speaks for work that says nothing itself. Its calls end much earlier."""
_NUMBERS = itertools.count()


class RenewLeases(Protocol):
    """``Lease.renew`` of all leases of one piece of work."""

    def __call__(self, outlast: float = 0.0) -> None: ...


class Leases:
    """Hands out leases of this process. ``process`` names it, so that a dead one is known by its name."""

    def __init__(self, store: Store, clock: Clock, process: str) -> None:
        self._store = store
        self._clock = clock
        self._process = process

    def lease(self, name: str) -> Lease:
        """A lease that is not taken yet. Each has a holder of its own: two threads must not hold one thing together."""
        return Lease(self._store, self._clock, name, f"{self._process}/{next(_NUMBERS)}")


class Lease:
    """One piece of work's right to one thing. Thread-safe. ``renewed_at``: epoch seconds."""

    def __init__(self, store: Store, clock: Clock, name: str, holder: str) -> None:
        self._store = store
        self._clock = clock
        self._name = name
        self._holder = holder
        self._lock = threading.Lock()
        self._is_held = False
        self.renewed_at = 0.0
        self._until = 0.0

    def take(self) -> bool:
        """False where another worker holds it."""
        with self._lock:
            now = self._clock.now()
            self._is_held = self._store.lease(self._name, self._holder, now, SECONDS)
            self.renewed_at, self._until = now, now + SECONDS
            return self._is_held

    def renew(self, outlast: float = 0.0) -> None:
        """With ``outlast`` (seconds) it is held for so long at least, even where its holder dies meanwhile.

        Raises TransientError where another worker has it, or had it: what is written stays, and nothing further is.
        """
        with self._lock:
            now = self._clock.now()
            until = max(self._until, now + max(SECONDS, outlast))
            if now - self.renewed_at < SECONDS / 4 and self._until >= now + outlast:
                return
            if not (self._is_held and self._store.renew_lease(self._name, self._holder, until)):
                self._is_held = False
                raise TransientError("The lease of this work went to another worker.")
            self.renewed_at, self._until = now, until

    def release(self) -> None:
        with self._lock:
            self._is_held = False
            self._store.release(self._name, self._holder)


@contextmanager
def keep_renewed(leases: Sequence[Lease]) -> Iterator[None]:
    """A thread renews the leases while the block waits for others: a call may last longer than a lease.

    What it meets is no matter of its own: the work hears of a lost lease when it next renews it itself.
    """
    is_over = threading.Event()

    def renew() -> None:
        for _ in range(int(STUCK / (SECONDS / 4))):
            if is_over.wait(SECONDS / 4):
                return
            for lease in leases:
                with suppress(TrulyError):
                    lease.renew()

    thread = threading.Thread(target=copy_context().run, args=(renew,), daemon=True, name="leases")
    thread.start()
    try:
        yield
    finally:
        is_over.set()
