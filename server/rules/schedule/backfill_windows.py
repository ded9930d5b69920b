"""Cuts a mailbox's past into windows of time, the newest first. Pure, so that every cut is a row of a test."""

from __future__ import annotations

from dataclasses import dataclass, replace

from server.domain.history import Span
from server.domain.mailbox import Backfill

DAY = 86_400
FIRST_WIDTH = 30 * DAY
WIDEST = 2_000 * DAY
"""Seconds. A window wider than this takes the whole rest of the past."""
TARGET = 2_000
"""Messages of a window of the right size: enough to read conversations whole, and few enough to hold in memory."""
TOO_MANY = 3 * TARGET


@dataclass(frozen=True)
class BackfillWindow:
    """``is_too_old``: the whole window lies before the mailbox's start. ``until`` is where the next window begins."""

    span: Span
    until: int
    is_too_old: bool = False


def begin_backfill(now: float, size: int, *, is_again: bool) -> Backfill:
    """The state of a backfill that begins ``now``. A mailbox of few messages (``size``) is one window."""
    return Backfill(now, int(now) + DAY, 0 if size <= TARGET else FIRST_WIDTH, size, is_again=is_again)


def next_window(state: Backfill, start_ms: int) -> BackfillWindow | None:
    """The next window; None at the end of the past. Neighbours overlap by a day, and the start has a day of grace."""
    if state.until <= 0:
        return None
    floor = start_ms // 1000 - DAY
    is_too_old = floor > 0 and state.until <= floor
    lower = max(state.until - state.width, 0) if state.width else 0
    if floor > 0 and not is_too_old:
        lower = max(lower, floor)
    upper: int | None = None if state.until > state.begun_at else state.until + DAY
    if is_too_old:
        upper = min(state.until + DAY, floor + DAY // 2)
    return BackfillWindow(Span(lower or None, upper), lower, is_too_old)


def narrow_window(state: Backfill) -> Backfill | None:
    """The window held too many messages: try a quarter of it. None if it cannot be cut further."""
    width = state.width or WIDEST
    return replace(state, width=max(width // 4, DAY)) if width > DAY else None


def finish_window(state: Backfill, window: BackfillWindow, message_count: int) -> Backfill:
    """The window has been read. The next is wider or narrower, depending on how many messages this one held."""
    width = state.width
    if width and message_count < TARGET // 2:
        width = 0 if width * 2 > WIDEST else width * 2
    elif width and message_count > TARGET:
        width = max(width // 2, DAY)
    seen = min(state.seen + message_count, max(state.size, 1))
    return replace(state, until=window.until, width=width, seen=seen, paused_until=0.0, failures=0, last_error=None)
