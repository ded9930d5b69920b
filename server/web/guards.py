"""Who may call us: the header's token before the body is parsed, the person's before anything."""

from __future__ import annotations

from dataclasses import dataclass

from server.bootstrap import Services
from server.domain.caller import Caller
from server.domain.errors import BadInputError, UntrustedCallerError
from server.web.events import Event

WHO = "https://www.googleapis.com/auth/userinfo.email"
"""The scope without which Google sends no user token."""


class ConsentMissingError(UntrustedCallerError):
    """The person has not agreed to tell us who they are; Google asks them when we answer so."""


@dataclass(frozen=True)
class Admitted:
    """``is_trigger``: Google opened the card, nobody clicked on one."""

    event: Event
    caller: Caller
    is_trigger: bool


def check_google(services: Services, path: str, authorization: str) -> None:
    """The caller is Google's add-on service. Raises UntrustedCallerError, TransientError."""
    _check_service(services, path, authorization, services.settings.addon_service_account)


def check_pubsub(services: Services, path: str, authorization: str) -> None:
    """The caller is our Pub/Sub subscription. Raises UntrustedCallerError, TransientError."""
    _check_service(services, path, authorization, services.settings.push_service_account)


def _check_service(services: Services, path: str, authorization: str, account: str) -> None:
    """``authorization`` is the header's value. Without an ``account`` nobody is trusted.

    The audience is the URL that we were deployed under, never a Host header.
    """
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not account:
        raise UntrustedCallerError("The caller is not the service of Google's that may call here.")
    services.identity.check_service(token.strip(), services.settings.public_url + path, account)


def admit(services: Services, path: str, authorization: str, body: bytes) -> Admitted:
    """Raises UntrustedCallerError, ConsentMissingError, TransientError."""
    check_google(services, path, authorization)
    try:
        event = Event.parse(body)
    except BadInputError:
        raise UntrustedCallerError("The event cannot be read.") from None
    if not event.user_token and (event.scopes is None or WHO not in event.scopes):
        raise ConsentMissingError("The person's identity is not granted.")
    if not services.settings.addon_client_id:
        raise UntrustedCallerError("ADDON_CLIENT_ID is not set.")
    caller = services.identity.person(event.user_token, services.settings.addon_client_id)
    return Admitted(event, caller, is_trigger=not event.parameters)
