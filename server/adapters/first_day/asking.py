"""One question to Google: its answer, or the code of its refusal, and nothing of what the refusal says."""

from __future__ import annotations

import json
import re
from http.client import HTTPException
from typing import Any

import google_auth_httplib2
import httplib2
from googleapiclient.errors import HttpError

from server.adapters.transport import Transport
from server.domain.errors import TrulyError
from server.ports.survey import Answer, Value

CODE = re.compile(r"[A-Za-z_]{1,40}")


class Refusal(Exception):
    """``reason`` is a code of Google's, or the class of an error of ours."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason

    def answer(self, question: str) -> Answer:
        return Answer(question, self.status, self.reason)


def ask(request: Any, credentials: Any, transport: Transport) -> dict[str, Any]:
    """Raises Refusal."""
    try:
        http = google_auth_httplib2.AuthorizedHttp(credentials, http=transport.http(), max_refresh_attempts=1)
        resource = request.execute(http=http)
    except HttpError as error:
        raise Refusal(int(error.resp.status), _read_code(error.content)) from None
    except TrulyError as error:
        raise refuse(error) from None
    except (httplib2.HttpLib2Error, HTTPException, OSError, UnicodeDecodeError):
        raise Refusal(0, "no_answer") from None
    if not isinstance(resource, dict):
        raise Refusal(200, "not_json")
    return resource


def refuse(error: TrulyError) -> Refusal:
    return Refusal(0, str(getattr(error, "code", "") or type(error).__name__))


def count(words: list[str]) -> dict[str, Value]:
    return {word: words.count(word) for word in sorted(set(words))}


def _read_code(content: bytes) -> str:
    try:
        error: Any = json.loads(content)["error"]
        named = [*error.get("errors", ()), *error.get("details", ()), {"reason": error.get("status", "")}]
        code = next(str(item["reason"]) for item in named if item.get("reason"))
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration):
        return ""
    return code if CODE.fullmatch(code) else ""
