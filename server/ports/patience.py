"""How long a call through a port may take: while a person waits for a card, no longer than that person does.

What is left of a request's time goes where the call goes, through contextvars: nobody hands it on. Jobs and commands
have all the time that each port gives itself.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from server.domain.errors import TransientError

_ends: ContextVar[float | None] = ContextVar("patience", default=None)


class Lock(Protocol):
    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool: ...

    def release(self) -> None: ...


@contextmanager
def limited(ends: float | None) -> Iterator[None]:
    """Nobody waits after ``ends``, by the monotonic clock; None for as long as it takes.

    What is shared is asked for without a limit: what one request had no time for would be missing for all.
    """
    token = _ends.set(ends)
    try:
        yield
    finally:
        _ends.reset(token)


def lift_limit() -> None:
    """For the rest of this request: what has begun to change something is carried to its end."""
    _ends.set(None)


def is_limited() -> bool:
    """Whether somebody waits for this."""
    return _ends.get() is not None


def shorten(seconds: float) -> float:
    """``seconds``, or what is left where that is less. Raises TransientError where nobody waits any more."""
    ends = _ends.get()
    if ends is None:
        return seconds
    left = ends - time.monotonic()
    if left <= 0:
        raise TransientError("Nobody waits for this answer any more.")
    return min(seconds, left)


@contextmanager
def hold(lock: Lock) -> Iterator[None]:
    """The lock, which another thread may hold while it asks somebody. Raises TransientError where it is not free."""
    if _ends.get() is None:
        lock.acquire()
    elif not lock.acquire(timeout=shorten(threading.TIMEOUT_MAX)):
        raise TransientError("Nobody waits for this answer any more.")
    try:
        yield
    finally:
        lock.release()
