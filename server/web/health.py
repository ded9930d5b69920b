"""Is the service there, and does its state answer?"""

from __future__ import annotations

from typing import Protocol

from flask import Blueprint, Response, jsonify

from server.bootstrap import Services
from server.domain.errors import TrulyError


class Source(Protocol):
    def get(self) -> Services: ...


def blueprint(source: Source) -> Blueprint:
    routes = Blueprint("health", __name__)

    @routes.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="ok")

    @routes.get("/readyz")
    def readyz() -> tuple[Response, int]:
        try:
            source.get().ports.store.mailboxes()
        except TrulyError as error:
            return jsonify(status="not ready", cause=type(error).__name__), 503
        return jsonify(status="ok"), 200

    return routes
