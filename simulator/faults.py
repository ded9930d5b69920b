"""Failures on request: which call fails, how often, and how."""

from __future__ import annotations

import threading
from dataclasses import dataclass


@dataclass
class Fault:
    """One planned failure.

    ``service`` and ``method`` as in the call log (``*`` for any); ``mailbox``/``record`` narrow it; ``times`` counts
    down, -1 for ever. ``kind`` is the service's own word for the failure (``rateLimitExceeded``, ``503``,
    ``drop_answer``, ``UNABLE_TO_LOCK_ROW``...); each service documents the kinds it knows.
    """

    service: str
    method: str
    kind: str
    times: int = 1
    mailbox: str | None = None
    record: str | None = None


class Faults:
    """Thread-safe list of planned failures; the first that fits is spent."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._planned: list[Fault] = []

    def plan(self, fault: Fault) -> None:
        with self._lock:
            self._planned.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._planned.clear()

    def take(self, service: str, method: str, *, mailbox: str | None = None, record: str | None = None) -> str | None:
        """The kind of failure that this call must suffer, or None."""
        with self._lock:
            for fault in self._planned:
                if fault.times == 0 or fault.service != service or fault.method not in ("*", method):
                    continue
                if fault.mailbox not in (None, mailbox) or fault.record not in (None, record):
                    continue
                fault.times -= 1
                return fault.kind
            return None
