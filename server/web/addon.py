"""The add-on's endpoints. The home card shows nothing of anybody, so it needs no caller's identity."""

from __future__ import annotations

from typing import Protocol

from flask import Blueprint, Response, jsonify

from addon.home import home_card
from server.settings import Settings


class Source(Protocol):
    def settings(self) -> Settings: ...


HOME = "/addon/home"


def blueprint(source: Source) -> Blueprint:
    routes = Blueprint("addon", __name__)

    @routes.post(HOME)
    def home() -> Response:
        card = home_card(source.settings().disclosure.value)
        return jsonify({"action": {"navigations": [{"pushCard": card}]}})

    return routes
