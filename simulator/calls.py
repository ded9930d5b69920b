"""The call log: what was asked of the outside world, and what it cost."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Call:
    """One call as the vendor would bill it. A batch is recorded as its inner calls plus one ``batch`` of 0 units."""

    service: str
    method: str
    units: int = 0
    status: int = 200
    mailbox: str | None = None
    detail: dict[str, Any] = field(default_factory=dict)


class CallLog:
    """Thread-safe; keeps counts for ever and the first ``keep`` calls in full."""

    def __init__(self, keep: int = 200_000) -> None:
        self._lock = threading.Lock()
        self._keep = keep
        self._calls: list[Call] = []
        self._counts: Counter[tuple[str, str]] = Counter()
        self._units: Counter[str] = Counter()

    def record(self, call: Call) -> None:
        with self._lock:
            self._counts[call.service, call.method] += 1
            self._units[call.service] += call.units
            if len(self._calls) < self._keep:
                self._calls.append(call)

    def calls(self, service: str | None = None) -> list[Call]:
        with self._lock:
            return [call for call in self._calls if service in (None, call.service)]

    def summary(self) -> dict[str, dict[str, int]]:
        """``{"gmail": {"units": 40, "messages.get": 2}, "salesforce": {"requests": 1, "query": 1}}``."""
        with self._lock:
            out: dict[str, dict[str, int]] = {
                "gmail": {"units": 0},
                "salesforce": {"requests": 0},
                "kms": {"requests": 0},
            }
            for (service, method), count in sorted(self._counts.items()):
                out.setdefault(service, {})[method] = count
            for service, units in self._units.items():
                out.setdefault(service, {})["units" if service == "gmail" else "requests"] = units
            return out

    def as_json(self, service: str | None = None) -> list[dict[str, Any]]:
        return [asdict(call) for call in self.calls(service)]

    def clear(self) -> None:
        with self._lock:
            self._calls.clear()
            self._counts.clear()
            self._units.clear()
