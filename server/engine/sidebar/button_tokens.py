"""The signed orders of buttons. A token passes through the client, so it is bound to one person and expires."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from itsdangerous import BadData, TimestampSigner, URLSafeTimedSerializer

from server.domain.errors import UntrustedCallerError
from server.ports.clock import Clock
from server.vault.hashes import KeyedHasher

LIFETIME = 12 * 3600.0
"""Seconds: a card that stays open over lunch still works, and a card of yesterday does not."""
SKEW = 60.0
"""Seconds by which the clocks of two of our machines may differ."""
LONGEST = 4_000
"""Characters. The longest order that a card holds takes some 300."""
PURPOSE = "addon-action"
EARLIER_FORM = re.compile(r"[\w-]+=*\.v\d+:[0-9a-f]{64}", re.ASCII)
"""The first form of a token: a body and a keyed hash. A card that stayed open over an update may hold one."""


class StaleTokenError(UntrustedCallerError):
    """The token is too old, or of a form or an operation that this version does not have. Nothing may be done."""


@dataclass(frozen=True)
class Order:
    """What a button asks for: the operation, the message of the card, and the operation's arguments."""

    operation: str
    message_id: str
    thread_id: str
    arguments: Mapping[str, str] = field(default_factory=dict)


class Signer:
    """HMAC-SHA256 under keys derived from the hash keys. A token signed before a rotation of the keys still holds."""

    def __init__(self, hasher: KeyedHasher, clock: Clock) -> None:
        self._keys = hasher.derive_keys(PURPOSE)
        self._clock = clock

    def sign(self, order: Order, subject: str) -> str:
        """``subject`` is the person who may use the token."""
        fields = [order.operation, order.message_id, order.thread_id, dict(order.arguments)]
        token: str = self._serializer(subject).dumps(fields)
        return token

    def read(self, token: str, subject: str) -> Order:
        """Raises UntrustedCallerError, StaleTokenError."""
        if len(token) > LONGEST:
            raise UntrustedCallerError("The button's token is too long.")
        if not token.isascii():  # a lone surrogate could not even be encoded
            raise UntrustedCallerError("The button's token is not valid.")
        if EARLIER_FORM.fullmatch(token):
            # Its signature is not checked: all that anybody gets for it is a card that says so.
            raise StaleTokenError("The button's token has an earlier form.")
        try:
            fields, signed_at = self._serializer(subject).loads(token, return_timestamp=True)
        except BadData:
            raise UntrustedCallerError("The button's token is not valid.") from None
        age = self._clock.now() - signed_at.timestamp()
        if not -SKEW <= age <= LIFETIME:
            raise StaleTokenError("The button's token is too old.")
        operation, message_id, thread_id, arguments = fields
        return Order(operation, message_id, thread_id, arguments)

    def _serializer(self, subject: str) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(
            list(self._keys),
            salt=f"{PURPOSE}\0{subject}",
            signer=_ClockSigner,
            signer_kwargs={"clock": self._clock, "key_derivation": "hmac", "digest_method": hashlib.sha256},
        )


class _ClockSigner(TimestampSigner):
    """Signs with the time of our clock, where the library's own signer asks the system."""

    def __init__(self, *arguments: Any, clock: Clock, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._clock = clock

    def get_timestamp(self) -> int:
        return int(self._clock.now())
