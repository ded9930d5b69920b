"""Google's ID tokens, verified by google-auth. Google's certificates are kept as long as their answer allows."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass
from typing import Any

import google.auth.transport
import requests
from google.auth.exceptions import GoogleAuthError, TransportError
from google.oauth2 import id_token

from server.adapters.transport import Transport
from server.domain.caller import Caller
from server.domain.errors import TransientError, UntrustedCallerError
from server.ports.patience import hold

SKEW = 10
"""Seconds by which clocks may differ."""
LONGEST_TOKEN = 8_192
"""Characters; a longer text is refused before anything parses it."""
LEAST_FRESH = 60.0
"""Seconds for which certificates are kept in any case."""
UNTRUSTED = "The caller cannot prove who it is."


class GoogleIdentity:
    """Implements ``server.ports.identity.Identity``. Thread-safe. Tokens expire by this machine's clock."""

    def __init__(self, transport: Transport) -> None:
        self._certificates = _Certificates(transport)

    def check_service(self, token: str, audience: str, account: str) -> None:
        claims = self._verify(token, audience)
        if not account or claims.get("email") != account or claims.get("email_verified") is not True:
            raise UntrustedCallerError(UNTRUSTED)

    def person(self, token: str, audience: str) -> Caller:
        claims = self._verify(token, audience)
        subject, address = str(claims.get("sub") or ""), str(claims.get("email") or "").lower()
        if not subject or not address or claims.get("email_verified") is not True:
            raise UntrustedCallerError(UNTRUSTED)
        return Caller(subject, address)

    def _verify(self, token: str, audience: str) -> dict[str, Any]:
        # Without an audience google-auth would check none.
        if not token or not audience or len(token) > LONGEST_TOKEN:
            raise UntrustedCallerError(UNTRUSTED)
        try:
            claims: dict[str, Any] = id_token.verify_oauth2_token(
                token, self._certificates, audience, clock_skew_in_seconds=SKEW
            )
        except TransportError:
            raise TransientError("Google's certificates cannot be read.") from None
        except (ValueError, GoogleAuthError, TypeError, KeyError, AttributeError):
            raise UntrustedCallerError(UNTRUSTED) from None
        return claims


@dataclass(frozen=True)
class _Response:
    """What google-auth reads of a response."""

    status: int
    headers: dict[str, str]
    data: bytes


class _Certificates(google.auth.transport.Request):
    """A transport for google-auth, which asks for the certificates with every token."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[float, _Response]] = {}

    def __call__(self, url: str, method: str = "GET", *_args: Any, **_kwargs: Any) -> Any:
        with hold(self._lock):
            until, kept = self._kept.get(url, (0.0, None))
            if kept is not None and time.monotonic() < until:
                return kept
            fresh = self._fetch(url, method)
            # A refusal is not kept: the next token asks again.
            if fresh.status == requests.codes.ok:
                self._kept[url] = (time.monotonic() + _read_lifetime(fresh.headers), fresh)
            return fresh

    def _fetch(self, url: str, method: str) -> _Response:
        try:
            response = self._transport.session().request(method, url)
        except requests.RequestException:
            raise TransportError("Google's certificates cannot be read.") from None
        return _Response(response.status_code, dict(response.headers), response.content)


def _read_lifetime(headers: dict[str, str]) -> float:
    control = next((value for name, value in headers.items() if name.lower() == "cache-control"), "")
    max_age = re.search(r"max-age=([0-9]{1,9})", control)
    return max(float(max_age[1]) if max_age else 0.0, LEAST_FRESH)
