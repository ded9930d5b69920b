"""A mailbox's past cut into windows of time, the newest first: pure, so that every cut is a row of a test."""

from __future__ import annotations

from dataclasses import dataclass, replace

from server.domain.history import Span
from server.domain.mailbox import Backfill

DAY = 86_400
FIRST_WIDTH = 30 * DAY
WIDEST = 2_000 * DAY
"""Seconds. A window wider than this takes all that is left."""
TARGET = 2_000
"""Messages of a window that is as large as it should be: enough to read conversations whole, and little to hold."""
TOO_MANY = 3 * TARGET


@dataclass(frozen=True)
class BackfillWindow:
    """``is_too_old``: all of it lies before the mailbox's start. ``until`` is where the next window begins."""

    span: Span
    until: int
    is_too_old: bool = False


def begin_backfill(now: float, size: int, *, is_again: bool) -> Backfill:
    """A small mailbox is one window."""
    return Backfill(now, int(now) + DAY, 0 if size <= TARGET else FIRST_WIDTH, size, is_again=is_again)


def next_window(state: Backfill, start_ms: int) -> BackfillWindow | None:
    """The next window, None when the past is at its end. Neighbours overlap by a day; the start has a day of grace."""
    if state.until <= 0:
        return None
    floor = start_ms // 1000 - DAY
    is_too_old = floor > 0 and state.until <= floor
    lower = max(state.until - state.width, 0) if state.width else 0
    if floor > 0 and not is_too_old:
        lower = max(lower, floor)
    before: int | None = None if state.until > state.begun_at else state.until + DAY
    if is_too_old:
        before = min(state.until + DAY, floor + DAY // 2)
    return BackfillWindow(Span(lower or None, before), lower, is_too_old)


def narrow_window(state: Backfill) -> Backfill | None:
    """The window held too much: try a quarter of it. None where it cannot be cut further."""
    width = state.width or WIDEST
    return replace(state, width=max(width // 4, DAY)) if width > DAY else None


def finish_window(state: Backfill, done: BackfillWindow, found: int) -> Backfill:
    """The window is done; the next is wider or narrower by how much this one held."""
    width = state.width
    if width and found < TARGET // 2:
        width = 0 if width * 2 > WIDEST else width * 2
    elif width and found > TARGET:
        width = max(width // 2, DAY)
    seen = min(state.seen + found, max(state.size, 1))
    return replace(state, until=done.until, width=width, seen=seen, paused_until=0.0, failures=0, last_error=None)
