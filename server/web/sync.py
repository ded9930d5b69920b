"""The start of a process that serves: its services, and on one machine the threads that sync.

What a start needs may be away: Cloud KMS, Secret Manager, Firestore, or the lock of a SQLite file. The process then
serves all the same, says so to everybody who asks, and tries again. A wrong setting or key ends it with a sentence.
"""

from __future__ import annotations

import logging
import os
import threading

from server.bootstrap import Services
from server.domain.errors import ConfigurationError, InvariantError, TransientError, TrulyError
from server.logs.events import Event, describe_error
from server.runner.worker import Worker
from server.web.lazy_services import LazyServices
from server.web.request_trail import log_unexpected

log = logging.getLogger(__name__)

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 15.0
"""Seconds between two tries. Each is twice as long as the one before; a request tries in between."""
REFUSED = ConfigurationError.exit_code
"""With this code of its worker gunicorn ends too, and starts no other one."""


class Sync:
    """Thread-safe. ``is_worker`` says whether the threads that sync belong into this process."""

    def __init__(self, lazy: LazyServices, *, is_worker: bool) -> None:
        self._lazy = lazy
        self._is_worker = is_worker
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._worker: Worker | None = None

    def start(self) -> None:
        """Raises what no further try would mend: ConfigurationError, InvariantError.

        gunicorn prints the text of whatever is raised here, so that only texts of our own may go out.
        """
        self._stopping.clear()
        self._lazy.limit_waits()
        try:
            self._try()
        except TransientError as error:
            _log_away(error)
            threading.Thread(target=self._keep_trying, name="start-again", daemon=True).start()

    def stop(self) -> None:
        self._stopping.set()
        with self._lock:
            worker, self._worker = self._worker, None
        if worker is None or worker.stop():
            self._lazy.close()
        # Under a job that goes on, nothing is closed: the process ends in a moment, and its locks and leases with it.

    def _keep_trying(self) -> None:
        pause = FIRST_PAUSE
        while not self._stopping.wait(pause):
            pause = min(2 * pause, LONGEST_PAUSE)
            try:
                self._try()
            except TransientError as error:
                _log_away(error)
            except TrulyError as error:
                log.critical("the service ends: %s", error, extra=describe_error(Event.QUEUE_FAILED, error))
                os._exit(REFUSED)
            else:
                log.warning("the service has what it needs, and starts to work")
                return

    def _try(self) -> None:
        """Raises TransientError where another try may help, ConfigurationError or InvariantError where none does."""
        try:
            services = self._lazy.get()
            services.queue.require()
        except TrulyError:
            raise
        except Exception as error:  # noqa: BLE001  # whatever it is, its text stays here
            log_unexpected(error)
            raise InvariantError("The service cannot start. The log says where it failed.") from None
        self._start_worker(services)

    def _start_worker(self, services: Services) -> None:
        with self._lock:
            if services.local_queue is None or not self._is_worker or self._worker or self._stopping.is_set():
                return
            self._worker = Worker(services, services.settings.workers)
            self._worker.start()


def _log_away(error: TransientError) -> None:
    log.error("the service waits for what it needs: %s", error, extra=describe_error(Event.QUEUE_FAILED, error))
