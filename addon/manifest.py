"""deployment.json, rendered from the public URL of the service."""

from __future__ import annotations

from typing import Any

SCOPES = (
    "https://www.googleapis.com/auth/gmail.addons.execute",
    "https://www.googleapis.com/auth/userinfo.email",
)


def manifest(public_url: str, home: str) -> dict[str, Any]:
    """``public_url`` has no path and no slash at its end; ``home`` is a path. All URLs are absolute, as Google asks."""
    return {
        "oauthScopes": list(SCOPES),
        "addOns": {
            "common": {
                "name": "Truly Email Tracking",
                "logoUrl": f"{public_url}/static/logo-128.png",
                "layoutProperties": {"primaryColor": "#1f4e79"},
                "homepageTrigger": {"runFunction": f"{public_url}{home}", "enabled": True},
                "openLinkUrlPrefixes": [f"{public_url}/"],
            },
            "gmail": {"homepageTrigger": {"runFunction": f"{public_url}{home}"}},
            "httpOptions": {"authorizationHeader": "SYSTEM_ID_TOKEN", "granularOauthPermissionSupport": "OPT_IN"},
        },
    }
