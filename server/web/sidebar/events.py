"""The event that Google posts. Apart from the verified tokens, the client may have written anything in it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from server.domain.caller import AddonTokens
from server.domain.errors import BadInputError

DAY = 86_400
TOKEN = re.compile(r"[!-~]{1,4096}")
"""What may stand in a header."""


@dataclass(frozen=True)
class Event:
    """``offset`` is the person's time zone in seconds east of UTC. ``scopes`` is None where Google does not say."""

    user_token: str = field(default="", repr=False)
    scopes: frozenset[str] | None = None
    message_id: str = ""
    thread_id: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    offset: int = 0
    tokens: AddonTokens = field(default_factory=AddonTokens)

    @classmethod
    def parse(cls, body: bytes) -> Event:
        """Raises BadInputError."""
        try:
            event = json.loads(body)
        except (ValueError, RecursionError):  # UnicodeDecodeError is a ValueError too
            raise BadInputError("The event is not JSON.") from None
        if not isinstance(event, dict):
            raise BadInputError("The event is not an object.")
        common, gmail = _object(event, "commonEventObject"), _object(event, "gmail")
        authorization = _object(event, "authorizationEventObject")
        scopes = authorization.get("authorizedScopes")
        return cls(
            user_token=_text(authorization, "userIdToken"),
            scopes=frozenset(map(str, scopes)) if isinstance(scopes, list) else None,
            message_id=_text(gmail, "messageId"),
            thread_id=_text(gmail, "threadId"),
            parameters={str(k): str(v) for k, v in _object(common, "parameters").items()},
            inputs=_inputs(_object(common, "formInputs")),
            offset=_offset(_object(common, "timeZone")),
            tokens=AddonTokens(_token(authorization, "userOAuthToken"), _token(gmail, "accessToken")),
        )


def _object(source: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = source.get(name)
    return value if isinstance(value, dict) else {}


def _text(source: Mapping[str, Any], name: str) -> str:
    value = source.get(name)
    return value if isinstance(value, str) else ""


def _token(source: Mapping[str, Any], name: str) -> str:
    text = _text(source, name)
    return text if TOKEN.fullmatch(text) else ""


def _inputs(form: Mapping[str, Any]) -> dict[str, str]:
    """Google sends a single value as a list too, and may leave out an empty one."""
    inputs: dict[str, str] = {}
    for name, entry in form.items():
        values = _object(entry, "stringInputs").get("value") if isinstance(entry, dict) else None
        if isinstance(values, list) and values and isinstance(values[0], str):
            inputs[name] = values[0]
    return inputs


def _offset(zone: Mapping[str, Any]) -> int:
    """Google writes milliseconds, sometimes as a float, sometimes as text."""
    try:
        seconds = int(float(zone.get("offset") or 0) / 1000)
    except (TypeError, ValueError, OverflowError):
        return 0
    return seconds if abs(seconds) < DAY else 0
