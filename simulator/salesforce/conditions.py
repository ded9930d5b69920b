"""The WHERE of a question: tests of a record, and the lists of values by which an index finds all that pass them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

Test = Callable[[Callable[[str], Any]], bool]
"""Asks the record's value of a path, and says whether the record is wanted."""
Lists = list[tuple[str, tuple[Any, ...]]]
"""Fields and values: their union holds whatever is wanted."""


class CaseSensitive(str):
    """A value of a unique case-sensitive field."""

    __slots__ = ()


class Within:
    """One of these values; made once for a list that may be long."""

    def __init__(self, path: str, values: list[Any]) -> None:
        self.path = path
        self.values = tuple(values)
        self._exact = set(values)
        self._lower = {value.lower() for value in values if isinstance(value, str)}

    def __call__(self, get: Callable[[str], Any]) -> bool:
        value = get(self.path)
        if isinstance(value, CaseSensitive):
            return str(value) in self._exact
        if isinstance(value, str) and value:
            return value.lower() in self._lower
        return value in self._exact or (value in (None, "") and not self._exact.isdisjoint({None, ""}))


class Like:
    """A pattern. ``start`` is what it is fixed to at its left."""

    def __init__(self, path: str, regex: re.Pattern[str], start: str) -> None:
        self.path = path
        self.start = start
        self._regex = regex

    def __call__(self, get: Callable[[str], Any]) -> bool:
        return bool(self._regex.fullmatch(str(get(self.path) or "")))


class All:
    """Every part holds."""

    def __init__(self, parts: list[Test]) -> None:
        self.parts = parts

    def __call__(self, get: Callable[[str], Any]) -> bool:
        return all(test(get) for test in self.parts)


class Either:
    """One part holds."""

    def __init__(self, parts: list[Test]) -> None:
        self.parts = parts

    def __call__(self, get: Callable[[str], Any]) -> bool:
        return any(test(get) for test in self.parts)


def access(test: Test | None, is_indexed: Callable[[str], bool]) -> Lists | None:
    """Of an AND one indexed part is enough, of an OR each part must be; what an index leaves out is nulls."""
    if isinstance(test, Within):
        usable = "." not in test.path and is_indexed(test.path) and not {None, ""} & set(test.values)
        return [(test.path, test.values)] if usable else None
    if isinstance(test, All):
        choices = [lists for inner in test.parts if (lists := access(inner, is_indexed)) is not None]
        return min(choices, key=lambda lists: sum(len(values) for _, values in lists), default=None)
    if isinstance(test, Either):
        alternatives = [access(inner, is_indexed) for inner in test.parts]
        return None if None in alternatives else [values for lists in alternatives for values in lists or ()]
    return None


def is_answered_by_index(test: Test | None, is_indexed: Callable[[str], bool]) -> bool:
    """Whether indexes find all that is wanted, by values or by what a pattern is fixed to."""
    if isinstance(test, Like):
        return bool(test.start) and "." not in test.path and is_indexed(test.path)
    if isinstance(test, All):
        return any(is_answered_by_index(inner, is_indexed) for inner in test.parts)
    if isinstance(test, Either):
        return all(is_answered_by_index(inner, is_indexed) for inner in test.parts)
    return access(test, is_indexed) is not None


def parts_of(test: Test | None) -> list[Any]:
    """All that must hold at once."""
    return [leaf for inner in test.parts for leaf in parts_of(inner)] if isinstance(test, All) else [test]
