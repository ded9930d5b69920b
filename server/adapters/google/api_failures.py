"""Every HTTP error of Google's APIs as an error of the domain."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from googleapiclient.errors import HttpError

from server.adapters.google.disabled_apis import explain_disabled_api
from server.domain.errors import (
    GmailOffError,
    MailboxRefusedError,
    MailboxUnavailableError,
    NotFoundError,
    ThrottledError,
    TransientError,
    TrulyError,
)
from server.domain.quota import find_day
from server.domain.trouble import TroubleCode

RATE_REASONS = frozenset(
    {"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "dailyLimitExceeded", "RESOURCE_EXHAUSTED"}
)
OFF_REASONS = frozenset({"failedPrecondition", "FAILED_PRECONDITION"})
REFUSALS = {
    "domainPolicy": TroubleCode.DOMAIN_POLICY,
    "accessNotConfigured": TroubleCode.API_OFF,
    "SERVICE_DISABLED": TroubleCode.API_OFF,
}
"""Reasons of a 403 that say more than that."""
DELETED_REASONS = frozenset({"conditionNotMet", "FAILED_PRECONDITION", ""})
A_DAY = 86_400.0


def map_http_error(error: HttpError, now: float) -> TrulyError:
    """Gmail says "slow down" with 429 and with 403. Only a 403 that names no rate is a refusal for good."""
    status = int(error.resp.status)
    reason, message = _read_reason(error.content)
    if status == 429 or (status == 403 and (reason in RATE_REASONS or "quota" in message.lower())):
        stated = _read_named_time(reason, message, now)
        return ThrottledError(
            "Gmail asked us to slow down.", _read_retry_after(error.resp, now) if stated is None else stated
        )
    if status == 404:
        return NotFoundError("Gmail does not know this id.")
    if status == 408 or status >= 500:
        return TransientError(f"Gmail answered {status}.", _read_retry_after(error.resp, now))
    if status == 401:
        return MailboxRefusedError("Google no longer accepts our credentials.", TroubleCode.CREDENTIALS_REFUSED)
    if status == 400 and reason in OFF_REASONS:
        return GmailOffError("This person has no Gmail: no licence, switched off, or not set up yet.")
    if status == 400 and reason == "delegationDenied":
        return MailboxUnavailableError("Gmail is not available for this user.", TroubleCode.DELEGATION_DENIED)
    if status == 403:
        code = TroubleCode.DELEGATION_DENIED if "delegation denied" in message.lower() else None
        code = code or REFUSALS.get(reason, TroubleCode.ACCESS_REFUSED)
        text = f"Google refuses access ({reason or 'forbidden'})."
        return MailboxRefusedError(explain_disabled_api(error.content) if code is TroubleCode.API_OFF else text, code)
    if status == 409:
        return TransientError("Gmail answered 409.", _read_retry_after(error.resp, now), TroubleCode.CONFLICT)
    text = f"Gmail refused one of our calls with {status} ({reason or 'no reason'})."
    return MailboxUnavailableError(text, TroubleCode.CALL_REFUSED) if status == 400 else TrulyError(text)


def is_of_deleted_user(error: HttpError) -> bool:
    """The Directory answers 412 about a user who was deleted, as long as an admin can restore that user."""
    return int(error.resp.status) == 412 and _read_reason(error.content)[0] in DELETED_REASONS


def _read_reason(content: bytes) -> tuple[str, str]:
    try:
        body: Any = json.loads(content)
        error = body["error"]
        # Newer services name the reason in the details alone.
        details = error.get("errors") or [d for d in error.get("details", ()) if "reason" in d] or [{}]
        return str(details[0].get("reason") or error.get("status") or ""), str(error.get("message", ""))
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        return "", ""


def _read_named_time(reason: str, message: str, now: float) -> float | None:
    if reason == "dailyLimitExceeded":
        return find_day(now).wait_for_next(now)
    stated = re.search(r"Retry after (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)", message)
    if stated:
        at = datetime.fromisoformat(stated.group(1)).replace(tzinfo=UTC).timestamp()
        return min(max(at - now, 1.0), A_DAY)
    return None


def _read_retry_after(response: Any, now: float) -> float | None:
    """Seconds from the header Retry-After, which holds seconds or a date. None where it holds neither."""
    stated = str(response.get("retry-after", "")).strip()
    try:
        wait = float(stated) if re.fullmatch(r"[0-9]{1,9}", stated) else parsedate_to_datetime(stated).timestamp() - now
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return min(max(wait, 1.0), A_DAY)
