"""The page of ``make demo``: Gmail on the left, the real add-on card beside it, Salesforce below.

Its cards are the answers of the running service, asked as Gmail asks; the page only draws them.
"""

from __future__ import annotations

import json
import mimetypes
import socket
import urllib.error
import urllib.request
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from werkzeug.exceptions import BadRequest
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from simulator.demo.result import result_of
from simulator.demo.stage import ROOT, Scene, SceneError

STATIC = Path(__file__).parent / "static"
DEPLOYMENT = ROOT / "deployment.json"
"""Rendered for the address that the demo has too."""
PAGES = {"/": "index.html", "/gallery": "gallery.html"}
OPEN = "/addon/open"
LOCAL = frozenset({"127.0.0.1", "localhost", "[::1]"})
PATIENCE = 60.0
"""Seconds for the service to answer."""
POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src https: data:; base-uri 'none'; form-action 'none'"
)
PORTS = 50
"""The number of next ports that are tried where the preferred one is taken."""
LAST_PORT = 65535
BACKLOG = 128
"""Calls that wait while the page answers others."""


class PageApp:
    """WSGI. ``service`` is where the add-on's backend listens; Google knows it as PUBLIC_URL."""

    def __init__(self, stage: Scene, service: str) -> None:
        self._stage = stage
        self._service = service
        self._public = stage.env["PUBLIC_URL"]
        self._routes: dict[tuple[str, str], Callable[[Request], Any]] = {
            ("GET", "/api/state"): lambda _request: self._state(),
            ("GET", "/api/message"): self._message,
            ("GET", "/api/gallery"): lambda _request: json.loads(stage.output("cards")),
            ("GET", "/api/menu"): lambda _request: self._menu(),
            ("POST", "/api/open"): self._open,
            ("POST", "/api/click"): self._click,
        }

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        request = Request(environ)
        response = self._respond(request)
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response(environ, start_response)

    def _respond(self, request: Request) -> Response:
        # A page of another site that resolves its own name to this machine must not click here.
        if request.host.rpartition(":")[0] not in LOCAL:
            return Response("Only on this machine.", 403)
        route = self._routes.get((request.method, request.path))
        if route is None:
            return _static(request.path)
        try:
            return Response(json.dumps(route(request)), content_type="application/json")
        except (KeyError, ValueError, BadRequest):
            return Response("This is not a request of the page.", 400)
        except (urllib.error.URLError, OSError, SceneError):
            return Response("The simulator or the service did not answer.", 502)

    def _state(self) -> dict[str, Any]:
        result, world = result_of(self._stage), self._stage.get("world")
        items = {
            (mailbox, item["gmail_message_id"]): item for mailbox, box in world["mailboxes"].items() for item in box
        }
        messages = []
        for message in result["messages"]:
            item = items.get((message["mailbox"], message["gmail_message_id"]), {})
            shown = {"from": item.get("from"), "subject": item.get("subject")}
            messages.append({**message, **shown, "short": self._short_texts[message["reason"]]})
        return {
            "name": world["name"],
            "messages": messages,
            "coverage": result["coverage"],
            "tasks": result["salesforce"].get("Task", []),
            "records": world["records"],
        }

    @cached_property
    def _short_texts(self) -> dict[str, str]:
        """What people read for each reason, as the service's own cards say it."""
        texts: dict[str, str] = json.loads(self._stage.output("cards", "--reasons"))
        return texts

    def _message(self, request: Request) -> Any:
        return self._stage.get(f"message?{request.query_string.decode()}")

    def _menu(self) -> Any:
        """What Gmail shows in the menu of every card of this add-on."""
        return json.loads(DEPLOYMENT.read_text(encoding="utf-8"))["addOns"]["common"]["universalActions"]

    def _open(self, request: Request) -> Any:
        body = request.get_json()
        return self._post_event(self._public + OPEN, {"mailbox": body["mailbox"], "message": body["message"]})

    def _click(self, request: Request) -> Any:
        body = request.get_json()
        click = {name: body[name] for name in ("mailbox", "message", "parameters")}
        inputs = {name: values[0] for name, values in body["inputs"].items() if values}
        return self._post_event(str(body["url"]), {**click, "inputs": inputs})

    def _post_event(self, url: str, event: dict[str, Any]) -> Any:
        """As Google posts: to the address in the card, under the token for that address."""
        if not url.startswith(f"{self._public}/"):
            raise ValueError(url)
        signed = self._stage.post("addon/event", {**event, "url": url})
        request = urllib.request.Request(  # noqa: S310  # our own service, on loopback
            self._service + urlsplit(url).path,
            data=json.dumps(signed["event"]).encode(),
            headers={"Content-Type": "application/json", "Authorization": signed["authorization"]},
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:  # noqa: S310
            return json.load(response)


def _static(path: str) -> Response:
    name = PAGES.get(path) or path.removeprefix("/static/")
    file = (STATIC / name).resolve()
    if file.parent != STATIC.resolve() or not file.is_file():
        return Response("There is nothing here.", 404)
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return Response(file.read_bytes(), content_type=f"{kind}; charset=utf-8")


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Writes nothing: the terminal is for what the demo says."""


def page_server(app: PageApp, port: int) -> BaseWSGIServer:
    """Listens on ``port``, or on the next one that is free. Raises SceneError."""
    # werkzeug prints and exits where a port is taken, so it gets a socket that listens already.
    with _listen(port) as listener:
        host, free_port = listener.getsockname()
        return make_server(host, free_port, app, threaded=True, request_handler=_Quiet, fd=listener.fileno())


def _listen(port: int) -> socket.socket:
    """Listen on ``port``, on one of the next, or on any. Raises SceneError."""
    for candidate in (*range(port, min(port + PORTS, LAST_PORT + 1)), 0):
        try:
            return socket.create_server(("127.0.0.1", candidate), backlog=BACKLOG)
        except OSError:
            continue
    raise SceneError("No port of this machine is free.")
