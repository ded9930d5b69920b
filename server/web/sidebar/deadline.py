"""A person waits for a card: whatever a port is waiting for, the answer comes in time.

What only looks gives up soon after the person was answered (``ports.patience``). A change that has begun goes on by
itself. So the card must know what it may still do: a click that has changed nothing until then changes nothing any
more, and of any other the card says that it may still be carried out.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextvars import copy_context
from typing import Any, TypeVar

from server.domain.errors import TooSlowError
from server.ports.patience import lift_limit, limited

T = TypeVar("T")
WITHIN = 8.0
"""Seconds from the request to its answer. Gmail waits for some thirty, a person for fewer."""
KEPT = 2.0
"""Seconds of these that are kept for the card of what the ledger knows."""
GRACE = 0.25
"""Seconds from then until a call that only looks gives up by itself: the card must say that it was slow, not away."""
MOST_QUICK_THREADS = 32
"""Of a process, kept for what asks neither Gmail nor Salesforce: who calls, and what the ledger knows."""
MOST_THREADS = 64
"""Of a process, for opened cards: ``gunicorn.conf.py`` lets fewer requests in, and none holds a thread for longer."""
MOST_CLICK_THREADS = 64
"""Of a process, for clicks. A change that has begun may hold one for as long as its port waits for an answer."""


class Deadline:
    """Of one request."""

    def __init__(self, seconds: float | None = None, *, is_click: bool = False) -> None:
        self._threads = _CLICK_THREADS if is_click else _THREADS
        self._ends = time.monotonic() + (WITHIN if seconds is None else seconds)
        self._lock = threading.Lock()
        self._is_over = False
        self._has_begun = False

    def begin_change(self) -> None:
        """Called before each change that a click makes. Raises TooSlowError where the first one comes too late."""
        with self._lock:
            if self._is_over and not self._has_begun:
                raise TooSlowError("Nobody waits for this change any more.")
            self._has_begun = True
        lift_limit()

    @property
    def has_begun_change(self) -> bool:
        """Once ``run`` has raised TooSlowError this stays as it is."""
        return self._has_begun

    def run(self, work: Callable[[], T], *, keep: float = 0.0) -> T:
        """Raises TooSlowError ``keep`` seconds before the end, and otherwise what the work raises."""
        # What keeps time for another card may hang in Gmail or Salesforce. It must not take the threads of that card.
        ends = self._ends - keep
        with limited(ends + GRACE):
            future = (self._threads if keep else _QUICK_THREADS).start(work)
        try:
            return future.result(max(0.0, ends - time.monotonic()))
        except FutureTimeoutError:
            if future.done():
                raise  # the work itself raised a time-out
            with self._lock:
                self._is_over = True
            future.cancel()
            raise TooSlowError("The answer did not come in time.") from None


class _Threads:
    """Threads that are used again, because each keeps its connections to Google; the end of the process ends them."""

    def __init__(self, name: str, most: int) -> None:
        self._name = name
        self._most = most
        self._work: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._count = 0
        self._idle = 0

    def start(self, work: Callable[[], T]) -> Future[T]:
        future: Future[T] = Future()
        context = copy_context()

        def run() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(context.run(work))
            except BaseException as error:  # noqa: BLE001  # it is raised again where somebody waits
                future.set_exception(error)

        with self._lock:
            if self._idle > 0:
                self._idle -= 1
            elif self._count < self._most:
                self._count += 1
                threading.Thread(target=self._serve, name=f"{self._name}-{self._count}", daemon=True).start()
        self._work.put(run)
        return future

    def _serve(self) -> None:
        while True:
            work: Any = self._work.get()
            work()
            del work  # a finished request's values must not wait for the next one
            with self._lock:
                self._idle += 1


_THREADS = _Threads("card", MOST_THREADS)
_CLICK_THREADS = _Threads("click", MOST_CLICK_THREADS)
_QUICK_THREADS = _Threads("quick-card", MOST_QUICK_THREADS)
