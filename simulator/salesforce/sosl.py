"""SOSL as far as a sync needs it: FIND words or phrases joined by OR, in e-mail fields, RETURNING objects."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simulator.salesforce.errors import ApiError
from simulator.salesforce.schema import Field

LONGEST = 10_000
"""Characters of the searched text: longer ones find nothing."""
LONGEST_WITH_OPERATORS = 4_000
"""Characters: in a longer text the operators are taken away, so that all its words must be there."""
SHORTEST = 2
_STATEMENT = re.compile(
    r"\s*FIND\s*\{(?P<text>(?:\\.|[^\\}])*)\}\s*(?:IN\s+(?P<group>ALL|EMAIL)\s+FIELDS\s+)?RETURNING\s+(?P<objects>.+?)\s*",
    re.IGNORECASE | re.DOTALL,
)
_OBJECT = re.compile(
    r"\s*(?P<name>\w+)\s*\((?P<fields>[\w.,\s]+?)(?:\s+WHERE\s+(?P<where>.+?))?(?:\s+LIMIT\s+(?P<limit>\d+))?\s*\)\s*(?:,|$)",
    re.IGNORECASE | re.DOTALL,
)
_TERM = re.compile(r"\s*(?:\"(?P<phrase>(?:\\.|[^\"\\])+)\"|(?P<word>(?:\\.|[^\s\"\\])+))\s*", re.DOTALL)
_RESERVED = re.compile(r"(?<!\\)[?&|!{}\[\]()^~*:'+-]")
"""Each must stand behind a backslash, also within quotes."""


@dataclass(frozen=True)
class Scope:
    """One object of RETURNING, and the SOQL of its rows."""

    name: str
    soql: str
    limit: int


@dataclass(frozen=True)
class Search:
    terms: tuple[tuple[str, ...], ...]
    """The words of each term; one of the terms must be found."""
    emails_only: bool
    scopes: tuple[Scope, ...]

    def finds(self, row: Mapping[str, Any], fields: Mapping[str, Field]) -> bool:
        """Whether the words of a term stand side by side in one searched field."""
        values = [str(row.get(name) or "") for name, field in fields.items() if self._is_searched(field)]
        return any(_has_phrase(read_words(value), term) for value in values for term in self.terms)

    def _is_searched(self, field: Field) -> bool:
        return field.type == "email" or (not self.emails_only and field.type == "string")


def parse(statement: str) -> Search:
    """Raises ApiError MALFORMED_SEARCH."""
    match = _STATEMENT.fullmatch(statement)
    objects = list(_OBJECT.finditer(match["objects"])) if match else []
    if match is None or not objects or "".join(found[0] for found in objects) != match["objects"]:
        raise _refuse("unexpected token")
    scopes = tuple(_scope(found) for found in objects)
    return Search(_read_terms(match["text"]), (match["group"] or "").upper() == "EMAIL", scopes)


def read_words(text: str) -> list[str]:
    """As the index has them: letters and digits, whatever stands between."""
    return re.findall(r"[^\W_]+", text.lower())


def _scope(found: re.Match[str]) -> Scope:
    where = f" WHERE {found['where']}" if found["where"] else ""
    return Scope(found["name"], f"SELECT {found['fields']} FROM {found['name']}{where}", int(found["limit"] or 2_000))  # noqa: S608


def _read_terms(text: str) -> tuple[tuple[str, ...], ...]:
    if len(text) > LONGEST:
        return ()
    terms: list[tuple[str, ...]] = []
    place, wants_term = 0, True
    while place < len(text):
        term = _TERM.match(text, place)
        if term is None:
            raise _refuse("unexpected token in the search text")
        place = term.end()
        if not wants_term:
            if term["word"] != "OR":
                raise _refuse("only OR joins terms here")
            wants_term = True
            continue
        written = term["phrase"] or term["word"]
        if _RESERVED.search(re.sub(r"\\\\", "", written)):
            raise _refuse("a reserved character has no backslash")
        terms.append(tuple(read_words(re.sub(r"\\(.)", r"\1", written))))
        wants_term = False
    if wants_term or any(len("".join(term)) < SHORTEST for term in terms):
        raise _refuse("search term must be longer than one character")
    if len(text) > LONGEST_WITH_OPERATORS:
        return (tuple(word for term in terms for word in term),)
    return tuple(terms)


def _has_phrase(words: Sequence[str], term: Sequence[str]) -> bool:
    size = len(term)
    return any(list(words[start : start + size]) == list(term) for start in range(len(words) - size + 1))


def _refuse(message: str) -> ApiError:
    return ApiError(400, "MALFORMED_SEARCH", message)
