"""A worker in a process of its own: the server's own, on time that the harness moves, and made to be killed."""

from __future__ import annotations

import faulthandler
import logging
import os
import signal
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import google.auth._exponential_backoff
import googleapiclient.http
from werkzeug.serving import WSGIRequestHandler, make_server

import server.adapters.transport
from server.bootstrap import Services, build
from server.domain.errors import TrulyError
from server.runner.worker import HOUR, Worker
from server.settings import Settings
from server.web.app import create_app
from tests.soak.clock import LOOK, SharedClock, Sleeper

BUSY = -1.0
TIMEOUT = 2.0
"""Real seconds without an answer before a call counts as lost."""


class Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002  # werkzeug's own name
        """Nothing."""


@dataclass(frozen=True)
class Orders:
    """``cell`` holds the time, ``idle`` for each thread the time at which it found nothing to do, or BUSY.

    ``port`` is where pushes are taken, ``number`` whose place in ``wakes`` is ours. ``harness`` is the process to end
    with: our parent is the fork server, which in turn stays as long as we do.
    """

    env: Mapping[str, str]
    cell: Any
    idle: Any
    wakes: Any
    number: int
    threads: int
    port: int
    log: str
    harness: int


def main(orders: Orders) -> None:
    """Until it is killed; it ends by itself where the harness is gone."""
    logging.basicConfig(filename=orders.log, level=logging.WARNING, format="%(process)d %(message)s")
    faulthandler.register(signal.SIGUSR1, file=Path(orders.log).with_suffix(".stacks").open("a"))
    _make_patient()
    clock = SharedClock(orders.cell)
    sleeper = Sleeper(clock, orders.wakes, orders.number)
    services = build(Settings.of(orders.env), clock=clock, sleep=sleeper.sleep)
    _listen(services, orders)
    hands = _Hands(services, clock, orders)
    threads = [threading.Thread(target=hands.work, args=(i,), daemon=True) for i in range(1, orders.threads)]
    for thread in threads:
        thread.start()
    hands.work(0)


def _listen(services: Services, orders: Orders) -> None:
    """For pushes, as the service's own front does."""
    app = create_app(orders.env, services)
    server = make_server("127.0.0.1", orders.port, app, threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def _make_patient() -> None:
    """The vendors' libraries wait in real time between their own tries; here no time is real."""
    still = SimpleNamespace(sleep=lambda _seconds: None, time=time.time)
    googleapiclient.http.time = still
    google.auth._exponential_backoff.time = still  # type: ignore[attr-defined,assignment]  # noqa: SLF001  # it has no other switch
    server.adapters.transport.TIMEOUT = server.adapters.transport.WRITE_TIMEOUT = TIMEOUT


class _Hands:
    """What ``server.runner.worker`` does with real time, done with ours; the jobs themselves are its own."""

    def __init__(self, services: Services, clock: SharedClock, orders: Orders) -> None:
        self._services = services
        self._clock = clock
        self._orders = orders
        self._worker = Worker(services)
        self._next_tick = 0.0
        self._lock = threading.Lock()

    def work(self, number: int) -> None:
        slot = self._orders.number * self._orders.threads + number
        while self._is_wanted():
            now = self._clock.now()
            self._orders.idle[slot] = BUSY
            if self._safely(now):
                continue
            self._orders.idle[slot] = now
            while self._clock.now() == now and self._is_wanted():
                time.sleep(LOOK)

    def _is_wanted(self) -> bool:
        try:
            os.kill(self._orders.harness, 0)
        except ProcessLookupError:
            return False
        return True

    def _safely(self, now: float) -> bool:
        try:
            self._ask(now)
            return self._worker.work_once()
        except TrulyError as error:
            logging.getLogger(__name__).warning("the queue failed with %s", type(error).__name__)
            return True

    def _ask(self, now: float) -> None:
        """What is due by time, as the worker's own thread asks for it."""
        with self._lock:
            if now >= self._next_tick:
                self._worker.tick()
                self._next_tick = now + min(self._services.settings.poll_seconds, HOUR)
