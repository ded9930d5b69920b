"""The wrapped DEKs of everyday work, kept in memory, and a key service that counts, waits and goes away."""

from __future__ import annotations

import threading
from collections.abc import Callable

from server.adapters.local_kek import AesWork
from server.domain.errors import TransientError


class MemoryDeks:
    """Implements ``server.ports.store.WorkDekStore``."""

    def __init__(self) -> None:
        self.by_name: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def work_dek(self, name: str) -> bytes | None:
        return self.by_name.get(name)

    def add_work_dek(self, name: str, wrapped: bytes) -> bytes:
        with self._lock:
            return self.by_name.setdefault(name, wrapped)

    def drop_work_deks(self) -> None:
        self.by_name.clear()


class WatchedKek(AesWork):
    """``asked`` is what a key service would have been asked. ``delay`` is called before each unwrap."""

    def __init__(self, key: bytes = bytes(32), delay: Callable[[bytes], None] = lambda _wrapped: None) -> None:
        super().__init__(key)
        self.asked: list[str] = []
        self.unwrapped: list[bytes] = []
        self.is_away = False
        self._delay = delay

    def wrap(self, key: bytes, bound_to: bytes) -> bytes:
        self._ask("wrap")
        return super().wrap(key, bound_to)

    def unwrap(self, wrapped: bytes, bound_to: bytes) -> bytes:
        self._ask("unwrap")
        self.unwrapped.append(wrapped)
        self._delay(wrapped)
        return super().unwrap(wrapped, bound_to)

    def _ask(self, what: str) -> None:
        if self.is_away:
            raise TransientError("The key service did not answer.")
        self.asked.append(what)
