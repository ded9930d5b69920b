"""An org's records, and the indexes by which a question finds them: Salesforce does not look at every row either."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from simulator.salesforce import ids, soql
from simulator.salesforce.crowd import Crowd
from simulator.salesforce.errors import ApiError
from simulator.salesforce.schema import Field

Row = dict[str, Any]
LINKS = ("AccountId", "OwnerId", "WhoId", "WhatId")
"""References whose ids are kept in their long form."""


class Tables:
    """By object and id; not thread-safe. An index begins with the first question for a field."""

    def __init__(self, schema: Mapping[str, Mapping[str, Field]]) -> None:
        self._schema = schema
        self._rows: dict[str, dict[str, Row]] = {name: {} for name in schema}
        self._places: dict[str, int] = {}
        self._indexes: dict[tuple[str, str], dict[Any, dict[str, None]]] = {}
        self._kinds = {ids.prefix_of(name): name for name in schema}
        self.crowds: dict[str, Crowd] = {}

    def __getitem__(self, kind: str) -> dict[str, Row]:
        return self._rows[kind]

    def get(self, kind: str, default: Mapping[str, Row]) -> Mapping[str, Row]:
        return self._rows.get(kind, default)

    def values(self) -> Iterable[dict[str, Row]]:
        return self._rows.values()

    def kind_of(self, identifier: str) -> str | None:
        """The object of a record, as this org calls it."""
        return self._kinds.get(identifier[:3])

    def find(self, identifier: str) -> Row | None:
        kind = self.kind_of(identifier) or ""
        row = self._rows.get(kind, {}).get(identifier)
        return row or next((r for r in self._of_crowd(kind, "Id", identifier)), None)

    def put(self, kind: str, identifier: str, row: Row) -> None:
        self._forget(kind, identifier)
        self._places.setdefault(identifier, len(self._places))
        self._rows[kind][identifier] = row
        for (of, name), index in self._indexes.items():
            if of == kind:
                index.setdefault(_key(row.get(name)), {})[identifier] = None

    def drop(self, kind: str, identifier: str) -> None:
        self._forget(kind, identifier)
        del self._rows[kind][identifier]

    def snapshot(self) -> dict[str, dict[str, Row]]:
        """Rows are replaced and never written to, so that their places are enough."""
        return {kind: dict(rows) for kind, rows in self._rows.items()}

    def restore(self, snapshot: dict[str, dict[str, Row]]) -> None:
        self._rows = snapshot
        self._indexes.clear()

    def where(self, kind: str, name: str, *values: Any) -> list[Row]:
        """Rows with one of these values in a field, case aside, in the order in which they came."""
        index = self._index(kind, name)
        found = {identifier for value in values for identifier in index.get(_key(value), ())}
        rows = [self._rows[kind][identifier] for identifier in sorted(found, key=self._places.__getitem__)]
        return rows + self._of_crowd(kind, name, *values)

    def candidates(self, kind: str, select: soql.Select) -> Iterable[Row]:
        """Rows that a question may mean, found by values, or all. Raises ApiError where they are too many."""
        fields, is_large = self._schema[kind], kind in self.crowds
        lists = select.access(lambda name: name in fields and (fields[name].is_indexed or not is_large))
        if lists is None:
            if is_large:
                raise ApiError(400, "QUERY_TIMEOUT", "Your query request was running for too long.")
            return self._rows[kind].values()
        return {row["Id"]: row for name, values in lists for row in self.where(kind, name, *values)}.values()

    def _of_crowd(self, kind: str, name: str, *values: Any) -> list[Row]:
        return self.crowds[kind].where(name, values) if kind in self.crowds else []

    def links_to(self, identifier: str) -> Iterator[tuple[str, str, Row]]:
        """Object, field and row of what points at a record."""
        for kind, fields in self._schema.items():
            for name, field in fields.items():
                if field.type == "reference":
                    yield from ((kind, name, row) for row in self.where(kind, name, identifier))

    def _index(self, kind: str, name: str) -> dict[Any, dict[str, None]]:
        if (kind, name) not in self._indexes:
            index: dict[Any, dict[str, None]] = {}
            for identifier, row in self._rows[kind].items():
                index.setdefault(_key(row.get(name)), {})[identifier] = None
            self._indexes[kind, name] = index
        return self._indexes[kind, name]

    def _forget(self, kind: str, identifier: str) -> None:
        old = self._rows[kind].get(identifier)
        if old is None:
            return
        for (of, name), index in self._indexes.items():
            if of == kind:
                index.get(_key(old.get(name)), {}).pop(identifier, None)


def _key(value: Any) -> Any:
    return str(value).lower() if isinstance(value, str) else None if value == "" else value
