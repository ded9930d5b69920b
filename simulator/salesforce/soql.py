"""SOQL as far as a sync needs it, properly parsed, and run over records in memory."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from lark import Lark, Token, Transformer
from lark.exceptions import LarkError

from simulator.salesforce.conditions import All, CaseSensitive, Either, Like, Lists, Test, Within, access, parts_of
from simulator.salesforce.errors import ApiError

GRAMMAR = r"""
query: "SELECT"i columns "FROM"i NAME where? order? limit? offset?
columns: COUNT -> count | path ("," path)* -> columns
where: "WHERE"i or_
order: "ORDER"i "BY"i sort ("," sort)*
sort: path DIRECTION? NULLS?
limit: "LIMIT"i INT
offset: "OFFSET"i INT
?or_: and_ ("OR"i and_)* -> any
?and_: not_ ("AND"i not_)* -> all
?not_: "NOT"i not_ -> negated | "(" or_ ")" | comparison
comparison: path OPERATOR value -> compare
          | path "IN"i values -> within
          | path "NOT"i "IN"i values -> without
          | path "LIKE"i STRING -> like
values: "(" value ("," value)* ")"
?value: STRING -> string | DATETIME -> moment | DATE -> moment | NUMBER -> number
      | TRUE -> true | FALSE -> false | NULL -> null
path: NAME ("." NAME)*
COUNT.3: /COUNT\(\s*\)/i
DIRECTION.3: /(ASC|DESC)\b/i
NULLS.3: /NULLS\s+(FIRST|LAST)\b/i
TRUE.3: /TRUE\b/i
FALSE.3: /FALSE\b/i
NULL.3: /NULL\b/i
OPERATOR: "!=" | "<>" | "<=" | ">=" | "=" | "<" | ">"
STRING: /'(\\.|[^'\\])*'/
DATETIME.2: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)/
DATE.1: /\d{4}-\d\d-\d\d/
NUMBER: /-?\d+(\.\d+)?/
INT.1: /\d+/
NAME: /(?!(?:FROM|WHERE|ORDER|LIMIT|OFFSET|AND|OR|NOT|IN|LIKE)\b)[A-Za-z_][A-Za-z0-9_]*/i
%import common.WS
%ignore WS
"""

LONGEST = 100_000


@dataclass
class Select:
    columns: tuple[str, ...]
    source: str
    test: Test | None = None
    order: tuple[tuple[str, bool, bool], ...] = ()
    limit: int | None = None
    offset: int = 0
    filtered: frozenset[str] = field(default_factory=frozenset)
    size: int = 0
    """Values and patterns of its filters."""

    @property
    def keys(self) -> dict[str, tuple[Any, ...]]:
        """The values of which a matching record must have one, by fields of the object itself."""
        lists = [test for test in parts_of(self.test) if isinstance(test, Within)]
        return {test.path: test.values for test in lists if "." not in test.path}

    def access(self, is_indexed: Callable[[str], bool]) -> Lists | None:
        """Lists of values by which indexes find all matching records; None where all must be read."""
        return access(self.test, is_indexed)


def parse(text: str) -> Select:
    """Raises ApiError MALFORMED_QUERY, in Salesforce's words as far as they matter."""
    if len(text) > LONGEST:
        raise ApiError(400, "MALFORMED_QUERY", "SOQL statements cannot be longer than 100000 characters.")
    try:
        select: Select = _Builder().transform(_parser().parse(text))
    except LarkError as error:
        at = getattr(error, "column", "?")
        raise ApiError(400, "MALFORMED_QUERY", f"ERROR at Row:1:Column:{at}\nunexpected token") from None
    return select


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark(GRAMMAR, start="query", parser="lalr", maybe_placeholders=False)


class _Builder(Transformer[Token, Any]):
    def __init__(self) -> None:
        super().__init__()
        self._filtered: set[str] = set()
        self._size = 0

    def query(self, parts: list[Any]) -> Select:
        select = Select(parts[0], str(parts[1]))
        for name, value in parts[2:]:
            setattr(select, name, value)
        select.filtered, select.size = frozenset(self._filtered), self._size
        return select

    def columns(self, parts: list[str]) -> tuple[str, ...]:
        return tuple(parts)

    def count(self, _parts: list[Any]) -> tuple[str, ...]:
        return ("COUNT()",)

    def path(self, parts: list[Token]) -> str:
        return ".".join(map(str, parts))

    def where(self, parts: list[Test]) -> tuple[str, Test]:
        return "test", parts[0]

    def limit(self, parts: list[Token]) -> tuple[str, int]:
        return "limit", int(parts[0])

    def offset(self, parts: list[Token]) -> tuple[str, int]:
        return "offset", int(parts[0])

    def order(self, parts: list[Any]) -> tuple[str, tuple[Any, ...]]:
        return "order", tuple(parts)

    def sort(self, parts: list[Any]) -> tuple[str, bool, bool]:
        words = " ".join(map(str, parts[1:])).upper()
        down = "DESC" in words
        return parts[0], down, "LAST" in words if "NULLS" in words else down

    def any(self, parts: list[Test]) -> Test:
        return parts[0] if len(parts) == 1 else Either(parts)

    def all(self, parts: list[Test]) -> Test:
        return parts[0] if len(parts) == 1 else All(parts)

    def negated(self, parts: list[Test]) -> Test:
        return lambda get: not parts[0](get)

    def compare(self, parts: list[Any]) -> Test:
        path, operator, operand = parts
        self._filtered.add(path)
        if str(operator) == "=" and isinstance(operand, str):
            return Within(path, [operand])
        is_id = _is_id(path)
        return lambda get: _compare(get(path), str(operator), operand, is_id=is_id)

    def within(self, parts: list[Any]) -> Test:
        path, operand = parts
        self._filtered.add(path)
        self._size += len(operand)
        return Within(path, operand)

    def without(self, parts: list[Any]) -> Test:
        path, operand = parts
        self._filtered.add(path)
        among = Within(path, operand)
        return lambda get: not among(get)

    def like(self, parts: list[Any]) -> Test:
        path = parts[0]
        self._filtered.add(path)
        self._size += 1
        regex = re.compile(_read_pattern(str(parts[1])), re.IGNORECASE | re.DOTALL)
        start = re.match(r"(?:\\.|[^\\%_])*", str(parts[1])[1:-1], re.DOTALL)
        return Like(path, regex, start[0] if start else "")

    def values(self, parts: list[Any]) -> list[Any]:
        return parts

    def string(self, parts: list[Token]) -> str:
        text = _unquote(str(parts[0]))
        if len(text) > 4000:
            raise ApiError(400, "MALFORMED_QUERY", "String literals cannot be longer than 4000 characters.")
        return text

    def moment(self, parts: list[Token]) -> str:
        return str(parts[0]).replace("Z", "+0000")

    def number(self, parts: list[Token]) -> float:
        return float(parts[0])

    def true(self, _parts: list[Any]) -> bool:
        return True

    def false(self, _parts: list[Any]) -> bool:
        return False

    def null(self, _parts: list[Any]) -> None:
        return None


def _unquote(literal: str) -> str:
    names = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
    return re.sub(
        r"\\(?:u([0-9A-Fa-f]{4})|(.))",
        lambda m: chr(int(m.group(1), 16)) if m.group(1) else names.get(m.group(2), m.group(2)),
        literal[1:-1],
        flags=re.DOTALL,
    )


def _read_pattern(literal: str) -> str:
    """A LIKE as a regular expression: a wildcard behind a backslash stands for itself."""
    pieces = re.findall(r"\\u[0-9A-Fa-f]{4}|\\.|.", literal[1:-1], re.DOTALL)
    wild = {"%": ".*", "_": "."}
    return "".join(wild.get(piece) or re.escape(_unquote(f"'{piece}'")) for piece in pieces)


def _is_id(path: str) -> bool:
    """Ids are in the order of their characters: capitals come before small letters."""
    return path.rpartition(".")[2].endswith("Id")


def _compare(value: Any, operator: str, operand: Any, *, is_id: bool = False) -> bool:
    if operator in ("=", "!=", "<>"):
        return _equal(value, operand) is (operator == "=")
    if value is None or operand is None:
        return False
    left: Any = value if isinstance(operand, float) else str(value) if is_id else str(value).lower()
    right: Any = operand if isinstance(operand, float) else str(operand) if is_id else str(operand).lower()
    return bool({"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[operator])


def _equal(value: Any, operand: Any) -> bool:
    if isinstance(value, CaseSensitive):
        return bool(str(value) == operand)
    if isinstance(value, str) and isinstance(operand, str):
        return value.lower() == operand.lower()
    if value in (None, "") and operand in (None, ""):
        return True
    return bool(value == operand)


def sort_rows(rows: list[Any], order: tuple[tuple[str, bool, bool], ...], get: Callable[[Any, str], Any]) -> list[Any]:
    """Sorts by each key from the last to the first, and puts nulls where the query says."""
    for path, down, nulls_last in reversed(order):
        empty = [r for r in rows if get(r, path) is None]
        full = sorted(
            (r for r in rows if get(r, path) is not None), key=lambda r: _sortable(get(r, path), path), reverse=down
        )
        rows = full + empty if nulls_last else empty + full
    return rows


def _sortable(value: Any, path: str) -> Any:
    return value.lower() if isinstance(value, str) and not _is_id(path) else value
