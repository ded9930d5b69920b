"""Accounts whose domain field holds several domains: no index finds one of a list, so all are kept a while."""

from __future__ import annotations

import re
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection
from typing import Any

from server.domain.errors import TransientError

FRESH = 3_600.0
"""Seconds for which the rows are believed."""


class DomainLists:
    """Thread-safe. Only rows with a separator are held, and only in memory."""

    def __init__(self, read: Callable[[], list[Any]], now: Callable[[], float] = time.monotonic) -> None:
        self._read = read
        self._now = now
        self._lock = threading.Lock()
        self._at: float | None = None
        self._by_domain: dict[str, list[Any]] = {}

    def rows(self, domains: Collection[str]) -> list[Any]:
        """Each row once. Raises what the question raises, unless older rows are there."""
        with self._lock:
            if self._at is None or not 0 <= self._now() - self._at < FRESH:
                self._renew()
            found = {row["Id"]: row for domain in domains for row in self._by_domain.get(domain, ())}
        return list(found.values())

    def _renew(self) -> None:
        try:
            rows = self._read()
        except TransientError:
            if self._at is None:
                raise
            return
        by_domain: dict[str, list[Any]] = defaultdict(list)
        for row in rows:
            texts = (str(value) for name, value in row.items() if name.endswith("__c") and isinstance(value, str))
            for domain in {d for text in texts for d in re.split(r"[,;\s]+", text.lower()) if d}:
                by_domain[domain].append(row)
        self._by_domain, self._at = by_domain, self._now()
