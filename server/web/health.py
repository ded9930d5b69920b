"""Whether the service runs, and whether its state answers."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from server.domain.errors import TrulyError
from server.web.lazy_services import LazyServices


def blueprint(lazy: LazyServices) -> Blueprint:
    routes = Blueprint("health", __name__)

    @routes.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="ok")

    @routes.get("/readyz")
    def readyz() -> tuple[Response, int]:
        try:
            lazy.get().ports.store.mailboxes()
        except TrulyError as error:
            return jsonify(status="not ready", cause=type(error).__name__), 503
        return jsonify(status="ok"), 200

    return routes
