"""The one place where credentials are minted. It refuses a mailbox outside the configured scope, and says so loudly."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import google.auth
import google.auth.exceptions
from google.auth import impersonated_credentials
from google.auth.credentials import Credentials
from google.auth.transport.requests import Request
from google.oauth2 import service_account

from server.adapters.transport import Transport
from server.domain.errors import (
    ConfigurationError,
    MailboxUnavailableError,
    ReconnectRequiredError,
    RefusedError,
    TransientError,
)

log = logging.getLogger(__name__)

GMAIL_SCOPES = ("https://www.googleapis.com/auth/gmail.readonly",)
DIRECTORY_SCOPES = (
    "https://www.googleapis.com/auth/admin.directory.user.readonly",
    "https://www.googleapis.com/auth/admin.directory.domain.readonly",
    "https://www.googleapis.com/auth/admin.directory.group.readonly",
)


@dataclass(frozen=True)
class Delegation:
    """Who acts, for whom. Without a ``key_file`` the process's own identity signs as ``delegate``: no key exists.

    ``scope`` holds mailbox addresses; empty means the whole Workspace.
    """

    admin: str
    delegate: str = ""
    key_file: Path | None = None
    scope: frozenset[str] = frozenset()


class DelegatedCredentials(Credentials):
    """Refreshed over our own transport, whoever asks, and failing in our own words.

    googleapiclient's batch would refresh over a connection of its own: past the simulator, and without a time-out.
    """

    def __init__(self, inner: Any, transport: Transport) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._inner = inner
        self._transport = transport

    def refresh(self, _request: Any) -> None:
        try:
            self._inner.refresh(Request(session=self._transport.session()))
        except google.auth.exceptions.RefreshError as error:
            raise _refresh_failure(error) from None
        except google.auth.exceptions.GoogleAuthError:
            raise TransientError("Google's token service cannot be reached.") from None
        self.token, self.expiry = self._inner.token, self._inner.expiry


class CredentialMint:
    """Delegated credentials, one for each subject and set of scopes, kept while they live. Thread-safe."""

    def __init__(self, delegation: Delegation, transport: Transport) -> None:
        self._delegation = delegation
        self._transport = transport
        self._lock = threading.Lock()
        self._minted: dict[tuple[str, tuple[str, ...]], Any] = {}
        self._source = self._load()

    def for_mailbox(self, addresses: tuple[str, ...]) -> Any:
        """Raises RefusedError for a mailbox outside the configured scope: nothing is minted."""
        scope = self._delegation.scope
        if scope and not scope & set(addresses):
            log.error("ALARM credentials were asked for a mailbox outside the configured scope")
            raise RefusedError("This mailbox is outside the configured scope (MAILBOXES).")
        return self._mint(addresses[0], GMAIL_SCOPES)

    def for_directory(self) -> Any:
        return self._mint(self._delegation.admin, DIRECTORY_SCOPES)

    def _mint(self, subject: str, scopes: tuple[str, ...]) -> Any:
        with self._lock:
            known = self._minted.get((subject, scopes))
            if known is None:
                inner = self._delegated(subject, scopes)
                known = self._minted[subject, scopes] = DelegatedCredentials(inner, self._transport)
        if not known.valid:
            known.refresh(None)
        return known

    def _load(self) -> Any:
        path = self._delegation.key_file
        if path is None:
            return None
        try:
            return service_account.Credentials.from_service_account_file(str(path))
        except (ValueError, OSError):
            raise ConfigurationError(f"GOOGLE_SERVICE_ACCOUNT_FILE is not a service account key: {path}") from None

    def _delegated(self, subject: str, scopes: tuple[str, ...]) -> Any:
        if self._source is not None:
            return self._source.with_scopes(list(scopes)).with_subject(subject)
        try:
            source, _project = google.auth.default(request=Request(session=self._transport.session()))
        except google.auth.exceptions.DefaultCredentialsError:
            raise ConfigurationError(
                "There is no GOOGLE_SERVICE_ACCOUNT_FILE, and this machine has no Google identity of its own."
            ) from None
        return impersonated_credentials.Credentials(
            source_credentials=source,
            target_principal=self._delegation.delegate,
            target_scopes=list(scopes),
            subject=subject,
        )


def _refresh_failure(error: google.auth.exceptions.RefreshError) -> Exception:
    body = error.args[1] if len(error.args) > 1 and isinstance(error.args[1], dict) else {}
    if "jwt" in str(body.get("error_description", "")).lower():
        return ReconnectRequiredError(
            "Google does not accept the service account's signature. Check its key file, and this machine's clock."
        )
    if body.get("error") == "invalid_grant":
        return MailboxUnavailableError("Google knows no such user, or the user is suspended.")
    if getattr(error, "retryable", False):
        return TransientError("Google's token service did not answer.")
    return ReconnectRequiredError(
        "Google refused the service account. Check its client id and scopes under domain-wide delegation."
    )
