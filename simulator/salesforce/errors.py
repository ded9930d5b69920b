"""Salesforce's refusals: an array for a request, ``statusCode`` within a record."""

from __future__ import annotations

import json
from typing import Any

from werkzeug.wrappers import Response


class ApiError(Exception):
    """A refused request."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message

    @property
    def body(self) -> list[dict[str, Any]]:
        return [{"message": self.message, "errorCode": self.code}]


class RecordError(Exception):
    """A refused record within a request that is answered with 200."""

    def __init__(self, code: str, message: str, *fields: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.fields = fields

    @property
    def body(self) -> dict[str, Any]:
        error = {"statusCode": self.code, "message": self.message, "fields": list(self.fields)}
        return {"success": False, "errors": [error]}


def reply(body: Any, status: int = 200) -> Response:
    return Response(json.dumps(body), status, mimetype="application/json")


def html(status: int, title: str) -> Response:
    return Response(
        f"<html><head><title>{title}</title></head><body>{title}</body></html>", status, mimetype="text/html"
    )


SESSION = ApiError(401, "INVALID_SESSION_ID", "Session expired or invalid")
LIMIT = ApiError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
"""Of 24 hours."""
BUSY = ApiError(403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded.")
"""Too many long calls at once."""
