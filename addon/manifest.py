"""deployment.json, rendered from the public URL of the service."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from addon.texts import HELP, SETTINGS, TITLE

SCOPES = (
    "https://www.googleapis.com/auth/gmail.addons.execute",
    # The least that makes the message trigger fire: ids and headers of the open message, and no body.
    "https://www.googleapis.com/auth/gmail.addons.current.message.metadata",
    "https://www.googleapis.com/auth/userinfo.email",
    "https://www.googleapis.com/auth/script.locale",
)


@dataclass(frozen=True)
class Paths:
    """Of the endpoints that Google calls by itself, or from the menu of every card."""

    home: str
    opened: str
    help: str
    settings: str


def manifest(public_url: str, paths: Paths, linked: Sequence[str]) -> dict[str, Any]:
    """All URLs are absolute, as Google asks.

    ``public_url`` and what is ``linked`` from the cards have no path and no slash at their end.
    """
    return {
        "oauthScopes": list(SCOPES),
        "addOns": {
            "common": {
                "name": TITLE,
                "logoUrl": f"{public_url}/static/logo-128.png",
                "layoutProperties": {"primaryColor": "#1f4e79"},
                "useLocaleFromApp": True,
                "homepageTrigger": {"runFunction": f"{public_url}{paths.home}", "enabled": True},
                "universalActions": [
                    {"label": SETTINGS, "runFunction": f"{public_url}{paths.settings}"},
                    {"label": HELP, "runFunction": f"{public_url}{paths.help}"},
                ],
                "openLinkUrlPrefixes": [f"{origin}/" for origin in (public_url, *linked)],
            },
            "gmail": {
                "homepageTrigger": {"runFunction": f"{public_url}{paths.home}"},
                "contextualTriggers": [{"unconditional": {}, "onTriggerFunction": f"{public_url}{paths.opened}"}],
            },
            "httpOptions": {"authorizationHeader": "SYSTEM_ID_TOKEN", "granularOauthPermissionSupport": "OPT_IN"},
        },
    }
