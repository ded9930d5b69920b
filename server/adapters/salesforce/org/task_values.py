"""Fixed values of Task fields that an admin names, checked against describe: a wrong one is reported and not sent."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

RECORD_TYPE = "RecordTypeId"
TYPE = "Type"
EMAIL = "Email"
YES_OR_NO = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
OURS = frozenset(
    {"Subject", "Description", "ActivityDate", "Status", "TaskSubtype", "OwnerId", "WhoId", "WhatId", "TaskWhoIds"}
)
"""Fields that each email fills itself."""


@dataclass(frozen=True)
class ActivityChoices:
    """What an admin chose about activities. ``values`` are fields and their values in every one, in the order given.

    ``has_header``: the lines From, To, Cc and Date stand above an email's text.
    """

    values: tuple[tuple[str, str], ...] = ()
    has_header: bool = True


class _WrongValueError(Exception):
    """The sentence for the admin, after the field's name."""


def read_task_values(
    task: Any, choices: ActivityChoices, custom: Sequence[str]
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Values to write, by the org's name of the field, and a sentence for each one that cannot be written.

    ``task`` is the describe, ``custom`` are the org's names of our own fields.
    """
    fields = {str(field["name"]).lower(): field for field in task["fields"]}
    values: dict[str, Any] = {}
    problems: list[str] = []
    # The picklist of the org is an admin's own: not everyone has an email in it.
    kind = fields.get(TYPE.lower())
    if kind and kind.get("createable", True) and EMAIL in _list_picklist(kind):
        values[TYPE] = EMAIL
    for name, text in choices.values:
        field = fields.get(name.lower())
        try:
            values[str(field["name"]) if field else name] = _read_value(task, field, text, custom)
        except _WrongValueError as error:
            problems.append(f"TASK_FIELDS: Task.{field['name'] if field else name} {error}.")
    return values, tuple(problems)


def _read_value(task: Any, field: Mapping[str, Any] | None, text: str, custom: Sequence[str]) -> Any:
    if field is None:
        raise _WrongValueError("is not there, or the integration user may not see it")
    if field["name"] in OURS or field["name"] in custom:
        raise _WrongValueError("is filled with what each email says")
    if not field.get("createable", True):
        raise _WrongValueError("cannot be written by the integration user")
    return _find_record_type(task, text) if field["name"] == RECORD_TYPE else _convert(field, text)


def _convert(field: Mapping[str, Any], text: str) -> Any:
    kind = str(field.get("type"))
    if kind == "boolean":
        if text.lower() not in YES_OR_NO:
            raise _WrongValueError("takes true or false")
        return YES_OR_NO[text.lower()]
    if kind in ("int", "double", "currency", "percent"):
        if not re.fullmatch(r"-?\d+(\.\d+)?", text):
            raise _WrongValueError("takes a number")
        return float(text) if "." in text else int(text)
    picklist = _list_picklist(field)
    if kind in ("picklist", "multipicklist") and picklist:
        chosen = text.split(";") if kind == "multipicklist" else [text]
        if unknown := [value for value in chosen if value not in picklist]:
            raise _WrongValueError(f"has no value {unknown[0]} in its picklist")
    return text


def _list_picklist(field: Mapping[str, Any]) -> list[str]:
    return [str(value["value"]) for value in field.get("picklistValues") or () if value.get("active", True)]


def _find_record_type(task: Any, text: str) -> str:
    """By its id of 15 or 18 characters, its name or its developer name."""
    for info in task.get("recordTypeInfos") or ():
        identifier = str(info.get("recordTypeId", ""))
        if text in (identifier, identifier[:15], info.get("name"), info.get("developerName")):
            if not info.get("available", True) or not info.get("active", True):
                raise _WrongValueError(f"{text} is no record type that the integration user may use")
            return identifier
    raise _WrongValueError(f"has no record type {text}")
