"""Terms, privacy and support, for anybody to read: a listing in the Google Workspace Marketplace asks for them."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template

from server.domain.errors import ConfigurationError
from server.web.lazy_services import LazyServices

PAGES = ("terms", "privacy", "support")
POLICY = "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


def blueprint(lazy: LazyServices) -> Blueprint:
    routes = Blueprint("pages", __name__, template_folder="templates")

    @routes.get(f"/<any({', '.join(PAGES)}):name>")
    def page(name: str) -> Response:
        settings = lazy.settings()
        answer = make_response(
            render_template(
                f"{name}.html",
                organisation=settings.organisation,
                disclosure=settings.disclosure.value,
                contact=settings.help_contact,
            )
        )
        answer.headers["Content-Security-Policy"] = POLICY
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Referrer-Policy"] = "no-referrer"
        answer.headers["Cache-Control"] = "public, max-age=300"
        return answer

    @routes.errorhandler(ConfigurationError)
    def cannot_work(_error: ConfigurationError) -> tuple[str, int]:
        return "The service is not set up yet.", 503

    return routes
