"""The simulator's door on loopback: it knows which worker asks, and at some requests that worker dies."""

from __future__ import annotations

import io
import random
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.serving import make_server

from tests.soak.worker import TIMEOUT, Quiet

WAYS = ("before", "lost", "after", "after", "soon", "soon")
"""The worker dies before its request is done, before it has the answer, or up to SOON after it had it."""
SOON = 0.03
"""Real seconds."""
REQUEST_LIVES = 600.0
"""Seconds of the org's time after which no vendor is still at a request, whoever has given up on it."""


class Front:
    """Paths begin with ``/w<number>``, the number of the worker that asks."""

    def __init__(self, app: Any, kill: Callable[[int], None], seed: int, now: Callable[[], float]) -> None:
        self._app = app
        self._now = now
        self._kill = kill
        self._chance = random.Random(f"kills {seed}")
        self._lock = threading.Lock()
        self.before: Callable[[str, bytes], None] = lambda _path, _body: None
        """Called with the path and the body of each request before it is done, and ``after`` before it is answered."""
        self.after: Callable[[str, bytes], None] = lambda _path, _body: None
        self._fuses: list[tuple[int, str]] = []
        self._begun = 0
        self._open: dict[int, float] = {}
        """The requests that are being done, and when each began."""
        self.requests = 0
        self.hung = 0
        self.hangs = 0
        """How many answers are still to be kept back until the caller has given up."""
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True, request_handler=Quiet)
        self.url = f"http://127.0.0.1:{self._server.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def arm(self) -> None:
        """A worker dies at one of the next requests."""
        with self._lock:
            self._fuses.append((self.requests + self._chance.randint(1, 40), self._chance.choice(WAYS)))

    def lasts_to(self) -> float | None:
        """When the oldest request that is being done must have ended; None where nobody asks anything."""
        with self._lock:
            return min(self._open.values()) + REQUEST_LIVES if self._open else None

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _answer(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        _, worker, rest = environ["PATH_INFO"].split("/", 2)
        environ["PATH_INFO"] = f"/{rest}"
        number = int(worker.removeprefix("w"))
        way, is_kept_back = self._fate()
        if way == "before":
            self._kill(number)
            raise ConnectionResetError
        # Where a body is left unread this server waits for more of it, and a caller without an answer sends none.
        size = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(size)
        if len(body) < size:
            raise ConnectionResetError  # whoever asked was killed at it
        environ["wsgi.input"] = io.BytesIO(body)
        answer = self._done(environ, start_response, body)
        if way == "lost":
            self._kill(number)
        elif way:
            wait = 0.0 if way == "after" else self._chance.random() * SOON
            threading.Timer(wait, self._kill, (number,)).start()
        if is_kept_back:
            time.sleep(TIMEOUT * 1.2)
        return answer

    def _done(self, environ: dict[str, Any], start_response: Any, body: bytes) -> list[bytes]:
        with self._lock:
            number = self._begun = self._begun + 1
            self._open[number] = self._now()
        try:
            self.before(environ["PATH_INFO"], body)
            answer = list(self._app(environ, start_response))
            self.after(environ["PATH_INFO"], body)
        finally:
            with self._lock:
                del self._open[number]
        return answer

    def _fate(self) -> tuple[str, bool]:
        with self._lock:
            self.requests += 1
            way = ""
            if self._fuses and self._fuses[0][0] <= self.requests:
                way = self._fuses.pop(0)[1]
            is_kept_back = self.hangs > 0
            if is_kept_back:
                self.hangs -= 1
                self.hung += 1
            return way, is_kept_back
