"""Whether the process runs, whether its state answers, and what App Engine asks of an instance.

Anybody may call these, so none of them does more than once in a while what costs something.
"""

from __future__ import annotations

import threading
import time

from flask import Blueprint, Response, jsonify

from server.domain.errors import TransientError, TrulyError
from server.domain.ids import MailboxId
from server.web.lazy_services import LazyServices

FRESH = 5.0
"""Seconds for which an answer of the state holds, so that strangers' calls cost no reads."""
NOBODY = MailboxId("readiness")
"""No mailbox has this id: reading it is one document that is not there."""


class Readiness:
    """Asks the state with one read, and at most once in ``FRESH`` seconds. Thread-safe."""

    def __init__(self, lazy: LazyServices) -> None:
        self._lazy = lazy
        self._lock = threading.Lock()
        self._asked_at = float("-inf")
        self._problem = "Starting"

    def find_problem(self) -> str:
        """The class of what is wrong, empty where all is well. Who comes while another asks gets the last answer."""
        if self._lock.acquire(blocking=False):
            try:
                if time.monotonic() - self._asked_at > FRESH:
                    self._problem = self._ask()
                    self._asked_at = time.monotonic()
            finally:
                self._lock.release()
        return self._problem

    def _ask(self) -> str:
        try:
            self._lazy.get().ports.store.mailbox(NOBODY)
        except TrulyError as error:
            return type(error).__name__
        return ""


def blueprint(lazy: LazyServices) -> Blueprint:
    routes = Blueprint("health", __name__)
    readiness = Readiness(lazy)

    # Cloud Run keeps some paths that end in z for itself.
    @routes.get("/health")
    @routes.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="ok")

    @routes.get("/ready")
    @routes.get("/readyz")
    def readyz() -> tuple[Response, int]:
        if problem := readiness.find_problem():
            return jsonify(status="not ready", cause=problem), 503
        return jsonify(status="ok"), 200

    @routes.get("/_ah/warmup")
    @routes.get("/_ah/start")
    def warmup() -> tuple[Response, int]:
        """App Engine asks before it sends the first request. Nothing of it depends on who asks.

        After a failure App Engine would end the instance. One that only waits for KMS or its state says so on cards.
        """
        try:
            lazy.get()
        except TransientError as error:
            return jsonify(status="waiting", cause=type(error).__name__), 200
        except TrulyError as error:
            return jsonify(status="not ready", cause=type(error).__name__), 503
        return jsonify(status="ok"), 200

    @routes.get("/_ah/stop")
    def announce_stop() -> Response:
        """App Engine announces SIGTERM, and gunicorn waits for what runs. A stranger who calls this stops nothing."""
        return jsonify(status="ok")

    return routes
