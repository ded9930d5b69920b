"""One org: records, their rules, and questions in SOQL."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from simulator.clock import Clock
from simulator.salesforce import ids, saving, soql
from simulator.salesforce.errors import ApiError, RecordError
from simulator.salesforce.schema import Field, describe, schema_of
from simulator.salesforce.sessions import Sessions

STATUSES = (("Not Started", False, True), ("In Progress", False, False), ("Completed", True, False))
RELATIONS = {"Account": "AccountId", "Owner": "OwnerId", "Who": "WhoId", "What": "WhatId"}


class Org:
    """Thread-safe. ``daily_limit`` is the number of API calls a day that Sforce-Limit-Info speaks of."""

    def __init__(self, records: Mapping[str, Any], clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._numbers = 0
        self.schema = schema_of(records)
        self.sessions = Sessions()
        self.daily_limit = 100_000
        self.hidden: frozenset[tuple[str, str]] = frozenset(tuple(pair) for pair in records.get("hidden", ()))
        self._tables: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in self.schema}
        self._uniques: dict[tuple[str, str, str], str] = {}
        loaded = self._now()
        for name in self.schema:
            for record in records.get(name, ()):
                self._put(name, ids.to_18(record["Id"]), {"LastModifiedDate": loaded, **record})
        self._add_statuses(records)

    @classmethod
    def of(cls, records: Mapping[str, Any], clock: Clock) -> Org:
        return cls(records, clock)

    def describe(self, kind: str) -> dict[str, Any]:
        return describe(kind, self._fields(kind))

    def insert(self, kind: str, record: Mapping[str, Any]) -> str:
        """Returns the new id. Raises ApiError for a malformed request, RecordError for a refused record."""
        fields = self._fields(kind)
        with self._lock:
            saving.known_fields(kind, record, fields)
            values = saving.checked(kind, record, fields, self._tables)
            self._check_unique(kind, values)
            self._numbers += 1
            prefix = next(p for p, name in ids.PREFIXES.items() if name == kind)
            identifier = ids.make(prefix, self._numbers)
            if kind == "Task":
                values = {"Status": "Not Started", "Priority": "Normal", **values}
            self._put(kind, identifier, values)
            return identifier

    def update(self, identifier: str, record: Mapping[str, Any]) -> None:
        with self._lock:
            kind, found = self._find(identifier)
            fields = self._fields(kind)
            saving.known_fields(kind, record, fields)
            values = saving.checked(kind, record, fields, self._tables)
            self._check_unique(kind, values, found["Id"])
            self._put(kind, found["Id"], {**found, **values}, touched=True)

    def remove(self, identifier: str) -> None:
        """Into the Recycle Bin. Raises RecordError."""
        with self._lock:
            _kind, found = self._find(identifier)
            found["IsDeleted"] = True
            found["SystemModstamp"] = self._now()

    def restore(self, identifier: str) -> None:
        with self._lock:
            self._tables[ids.type_of(identifier) or ""][ids.to_18(identifier)]["IsDeleted"] = False

    def change(self, kind: str, record: Mapping[str, Any]) -> dict[str, str]:
        """The simulator's own hand: put a record in, checks or not; new where it has no Id."""
        with self._lock:
            if "Id" not in record:
                return {"id": self.insert(kind, record)}
            identifier = ids.to_18(record["Id"])
            before = self._tables[kind].get(identifier, {})
            self._put(kind, identifier, {**before, **record}, touched="LastModifiedDate" not in record)
            return {"id": identifier}

    def query(self, text: str, *, everything: bool = False) -> list[dict[str, Any]]:
        """Rows as the API shows them; with ``everything`` deleted and archived ones too."""
        select = soql.parse(text)
        if select.source == "UserRecordAccess":
            return self._access(select)
        fields = self._fields(select.source)
        for path in (*select.columns, *select.filtered, *(p for p, _, _ in select.order)):
            self._check_path(select.source, fields, path, filtered=path in select.filtered)
        with self._lock:
            rows = [
                row
                for row in self._tables[select.source].values()
                if everything or not (row.get("IsDeleted") or row.get("IsArchived"))
            ]
            if select.test:
                rows = [row for row in rows if select.test(lambda path, row=row: self._value(row, path))]  # type: ignore[misc]
            rows = soql.ordered(rows, select.order, self._value)
            rows = rows[select.offset : None if select.limit is None else select.offset + select.limit]
            return [self._shown(select.source, row, select.columns) for row in rows]

    def dump(self) -> dict[str, list[dict[str, Any]]]:
        """The activities that stand, whole."""
        with self._lock:
            return {"Task": [dict(row) for row in self._tables["Task"].values() if not row.get("IsDeleted")]}

    def names(self) -> dict[str, str]:
        """Of every record that has one, by id."""
        with self._lock:
            return {
                i: str(row["Name"]) for table in self._tables.values() for i, row in table.items() if row.get("Name")
            }

    def record(self, identifier: str) -> tuple[str, dict[str, Any]]:
        with self._lock:
            kind, found = self._find(identifier)
            return kind, dict(found)

    def register(self, body: dict[str, Any]) -> None:
        self.sessions.register(body)

    def end_sessions(self) -> None:
        self.sessions.end_all()

    def _fields(self, kind: str) -> dict[str, Field]:
        if kind not in self.schema:
            message = f"sObject type '{kind}' is not supported."
            raise ApiError(400, "INVALID_TYPE", message)
        return self.schema[kind]

    def _find(self, identifier: str) -> tuple[str, dict[str, Any]]:
        kind = ids.type_of(identifier)
        found = self._tables.get(kind or "", {}).get(ids.to_18(identifier))
        if kind is None or found is None:
            raise RecordError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        if found.get("IsDeleted"):
            raise RecordError("ENTITY_IS_DELETED", "entity is deleted")
        return kind, found

    def _put(self, kind: str, identifier: str, values: dict[str, Any], *, touched: bool = False) -> None:
        now = self._now()
        row: dict[str, Any] = {name: None for name in self.schema[kind] if name != "TaskWhoIds"}
        row |= {"IsDeleted": False, "CreatedDate": now, "LastModifiedDate": now, "SystemModstamp": now}
        row |= {name: value for name, value in values.items() if name != "attributes"}
        row["Id"] = identifier
        for name in ("AccountId", "OwnerId", "WhoId", "WhatId"):
            if row.get(name):
                row[name] = ids.to_18(str(row[name]))
        if "FirstName" in row and not values.get("Name"):
            row["Name"] = " ".join(part for part in (row.get("FirstName"), row.get("LastName")) if part) or None
        if kind == "Task":
            row["IsClosed"] = any(row.get("Status") == name and closed for name, closed, _ in STATUSES)
            row["IsArchived"] = bool(values.get("IsArchived"))
        if kind == "User" and "IsActive" not in values:
            row["IsActive"] = True
        if kind == "Lead" and "IsConverted" not in values:
            row["IsConverted"] = False
        if touched:
            row["LastModifiedDate"] = row["SystemModstamp"] = now
        for name, field in self.schema[kind].items():
            if field.is_unique and row.get(name):
                row[name] = soql.CaseSensitive(row[name])
                self._uniques[kind, name, str(row[name])] = identifier
        self._tables[kind][identifier] = row

    def _check_unique(self, kind: str, values: Mapping[str, Any], own_id: str | None = None) -> None:
        """A value that only a deleted record holds is free."""
        for name, field in self.schema[kind].items():
            value = values.get(name)
            holder = self._uniques.get((kind, name, str(value))) if field.is_unique and value else None
            if holder and holder != own_id and not self._tables[kind][holder].get("IsDeleted"):
                message = f"duplicate value found: {name} duplicates value on record with id: {holder[:15]}"
                raise RecordError("DUPLICATE_VALUE", message, name)

    def _check_path(self, kind: str, fields: Mapping[str, Field], path: str, *, filtered: bool) -> None:
        head, _, rest = path.partition(".")
        if path == "COUNT()" or (rest and head in RELATIONS and RELATIONS[head] in fields):
            return
        if path not in fields:
            message = f"\nSELECT\n^\nERROR at Row:1:Column:8\nNo such column '{path}' on entity '{kind}'."
            raise ApiError(400, "INVALID_FIELD", message)
        if filtered and not fields[path].is_filterable:
            raise ApiError(400, "INVALID_FIELD", f"field '{path}' can not be filtered in a query call")

    def _value(self, row: Mapping[str, Any], path: str) -> Any:
        head, _, rest = path.partition(".")
        if not rest:
            return row.get(path)
        target = str(row.get(RELATIONS[head]) or "")
        return self._tables.get(ids.type_of(target) or "", {}).get(target, {}).get(rest)

    def _shown(self, kind: str, row: Mapping[str, Any], columns: tuple[str, ...]) -> dict[str, Any]:
        shown: dict[str, Any] = {"attributes": _attributes(kind, str(row["Id"]))}
        for path in columns:
            head, _, rest = path.partition(".")
            if not rest:
                shown[path] = row.get(path)
                continue
            target = str(row.get(RELATIONS[head]) or "")
            if not target:
                shown[head] = None
            else:
                nested = shown.setdefault(head, {"attributes": _attributes(ids.type_of(target) or "", target)})
                nested[rest] = self._value(row, path)
        return shown

    def _access(self, select: soql.Select) -> list[dict[str, Any]]:
        """Who may see what: everybody everything, but for the pairs (user, record) that the world hides."""
        users = list(self._tables["User"])
        records = [i for kind in ("Account", "Contact", "Lead", "Opportunity", "Task") for i in self._tables[kind]]
        rows = (
            {"UserId": u, "RecordId": r, "HasReadAccess": (u, r) not in self.hidden} for u in users for r in records
        )
        wanted = [row for row in rows if select.test and select.test(lambda path, row=row: row.get(path))]  # type: ignore[misc]
        return [
            {"attributes": {"type": "UserRecordAccess"}, **{c: row.get(c) for c in select.columns}} for row in wanted
        ]

    def _add_statuses(self, records: Mapping[str, Any]) -> None:
        if records.get("TaskStatus"):
            return
        for number, (name, closed, default) in enumerate(STATUSES, 1):
            values = {
                "MasterLabel": name,
                "ApiName": name,
                "IsClosed": closed,
                "IsDefault": default,
                "SortOrder": number,
            }
            self._put("TaskStatus", ids.make("01J", number), values)

    def _now(self) -> str:
        moment = datetime.fromtimestamp(self._clock.now(), UTC)
        return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}+0000"


def _attributes(kind: str, identifier: str) -> dict[str, str]:
    return {"type": kind, "url": f"/services/data/v67.0/sobjects/{kind}/{identifier}"}
