"""How many records an org's own automation bears in one transaction: learned from refusals, and tried again slowly."""

from __future__ import annotations

import threading

from server.ports.crm import ACTIVITIES_PER_COLLECTION

GROW_AFTER = 10
"""Full collections that must go in before a larger one is tried."""
MOST_PATIENCE = 320
"""The wait before a larger collection doubles with each one that fails, up to this many collections."""


class BulkSize:
    """Of one org; thread-safe. It lasts as long as the process: a new one finds the size again in three calls."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._records = ACTIVITIES_PER_COLLECTION
        self._full_collections = 0
        self._patience = GROW_AFTER
        self._is_trial = False

    @property
    def records(self) -> int:
        with self._lock:
            return self._records

    def shrink(self, records: int) -> None:
        """More than this many were refused together, or took too long."""
        with self._lock:
            if records >= self._records:
                return
            if self._is_trial:
                self._patience = min(self._patience * 2, MOST_PATIENCE)
            self._records, self._full_collections, self._is_trial = max(records, 1), 0, False

    def note_borne(self, records: int) -> None:
        """A collection of this many was not refused. A smaller one than the org bears shows nothing."""
        with self._lock:
            if records < self._records or self._records >= ACTIVITIES_PER_COLLECTION:
                return
            self._full_collections += 1
            if self._full_collections >= self._patience:
                self._records = min(self._records * 2, ACTIVITIES_PER_COLLECTION)
                self._full_collections, self._is_trial = 0, True
