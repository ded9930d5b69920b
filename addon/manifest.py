"""deployment.json, rendered from the public URL of the service."""

from __future__ import annotations

from typing import Any

from addon.texts import TITLE

SCOPES = (
    "https://www.googleapis.com/auth/gmail.addons.execute",
    # The least that makes the message trigger fire: ids and headers of the open message, and no body.
    "https://www.googleapis.com/auth/gmail.addons.current.message.metadata",
    "https://www.googleapis.com/auth/userinfo.email",
    "https://www.googleapis.com/auth/script.locale",
)


def manifest(public_url: str, home: str, opened: str, salesforce: str) -> dict[str, Any]:
    """All URLs are absolute, as Google asks.

    ``public_url`` and ``salesforce`` have no path and no slash at their end; ``home`` and ``opened`` are paths.
    """
    return {
        "oauthScopes": list(SCOPES),
        "addOns": {
            "common": {
                "name": TITLE,
                "logoUrl": f"{public_url}/static/logo-128.png",
                "layoutProperties": {"primaryColor": "#1f4e79"},
                "useLocaleFromApp": True,
                "homepageTrigger": {"runFunction": f"{public_url}{home}", "enabled": True},
                "openLinkUrlPrefixes": [f"{public_url}/", f"{salesforce}/"],
            },
            "gmail": {
                "homepageTrigger": {"runFunction": f"{public_url}{home}"},
                "contextualTriggers": [{"unconditional": {}, "onTriggerFunction": f"{public_url}{opened}"}],
            },
            "httpOptions": {"authorizationHeader": "SYSTEM_ID_TOKEN", "granularOauthPermissionSupport": "OPT_IN"},
        },
    }
