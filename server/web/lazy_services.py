"""The services of a process, built on first use."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextvars import copy_context

from server.bootstrap import Services, build
from server.domain.errors import StateAwayError, TransientError
from server.ports.patience import limited
from server.settings import Settings

FAILED_SECONDS = 2.0
"""How long a failed start stands: those who waited for it need not each wait for one of their own."""
WRONG_SECONDS = 30.0
"""How long a wrong setting stands. Anybody may ask for a start, and each asks Secret Manager."""
FIRST_WAIT = 4.0
"""Seconds that a request waits for the first start. An ordinary one takes fewer; a dead Firestore takes 13."""
NEXT_WAIT = 1.0
"""Seconds that a request waits for a start that follows a failed one, so that threads stay free for health checks."""


class LazyServices:
    """Thread-safe. A command like ``manifest`` needs no network, and a worker builds its services after the fork.

    One start runs at a time, in a thread of its own, and all who come meanwhile share its end.
    """

    def __init__(self, source: Mapping[str, str], services: Services | None = None) -> None:
        """``services`` are given where a test has built them."""
        self._source = source
        self._lock = threading.Lock()
        self._start: Future[Services] | None = None
        self._failed_until = 0.0
        self._failure: TransientError | None = None
        self._is_impatient = False
        if services is not None:
            self._start = Future()
            self._start.set_result(services)

    def settings(self) -> Settings:
        return Settings.of(self._source)

    def limit_waits(self) -> None:
        """From now on a caller waits for some seconds. Without it, as in a command, a caller waits for the end."""
        self._is_impatient = True

    def find_built(self) -> Services | None:
        """The services where they are there already: nobody needs to wait for them."""
        with self._lock:
            start = self._start
        return start.result() if start and start.done() and start.exception() is None else None

    def get(self) -> Services:
        """Raises ConfigurationError, and TransientError while something that a start needs is away."""
        with self._lock:
            if self._start is None or self._is_over(self._start):
                self._start = self._begin()
            start, failure = self._start, self._failure
        try:
            wrong = start.exception((NEXT_WAIT if failure else FIRST_WAIT) if self._is_impatient else None)
        except FutureTimeoutError:
            raise failure or StateAwayError("The service is starting, and something that it needs is slow.") from None
        if wrong is not None:
            # The trace would grow with each caller.
            raise wrong.with_traceback(None)
        return start.result()

    def close(self) -> None:
        """What is still being built is closed as soon as it is there."""
        with self._lock:
            start, self._start = self._start, None
        if start is not None:
            start.add_done_callback(_close)

    def _is_over(self, start: Future[Services]) -> bool:
        """It failed, and long enough ago for another one."""
        return start.done() and start.exception() is not None and time.monotonic() >= self._failed_until

    def _begin(self) -> Future[Services]:
        start: Future[Services] = Future()
        threading.Thread(target=copy_context().run, args=(self._build, start), name="start", daemon=True).start()
        return start

    def _build(self, start: Future[Services]) -> None:
        try:
            with limited(None):  # it is for all who come
                services = build(self.settings())
        except TransientError as error:
            self._failure, self._failed_until = error, time.monotonic() + FAILED_SECONDS
            start.set_exception(error)
        except BaseException as error:  # noqa: BLE001  # it is raised where somebody waits
            # Another try may find it right: a role, a secret's version, a key file.
            self._failed_until = time.monotonic() + WRONG_SECONDS
            start.set_exception(error)
        else:
            self._failure = None
            start.set_result(services)


def _close(start: Future[Services]) -> None:
    if start.exception() is None:
        start.result().close()
