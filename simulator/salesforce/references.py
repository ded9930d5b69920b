"""What a part of a composite takes from the parts before it: ``@{reference.field}``, ``@{reference[0].id}``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from simulator.salesforce.errors import ApiError

REFERENCE = re.compile(r"@\{(\w+)([^{}]*)\}")
STEP = re.compile(r"\.(\w+)|\[(\d+)\]")


def resolve(subrequest: Mapping[str, Any], responses: Mapping[str, Any]) -> dict[str, Any]:
    """``answers`` are those of the parts before, by reference. Raises ApiError for what is not in them."""
    resolved = {name: _in(subrequest[name], responses) for name in ("url", "body") if subrequest.get(name) is not None}
    return {**subrequest, **resolved}


def _in(value: Any, responses: Mapping[str, Any]) -> Any:
    if isinstance(value, str):
        return REFERENCE.sub(lambda match: _value(match[1], match[2], responses), value)
    if isinstance(value, list):
        return [_in(item, responses) for item in value]
    if isinstance(value, dict):
        return {name: _in(item, responses) for name, item in value.items()}
    return value


def _value(reference: str, path: str, responses: Mapping[str, Any]) -> str:
    value = responses.get(reference, {}).get("body")
    for name, place in STEP.findall(path):
        try:
            value = value[int(place)] if place else value[name]
        except (KeyError, IndexError, TypeError):
            value = None
    if value is None:
        message = f"Invalid reference specified. No value for {reference}{path} found in {reference}"
        raise ApiError(400, "PROCESSING_HALTED", message)
    return str(value)
