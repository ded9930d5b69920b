"""A login at the org's token address. The answer names the org, which simple-salesforce does not pass on."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import jwt
import requests

from server.adapters.salesforce.login_refusals import NOT_UNDERSTOOD, map_login_refusal
from server.adapters.transport import Transport
from server.domain.errors import ReconnectRequiredError, TransientError

BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LIFE = 180
"""Seconds for which an assertion holds: Salesforce takes no more than five minutes, and clocks differ."""
SANDBOX = re.compile(r"--|\.(sandbox|scratch)\.|^test$", re.IGNORECASE)
"""What the domain of a sandbox or of a scratch org has in it."""


@dataclass(frozen=True)
class Login:
    """JWT bearer with ``username`` and ``private_key`` (PEM text), else client credentials with ``consumer_secret``."""

    domain: str
    consumer_key: str
    version: str
    username: str = ""
    private_key: str = ""
    consumer_secret: str = ""

    @property
    def audiences(self) -> tuple[str, ...]:
        """For whom an assertion may be meant: the org's own domain, and in some orgs only Salesforce's general one."""
        general = "test" if SANDBOX.search(self.domain) else "login"
        return tuple(dict.fromkeys(f"https://{name}.salesforce.com" for name in (self.domain, general)))


@dataclass(frozen=True)
class OrgSession:
    """Ids have 15 or 18 characters, and are empty where the answer does not tell. ``user_id``: who calls the API."""

    token: str
    host: str
    org_id: str
    user_id: str = ""


class LoginDesk:
    """Logs in, and remembers for which audience the org took an assertion. Called under the client's lock."""

    def __init__(self, login: Login, transport: Transport) -> None:
        self._login = login
        self._transport = transport
        self._audience = ""

    def log_in(self) -> OrgSession:
        """Raises ReconnectRequiredError with Salesforce's reason, and TransientError."""
        if not self._login.private_key:
            return self._ask(
                {"grant_type": "client_credentials"}, (self._login.consumer_key, self._login.consumer_secret)
            )
        audiences = self._login.audiences
        if self._audience:
            audiences = tuple(dict.fromkeys((self._audience, *audiences)))
        refusals: list[_RefusedAssertion] = []
        for audience in audiences:
            try:
                session = self._ask({"grant_type": BEARER, "assertion": self._sign(audience)}, None)
            except _RefusedAssertion as refusal:
                refusals.append(refusal)
                continue
            self._audience = audience
            return session
        # Where only the audience was wrong in one try, the other try has the cause.
        telling = next((refusal for refusal in refusals if not refusal.is_of_audience), refusals[0])
        raise telling.error from None

    def _sign(self, audience: str) -> str:
        login = self._login
        claims = {"iss": login.consumer_key, "sub": login.username, "aud": audience, "exp": int(time.time()) + LIFE}
        try:
            return jwt.encode(claims, login.private_key, algorithm="RS256")
        except (ValueError, TypeError, jwt.PyJWTError):
            raise ReconnectRequiredError(
                "SALESFORCE_PRIVATE_KEY_FILE holds no key that a login can be signed with."
            ) from None

    def _ask(self, form: dict[str, str], basic: tuple[str, str] | None) -> OrgSession:
        url = f"https://{self._login.domain}.salesforce.com/services/oauth2/token"
        try:
            response = self._transport.session().post(url, form, auth=basic)
        except requests.RequestException:
            raise TransientError("Salesforce's login cannot be reached.") from None
        answer = _read_json(response)
        if response.status_code != 200:
            error = map_login_refusal(response.status_code, answer)
            if isinstance(error, ReconnectRequiredError) and answer.get("error") == "invalid_grant" and not basic:
                raise _RefusedAssertion(error, "audience" in str(answer.get("error_description", "")).lower())
            raise error
        return _read_session(answer)


class _RefusedAssertion(Exception):
    """Perhaps for its audience alone: Salesforce has the same ``error`` for every cause."""

    def __init__(self, error: ReconnectRequiredError, is_of_audience: bool) -> None:
        super().__init__()
        self.error = error
        self.is_of_audience = is_of_audience


def _read_json(response: requests.Response) -> dict[str, Any]:
    """An HTML page of a gateway, and whatever is no object, is empty."""
    try:
        answer = response.json()
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _read_session(answer: dict[str, Any]) -> OrgSession:
    token, host = answer.get("access_token"), urlsplit(str(answer.get("instance_url") or "")).netloc
    if not answer or (token and not host):
        raise ReconnectRequiredError(NOT_UNDERSTOOD)
    if not token:
        raise ReconnectRequiredError("Salesforce's login gave no token. Check the domain and key.")
    return OrgSession(str(token), host, read_org_id(answer.get("id"), str(token)), read_user_id(answer.get("id")))


def read_org_id(identity_url: Any, token: str) -> str:
    """The answer's ``id`` ends in ``/ORG/USER``; a session id begins with the org's id. A JWT tells neither."""
    named = re.search(r"/id/(00D\w{12}(?:\w{3})?)/", str(identity_url))
    if named:
        return named[1]
    org, mark, _ = token.partition("!")
    return org if mark and org.startswith("00D") else ""


def read_user_id(identity_url: Any) -> str:
    named = re.search(r"/id/\w+/(005\w{12}(?:\w{3})?)$", str(identity_url))
    return named[1] if named else ""
