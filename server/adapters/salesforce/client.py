"""A session with the org: one shared token, one retry on a dead session, a time-out on every call."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import requests
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceError
from urllib3.exceptions import NewConnectionError

from server.adapters import transport
from server.adapters.salesforce.api_failures import SessionExpired, map_library_error
from server.adapters.salesforce.login import Login, LoginDesk, OrgSession
from server.adapters.salesforce.org.usage import Usage
from server.adapters.transport import Transport
from server.domain.errors import (
    ConfigurationError,
    DoubtError,
    OtherOrgError,
    ReconnectRequiredError,
    TransientError,
    TrulyError,
    UnansweredError,
)
from server.logs.trail import count_on_trail
from server.ports.patience import hold

for _noisy in ("simple_salesforce", "simple_salesforce.api"):
    logging.getLogger(_noisy).setLevel(logging.ERROR)  # its debug lines hold queries


ORGANIZATION = "SELECT Id, Name, IsSandbox, InstanceName, OrganizationType FROM Organization"
CHANGES = frozenset({"PATCH", "PUT", "DELETE"})
"""HTTP methods that change something. A POST may be a search."""
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
    """Thread-safe: a client per thread over one session."""

    def __init__(
        self, login: Login, transport: Transport, usage: Usage | None = None,
        on_login: Callable[[str], None] = lambda _org: None,
    ) -> None:  # fmt: skip
        """``on_login`` hears the org's id before anything else is asked of the org, and again before each write.

        Where it raises OtherOrgError nothing is sent, and the next call asks it again, without another login.
        """
        self._login = login
        self._desk = LoginDesk(login, transport)
        self._on_login = on_login
        self._transport = transport
        self.usage = usage or Usage()
        self._lock = threading.Lock()
        self._session: OrgSession | None = None
        self._welcome: OrgSession | None = None
        self._org_id = ""
        self.on_new_org: Callable[[], None] = lambda: None
        """Called when another org than before is the state's: what was kept of it does not hold any more."""
        self.other_org: OtherOrgError | None = None
        """Why nothing may be asked of the org, as of the last call."""
        self._local = threading.local()

    @property
    def own_user(self) -> tuple[str, str]:
        """The id and the username of the integration user, each empty where it is not known."""
        return self._session.user_id if self._session else "", self._login.username

    @property
    def base(self) -> str:
        return f"/services/data/v{self._login.version}"

    def call(
        self, path: str, *, method: str = "GET", json: Any = None, params: Any = None, writes: bool = False,
        is_change: bool = False, is_slow: bool = False,
    ) -> Any:  # fmt: skip
        """One REST call below ``/services/data/vNN.0/``. ``is_slow``: it may take minutes, as a write of many does.

        ``is_change``: a POST that changes something, but may be repeated, for it does no more the second time.

        With ``writes`` an answer that cannot be read raises DoubtError, for the org may have done it. No answer at all
        raises UnansweredError, for the org may still do it.
        """
        given = {"json": json, "params": params, "timeout": transport.WRITE_TIMEOUT if is_slow else None}
        arguments = {name: value for name, value in given.items() if value is not None}
        session = self._log_in_once(None)
        for last in (False, True):
            try:
                self._show_org(session, is_change=is_change or writes or method in CHANGES)
                return self._call_once(session, path, method, arguments, writes=writes)
            except SessionExpired:
                if last:
                    raise ReconnectRequiredError("Salesforce ends each of our sessions at once.") from None
                session = self._log_in_once(session)
        raise AssertionError

    def name_org(self) -> Mapping[str, Any]:
        """What the org that answers says of itself, whether it is the state's or not."""
        session = self._log_in_once(None)
        try:
            row = self._read_organization(session)
        except SessionExpired:
            session, row = self._log_in_once(session), {}  # perhaps another org answers by now
        return {**row, "Id": session.org_id}

    def check_org(self) -> None:
        """Raises OtherOrgError where the session that stands is one with another org than the state's. No call."""
        if self._session is not None:
            self._show_org(self._session, is_change=False)

    def _call_once(
        self, session: OrgSession, path: str, method: str, arguments: dict[str, Any], *, writes: bool
    ) -> Any:
        count_on_trail("salesforce_calls")
        try:
            return self._send(session, path, method, arguments, writes=writes)
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

    def _send(self, session: OrgSession, path: str, method: str, arguments: dict[str, Any], *, writes: bool) -> Any:
        """A read whose connection broke is repeated: the other side closes idle connections. No write is repeated."""
        try:
            return self._client(session).restful(path, method=method, **arguments)
        except requests.Timeout:
            raise
        except requests.ConnectionError:
            if writes:
                raise
            return self._client(session).restful(path, method=method, **arguments)

    def _client(self, session: OrgSession) -> Salesforce:
        if getattr(self._local, "session", None) is not session:
            http = self._transport.session()
            http.hooks["response"].append(self.usage.note)
            self._local.client = Salesforce(
                session_id=session.token,
                instance_url=f"https://{session.host}",
                version=self._login.version,
                session=http,
            )
            self._local.session = session
        client: Salesforce = self._local.client
        return client

    def _log_in_once(self, dead: OrgSession | None) -> OrgSession:
        """The session that all threads share, or another one in place of ``dead``."""
        with hold(self._lock):
            if self._session is None or self._session is dead:
                session = self._desk.log_in()
                self._session = session if session.org_id else replace(session, org_id=self._ask_org_id(session))
            return self._session

    def _show_org(self, session: OrgSession, *, is_change: bool) -> None:
        """Before anything is asked of an org: it may be another one than the state's, or not be it any more."""
        if session is self._welcome and not is_change:
            return
        try:
            self._on_login(session.org_id)
        except OtherOrgError as error:
            self._welcome, self.other_org = None, error
            raise
        if session.org_id != self._org_id:
            self._org_id = session.org_id
            self.on_new_org()
        self._welcome, self.other_org = session, None

    def _ask_org_id(self, session: OrgSession) -> str:
        """Of an org whose login does not name it. Raises ConfigurationError: nothing is written to an unknown org."""
        try:
            return str(self._read_organization(session)["Id"])
        except (SessionExpired, KeyError):
            raise ConfigurationError(
                "Salesforce does not say which org this is: let the integration user read the object Organization."
            ) from None

    def _read_organization(self, session: OrgSession) -> Mapping[str, Any]:
        """Empty where the integration user may not read it. Raises SessionExpired, TransientError."""
        try:
            answer = self._call_once(session, "query", "GET", {"params": {"q": ORGANIZATION}}, writes=False)
            return dict(answer["records"][0])
        except TransientError:
            raise
        except (TrulyError, LookupError, TypeError):
            return {}
