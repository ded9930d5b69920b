"""One question to Google: its answer, or the code of its refusal, and nothing of what the refusal says."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from http.client import HTTPException
from typing import Any

import google_auth_httplib2
import httplib2
from googleapiclient.errors import HttpError

from server.adapters.transport import Transport
from server.domain.errors import TrulyError
from server.domain.trouble import TroubleCode
from server.ports.survey import Answer, Value

CODES = frozenset(
    {
        "accessNotConfigured", "authError", "backendError", "badRequest", "conditionNotMet", "conflict",
        "dailyLimitExceeded", "delegationDenied", "domainCannotUseApis", "domainPolicy", "failedPrecondition",
        "forbidden", "insufficientPermissions", "internalError", "invalid", "invalidArgument", "invalidParameter",
        "limitExceeded", "mailServiceNotEnabled", "notFound", "quotaExceeded", "rateLimitExceeded", "required",
        "resourceNotFound", "serviceDisabled", "unauthorized", "unknownAuthError", "userRateLimitExceeded",
        "variableTermLimitExceeded", "accessTokenScopeInsufficient",
        "ABORTED", "ACCESS_TOKEN_SCOPE_INSUFFICIENT", "ALREADY_EXISTS", "CANCELLED", "CONSUMER_INVALID", "DATA_LOSS",
        "DEADLINE_EXCEEDED", "FAILED_PRECONDITION", "IAM_PERMISSION_DENIED", "INTERNAL", "INVALID_ARGUMENT",
        "NOT_FOUND", "OUT_OF_RANGE", "PERMISSION_DENIED", "RATE_LIMIT_EXCEEDED", "RESOURCE_EXHAUSTED",
        "SERVICE_DISABLED", "UNAUTHENTICATED", "UNAVAILABLE", "UNIMPLEMENTED", "UNKNOWN", "USER_PROJECT_DENIED",
    }
)  # fmt: skip
"""The words of Google's that are told. Whoever stands between (a company's proxy) may answer in words of its own."""
ANOTHER = "another"


class Refusal(Exception):
    """``reason`` is one of ``CODES``, or a word of ours for an answer that has none."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def ask(request: Any, credentials: Any, transport: Transport) -> dict[str, Any]:
    """Raises Refusal."""
    try:
        http = google_auth_httplib2.AuthorizedHttp(credentials, http=transport.http(), max_refresh_attempts=1)
        resource = request.execute(http=http)
    except HttpError as error:
        raise Refusal(int(error.resp.status), _read_code(error.content)) from None
    except (httplib2.HttpLib2Error, HTTPException, OSError, UnicodeDecodeError):
        raise Refusal(0, "no_answer") from None
    if not isinstance(resource, dict):
        raise Refusal(200, "not_json")
    return resource


def answer(question: str, ask_and_read: Callable[[], Mapping[str, Value]]) -> Answer:
    """What is read, or why nothing is: a vendor's answer of a form that nobody foresaw costs no other answer."""
    try:
        return Answer(question, values=ask_and_read())
    except Refusal as refusal:
        return Answer(question, refusal.status, refusal.reason)
    except TrulyError as error:
        code = getattr(error, "code", "")
        return Answer(question, 0, code.value if isinstance(code, TroubleCode) else type(error).__name__)
    except Exception as error:  # noqa: BLE001  # whatever it is, it is this question's
        return Answer(question, 0, type(error).__name__)


def count(words: list[str]) -> dict[str, Value]:
    return {word: words.count(word) for word in sorted(set(words))}


def _read_code(content: bytes) -> str:
    try:
        error: Any = json.loads(content)["error"]
        named = [*error.get("errors", ()), *error.get("details", ()), {"reason": error.get("status", "")}]
        code = next(str(item["reason"]) for item in named if item.get("reason"))
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration):
        return ""
    return code if code in CODES else ANOTHER
