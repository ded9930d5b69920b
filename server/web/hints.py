"""What Pub/Sub posts: an envelope around Gmail's data, in each of the forms that documents and samples show."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from server.domain.errors import BadInputError
from server.domain.ids import Cursor

MALFORMED = "The push cannot be read."


@dataclass(frozen=True)
class Hint:
    """``address`` is lower-case. ``position`` may be old or repeated: it says only that there is news."""

    address: str
    position: Cursor

    @classmethod
    def parse(cls, body: bytes) -> Hint:
        """Raises BadInputError."""
        message = _object(body).get("message")
        data = message.get("data") if isinstance(message, dict) else None
        if not isinstance(data, str):
            raise BadInputError(MALFORMED)
        news = _object(_decode_base64(data))
        address = news.get("emailAddress")
        if not isinstance(address, str) or "@" not in address:
            raise BadInputError(MALFORMED)
        return cls(address.strip().lower(), _position(news.get("historyId")))


def _object(text: bytes) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise BadInputError(MALFORMED) from None
    if not isinstance(value, dict):
        raise BadInputError(MALFORMED)
    return value


def _decode_base64(data: str) -> bytes:
    """Base64 in the usual alphabet or the one for URLs, padded or not: documents and samples differ."""
    digits = data.strip().rstrip("=").translate(str.maketrans("-_", "+/"))
    try:
        return base64.b64decode(digits + "=" * (-len(digits) % 4), validate=True)
    except ValueError:
        raise BadInputError(MALFORMED) from None


def _position(value: object) -> Cursor:
    """A number, or a text of digits."""
    is_number = (isinstance(value, int) and not isinstance(value, bool)) or (
        isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= len(str(2**64))
    )
    if not is_number:
        raise BadInputError(MALFORMED)
    return Cursor(int(value))  # type: ignore[call-overload]
