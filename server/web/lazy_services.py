"""The services of a process, built on first use."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

from server.bootstrap import Services, build
from server.domain.errors import TransientError
from server.settings import Settings

FAILED_SECONDS = 2.0
"""How long a failed start stands: those who waited for it need not each wait for one of their own."""


class LazyServices:
    """Thread-safe. A command like ``manifest`` needs no network, and a worker builds its services after the fork."""

    def __init__(self, source: Mapping[str, str], services: Services | None = None) -> None:
        """``services`` are given where a test has built them."""
        self._source = source
        self._lock = threading.Lock()
        self._services = services
        self._failure: TransientError | None = None
        self._failed_until = 0.0

    def settings(self) -> Settings:
        return Settings.of(self._source)

    def get(self) -> Services:
        """Raises ConfigurationError, and TransientError while something that a start needs is away."""
        with self._lock:
            if self._services is None:
                if self._failure and time.monotonic() < self._failed_until:
                    raise self._failure.with_traceback(None)
                self._services = self._build()
            return self._services

    def close(self) -> None:
        with self._lock:
            if self._services is not None:
                self._services.close()
                self._services = None

    def _build(self) -> Services:
        try:
            return build(self.settings())
        except TransientError as error:
            self._failure, self._failed_until = error, time.monotonic() + FAILED_SECONDS
            raise
