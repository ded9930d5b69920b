"""Answers in Google's shapes, and failures on request."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from werkzeug.wrappers import Response


@dataclass(frozen=True, slots=True)
class Streamed:
    """A text in an answer that is too long to be held; its ``parts`` have no character that JSON would escape."""

    parts: Iterable[str]


def reply(body: Any, status: int = 200) -> Response:
    """A streamed text may stand at the top of ``body``; the answer then has no Content-Length."""
    is_streamed = isinstance(body, dict) and any(isinstance(value, Streamed) for value in body.values())
    return Response(_pieces(body) if is_streamed else json.dumps(body), status, mimetype="application/json")


def _pieces(body: dict[str, Any]) -> Iterator[str]:
    before = "{"
    for name, value in body.items():
        yield f"{before}{json.dumps(name)}: "
        if isinstance(value, Streamed):
            yield '"'
            yield from value.parts
            yield '"'
        else:
            yield json.dumps(value)
        before = ", "
    yield "}"


class Failure(Exception):
    """A refused call: turned into Google's error body where it is caught."""

    def __init__(
        self, status: int, reason: str, message: str, code: str = "", *,
        domain: str = "global", wait: str = "", details: Sequence[Mapping[str, Any]] = (),
    ) -> None:  # fmt: skip
        """Google's newer services have no ``reason``: it is empty, and ``details`` have the cause."""
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message
        self.code = code
        self.domain = domain
        self.wait = wait
        self.details = list(details)

    def response(self) -> Response:
        error: dict[str, Any] = {"code": self.status, "message": self.message}
        if self.reason:
            error["errors"] = [{"message": self.message, "domain": self.domain, "reason": self.reason}]
        if self.details:
            error["details"] = self.details
        response = reply({"error": {**error, **({"status": self.code} if self.code else {})}}, self.status)
        if self.wait:
            response.headers["Retry-After"] = self.wait
        return response


NOT_FOUND = (404, "notFound", "Requested entity was not found.", "NOT_FOUND")
BAD_REQUEST = (400, "badRequest", "Bad Request", "INVALID_ARGUMENT")

KINDS: dict[str, tuple[int, str, str, str]] = {
    "rateLimitExceeded": (
        403,
        "rateLimitExceeded",
        "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute per user'",
        "PERMISSION_DENIED",
    ),
    "userRateLimitExceeded": (403, "userRateLimitExceeded", "User Rate Limit Exceeded", "PERMISSION_DENIED"),
    "dailyLimitExceeded": (403, "dailyLimitExceeded", "Daily Limit Exceeded", "PERMISSION_DENIED"),
    "domainPolicy": (403, "domainPolicy", "The domain administrators have disabled Gmail apps.", "PERMISSION_DENIED"),
    "failedPrecondition": (400, "failedPrecondition", "Precondition check failed.", "FAILED_PRECONDITION"),
    "authError": (401, "authError", "Invalid Credentials", "UNAUTHENTICATED"),
    "404": NOT_FOUND,
    "429": (429, "rateLimitExceeded", "Too many concurrent requests for user.", "RESOURCE_EXHAUSTED"),
    "500": (500, "backendError", "Backend Error", "INTERNAL"),
    "503": (503, "backendError", "The service is currently unavailable.", "UNAVAILABLE"),
}
"""The kinds of failure that Gmail and Directory know.

``drop_answer``, ``429_until:<RFC 3339>`` and ``429_after:<Retry-After>`` besides.
"""


API_TITLES = {
    "gmail.googleapis.com": "Gmail API",
    "admin.googleapis.com": "Admin SDK API",
    "iamcredentials.googleapis.com": "IAM Service Account Credentials API",
}
"""APIs that a project must enable, by name."""
A_PROJECT = "428119007321"


def refuse_api(service: str) -> Failure:
    """For every call of an API that the project has not enabled."""
    address = f"https://console.developers.google.com/apis/api/{service}/overview?project={A_PROJECT}"
    message = (
        f"{API_TITLES[service]} has not been used in project {A_PROJECT} before or it is disabled. Enable it by"
        f" visiting {address} then retry. If you enabled this API recently, wait a few minutes for the action to"
        " propagate to our systems and retry."
    )
    details: list[dict[str, Any]] = [
        {
            "@type": "type.googleapis.com/google.rpc.Help",
            "links": [{"description": "Google developers console API activation", "url": address}],
        },
        {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "SERVICE_DISABLED",
            "domain": "googleapis.com",
            "metadata": {"consumer": f"projects/{A_PROJECT}", "service": service},
        },
    ]
    # The newer service answers without the list of errors that has the reason.
    reason = "" if service == "iamcredentials.googleapis.com" else "accessNotConfigured"
    return Failure(403, reason, message, "PERMISSION_DENIED", domain="usageLimits", details=details)


def failure_of(kind: str) -> Failure:
    if kind.startswith("429_until:"):
        text = f"User-rate limit exceeded.  Retry after {kind.partition(':')[2]}"
        return Failure(429, "userRateLimitExceeded", text, "RESOURCE_EXHAUSTED")
    if kind.startswith("429_after:"):
        return Failure(*KINDS["429"], wait=kind.partition(":")[2])
    return Failure(*KINDS.get(kind, KINDS["500"]))


def drop_connection() -> Response:
    """More bytes promised than sent: the client sees a connection that ended in the middle."""
    response = Response(b"", 200, mimetype="application/json")
    response.automatically_set_content_length = False
    response.headers["Content-Length"] = "4096"
    return response
