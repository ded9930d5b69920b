"""What the switches of a world have in common: a name, a kind of value, and a sentence for what fits neither."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

KINDS = {bool: "true or false", int: "a whole number", str: "a text", tuple: "a list of texts"}
"""What a switch takes, by the class of its default."""


def check_switches(
    kind: type, section: Mapping[str, Any], where: str, numbers: Sequence[str], texts: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """The values for the dataclass ``kind``, a list as a tuple. ``numbers`` are from 1 on; ``texts`` has its choices.

    Raises ValueError, with a sentence, for a name or a value that no switch has.
    """
    names = {field.name for field in fields(kind)}
    if unknown := sorted(set(section) - names):
        raise ValueError(f"{where} knows no {unknown[0]}: it knows {', '.join(sorted(names))}")
    for name in numbers:
        number = section.get(name)
        if number is not None and (isinstance(number, bool) or not isinstance(number, int) or number < 1):
            raise ValueError(f"{where}.{name} must be a whole number from 1")
    for field in fields(kind):
        needed = KINDS.get(type(field.default))
        if needed and not _is_of_kind(section.get(field.name, field.default), type(field.default)):
            raise ValueError(f"{where}.{field.name} must be {needed}")
    for name, choices in texts.items():
        if name in section and section[name] not in choices:
            raise ValueError(f"{where}.{name} must be one of {', '.join(filter(None, choices))}")
    return {name: tuple(value) if isinstance(value, list) else value for name, value in section.items()}


def _is_of_kind(value: Any, kind: type) -> bool:
    """A tuple stands in a world as a list."""
    if kind is tuple:
        return isinstance(value, list | tuple) and all(isinstance(text, str) for text in value)
    return isinstance(value, kind)
