"""Unwrapped DEKs that a process remembers. A key service may be slow: one DEK never waits for another."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

from server.domain.errors import TransientError
from server.ports.patience import limited, shorten

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class DekCache(Generic[Key, Value]):
    """At most ``size`` values, the least recently used one goes first. Thread-safe.

    A value is loaded by one thread, outside the lock; other threads that want the same value wait for that load alone.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._values: OrderedDict[Key, Value] = OrderedDict()
        self._loads: dict[Key, Future[Value]] = {}

    def get(self, key: Key, load: Callable[[], Value]) -> Value:
        """Raises what ``load`` raises, in every thread that waited for it. A failure is not remembered.

        Raises TransientError where nobody waits any more while another thread loads.
        """
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
            waiting = self._loads.get(key)
            if waiting is None:
                mine = self._loads[key] = Future[Value]()
        if waiting is not None:
            try:
                return waiting.result(shorten(threading.TIMEOUT_MAX))
            except TimeoutError:
                if waiting.done():  # the load's own
                    raise
                raise TransientError("Nobody waits for this answer any more.") from None
        return self._load(key, load, mine)

    def put(self, key: Key, value: Value) -> None:
        with self._lock:
            self._remember(key, value)

    def _load(self, key: Key, load: Callable[[], Value], mine: Future[Value]) -> Value:
        try:
            # For all who wait, however long that takes: a card's end is no other thread's failure.
            with limited(None):
                value = load()
        except BaseException as error:
            with self._lock:
                del self._loads[key]
            mine.set_exception(error)
            raise
        with self._lock:
            # In one step: a thread that comes now finds the value, and never loads it a second time.
            self._remember(key, value)
            del self._loads[key]
        mine.set_result(value)
        return value

    def _remember(self, key: Key, value: Value) -> None:
        self._values[key] = value
        self._values.move_to_end(key)
        while len(self._values) > self._size:
            self._values.popitem(last=False)
