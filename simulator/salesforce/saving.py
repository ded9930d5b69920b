"""What Salesforce checks before it saves a record."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from simulator.salesforce import ids, shared_activities
from simulator.salesforce.errors import ApiError, RecordError
from simulator.salesforce.schema import Field
from simulator.salesforce.tables import Tables

LEAD_CONVERTED = "CANNOT_UPDATE_CONVERTED_LEAD"

DEFAULTS: dict[str, dict[str, Any]] = {
    "User": {"IsActive": True, "UserType": "Standard"},
    "Lead": {"IsConverted": False},
}
"""What a record has that was made without a word of it."""


def check_fields(kind: str, record: Mapping[str, Any], fields: Mapping[str, Field]) -> None:
    """Raises ApiError: an unknown field makes the whole request malformed."""
    for name in record:
        if name not in fields and name != "attributes":
            message = f"No such column '{name}' on sobject of type {kind}"
            raise ApiError(400, "INVALID_FIELD", message)


def check_values(
    kind: str,
    record: Mapping[str, Any],
    fields: Mapping[str, Field],
    tables: Tables,
    stored: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The values as they will be stored, on top of the row that is there. Raises RecordError."""
    values = {name: value for name, value in record.items() if name != "attributes"}
    for name, value in values.items():
        field = fields[name]
        if not field.is_writable:
            message = f"Unable to create/update fields: {name}. Please check the security settings of this field"
            raise RecordError("INVALID_FIELD_FOR_INSERT_UPDATE", message, name)
        if value is not None:
            values[name] = _value(field, value, tables)
    if kind == "Task":
        _task(values, tables, stored or {})
    return values


def check_access(values: Mapping[str, Any], barred: frozenset[str]) -> None:
    """Nothing is related to a record that the user may not read and edit. Raises RecordError."""
    for name in ("WhoId", "WhatId"):
        if values.get(name) in barred:
            message = f"insufficient access rights on cross-reference id: {values[name][:15]}"
            raise RecordError("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", message)


def check_locks(
    kind: str, values: Mapping[str, Any], is_locked: Callable[[str], bool], *, is_new: bool = False
) -> None:
    """A new task locks what it is about only where it is open and has a date; a change always does."""
    if kind == "Task":
        parents = [values.get(name) for name in ("AccountId", "WhoId", "WhatId")]
        if is_new and (values.get("Status") == "Completed" or not values.get("ActivityDate")):
            parents = []
    else:
        parents = [values.get("Id")]
    for parent in parents:
        if parent and is_locked(str(parent)):
            message = f"unable to obtain exclusive access to this record or 1 records: {parent}"
            raise RecordError("UNABLE_TO_LOCK_ROW", message)


def account_of(task: Mapping[str, Any], tables: Tables) -> str | None:
    """The account that a task rolls up to: by its record, else by its person."""
    what = task.get("WhatId")
    if what and what.startswith("001"):
        return str(what)
    opportunity = tables["Opportunity"].get(what or "", {})
    contact = tables.find(str(task.get("WhoId") or "")) or {}
    return opportunity.get("AccountId") or contact.get("AccountId")


def is_closed(task: Mapping[str, Any], tables: Tables) -> bool:
    rows = tables["TaskStatus"].values()
    return any(
        row.get("IsClosed") and task.get("Status") in (row.get("ApiName"), row.get("MasterLabel")) for row in rows
    )


def _value(field: Field, value: Any, tables: Tables) -> Any:
    if field.type == "boolean" and not isinstance(value, bool):
        raise RecordError("JSON_PARSER_ERROR", f"Cannot deserialize instance of boolean for {field.name}", field.name)
    if field.type == "date":
        _date(field, str(value))
    if field.type == "datetime" and not re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)", str(value)
    ):
        raise RecordError("JSON_PARSER_ERROR", f"Cannot deserialize instance of datetime for {field.name}", field.name)
    if field.type == "reference":
        return _reference(field, str(value), tables)
    if field.is_restricted and value not in field.picklist:
        message = f"{field.name}: bad value for restricted picklist field: {value}"
        raise RecordError("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, field.name)
    if isinstance(value, str) and field.length and _measure(value, in_bytes=field.counts_bytes) > field.length:
        message = f"{field.name}: data value too large: (max length={field.length})"
        raise RecordError("STRING_TOO_LONG", message, field.name)
    return value


def _measure(value: str, *, in_bytes: bool) -> int:
    return len(value.encode()) if in_bytes else len(value.encode("utf-16-le", "replace")) // 2


def _date(field: Field, value: str) -> None:
    try:
        year = date.fromisoformat(value).year
    except ValueError:
        year = 0
    if not 1700 <= year <= 4000:
        raise RecordError(
            "INVALID_TYPE_ON_FIELD_IN_RECORD", f"{field.name}: value not of required type: {value}", field.name
        )


def _reference(field: Field, value: str, tables: Tables) -> str:
    identifier = ids.to_18(value)
    kind = ids.type_of(identifier)
    if kind is None or (field.refers_to and kind not in field.refers_to):
        raise RecordError("FIELD_INTEGRITY_EXCEPTION", f"{field.name}: id value of incorrect type: {value}", field.name)
    found = tables.find(identifier)
    if found is None:
        raise RecordError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", field.name)
    if found.get("IsDeleted"):
        raise RecordError("ENTITY_IS_DELETED", "entity is deleted", field.name)
    if field.name == "WhoId" and found.get("IsConverted"):
        raise RecordError(LEAD_CONVERTED, "cannot reference converted lead", field.name)
    if field.name == "OwnerId" and not found.get("IsActive", True):
        raise RecordError("INACTIVE_OWNER_OR_USER", "operation performed with inactive user", field.name)
    return identifier


def _task(values: dict[str, Any], tables: Tables, stored: Mapping[str, Any]) -> None:
    if "TaskWhoIds" in values or "WhoId" in values:
        values |= shared_activities.relate(values, stored)
    whole = {**stored, **values}
    who, what = whole.get("WhoId"), whole.get("WhatId")
    if who and ids.type_of(who) == "Lead" and what:
        raise RecordError("FIELD_INTEGRITY_EXCEPTION", "WhatId cannot be specified when WhoId is a Lead", "WhatId")
    people = values.get("TaskWhoIds") or []
    if len(people) > 50 or (len(people) > 1 and any(ids.type_of(p) != "Contact" for p in people)):
        raise RecordError("FIELD_INTEGRITY_EXCEPTION", "A task relates to one lead or up to 50 contacts", "TaskWhoIds")
    for person in people:
        _reference(Field("TaskWhoIds", "reference", refers_to=("Contact", "Lead")), person, tables)
    values["AccountId"] = account_of(whole, tables)
