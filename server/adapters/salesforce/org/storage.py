"""How full the org's data storage is.

The org says it when it is described. Later it costs a call, so it is asked rarely, and only while older mail waits.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from server.domain.crm_survey import Storage
from server.domain.errors import TrulyError
from server.ports.patience import hold

FRESH = 1_800.0
"""Seconds for which a figure holds: at a thousand activities a minute half an hour is 60 MB."""


class StorageMeter:
    """Thread-safe. Older mail stops once ``share`` (0 to 1) of the storage is used."""

    def __init__(self, ask_limits: Callable[[], Any], share: float, now: Callable[[], float]) -> None:
        self._ask_limits = ask_limits
        self._share = share
        self._now = now
        self._lock = threading.Lock()
        self._storage: Storage | None = None
        self._asked_at: float | None = None

    def note(self, limits: Any) -> None:
        """Take the figure out of the org's limits, which something else asked for; None where it did not tell."""
        with self._lock:
            self._keep(limits)

    def read(self, *, ask: bool) -> Storage | None:
        """The figure of the last half hour; where there is none, with ``ask`` a new one. None where nobody knows."""
        with hold(self._lock):
            if self._asked_at is not None and 0 <= self._now() - self._asked_at < FRESH:
                return self._storage
            if not ask:
                return None
            self._keep(self._ask())
            return self._storage

    def _ask(self) -> Any:
        try:
            return self._ask_limits()
        except TrulyError:
            return None  # what is wrong, the delivery itself will say

    def _keep(self, limits: Any) -> None:
        # Also where the org does not tell: the next question comes in half an hour.
        self._asked_at, self._storage = self._now(), None
        figures = (limits.get("DataStorageMB") if isinstance(limits, dict) else None) or {}
        if "Max" in figures and "Remaining" in figures:
            allowed, left = int(figures["Max"]), int(figures["Remaining"])
            self._storage = Storage(allowed - left, allowed, self._share)
