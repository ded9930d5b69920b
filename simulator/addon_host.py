"""What Gmail is to an add-on: it posts events under Google's tokens, with ids as its web client writes them."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from typing import Any

from simulator.gmail import web_id
from simulator.universe import Universe

SERVICE_ACCOUNT = "service-1@gcp-sa-gsuiteaddons.iam.gserviceaccount.com"
CLIENT_ID = "1-simulated.apps.googleusercontent.com"
MESSAGE = "https://www.googleapis.com/auth/gmail.addons.current.message.metadata"
EMAIL = "https://www.googleapis.com/auth/userinfo.email"
SCOPES = (
    "https://www.googleapis.com/auth/gmail.addons.execute",
    MESSAGE,
    EMAIL,
    "https://www.googleapis.com/auth/script.locale",
)
MINUTES_60 = 3600


class AddonHost:
    def __init__(self, universe: Universe) -> None:
        self._universe = universe

    def authorization(self, url: str) -> str:
        """The header that proves to ``url`` that Google calls it for this project."""
        return f"Bearer {self._token({'aud': url, 'sub': '1', 'email': SERVICE_ACCOUNT})}"

    def event(
        self, address: str, message_id: str | None = None, *,
        parameters: Mapping[str, str] | None = None, inputs: Mapping[str, str] | None = None,
        declined: Collection[str] = (),
    ) -> dict[str, Any]:  # fmt: skip
        """What is posted when ``address`` opens the message, or clicks on its card. Raises KeyError.

        ``declined`` are the ends of the scopes that the person did not grant: their fields are missing.
        """
        granted = [scope for scope in SCOPES if not scope.endswith(tuple(declined) or "-")]
        event: dict[str, Any] = {
            "commonEventObject": {"hostApp": "GMAIL", "platform": "WEB", "userLocale": "en"},
            "authorizationEventObject": {
                "userOAuthToken": "ya29.simulated",
                "systemIdToken": "",
                "authorizedScopes": granted,
            },
        }
        if EMAIL in granted:
            event["authorizationEventObject"]["userIdToken"] = self._user_token(address)
        if parameters:
            event["commonEventObject"]["parameters"] = dict(parameters)
        if inputs:
            event["commonEventObject"]["formInputs"] = {n: {"stringInputs": {"value": [v]}} for n, v in inputs.items()}
        if message_id is not None and MESSAGE in granted:
            stored = self._universe.mailboxes[address].messages[message_id]
            ids, scopes = web_id.ids_of(stored), frozenset(granted)
            own, opens = self._universe.identity.open_message(address, scopes, ids["messageId"])
            event["authorizationEventObject"]["userOAuthToken"] = own
            event["gmail"] = {**ids, "accessToken": opens}
        return event

    def _user_token(self, address: str) -> str:
        user = self._universe.world.user(address)
        claims = {"aud": CLIENT_ID, "sub": user.user_id if user else "9" * 21, "email": address}
        return self._token({**claims, "hd": address.rpartition("@")[2]} if user else claims)

    def _token(self, claims: dict[str, Any]) -> str:
        """Tokens live in this machine's time, whatever the mail's time is."""
        now = int(time.time())
        return self._universe.identity.id_token({"iat": now, "exp": now + MINUTES_60, "email_verified": True, **claims})
