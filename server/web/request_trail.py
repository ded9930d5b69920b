"""A request's line in the log, and the ids by which it can be followed: no path, no address, no body."""

from __future__ import annotations

import logging
import re
import secrets
import time
from typing import Any

from flask import Flask, Response, g, request
from werkzeug.datastructures import Headers

from server.logs.events import Event, describe, describe_error
from server.logs.trail import begin_trail, end_trail

log = logging.getLogger(__name__)

_CLOUD_TRACE = re.compile(r"([0-9a-f]{32})(/[0-9]{1,20})?(;o=[0-9]+)?")
_TRACE_PARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}.*")
NO_TRACE = "0" * 32
QUIET_BELOW = {"healthz": 500, "readyz": 500, "warmup": 500, "run_job": 501}
"""Views that are asked all the time, or whose job has a line of its own, and from which status on they have a line."""


def follow_requests(app: Flask) -> None:
    """Give each request a trail, and write its line when it is answered."""

    @app.before_request
    def begin() -> None:
        ids = read_ids(request.headers)
        g.trail, g.trail_token = begin_trail(**ids)
        g.began = time.perf_counter()

    @app.after_request
    def write_line(response: Response) -> Response:
        view = (request.endpoint or "").rpartition(".")[2]
        if "began" in g and response.status_code >= QUIET_BELOW.get(view, 0):
            _log_answer(response.status_code)
        return response

    @app.teardown_request
    def end(_error: BaseException | None) -> None:
        if token := g.pop("trail_token", None):
            end_trail(token)


def log_unexpected(error: BaseException | None) -> None:
    """In place of Flask's own line, which has the path and the error's text."""
    fields: dict[str, Any] = describe_error(Event.BUG, error) if error else describe(Event.BUG)
    log.error("the service met an error that nobody expected", extra=fields)


def read_ids(headers: Headers) -> dict[str, str]:
    """The request's id, and the trace's where the front end names one. A header of any other form is not repeated."""
    traced = _CLOUD_TRACE.fullmatch(headers.get("X-Cloud-Trace-Context", ""))
    traced = traced or _TRACE_PARENT.fullmatch(headers.get("traceparent", ""))
    if traced and traced.group(1) != NO_TRACE:
        return {"request_id": traced.group(1), "trace": traced.group(1)}
    return {"request_id": secrets.token_hex(16)}


def _log_answer(status: int) -> None:
    rule = request.url_rule
    # The rule and not the path: a stranger may ask for a path with anything in it.
    fields = describe(
        Event.REQUEST,
        route=rule.rule if rule else "unknown",
        method=request.method if rule else "any",
        status=status,
        duration_ms=round((time.perf_counter() - g.began) * 1000),
        **g.trail.fields(),
    )
    log.log(logging.ERROR if status >= 500 else logging.INFO, "a request was answered", extra=fields)
