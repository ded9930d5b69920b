"""The Flask app: routes and the operator's commands over one lazily built set of services."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from flask import Flask, Response, jsonify

from server.bootstrap import Services, build
from server.cli import register_commands
from server.settings import Settings
from server.web import addon, health


class LazyServices:
    """Built on first use: a command like ``settings`` needs no network, and a worker builds after it was forked."""

    def __init__(self, source: Mapping[str, str]) -> None:
        self._source = source
        self._lock = threading.Lock()
        self._services: Services | None = None

    def settings(self) -> Settings:
        return Settings.of(self._source)

    def get(self) -> Services:
        with self._lock:
            if self._services is None:
                self._services = build(self.settings())
            return self._services


def create_app(source: Mapping[str, str]) -> Flask:
    """``source`` is the environment, or what stands for it in a test."""
    app = Flask("truly")
    services = LazyServices(source)
    app.register_blueprint(health.blueprint(services))
    app.register_blueprint(addon.blueprint(services))
    register_commands(app, services)

    @app.errorhandler(404)
    def not_found(_error: Exception) -> tuple[Response, int]:
        return jsonify(error="There is nothing here."), 404

    return app
