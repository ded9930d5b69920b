"""Why Google gave no token, and what a person must do about it: one sentence for each."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import google.auth.exceptions

from server.adapters.google.disabled_apis import explain_disabled_api
from server.domain.errors import (
    MailboxRefusedError,
    MailboxUnavailableError,
    ReconnectRequiredError,
    TransientError,
    TrulyError,
)
from server.domain.trouble import TroubleCode

NO_SIGNING = (
    "Google has no service account of the name in GOOGLE_DELEGATE, or this service may not sign as it: Google answers"
    " both alike. Check the name. Then give this service's own identity the role Service Account Token Creator on that"
    " account (docs/google.md)."
)


def map_refresh_error(error: google.auth.exceptions.RefreshError, client_id: str, scopes: Sequence[str]) -> TrulyError:
    """The error for a token that Google did not give. ``client_id`` is empty where no key file tells it.

    Google's texts hold addresses, so none of them is repeated.
    """
    detail = error.args[1] if len(error.args) > 1 else None
    if isinstance(detail, str):
        return _map_signing_failure(detail)
    body = detail if isinstance(detail, dict) else {}
    if "jwt" in str(body.get("error_description", "")).lower():
        return ReconnectRequiredError(
            "Google does not accept the service account's signature. Check its key file, and this machine's clock."
        )
    if body.get("error") == "invalid_grant":
        return MailboxUnavailableError("Google knows no such user, or the user is suspended.", TroubleCode.NO_SUCH_USER)
    if body.get("error") == "unauthorized_client":
        # Google has been seen to say so of one user, too.
        return MailboxRefusedError(_explain_delegation(client_id, scopes), TroubleCode.NOT_DELEGATED)
    if getattr(error, "retryable", False):
        return TransientError("Google's token service did not answer.")
    return MailboxRefusedError(
        "Google refused the service account. Check its client id and scopes under domain-wide delegation.",
        TroubleCode.NOT_DELEGATED,
    )


def _explain_delegation(client_id: str, scopes: Sequence[str]) -> str:
    client = f"client id {client_id}" if client_id else "the client id (unique id) of the account in GOOGLE_DELEGATE"
    return (
        "Google Workspace does not let this service act for its users. In the Admin console, under Security,"
        f" Access and data control, API controls, Domain-wide delegation, authorise {client} for {', '.join(scopes)}."
    )


def _map_signing_failure(text: str) -> TrulyError:
    """IAM's answer to signJwt, which google-auth hands on as text."""
    try:
        body: Any = json.loads(text)
        status = int(body["error"]["code"])
    except (ValueError, KeyError, TypeError):
        return TransientError("Google's signing service did not answer.")
    if status == 403 and any(reason in text for reason in ("SERVICE_DISABLED", "accessNotConfigured")):
        return ReconnectRequiredError(explain_disabled_api(text.encode()))
    if status in (403, 404):
        return ReconnectRequiredError(NO_SIGNING)
    if status == 429 or status >= 500:
        return TransientError("Google's signing service did not answer.")
    return ReconnectRequiredError("Google's signing service refuses this service's own identity.")
