"""How many of the org's daily API calls are used. Salesforce says so in a header of every answer."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from typing import Any

from server.ports.crm import Allowance

HEADER = "Sforce-Limit-Info"
FRESH = 300.0
"""Seconds after which a figure is too old to refuse work by: the 24 hours roll on, and other programs call too."""


class Usage:
    """Thread-safe. Background work stops once ``share`` (0 to 1) of the org's calls is used."""

    def __init__(self, share: float = 1.0, now: Callable[[], float] = time.monotonic) -> None:
        self._share = share
        self.now = now
        self._lock = threading.Lock()
        self._figures: tuple[int, int] | None = None
        self._at = 0.0

    def note(self, response: Any, *_args: Any, **_kwargs: Any) -> None:
        """A response hook for ``requests``. Refusals carry the header too."""
        usage = re.search(r"(?<!-)\bapi-usage=(\d+)/(\d+)", response.headers.get(HEADER, ""))
        if usage:
            self.set(int(usage.group(1)), int(usage.group(2)))

    def set(self, used: int, allowed: int) -> None:
        with self._lock:
            self._figures, self._at = (used, allowed), self.now()

    @property
    def is_fresh(self) -> bool:
        """Whether the figure is young enough to refuse work by it."""
        with self._lock:
            return self._figures is not None and 0 <= self.now() - self._at < FRESH

    @property
    def allowance(self) -> Allowance | None:
        """None before the first answer of the org."""
        with self._lock:
            return Allowance(*self._figures, self._share) if self._figures else None
