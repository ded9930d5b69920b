"""Every error of Salesforce as an error of the domain.

Only codes are read, for the texts of simple-salesforce's errors hold whole queries.
"""

from __future__ import annotations

import re
from typing import Any

from simple_salesforce.exceptions import SalesforceError

from server.adapters.salesforce.activities.refusals import first_error, names_lock, read_code
from server.domain.errors import (
    ConfigurationError,
    InvariantError,
    ReconnectRequiredError,
    RejectedError,
    StaleTargetError,
    ThrottledError,
    TransientError,
    TrulyError,
)

LIMIT_PAUSE = 900.0
"""Seconds. Salesforce names no time; the daily limit rolls, so a quarter of an hour is soon enough to ask again."""
TRANSIENT_RECORD = frozenset(
    {
        "UNABLE_TO_LOCK_ROW",
        "SERVER_UNAVAILABLE",
        "UNKNOWN_EXCEPTION",
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "PROCESSING_HALTED",
    }
)
FULL = "STORAGE_LIMIT_EXCEEDED"
FULL_PAUSE = 3_600.0
"""Seconds. A person has to free storage or buy more, so one try an hour is enough."""
STALE_TARGET = frozenset({"ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY", "CANNOT_UPDATE_CONVERTED_LEAD"})
"""A lead that was converted since the look-up is a contact now."""
OUR_QUERY = frozenset({"MALFORMED_QUERY", "MALFORMED_SEARCH"})
TOO_COMPLICATED = "QUERY_TOO_COMPLICATED"
PAGES_ENDED = "INVALID_QUERY_LOCATOR"
CLOSED_RECORD = frozenset({"INVALID_FIELD_FOR_INSERT_UPDATE"})
"""The user may not write a field that every activity has."""
MISSING_WAY = "a field or object is missing, or the integration user may not see it. Run doctor."
MISSING = frozenset({"INVALID_FIELD", "INVALID_TYPE", "NOT_FOUND", "INSUFFICIENT_ACCESS"})


class FieldRefusedError(ConfigurationError):
    """A request names a field that is not there, or that the integration user may not see.

    ``names`` are the words of the sentence, among which the field's name is. They are for comparing, never for a log.
    """

    def __init__(self, code: str, names: frozenset[str]) -> None:
        super().__init__(f"Salesforce says {code}: {MISSING_WAY}")
        self.names = names


class SessionExpired(Exception):
    """The access token no longer holds. The adapter catches it and logs in again; it never leaves the adapter."""


class TooComplicatedError(InvariantError):
    """A question with too many conditions. The adapter asks it in halves."""


class PagesEndedError(TransientError):
    """The org gave up an answer before its last page. The adapter asks the question again."""


def read_codes(content: Any) -> list[str]:
    """The error codes of a body, which has one of three shapes. An HTML page has none."""
    items = content if isinstance(content, list) else [content]
    codes = [i.get("errorCode") or i.get("statusCode") or i.get("error") for i in items if isinstance(i, dict)]
    return [str(code) for code in codes if code]


def map_failure(status: int, content: Any) -> Exception:
    """The error that stands for a failed call, by HTTP status and body."""
    code = next(iter(read_codes(content)), "")
    # Codes before statuses: a spent limit comes with 403, as refusals do.
    if code == "INVALID_SESSION_ID" or status == 401:
        return SessionExpired()
    if code == "REQUEST_LIMIT_EXCEEDED" or status == 429:
        return ThrottledError("Salesforce's API limit is reached.", LIMIT_PAUSE)
    if status >= 500 or code in TRANSIENT_RECORD or code == "QUERY_TIMEOUT" or names_lock(content):
        return TransientError(f"Salesforce answered {status}.")
    if code == PAGES_ENDED:
        return PagesEndedError("Salesforce gave up an answer before its last page.")
    if code == TOO_COMPLICATED:
        return TooComplicatedError("Salesforce finds one of our queries too complicated.")
    if code in OUR_QUERY or status in (414, 431):
        return InvariantError(f"Salesforce does not understand one of our queries ({code or status}).")
    if code in MISSING:
        return FieldRefusedError(code, frozenset(re.findall(r"\w+", str(first_error(content).get("message", "")))))
    if status == 403:
        return ReconnectRequiredError(f"Salesforce refuses the integration user ({code or status}).")
    # Any other answer is a refusal for good: nothing was done.
    return RejectedError(code or f"HTTP_{status}")


def map_library_error(error: SalesforceError) -> Exception:
    return map_failure(int(error.status), error.content)


def map_record_errors(errors: list[Any]) -> TrulyError:
    """The error that stands for the refusal of one record, by its ``errors`` in the answer."""
    first = first_error(errors)
    code = read_code(first) or "UNKNOWN"
    sentence = str(first.get("message", ""))
    if code == FULL:
        return ThrottledError("The org's storage is full.", FULL_PAUSE)
    if code == "NOT_FOUND":  # of a single change: the record, and no object
        return StaleTargetError("The record is gone, or not shown.")
    if code in MISSING | CLOSED_RECORD:
        return ConfigurationError(f"Salesforce says {code} of an activity: a field is missing or closed. Run doctor.")
    if code in TRANSIENT_RECORD or names_lock(errors):
        return TransientError(f"Salesforce could not save a record now ({code}).")
    if code in STALE_TARGET:
        return StaleTargetError(f"The chosen record is gone ({code}).")
    return RejectedError(code, sentence)
