"""Timed work that App Engine's cron asks for. On one machine a thread of the service asks (server/runner/worker.py)."""

from __future__ import annotations

from flask import Blueprint, Response, abort, jsonify, request

from server.domain.errors import TransientError
from server.engine.operations.jobs import JobKind, enqueue_for_all
from server.web.lazy_services import LazyServices

CRON = "/cron/"
KINDS = (JobKind.SWEEP, JobKind.WATCH, JobKind.AUDIT)
NO_QUEUE = "There is no queue for this job: with STATE=firestore the queue is Cloud Tasks, which is not built yet."


def blueprint(lazy: LazyServices) -> Blueprint:
    routes = Blueprint("cron", __name__)

    @routes.get(f"{CRON}<any({', '.join(KINDS)}):kind>")
    def cron(kind: str) -> tuple[Response, int]:
        # App Engine removes this header from all other requests. Any other front end lets it through.
        if not lazy.settings().cloud.is_on_app_engine or request.headers.get("X-Appengine-Cron") != "true":
            abort(404)
        services = lazy.get()
        if services.queue is None:
            return jsonify(error=NO_QUEUE), 503
        enqueue_for_all(services.queue, JobKind(kind), services.ports.clock.now())
        return Response(), 204

    @routes.errorhandler(TransientError)
    def ask_again(_error: TransientError) -> tuple[Response, int]:
        return jsonify(error="The queue does not answer. Send the request again."), 503

    return routes
