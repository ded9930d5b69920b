"""What App Engine's cron asks for, by time. On one machine the service's own thread does this (server/worker.py)."""

from __future__ import annotations

from typing import Protocol

from flask import Blueprint, Response, abort, jsonify, request

from server.bootstrap import Services
from server.domain.errors import TransientError
from server.engine.operations.jobs import AUDIT, SWEEP, WATCH, ask_for
from server.settings import Settings

CRON = "/cron/"
KINDS = (SWEEP, WATCH, AUDIT)
NO_QUEUE = "There is no queue here to put this into: with STATE=firestore that is Cloud Tasks, which is not built yet."


class Source(Protocol):
    def settings(self) -> Settings: ...

    def get(self) -> Services: ...


def blueprint(source: Source) -> Blueprint:
    routes = Blueprint("cron", __name__)

    @routes.get(f"{CRON}<any({', '.join(KINDS)}):kind>")
    def cron(kind: str) -> tuple[Response, int]:
        # App Engine takes this header away from everybody else's requests; any other front lets it pass.
        if not source.settings().is_on_app_engine or request.headers.get("X-Appengine-Cron") != "true":
            abort(404)
        services = source.get()
        if services.queue is None:
            return jsonify(error=NO_QUEUE), 503
        ask_for(kind, services.queue, services.ports.clock.now())
        return Response(), 204

    @routes.errorhandler(TransientError)
    def away(_error: TransientError) -> tuple[Response, int]:
        return jsonify(error="The queue is away."), 503

    return routes
