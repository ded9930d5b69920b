"""Accounts whose domain field holds several domains. No index finds one of a list, so all are kept for an hour."""

from __future__ import annotations

import re
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from typing import Any

from server.adapters.salesforce.matching.spellings import fold_typed_domain
from server.domain.errors import TransientError
from server.ports.patience import hold, limited

FRESH = 3_600.0
"""Seconds after which the rows are read again."""
PAUSE = 60.0
"""Seconds after a failure before the next try, for the query reads every account."""


class DomainLists:
    """Thread-safe. Only rows with a separator are held, and only in memory."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._at: float | None = None
        self._failed_at: float | None = None
        self._by_domain: dict[str, list[Any]] = {}

    def rows(self, domains: Collection[str], read: Callable[[], list[Any]]) -> list[Any]:
        """The accounts of these domains, each once. ``read`` asks Salesforce for all of them, where they are old.

        A failed reading raises only where no older rows are there.
        """
        # Under the lock: of many threads one reads all accounts, however long that takes, and the others wait for it.
        with hold(self._lock), limited(None):
            if self._at is None or not 0 <= self._now() - self._at < FRESH:
                self._renew(read)
            rows = {row["Id"]: row for domain in domains for row in self._by_domain.get(domain, ())}
        return list(rows.values())

    def _renew(self, read: Callable[[], list[Any]]) -> None:
        if self._failed_at is not None and 0 <= self._now() - self._failed_at < PAUSE:
            if self._at is None:
                raise TransientError("Salesforce has not yet said which accounts hold several domains.", PAUSE)
            return
        try:
            rows = read()
        except TransientError:
            self._failed_at = self._now()
            if self._at is None:
                raise
        else:
            self._by_domain, self._at, self._failed_at = _group_by_domain(rows), self._now(), None


def _group_by_domain(rows: Iterable[Any]) -> dict[str, list[Any]]:
    groups: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        texts = (value for name, value in row.items() if name.endswith("__c") and isinstance(value, str))
        for name in {name for text in texts for name in re.split(r"[,;\s]+", text.lower()) if name}:
            groups[fold_typed_domain(name)].append(row)
    return groups
