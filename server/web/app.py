"""The Flask app: routes and the operator's commands over one lazily built set of services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, jsonify

from server.bootstrap import Services
from server.cli import register_commands
from server.domain.errors import ConfigurationError
from server.settings import Role
from server.web import addon, cron, health, jobs, pages, push
from server.web.lazy_services import LazyServices
from server.web.request_trail import follow_requests, log_unexpected
from server.web.sync import Sync


class TrulyApp(Flask):
    """Flask with the threads that sync: gunicorn starts and stops them, commands and tests do not."""

    def __init__(self, services: LazyServices) -> None:
        super().__init__("server", static_folder="web/static", static_url_path="/static")
        self.services = services
        self._sync = Sync(services, is_worker=_offers(services, Role.WORKER))

    def log_exception(self, exc_info: Any) -> None:
        """Flask's own line has the path and the error's text; ours has the class."""
        log_unexpected(exc_info[1])

    def start_syncing(self) -> None:
        """Raises ConfigurationError: a service that cannot work must not look alive."""
        self._sync.start()

    def stop_syncing(self) -> None:
        """What gunicorn calls after SIGTERM, once the running requests are answered."""
        self._sync.stop()


def create_app(source: Mapping[str, str], services: Services | None = None) -> TrulyApp:
    """``source`` is the environment, or what stands for it in a test. ``services`` are built from it unless given."""
    lazy = LazyServices(source, services)
    app = TrulyApp(lazy)
    follow_requests(app)
    app.register_blueprint(health.blueprint(lazy))
    if _offers(lazy, Role.SIDEBAR):
        app.register_blueprint(addon.blueprint(lazy))
        app.register_blueprint(push.blueprint(lazy))
        app.register_blueprint(pages.blueprint(lazy))
    if _offers(lazy, Role.WORKER):
        app.register_blueprint(jobs.blueprint(lazy))
        app.register_blueprint(cron.blueprint(lazy))
    register_commands(app, lazy)

    @app.errorhandler(404)
    def not_found(_error: Exception) -> tuple[Response, int]:
        return jsonify(error="There is nothing here."), 404

    return app


def _offers(lazy: LazyServices, role: Role) -> bool:
    """With settings that cannot be read all routes are there: each answers that it cannot work. Commands say why."""
    try:
        return lazy.settings().cloud.role in (Role.ALL, role)
    except ConfigurationError:
        return True
