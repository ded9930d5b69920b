"""What SOQL asks, answered out of an org's tables as the API shows rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from simulator.salesforce import conditions, ids, soql
from simulator.salesforce.errors import ApiError
from simulator.salesforce.schema import Field
from simulator.salesforce.tables import Row, Tables

RELATIONS = {
    "Account": "AccountId", "Owner": "OwnerId", "Who": "WhoId", "What": "WhatId", "Opportunity": "OpportunityId",
    "ConvertedContact": "ConvertedContactId", "MasterRecord": "MasterRecordId",
}  # fmt: skip
SHARED = ("Account", "Contact", "Lead", "Opportunity", "Task")
"""Objects of which not everybody may see each record."""
SMALL = ("TaskStatus", "Organization", "ApexTrigger", "FlowDefinitionView", "ActivityUsrConnectionStatus")
"""Objects that never have many records."""
Schema = Mapping[str, Mapping[str, Field]]
Pairs = frozenset[tuple[str, str]]
"""Ids of a user and of a record that this user may not see."""


def rows(tables: Tables, select: soql.Select, *, everything: bool, unseen: frozenset[str]) -> list[dict[str, Any]]:
    """With ``everything`` deleted and archived rows too; ``unseen`` are records that whoever asks may not see."""
    rows = [
        row
        for row in tables.candidates(select.source, select)
        if (everything or not (row.get("IsDeleted") or row.get("IsArchived"))) and row["Id"] not in unseen
    ]
    if select.test:
        rows = [row for row in rows if select.test(lambda path, row=row: value(tables, row, path))]  # type: ignore[misc]
    rows = soql.sort_rows(rows, select.order, lambda row, path: value(tables, row, path))
    rows = rows[select.offset : None if select.limit is None else select.offset + select.limit]
    return [_shown(tables, select, row, unseen) for row in rows]


def access(tables: Tables, select: soql.Select, hidden: Pairs) -> list[dict[str, Any]]:
    """Who may see what: everybody everything, but for the pairs that the world hides."""
    filters = select.keys.get("UserId", ()), select.keys.get("RecordId", ())
    users = [u for u in tables["User"] if not filters[0] or u in filters[0]]
    records = filters[1] or [i for kind in SHARED for i in tables[kind]]
    everything = (
        {"UserId": u, "RecordId": r, "HasReadAccess": (u, r) not in hidden}
        for u in users
        for r in records
        if tables.find(r) is not None
    )
    rows = [row for row in everything if select.test and select.test(lambda path, row=row: row.get(path))]  # type: ignore[misc]
    return [{"attributes": {"type": "UserRecordAccess"}, **{c: row.get(c) for c in select.columns}} for row in rows]


def check_paths(schema: Schema, select: soql.Select) -> None:
    """Raises ApiError. ``schema`` is what whoever asks may read."""
    for path in (*select.columns, *select.filtered, *(p for p, _, _ in select.order)):
        if path == "COUNT()":
            continue
        field = _find_field(schema, [select.source], path)
        if field is None:
            message = f"\nSELECT\n^\nERROR at Row:1:Column:8\nNo such column '{path}' on entity '{select.source}'."
            raise ApiError(400, "INVALID_FIELD", message)
        if path in select.filtered and not field.is_filterable:
            raise ApiError(400, "INVALID_FIELD", f"field '{path}' can not be filtered in a query call")


def _find_field(schema: Schema, kinds: Sequence[str], path: str) -> Field | None:
    """The field at the end of a path, in the first of these objects that has it."""
    head, _, rest = path.partition(".")
    if not rest:
        return next((schema[kind][head] for kind in kinds if head in schema.get(kind, {})), None)
    link = RELATIONS.get(head, "")
    for kind in kinds:
        if (reference := schema.get(kind, {}).get(link)) is not None:
            # A record that lost in a merge names one of its own kind.
            return _find_field(schema, reference.refers_to or [kind], rest)
    return None


def is_scan(schema: Mapping[str, Mapping[str, Field]], select: soql.Select) -> bool:
    """In a large org it would read every record: no index finds what it asks for."""
    fields = schema[select.source]
    is_answered = conditions.is_answered_by_index(select.test, lambda name: name in fields and fields[name].is_indexed)
    return not is_answered and select.source not in SMALL


def value(tables: Tables, row: Mapping[str, Any], path: str) -> Any:
    head, _, rest = path.partition(".")
    if not rest:
        return row.get(path)
    return value(tables, tables.find(str(row.get(RELATIONS[head]) or "")) or {}, rest)


def attributes(kind: str, identifier: str) -> dict[str, str]:
    return {"type": kind, "url": f"/services/data/v67.0/sobjects/{kind}/{identifier}"}


def _shown(tables: Tables, select: soql.Select, row: Row, unseen: frozenset[str]) -> dict[str, Any]:
    shown: dict[str, Any] = {"attributes": attributes(select.source, str(row["Id"]))}
    for path in select.columns:
        _show(tables, shown, row, path, unseen)
    return shown


def _show(tables: Tables, shown: dict[str, Any], row: Row, path: str, unseen: frozenset[str]) -> None:
    """A path of several steps is an object within an object; null where it leads nowhere, or to a hidden record."""
    head, _, rest = path.partition(".")
    if not rest:
        shown[path] = row.get(path)
        return
    target = tables.find(str(row.get(RELATIONS[head]) or ""))
    if target is None or target["Id"] in unseen:
        shown[head] = None
        return
    nested = shown.setdefault(head, {"attributes": attributes(ids.type_of(target["Id"]) or "", target["Id"])})
    _show(tables, nested, target, rest, unseen)
