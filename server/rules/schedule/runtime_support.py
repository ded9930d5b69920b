"""Until when Google supports a runtime of App Engine. Pure; the dates were looked up in November 2026."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

ENDS: Mapping[str, str] = {
    "python310": "2026-10-31",
    "python311": "2027-10-31",
    "python312": "2028-10-31",
    "python313": "2029-10-31",
    "python314": "2030-10-31",
}
"""The day on which the language's own support ends, which App Engine's follows:
https://cloud.google.com/appengine/docs/standard/lifecycle/support-schedule"""
WARNING = 180 * 86_400.0
"""Seconds before the end from which on the doctor says so."""


def find_end(runtime: str) -> float | None:
    """Epoch seconds; None for a runtime that is not in the list."""
    day = ENDS.get(runtime)
    return datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp() if day else None


def needs_change(runtime: str, now: float) -> bool:
    """Whether support ends soon, has ended, or is unknown."""
    end = find_end(runtime)
    return end is None or end - now < WARNING
