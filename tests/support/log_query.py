"""The part of Cloud Logging's query language that our metrics use, and what of a line becomes a log entry."""

from __future__ import annotations

import json
import operator as operators
import re
from collections.abc import Callable
from typing import Any

Entry = dict[str, Any]
Test = Callable[[Entry], bool]
_TOKEN = re.compile(r'\s*(\(|\)|AND\b|OR\b|[A-Za-z][\w.]*|=~|>=|<=|!=|=|>|<|"(?:[^"\\]|\\.)*"|-?[0-9.]+)')
ORDERS: dict[str, Callable[[float, float], bool]] = {
    ">=": operators.ge,
    ">": operators.gt,
    "<=": operators.le,
    "<": operators.lt,
}
_SPECIAL = {"logging.googleapis.com/labels": "labels", "logging.googleapis.com/trace": "trace"}
_ENTRY_FIELDS = ("severity", "time")


def read_entry(line: str) -> Entry:
    """As App Engine's log agent reads a line of JSON: some keys are the entry's own, the rest is its payload."""
    payload = json.loads(line)
    entry = {name: payload.pop(key) for key, name in _SPECIAL.items() if key in payload}
    entry |= {key: payload.pop(key) for key in _ENTRY_FIELDS if key in payload}
    return {**entry, "jsonPayload": payload}


def find_value(entry: Entry, path: str) -> Any:
    """The value at ``jsonPayload.x`` or ``labels.x``, None where there is none."""
    value: Any = entry
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def extract(entry: Entry, extractor: str) -> Any:
    """What ``EXTRACT(path)`` gives."""
    [path] = re.fullmatch(r"EXTRACT\(([\w.]+)\)", extractor).groups()  # type: ignore[union-attr]
    return find_value(entry, path)


def compile_query(query: str) -> Test:
    """Comparisons, AND, OR and brackets; as in Cloud Logging, OR binds more tightly than AND. Raises ValueError."""
    tokens = _tokenise(query)
    test = _read_all(tokens)
    if tokens:
        raise ValueError(f"The query goes on after its end: {tokens}")
    return test


def _tokenise(query: str) -> list[str]:
    tokens, at = [], 0
    while query[at:].strip():
        match = _TOKEN.match(query, at)
        if match is None:
            raise ValueError(f"The query cannot be read from here: {query[at:]}")
        tokens.append(match.group(1))
        at = match.end()
    return tokens


def _read_all(tokens: list[str]) -> Test:
    tests = [_read_any(tokens)]
    while tokens and tokens[0] == "AND":
        tokens.pop(0)
        tests.append(_read_any(tokens))
    return lambda entry: all(test(entry) for test in tests)


def _read_any(tokens: list[str]) -> Test:
    tests = [_read_one(tokens)]
    while tokens and tokens[0] == "OR":
        tokens.pop(0)
        tests.append(_read_one(tokens))
    return lambda entry: any(test(entry) for test in tests)


def _read_one(tokens: list[str]) -> Test:
    first = tokens.pop(0)
    if first == "(":
        inner = _read_all(tokens)
        if not tokens or tokens.pop(0) != ")":
            raise ValueError("A bracket is not closed.")
        return inner
    operator, literal = tokens.pop(0), tokens.pop(0)
    return _compare(first, operator, json.loads(literal))


def _compare(path: str, operator: str, wanted: Any) -> Test:
    def test(entry: Entry) -> bool:
        value = find_value(entry, path)
        if value is None:
            return False
        if operator == "=~":
            return re.search(str(wanted), str(value)) is not None
        if operator in ("=", "!="):
            return (str(value) == str(wanted)) == (operator == "=")
        return ORDERS[operator](float(value), wanted)

    return test
