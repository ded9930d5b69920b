"""Why Salesforce refused a login, and what to do: nearly every cause is ``invalid_grant``; the description tells."""

from __future__ import annotations

import re
from typing import Any

from server.domain.errors import ReconnectRequiredError, TransientError, TrulyError

NOT_UNDERSTOOD = "Salesforce's login answered nothing we understand. Check the domain and key."
BUSY = frozenset({"server_error", "temporarily_unavailable", "unknown_error"})
RATE = ("login rate", "rate_limit")
LONGEST = 100
"""Characters of a description that is not in our list."""
PLAIN = re.compile(r"[A-Za-z][A-Za-z ,.'()-]*")
"""A description of letters alone holds no name of a user, key, address or token."""

ADVICE: tuple[tuple[tuple[str, ...], str], ...] = (
    (
        ("hasn't approved", "not approved"),
        ("Let the app admit users who are pre-authorized by an admin, and add the integration user to it by a"
        " permission set or profile. Check SALESFORCE_USERNAME too: in a sandbox it ends in the sandbox's name."),
    ),
    (
        ("audience",),
        ("SALESFORCE_DOMAIN must be the org's own My Domain, and of a sandbox the sandbox's, such as"
        " name--sandbox.sandbox.my."),
    ),
    (
        ("expired authorization code", "assertion is expired", "expired assertion", "assertion expired"),
        "The clock of this machine may be wrong: set it by a time server.",
    ),
    (
        ("invalid assertion", "signature", "certificate"),
        ("The certificate in the app is not that of SALESFORCE_PRIVATE_KEY_FILE, or has run out: upload the right one."
        " Check this machine's clock too."),
    ),
    (
        ("no client credentials user", "run as", "client credentials user"),
        "Name a Run As user in the app's policies for the client credentials flow.",
    ),
    (
        ("not supported on this domain",),
        "SALESFORCE_DOMAIN must be the org's own My Domain, not login or test.",
    ),
    (
        ("invalid client credentials", "invalid_client_secret", "client secret"),
        "SALESFORCE_CONSUMER_SECRET is not the app's secret, or was made anew there.",
    ),
    (
        ("app_not_found", "app is not installed", "app not installed", "ec_app_not_found", "invalid_app"),
        ("This org does not have the app (a refreshed sandbox loses it): make or install the external client app there,"
        " and check that SALESFORCE_DOMAIN is that org's My Domain."),
    ),
    (
        ("client identifier", "invalid_client_id"),
        "SALESFORCE_CONSUMER_KEY is no app of this org. A new app needs some minutes before it works.",
    ),
    (
        ("login hours",),
        ("The integration user's profile allows logins only from other addresses or at other hours: add this service's"
        " address to its login ranges, or relax the restrictions in the app's policies."),
    ),
    (
        ("ip restricted", "ip not allowed", "ip_restricted", "restricted ip"),
        ("Relax the IP restrictions in the app's policies, or add this service's address to the login ranges of the"
        " integration user's profile."),
    ),
    (
        ("user is inactive", "inactive_user", "inactive user", "user is frozen", "authentication failure"),
        "Activate or unfreeze the integration user in Setup, Users.",
    ),
    (
        ("organization is inactive", "inactive_org", "org is locked", "under maintenance"),
        "The org itself is locked or expired: ask its admin or Salesforce.",
    ),
    (
        ("unsupported_grant_type", "grant type not supported"),
        "Enable this login in the app's settings: JWT bearer flow for a key, client credentials flow for a secret.",
    ),
    (
        ("scope",),
        "Give the app the scope api: Manage user data via APIs.",
    ),
)  # fmt: skip
"""Words of Salesforce's answer, and what to do. The first line that fits counts."""
OTHERWISE = "Look at the integration user's login history in Setup, and at the app's policies."


def map_login_refusal(status: int, answer: dict[str, Any]) -> TrulyError:
    """The error for an answer other than 200. Nothing of it is shown but words that Salesforce has for a cause."""
    code, description = str(answer.get("error") or ""), str(answer.get("error_description") or "")
    words = f"{code} {description}".lower()
    if code in BUSY or status in (408, 429) or status >= 500 or any(mark in words for mark in RATE):
        return TransientError(f"Salesforce's login answered {_show_code(code) or status}.")
    if not code:
        return ReconnectRequiredError(f"Salesforce refused to log us in ({status}).")
    advice = next((advice for marks, advice in ADVICE if any(mark in words for mark in marks)), OTHERWISE)
    said = _show_description(description)
    named = _show_code(code) or str(status)
    return ReconnectRequiredError(f"Salesforce refused to log us in ({named}{': ' if said else ''}{said}). {advice}")


def _show_code(code: str) -> str:
    return code if re.fullmatch(r"[a-zA-Z_]{1,40}", code) else ""


def _show_description(description: str) -> str:
    shown = " ".join(description.split())[:LONGEST].strip()
    return shown if PLAIN.fullmatch(shown) else ""
