"""Who may call: the header's token is checked before the body is read, the person's token before anything else."""

from __future__ import annotations

from dataclasses import dataclass

from server.domain.caller import Caller
from server.domain.errors import BadInputError, UntrustedCallerError
from server.ports.identity import Identity
from server.settings import Settings
from server.web.sidebar.events import Event

EMAIL_SCOPE = "https://www.googleapis.com/auth/userinfo.email"
"""The scope without which Google sends no user token."""
MESSAGE_SCOPE = "https://www.googleapis.com/auth/gmail.addons.current.message.metadata"
"""The scope without which Google does not say which message is open."""


class ConsentMissingError(UntrustedCallerError):
    """The person has not agreed to all that a card needs. Google asks the person when we answer so.

    ``scopes`` are those that lack, none where Google does not tell what was granted.
    """

    def __init__(self, *scopes: str) -> None:
        super().__init__("The person has not agreed to all that a card needs.")
        self.scopes = scopes


@dataclass(frozen=True)
class Admitted:
    """``is_trigger``: Google opened the card, nobody clicked on one."""

    event: Event
    caller: Caller
    is_trigger: bool


@dataclass(frozen=True)
class Guard:
    """Checks the tokens of one request. The audience is a URL of the settings, never a Host header."""

    identity: Identity
    settings: Settings

    def check_google(self, path: str, authorization: str) -> None:
        """The caller is Google's add-on service. Raises UntrustedCallerError, TransientError."""
        self._check_service(self.settings.public_url + path, authorization, self.settings.addon_service_account)

    def check_pubsub(self, path: str, authorization: str) -> None:
        """The caller is our Pub/Sub subscription. Raises UntrustedCallerError, TransientError."""
        self._check_service(self.settings.public_url + path, authorization, self.settings.push_service_account)

    def check_tasks(self, path: str, authorization: str) -> None:
        """The caller is our Cloud Tasks queue. Raises UntrustedCallerError, TransientError."""
        self._check_worker_caller(path, authorization, self.settings.cloud.tasks_service_account)

    def check_scheduler(self, path: str, authorization: str) -> None:
        """The caller is our scheduler. Raises UntrustedCallerError, TransientError."""
        self._check_worker_caller(path, authorization, self.settings.cloud.cron_service_account)

    def check_person(self, body: bytes, *, is_opening: bool = False) -> Admitted:
        """Whom an event of Google's is about: ``check_google`` comes first. ``is_opening``: a message was opened.

        Raises UntrustedCallerError, ConsentMissingError, TransientError.
        """
        try:
            event = Event.parse(body)
        except BadInputError:
            raise UntrustedCallerError("The event cannot be read.") from None
        needed = (EMAIL_SCOPE, MESSAGE_SCOPE) if is_opening else (EMAIL_SCOPE,)
        lacking = () if event.scopes is None else tuple(scope for scope in needed if scope not in event.scopes)
        is_whole = bool(event.user_token and (event.message_id or not is_opening))
        if not is_whole and (lacking or event.scopes is None):
            raise ConsentMissingError(*lacking)
        if not self.settings.addon_client_id:
            raise UntrustedCallerError("ADDON_CLIENT_ID is not set.")
        caller = self.identity.person(event.user_token, self.settings.addon_client_id)
        return Admitted(event, caller, is_trigger=not event.parameters)

    def _check_worker_caller(self, path: str, authorization: str, account: str) -> None:
        """Without a WORKER_URL nobody is trusted: a bare path is nobody's audience."""
        url = self.settings.cloud.worker_url
        self._check_service(url + path, authorization, account if url else "")

    def _check_service(self, audience: str, authorization: str, account: str) -> None:
        """``authorization`` is the header's value. Without an ``account`` nobody is trusted."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not account:
            raise UntrustedCallerError("The caller is not the Google service that may call this address.")
        self.identity.check_service(token.strip(), audience, account)
