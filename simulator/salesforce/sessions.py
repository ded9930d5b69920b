"""Who may call: registered apps, JWT bearer and client credentials, sessions that end."""

from __future__ import annotations

import base64
import binascii
import secrets
import threading
import time
from collections.abc import Callable
from typing import Any

import jwt
from werkzeug.wrappers import Request, Response

from simulator.salesforce.errors import reply
from simulator.salesforce.switches import OrgSwitches

IDENTITY_HOST = "login.salesforce.com"
"""A login's answer names the user there, whatever the org's own domain."""
NOBODY = "005S0000000000001AAA"
"""The API's user where the world names none."""
BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LONGEST_LIFE = 300.0
"""Seconds that an assertion may live."""
REFUSALS = {
    "user hasn't approved this consumer": "invalid_grant",
    "audience is invalid": "invalid_grant",
    "invalid assertion": "invalid_grant",
    "expired authorization code": "invalid_grant",
    "ip restricted": "invalid_grant",
    "ip restricted or invalid login hours": "invalid_grant",
    "no client credentials user enabled": "invalid_grant",
    "request not supported on this domain": "invalid_grant",
    "user is inactive": "inactive_user",
    "organization is inactive": "inactive_org",
    "login rate exceeded": "rate_limit_exceeded",
    "client identifier invalid": "invalid_client_id",
    "invalid client credentials": "invalid_client",
    "External client app is not installed in this org": "app_not_found",
    "grant type not supported": "unsupported_grant_type",
}
"""How Salesforce refuses a login: its ``error_description``, and the ``error`` that comes with it."""


class Sessions:
    """Thread-safe.

    Scripts from outside replace ``_refused_assertion`` by name and read ``_apps`` (``tests.support.outside``).
    """

    def __init__(self, org_id: str, user: str, switches: Callable[[], OrgSwitches] = OrgSwitches) -> None:
        """``user`` is in whose name every app calls."""
        self._org_id = org_id
        self._user = user or NOBODY
        self._switches = switches
        self._lock = threading.Lock()
        self._apps: dict[str, dict[str, Any]] = {}
        self._tokens: set[str] = set()

    def register(self, app: dict[str, Any]) -> None:
        """``consumer_key`` with ``public_key`` and ``username``, or with ``secret``."""
        with self._lock:
            self._apps[app["consumer_key"]] = app

    def token(self, request: Request) -> Response:
        grant = request.form.get("grant_type")
        if phrase := self._switches().login_refused:
            refusal: tuple[str, str] | None = (REFUSALS.get(phrase, "invalid_grant"), phrase)
        elif grant == BEARER:
            refusal = self._refused_assertion(request)
        elif grant == "client_credentials":
            refusal = self._refused_secret(request)
        else:
            refusal = ("unsupported_grant_type", "grant type not supported")
        if refusal:
            return reply({"error": refusal[0], "error_description": refusal[1]}, 400)
        token = f"{self._org_id[:15]}!{secrets.token_urlsafe(48)}"
        if self._switches().opaque_tokens:
            token = secrets.token_urlsafe(64)
        with self._lock:
            self._tokens.add(token)
        answer = {
            "access_token": token,
            "instance_url": f"https://{host_of(request)}",
            "id": identity_url(IDENTITY_HOST, self._org_id, self._user),
            "token_type": "Bearer",
            "scope": "api",
            "issued_at": "0",
        }
        if self._switches().opaque_tokens:
            del answer["id"]
        return reply(answer)

    def knows(self, request: Request) -> bool:
        with self._lock:
            given = request.headers.get("Authorization", "").removeprefix("Bearer ") or request.args.get("oauth_token")
            return given in self._tokens

    def revoke(self, request: Request) -> Response:
        with self._lock:
            known = request.form.get("token", "")
            if known not in self._tokens:
                return reply({"error": "invalid_token", "error_description": "invalid token"}, 400)
            self._tokens.discard(known)
            return Response("", 200)

    def end_all(self) -> None:
        with self._lock:
            self._tokens.clear()

    def _refused_assertion(self, request: Request) -> tuple[str, str] | None:
        assertion = request.form.get("assertion", "")
        try:
            issuer = jwt.decode(assertion, options={"verify_signature": False}).get("iss")
            app = self._apps.get(str(issuer))
            if app is None:
                return "invalid_client_id", "client identifier invalid"
            claims = jwt.decode(
                assertion, app["public_key"], algorithms=["RS256"], audience=self._audiences(host_of(request)),
                options={"require": ["exp"]},
            )  # fmt: skip
            if float(claims["exp"]) > time.time() + LONGEST_LIFE:
                return "invalid_grant", "invalid assertion"
        except jwt.InvalidAudienceError:
            return "invalid_grant", "audience is invalid"
        except jwt.ExpiredSignatureError:
            return "invalid_grant", "expired authorization code"
        except (jwt.PyJWTError, KeyError):
            return "invalid_grant", "invalid assertion"
        if claims.get("sub") != app.get("username"):
            return "invalid_grant", "user hasn't approved this consumer"
        return None

    def _audiences(self, host: str) -> list[str]:
        """The generic address of a sandbox is another one than that of production."""
        generic = "https://test.salesforce.com" if ".sandbox." in host else "https://login.salesforce.com"
        return [generic] if self._switches().generic_audience else [generic, f"https://{host}"]

    def _refused_secret(self, request: Request) -> tuple[str, str] | None:
        key, secret = request.form.get("client_id", ""), request.form.get("client_secret", "")
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        if scheme == "Basic":
            try:
                key, _, secret = base64.b64decode(given).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                return "invalid_client", "invalid client credentials"
        app = self._apps.get(key)
        if app is None:
            return "invalid_client_id", "client identifier invalid"
        if not secrets.compare_digest(str(app.get("secret", "")), secret) or not secret:
            return "invalid_client", "invalid client credentials"
        return None


def identity_url(host: str, org_id: str, user: str) -> str:
    return f"https://{host}/id/{org_id}/{user}"


def host_of(request: Request) -> str:
    return request.headers.get("X-Forwarded-Host") or request.host
