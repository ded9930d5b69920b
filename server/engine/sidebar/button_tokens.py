"""What a button asks for. It goes through the client, so it is signed, bound to the person, and ends after a while."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from server.domain.errors import UntrustedCallerError
from server.engine.ports import Ports

LIFETIME = 12 * 3600.0
"""Seconds: a card left open over lunch still works, one of yesterday does not."""
LONGEST = 4_000
KIND = "addon-action"


class ExpiredError(UntrustedCallerError):
    """Signed by us for this person, but too long ago: the card is stale."""


@dataclass(frozen=True)
class Order:
    """What a button asks for: the operation, the message it was shown on, and its arguments."""

    operation: str
    message_id: str
    thread_id: str
    arguments: Mapping[str, str] = field(default_factory=dict)


class Signer:
    """HMAC-SHA256 under the hash keys. A parameter signed before a rotation still holds."""

    def __init__(self, ports: Ports) -> None:
        self._hasher = ports.hasher
        self._clock = ports.clock

    def sign(self, order: Order, subject: str) -> str:
        """``subject`` is the person who may use it."""
        ends_at = int(self._clock.now() + LIFETIME)
        plain = [order.operation, order.message_id, order.thread_id, dict(order.arguments), ends_at]
        body = json.dumps(plain, separators=(",", ":")).encode()
        return f"{base64.urlsafe_b64encode(body).decode()}.{self._hasher.hash(KIND, _bound(subject, body))}"

    def read(self, token: str, subject: str) -> Order:
        """Raises UntrustedCallerError, ExpiredError."""
        encoded, _, mac = token.partition(".")
        try:
            body = base64.b64decode(encoded.encode("ascii"), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise UntrustedCallerError("A parameter is not one of ours.") from None
        known = self._hasher.all(KIND, _bound(subject, body))
        if len(token) > LONGEST or not any(hmac.compare_digest(mac.encode(), one.encode()) for one in known):
            raise UntrustedCallerError("A parameter is not one of ours.")
        operation, message_id, thread_id, arguments, ends_at = json.loads(body)
        if self._clock.now() > ends_at:
            raise ExpiredError("A parameter is too old.")
        return Order(operation, message_id, thread_id, arguments)


def _bound(subject: str, body: bytes) -> str:
    return f"{len(subject)}:{subject}:{body.decode('ascii')}"
