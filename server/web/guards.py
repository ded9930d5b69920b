"""Who may call the add-on's endpoints: the header's token before the body is parsed, the person's before anything."""

from __future__ import annotations

from dataclasses import dataclass

from server.domain.errors import BadInputError, UntrustedCallerError
from server.ports.identity import Caller, Identity
from server.settings import Settings
from server.web.events import Event

WHO = "https://www.googleapis.com/auth/userinfo.email"
"""The scope without which Google sends no user token."""


class ConsentMissingError(UntrustedCallerError):
    """The person has not agreed to tell us who they are; Google asks them when we answer so."""


@dataclass(frozen=True)
class Admitted:
    event: Event
    caller: Caller


def check_google(identity: Identity, settings: Settings, path: str, authorization: str) -> None:
    """Raises UntrustedCallerError, TransientError.

    The audience is the URL that we were deployed under, never a Host header. ``authorization`` is the header's value.
    """
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not settings.addon_service_account:
        raise UntrustedCallerError("The caller is not Google's add-on.")
    identity.check_service(token.strip(), settings.public_url + path, settings.addon_service_account)


def admit(identity: Identity, settings: Settings, path: str, authorization: str, body: bytes) -> Admitted:
    """Raises UntrustedCallerError, ConsentMissingError, TransientError."""
    check_google(identity, settings, path, authorization)
    try:
        event = Event.parse(body)
    except BadInputError:
        raise UntrustedCallerError("The event cannot be read.") from None
    if not event.user_token and (event.scopes is None or WHO not in event.scopes):
        raise ConsentMissingError("The person's identity is not granted.")
    if not settings.addon_client_id:
        raise UntrustedCallerError("ADDON_CLIENT_ID is not set.")
    return Admitted(event, identity.person(event.user_token, settings.addon_client_id))
