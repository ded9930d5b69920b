"""What a part of a composite takes from the parts before it: ``@{reference.field}``, ``@{reference[0].id}``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from simulator.salesforce.errors import ApiError

REFERENCE = re.compile(r"@\{(\w+)([^{}]*)\}")
STEP = re.compile(r"\.(\w+)|\[(\d+)\]")


def resolve(part: Mapping[str, Any], answers: Mapping[str, Any]) -> dict[str, Any]:
    """``answers`` are those of the parts before, by reference. Raises ApiError for what is not in them."""
    wanted = {name: _in(part[name], answers) for name in ("url", "body") if part.get(name) is not None}
    return {**part, **wanted}


def _in(value: Any, answers: Mapping[str, Any]) -> Any:
    if isinstance(value, str):
        return REFERENCE.sub(lambda found: _value(found[1], found[2], answers), value)
    if isinstance(value, list):
        return [_in(item, answers) for item in value]
    if isinstance(value, dict):
        return {name: _in(item, answers) for name, item in value.items()}
    return value


def _value(reference: str, path: str, answers: Mapping[str, Any]) -> str:
    found = answers.get(reference, {}).get("body")
    for name, place in STEP.findall(path):
        try:
            found = found[int(place)] if place else found[name]
        except (KeyError, IndexError, TypeError):
            found = None
    if found is None:
        message = f"Invalid reference specified. No value for {reference}{path} found in {reference}"
        raise ApiError(400, "PROCESSING_HALTED", message)
    return str(found)
