"""Which refusals of a record may be another record's fault: those of the org's own automation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

AUTOMATION = frozenset(
    {"CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "CANNOT_EXECUTE_FLOW_TRIGGER", "FLOW_EXCEPTION", "APEX_ERROR"}
)
"""A trigger or a flow failed: it marks all records of its transaction, whichever of them was the cause."""
LIMITS = re.compile(
    r"Too many (SOQL queries|batch retries|DML|query rows|query locator|future calls|queueable)"
    r"|CPU (time|timeout)|LimitException|LIMIT_EXCEEDED|heap size|APEX_CPU",
    re.IGNORECASE,
)
"""A governor limit, whatever the code. These sentences come from Apex, which has one language."""
BROKEN = frozenset({"CANNOT_EXECUTE_FLOW_TRIGGER", "FLOW_EXCEPTION", "APEX_ERROR"})
"""A flow or a class ended in a fault. A flow that refuses on purpose, as a trigger, has another code."""
UNCAUGHT = re.compile(r"caused by: *System\.|System\.\w*Exception")
"""A trigger that ended in a fault of its own: Apex names the class, in one language."""
LOCKED = "UNABLE_TO_LOCK_ROW"


def first_error(errors: Any) -> Mapping[str, Any]:
    """Of the ``errors`` of a record's answer; empty where they have no known shape."""
    return errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}


def read_code(error: Mapping[str, Any]) -> str:
    return str(error.get("statusCode") or error.get("errorCode") or "")


def may_be_anothers_fault(errors: Any) -> bool:
    """Alone, or among fewer records, this one may go in. A lock that the org names itself is the record's own."""
    error = first_error(errors)
    code = read_code(error)
    return code in AUTOMATION or (code != LOCKED and LIMITS.search(str(error.get("message", ""))) is not None)


def shows_broken_automation(code: str, sentence: str) -> bool:
    """The automation broke, rather than refused the record with a sentence of its own."""
    broke = UNCAUGHT.search(sentence) or LIMITS.search(sentence)
    return code in BROKEN or (code in AUTOMATION and broke is not None)


def names_lock(errors: Any) -> bool:
    """Somebody holds a row at this moment. A trigger or a flow that met it says so in its sentence."""
    error = first_error(errors)
    return read_code(error) == LOCKED or LOCKED in str(error.get("message", ""))
