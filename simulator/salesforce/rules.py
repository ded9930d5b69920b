"""The customer's own rules, as data of the world: validation rules, required fields, triggers.

``"rules": [{"object": "Task", "kind": "validation", "when": {"Subject": "secret"}, "message": "Not in here."}]``.
A rule is about the records that hold every text of ``when`` in the field named, case aside; without it about all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from simulator.salesforce.errors import RecordError

KINDS = ("validation", "required", "trigger")
Rule = Mapping[str, Any]
LOCKED = "UNABLE_TO_LOCK_ROW"


def check(rules: Sequence[Rule], kind: str, values: Mapping[str, Any], is_locked: Callable[[str], bool]) -> None:
    """Raises RecordError of the first rule that refuses, in the platform's order: required, triggers, validation."""
    mine = [rule for rule in rules if rule.get("object", "Task") == kind and _is_about(rule, values)]
    for rule in mine:
        if rule["kind"] == "required" and values.get(rule["field"]) in (None, ""):
            raise RecordError(
                "REQUIRED_FIELD_MISSING", f"Required fields are missing: [{rule['field']}]", rule["field"]
            )
    for rule in mine:
        if rule["kind"] == "trigger" and not rule.get("for_all"):
            _trigger(rule, values, is_locked)
    for rule in mine:
        if rule["kind"] == "validation":
            fields = [rule["field"]] if rule.get("field") else []
            raise RecordError("FIELD_CUSTOM_VALIDATION_EXCEPTION", rule["message"], *fields)


def throws_for_all(rules: Sequence[Rule], task: Mapping[str, Any]) -> bool:
    """A trigger ``"for_all": true`` does not catch its exception, which marks every record of the transaction."""
    return any(rule.get("for_all") and _is_about(rule, task) for rule in rules)


def _is_about(rule: Rule, values: Mapping[str, Any]) -> bool:
    when: Mapping[str, Any] = rule.get("when") or {}
    return all(str(text).lower() in str(values.get(name) or "").lower() for name, text in when.items())


def _trigger(rule: Rule, values: Mapping[str, Any], is_locked: Callable[[str], bool]) -> None:
    """One that ``updates`` a parent fails where that is locked; one with a ``message`` throws it."""
    parent = str(values.get(rule.get("updates", "")) or "")
    if parent and is_locked(parent):
        cause = (
            f"System.DmlException: Update failed. First exception on row 0 with id {parent}; first error: "
            f"{LOCKED}, unable to obtain exclusive access to this record or 1 records: {parent}: []"
        )
        raise _thrown(rule, cause)
    if rule.get("message"):
        raise _thrown(rule, f"TaskGuard.Refused: {rule['message']}")


def _thrown(rule: Rule, cause: str) -> RecordError:
    name = rule.get("name", "TaskTrigger")
    sentence = f"{name}: execution of AfterInsert\n\ncaused by: {cause}\n\nTrigger.{name}: line 7, column 1"
    return RecordError("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", sentence)
