"""Timed work that a scheduler asks for. On one machine a thread of the service asks (server/runner/worker.py)."""

from __future__ import annotations

import logging

from flask import Blueprint, Response, abort, jsonify, request

from server.domain.errors import TrulyError, UntrustedCallerError
from server.engine.operations.jobs import enqueue_for_all
from server.logs.events import Event, describe_error
from server.ports.queue import JobKind
from server.web.guards import Guard
from server.web.lazy_services import LazyServices

log = logging.getLogger(__name__)

CRON = "/cron/"
KINDS = (JobKind.SWEEP, JobKind.WATCH, JobKind.AUDIT)


def blueprint(lazy: LazyServices) -> Blueprint:
    routes = Blueprint("cron", __name__)

    @routes.get(f"{CRON}<any({', '.join(KINDS)}):kind>")
    def cron(kind: str) -> tuple[Response, int]:
        authorization = request.headers.get("Authorization", "")
        is_app_engine = _is_app_engine(lazy)
        if not is_app_engine and not authorization:
            abort(404)
        services = lazy.get()
        if not is_app_engine:
            Guard(services.identity, services.settings).check_scheduler(CRON + kind, authorization)
        enqueue_for_all(services.queue, JobKind(kind), services.ports.clock.now())
        return Response(), 204

    @routes.errorhandler(UntrustedCallerError)
    def refuse_caller(_error: UntrustedCallerError) -> tuple[Response, int]:
        return jsonify(error="The caller cannot prove who it is."), 401

    @routes.errorhandler(TrulyError)
    def ask_again(error: TrulyError) -> tuple[Response, int]:
        fields = describe_error(Event.QUEUE_FAILED, error)
        log.error("a timed job could not be enqueued: %s", type(error).__name__, extra=fields)
        return jsonify(error="The queue does not answer. Send the request again."), 503

    return routes


def _is_app_engine(lazy: LazyServices) -> bool:
    """App Engine removes this header from all other requests. Any other front end lets it through."""
    return lazy.settings().cloud.is_on_app_engine and request.headers.get("X-Appengine-Cron") == "true"
