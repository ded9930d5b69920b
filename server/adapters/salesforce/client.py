"""A session with the org: one shared token, one retry on a dead session, a time-out on every call."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

import requests
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceError
from urllib3.exceptions import NewConnectionError

from server.adapters.salesforce.api_failures import SessionExpired, map_library_error
from server.adapters.salesforce.login import Login, LoginDesk
from server.adapters.salesforce.org.usage import Usage
from server.adapters.transport import Transport
from server.domain.errors import (
    ConfigurationError,
    DoubtError,
    InvariantError,
    ReconnectRequiredError,
    RejectedError,
    TransientError,
    UnansweredError,
)
from server.logs.trail import count_on_trail

for _noisy in ("simple_salesforce", "simple_salesforce.api"):
    logging.getLogger(_noisy).setLevel(logging.ERROR)  # its debug lines hold queries


ORGANIZATION = "SELECT Id FROM Organization"
GATEWAY_TIMEOUT = 504
"""The gateway in front of the org gave up; the org itself may still be at work."""


def _name_lost_write(error: Exception) -> TransientError:
    """The error for a write without a readable answer: not sent, sent and not answered, or answered unreadably."""
    if isinstance(error, requests.ConnectTimeout) or _is_unreached(error):
        return TransientError("Salesforce cannot be reached.")
    if isinstance(error, requests.Timeout | requests.ConnectionError):
        return UnansweredError("Salesforce did not answer a write.")
    return DoubtError("Salesforce's answer to a write cannot be read.")


def _is_unreached(error: Exception) -> bool:
    """There was no connection, so nothing was sent."""
    cause = error.args[0] if isinstance(error, requests.ConnectionError) and error.args else None
    return isinstance(getattr(cause, "reason", None), NewConnectionError)


class OrgClient:
    """Thread-safe: a client per thread over one token."""

    def __init__(
        self, login: Login, transport: Transport, usage: Usage | None = None,
        on_login: Callable[[str], None] = lambda _org: None,
    ) -> None:  # fmt: skip
        """``on_login`` hears the org's id before anything else is asked of the org."""
        self._login = login
        self._desk = LoginDesk(login, transport)
        self._on_login = on_login
        self._transport = transport
        self.usage = usage or Usage()
        self._lock = threading.Lock()
        self._token: tuple[str, str] | None = None
        self._local = threading.local()
        self._user_id = ""

    @property
    def own_user(self) -> tuple[str, str]:
        """The id and the username of the integration user, each empty where it is not known."""
        return self._user_id, self._login.username

    @property
    def base(self) -> str:
        return f"/services/data/v{self._login.version}"

    def call(
        self, path: str, *, method: str = "GET", json: Any = None, params: Any = None, writes: bool = False,
        timeout: float | None = None,
    ) -> Any:  # fmt: skip
        """One REST call below ``/services/data/vNN.0/``. ``timeout``: seconds, the transport's where it is None.

        With ``writes`` an answer that cannot be read raises DoubtError, for the org may have done it. No answer at all
        raises UnansweredError, for the org may still do it.
        """
        given = {"json": json, "params": params, "timeout": timeout}
        arguments = {name: value for name, value in given.items() if value is not None}
        token = self._session_token(None)
        for last in (False, True):
            try:
                return self._call_once(token, path, method, arguments, writes=writes)
            except SessionExpired:
                if last:
                    raise ReconnectRequiredError("Salesforce ends each of our sessions at once.") from None
                token = self._session_token(token)
        raise AssertionError

    def _call_once(
        self, token: tuple[str, str], path: str, method: str, arguments: dict[str, Any], *, writes: bool
    ) -> Any:
        count_on_trail("salesforce_calls")
        try:
            return self._send(token, path, method, arguments, writes=writes)
        except SalesforceError as error:
            failure = map_library_error(error)
            if writes and isinstance(failure, TransientError) and int(error.status) >= 500:
                lost = UnansweredError if int(error.status) == GATEWAY_TIMEOUT else DoubtError
                raise lost("Salesforce's answer to a write was lost.") from None
            raise failure from None
        except (requests.RequestException, ValueError) as error:
            if writes:
                raise _name_lost_write(error) from None
            raise TransientError("Salesforce cannot be reached.") from None

    def _send(self, token: tuple[str, str], path: str, method: str, arguments: dict[str, Any], *, writes: bool) -> Any:
        """A read whose connection broke is repeated: the other side closes idle connections. No write is repeated."""
        try:
            return self._client(token).restful(path, method=method, **arguments)
        except requests.Timeout:
            raise
        except requests.ConnectionError:
            if writes:
                raise
            return self._client(token).restful(path, method=method, **arguments)

    def _client(self, token: tuple[str, str]) -> Salesforce:
        if getattr(self._local, "token", None) != token:
            session_id, instance = token
            session = self._transport.session()
            session.hooks["response"].append(self.usage.note)
            self._local.client = Salesforce(
                session_id=session_id,
                instance_url=f"https://{instance}",
                version=self._login.version,
                session=session,
            )
            self._local.token = token
        client: Salesforce = self._local.client
        return client

    def _session_token(self, dead: tuple[str, str] | None) -> tuple[str, str]:
        with self._lock:
            if self._token is None or self._token == dead:
                self._token = self._log_in()
            return self._token

    def _log_in(self) -> tuple[str, str]:
        session = self._desk.log_in()
        self._user_id = session.user_id
        token = (session.token, session.host)
        # Before anything else is asked of the org: it may be another one than the state's.
        self._on_login(session.org_id or self._ask_org_id(token))
        return token

    def _ask_org_id(self, token: tuple[str, str]) -> str:
        """Of an org whose login does not name it. Raises ConfigurationError: nothing is written to an unknown org."""
        try:
            rows = self._call_once(token, "query", "GET", {"params": {"q": ORGANIZATION}}, writes=False)["records"]
            return str(rows[0]["Id"])
        except SessionExpired:
            raise ReconnectRequiredError("Salesforce ends each of our sessions at once.") from None
        except (RejectedError, ReconnectRequiredError, ConfigurationError, InvariantError, LookupError, TypeError):
            raise ConfigurationError(
                "Salesforce does not say which org this is: let the integration user read the object Organization."
            ) from None
