"""Between the server and the simulated world: a test hears every request there, and may spoil an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.test import TestResponse

from simulator.inprocess import Ask
from tests.support.scene import Scene

Spoil = Callable[[str, TestResponse], None]
"""Takes the URL of a request and changes its answer in place."""


def wrap_requests(scene: Scene, wrap: Callable[[Ask], Ask]) -> None:
    """``wrap`` takes what answers a request now, and returns what answers it from now on."""
    scene.transport.wire.ask = wrap(scene.transport.wire.ask)


def listen(scene: Scene, spoil: Spoil = lambda _url, _answer: None) -> list[tuple[str, str]]:
    """Every request from now on as URL and body. The list grows as they come."""
    heard: list[tuple[str, str]] = []

    def wrap(ask: Ask) -> Ask:
        def listening(url: str, method: str, headers: Any, body: Any) -> TestResponse:
            heard.append((url, body.decode() if isinstance(body, bytes) else str(body or "")))
            response = ask(url, method, headers, body)
            spoil(url, response)
            return response

        return listening

    wrap_requests(scene, wrap)
    return heard


def replace_answers(scene: Scene, data: bytes, status: int = 200, *, only: str = "") -> None:
    """Each answer to a URL with ``only`` in it has this body and status from now on."""

    def spoil(url: str, response: TestResponse) -> None:
        if only in url:
            response.set_data(data)
            response.status_code = status

    listen(scene, spoil)
