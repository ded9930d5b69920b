"""The one place that makes credentials. It refuses a mailbox outside the configured scope, and raises an alarm."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import google.auth
import google.auth.exceptions
from google.auth import impersonated_credentials
from google.auth.credentials import Credentials
from google.auth.transport.requests import Request
from google.oauth2 import service_account

from server.adapters.google.scope import ScopeCheck
from server.adapters.google.token_failures import map_refresh_error
from server.adapters.transport import Transport
from server.domain.alarm import AlarmCode
from server.domain.errors import (
    ConfigurationError,
    MailboxRefusedError,
    OutOfScopeError,
    TransientError,
    TrulyError,
)
from server.domain.trouble import TroubleCode
from server.ports.alarms import Alarms
from server.ports.patience import hold

GMAIL_SCOPES = ("https://www.googleapis.com/auth/gmail.readonly",)
DIRECTORY_SCOPES = (
    "https://www.googleapis.com/auth/admin.directory.user.readonly",
    "https://www.googleapis.com/auth/admin.directory.domain.readonly",
    "https://www.googleapis.com/auth/admin.directory.group.readonly",
)
REPORTS_SCOPES = ("https://www.googleapis.com/auth/admin.reports.audit.readonly",)


@dataclass(frozen=True)
class Delegation:
    """Who acts for whom. Without a ``key_file`` there is no key: the process's own identity signs as ``delegate``."""

    admin: str
    delegate: str = ""
    key_file: Path | None = None


class ScopeGuard(Protocol):
    def check_address(self, address: str) -> ScopeCheck: ...


class DelegatedCredentials(Credentials):
    """Credentials that are always refreshed over our transport, and that fail with the domain's errors.

    The client libraries would refresh over a connection of their own: past the simulator, and without a time-out.
    """

    def __init__(self, inner: Any, transport: Transport, client_id: str, scopes: tuple[str, ...]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._inner = inner
        self._transport = transport
        self._client_id = client_id
        self._requested_scopes = scopes

    def refresh(self, _request: Any) -> None:
        try:
            self._inner.refresh(Request(session=self._transport.session()))
        except google.auth.exceptions.RefreshError as error:
            raise map_refresh_error(error, self._client_id, self._requested_scopes) from None
        except google.auth.exceptions.GoogleAuthError:
            raise TransientError("Google's token service cannot be reached.") from None
        self.token, self.expiry = self._inner.token, self._inner.expiry


class SharedIdentity(Credentials):
    """The process's own identity. google-auth copies it for every mailbox; all copies share one token."""

    def __init__(self, inner: Any, lock: threading.Lock) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._inner = inner
        self._shared_lock = lock

    def refresh(self, request: Any) -> None:
        with hold(self._shared_lock):
            # Another copy may have refreshed meanwhile: then its token is newer than ours and serves as well.
            if not self._inner.valid or self._inner.token == self.token:
                self._inner.refresh(request)
            self.token, self.expiry = self._inner.token, self._inner.expiry


def _find_refused(mint: Callable[[tuple[str, ...]], Any], scopes: tuple[str, ...]) -> list[str]:
    """Those of the scopes for which Google gives no token. Raises what else the mint raises."""
    try:
        mint(scopes)
    except MailboxRefusedError as error:
        if error.code is not TroubleCode.NOT_DELEGATED:
            raise
    else:
        return []
    # One that lacks is enough for Google to refuse them all.
    if len(scopes) == 1:
        return list(scopes)
    return [scope for one in scopes for scope in _find_refused(mint, (one,))]


class CredentialMint:
    """Delegated credentials, one for each subject and set of scopes, kept while they live. Thread-safe.

    Until ``guard`` is called no mailbox is in scope.
    """

    def __init__(self, delegation: Delegation, transport: Transport, alarms: Alarms) -> None:
        self._delegation = delegation
        self._transport = transport
        self._alarms = alarms
        self._scope: ScopeGuard | None = None
        self._lock = threading.Lock()
        self._minted: dict[tuple[str, tuple[str, ...]], Any] = {}
        self._client_id = ""
        self._source = self._load()
        self._identity: SharedIdentity | None = None

    def guard(self, scope: ScopeGuard) -> None:
        """Let ``scope`` say whose mailbox may be read.

        It comes after the start, for the scope asks the Directory, and the Directory needs this mint.
        """
        self._scope = scope

    def for_mailbox(self, addresses: tuple[str, ...]) -> Any:
        """Raises OutOfScopeError before anything is asked of Google for a mailbox that is not in scope, or unknown.

        Raises TransientError where nobody can know: that is no permission. The first address is whom we act for, and
        it is that one which must be in scope: an address may have gone to somebody else since.
        """
        check = self._scope.check_address(addresses[0]) if self._scope else ScopeCheck(is_in_scope=False, since=0)
        if not check.is_in_scope:
            self._alarms.raise_alarm(AlarmCode.OUT_OF_SCOPE_ASKED, check.mailbox_id)
            raise OutOfScopeError(
                "This mailbox is outside the configured scope (MAILBOXES, SCOPE_ORG_UNITS, SCOPE_GROUPS)."
            )
        return self._mint(addresses[0], GMAIL_SCOPES)

    def for_directory(self) -> Any:
        return self._mint(self._delegation.admin, DIRECTORY_SCOPES)

    def for_reports(self) -> Any:
        return self._mint(self._delegation.admin, REPORTS_SCOPES)

    def refused_scopes(self, addresses: Sequence[str], *, has_reports: bool) -> tuple[str, ...]:
        """Implements ``server.ports.delegation.Delegation``."""
        refused = self._find_refused_for_all(addresses)
        for scopes in (DIRECTORY_SCOPES, REPORTS_SCOPES) if has_reports else (DIRECTORY_SCOPES,):
            refused += _find_refused(lambda scopes: self._mint(self._delegation.admin, scopes), scopes)
        return tuple(refused)

    def _find_refused_for_all(self, addresses: Sequence[str]) -> list[str]:
        refused: list[str] = []
        for address in addresses:
            try:
                refused = self._find_refused_for(address)
            except TrulyError:
                return []  # this person's own, or the checks of Gmail say so
            if not refused:
                return []
        return refused

    def _find_refused_for(self, address: str) -> list[str]:
        return _find_refused(lambda _scopes: self.for_mailbox((address,)), GMAIL_SCOPES)

    def _mint(self, subject: str, scopes: tuple[str, ...]) -> Any:
        with hold(self._lock):
            credentials = self._minted.get((subject, scopes))
            if credentials is None:
                inner = self._delegate(subject, scopes)
                credentials = DelegatedCredentials(inner, self._transport, self._client_id, scopes)
                self._minted[subject, scopes] = credentials
        # Outside the lock: a slow refresh must not hold up the other mailboxes.
        if not credentials.valid:
            credentials.refresh(None)
        return credentials

    def _load(self) -> Any:
        path = self._delegation.key_file
        if path is None:
            return None
        try:
            info = json.loads(path.read_text(encoding="utf-8"))
            self._client_id = str(info.get("client_id", ""))
            return service_account.Credentials.from_service_account_info(info)
        except (ValueError, OSError, AttributeError, TypeError, RecursionError):
            raise ConfigurationError(f"GOOGLE_SERVICE_ACCOUNT_FILE is not a service account key: {path}") from None

    def _delegate(self, subject: str, scopes: tuple[str, ...]) -> Any:
        if self._source is not None:
            return self._source.with_scopes(list(scopes)).with_subject(subject)
        return impersonated_credentials.Credentials(
            source_credentials=self._own_identity(),
            target_principal=self._delegation.delegate,
            target_scopes=list(scopes),
            subject=subject,
        )

    def _own_identity(self) -> SharedIdentity:
        if self._identity is None:
            try:
                source, _project = google.auth.default(
                    scopes=["https://www.googleapis.com/auth/iam"], request=Request(session=self._transport.session())
                )
            except google.auth.exceptions.DefaultCredentialsError:
                raise ConfigurationError(
                    "There is no GOOGLE_SERVICE_ACCOUNT_FILE, and this machine has no Google identity of its own. Run"
                    " `gcloud auth application-default login`, or use a service account."
                ) from None
            self._identity = SharedIdentity(source, threading.Lock())
        return self._identity
