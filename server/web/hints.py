"""What Pub/Sub posts: an envelope around Gmail's own few words, in any of the forms that were seen."""

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
    """``address`` is lower-case. ``position`` may be late, or repeated: our own cursor knows better."""

    address: str
    position: Cursor

    @classmethod
    def parse(cls, body: bytes) -> Hint:
        """Raises BadInputError."""
        message = _object(body).get("message")
        data = message.get("data") if isinstance(message, dict) else None
        if not isinstance(data, str):
            raise BadInputError(MALFORMED)
        said = _object(_decoded(data))
        address = said.get("emailAddress")
        if not isinstance(address, str) or "@" not in address:
            raise BadInputError(MALFORMED)
        return cls(address.strip().lower(), _position(said.get("historyId")))


def _object(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise BadInputError(MALFORMED) from None
    if not isinstance(found, dict):
        raise BadInputError(MALFORMED)
    return found


def _decoded(data: str) -> bytes:
    """Base64 in the usual alphabet or the one for URLs, padded or not: documents and samples differ."""
    plain = data.strip().rstrip("=").translate(str.maketrans("-_", "+/"))
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except ValueError:
        raise BadInputError(MALFORMED) from None


def _position(value: object) -> Cursor:
    """A number, or a number in words."""
    is_number = (isinstance(value, int) and not isinstance(value, bool)) or (
        isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= len(str(2**64))
    )
    if not is_number:
        raise BadInputError(MALFORMED)
    return Cursor(int(value))  # type: ignore[call-overload]
