"""The services of a process, built on first use."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from server.bootstrap import Services, build
from server.settings import Settings


class LazyServices:
    """Thread-safe. A command like ``manifest`` needs no network, and a worker builds its services after the fork."""

    def __init__(self, source: Mapping[str, str], services: Services | None = None) -> None:
        """``services`` are given where a test has built them."""
        self._source = source
        self._lock = threading.Lock()
        self._services = services

    def settings(self) -> Settings:
        return Settings.of(self._source)

    def get(self) -> Services:
        with self._lock:
            if self._services is None:
                self._services = build(self.settings())
            return self._services

    def close(self) -> None:
        with self._lock:
            if self._services is not None:
                self._services.close()
                self._services = None
