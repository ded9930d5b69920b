"""People who let an app into their mailbox: the refresh token that they gave it, until they take it back."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

GRANT = "refresh_token"
Refusal = tuple[int, str, str]
"""Status, error, description: as the token endpoint says them."""
NO_CLIENT: Refusal = (401, "invalid_client", "The OAuth client was not found.")
WRONG_SECRET: Refusal = (401, "invalid_client", "Unauthorized")
NO_TOKEN: Refusal = (400, "invalid_request", "Missing required parameter: refresh_token")
BAD_TOKEN: Refusal = (400, "invalid_grant", "Bad Request")
REVOKED: Refusal = (400, "invalid_grant", "Token has been expired or revoked.")
WRONG_CLIENT: Refusal = (401, "unauthorized_client", "Unauthorized")
NOT_GRANTED: Refusal = (400, "invalid_scope", "Bad Request")


class ConsentError(Exception):
    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal[2])
        self.refusal = refusal


@dataclass
class Consent:
    client_id: str
    email: str
    scopes: frozenset[str]
    is_revoked: bool = False


class Consents:
    """Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._secrets: dict[str, str] = {}
        self._consents: dict[str, Consent] = {}

    def give(self, request: dict[str, Any]) -> dict[str, str]:
        """``client_id``, ``client_secret``, ``email`` and ``scopes``, as after Google's own page of consent."""
        token = "1//0" + secrets.token_urlsafe(32)
        consent = Consent(request["client_id"], str(request["email"]).lower(), frozenset(request["scopes"]))
        with self._lock:
            self._secrets[consent.client_id] = request["client_secret"]
            self._consents[token] = consent
        return {"refresh_token": token}

    def revoke(self, token: str) -> bool:
        """Whether there was anything to revoke."""
        with self._lock:
            consent = self._consents.get(token)
            if consent is None or consent.is_revoked:
                return False
            consent.is_revoked = True
            return True

    def find_consent(self, form: MultiDict[str, str]) -> Consent:
        """Who let whom do what, with no more scopes than ``scope`` asks for. Raises ConsentError."""
        client, token = form.get("client_id", ""), form.get("refresh_token")
        with self._lock:
            secret, consent = self._secrets.get(client), self._consents.get(token or "")
        if refusal := _refusal(client, secret, form.get("client_secret"), token, consent):
            raise ConsentError(refusal)
        assert consent is not None
        scopes = frozenset(form.get("scope", "").split()) or consent.scopes
        if not scopes <= consent.scopes:
            raise ConsentError(NOT_GRANTED)
        return Consent(consent.client_id, consent.email, scopes)


def _refusal(
    client: str, secret: str | None, given: str | None, token: str | None, consent: Consent | None
) -> Refusal | None:
    if secret is None:
        return NO_CLIENT
    if given != secret:
        return WRONG_SECRET
    if not token:
        return NO_TOKEN
    if consent is None:
        return BAD_TOKEN
    if consent.client_id != client:
        return WRONG_CLIENT
    return REVOKED if consent.is_revoked else None
