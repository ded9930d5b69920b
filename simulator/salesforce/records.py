"""An org's records as the platform stores them: ids, times, defaults and unique values. No right is checked here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from simulator.clock import Clock
from simulator.salesforce import conditions, ids, saving
from simulator.salesforce.errors import RecordError
from simulator.salesforce.schema import Field
from simulator.salesforce.tables import LINKS, Row, Tables


class Records:
    """Not thread-safe: the org calls it under its lock."""

    def __init__(self, schema: Mapping[str, Mapping[str, Field]], tables: Tables, clock: Clock) -> None:
        self.tables = tables
        self._schema = schema
        self._clock = clock
        self._numbers = 0

    def skip_ids(self, count: int) -> None:
        """Give the next record the Id after ``count`` others, as in an org that gave those away before."""
        self._numbers = max(self._numbers, count)

    def require(self, identifier: str) -> tuple[str, Row]:
        """Returns the object and the row. Raises RecordError where the record is missing or deleted."""
        kind = self.tables.kind_of(identifier)
        row = self.tables.find(ids.to_18(identifier))
        if kind is None or row is None:
            raise RecordError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        if row.get("IsDeleted"):
            raise RecordError("ENTITY_IS_DELETED", "entity is deleted")
        return kind, row

    def add(self, kind: str, values: Mapping[str, Any], owner: str = "") -> str:
        """Returns the new id. ``owner`` is the user who inserts it, and owns it where the values name no owner."""
        self._numbers += 1
        identifier = ids.make(ids.prefix_of(kind) or "", self._numbers)
        names = {"OwnerId", "CreatedById", "LastModifiedById"} & set(self._schema[kind])
        defaults: dict[str, Any] = dict.fromkeys(names, owner or None)
        if kind == "Task":
            defaults |= {"Status": "Not Started", "Priority": "Normal"}
        self.put(kind, identifier, {**defaults, **values})
        return identifier

    def touch(self, identifier: str, **values: Any) -> None:
        """The platform's own change to a record: no rule of the customer's sees it."""
        kind = ids.type_of(identifier) or ""
        row = {**self.tables[kind][identifier], **values}
        if kind == "Task":
            row["AccountId"] = saving.account_of(row, self.tables)
        self.put(kind, identifier, row, is_touched=True)

    def check_unique(self, kind: str, values: Mapping[str, Any], own_id: str | None = None) -> None:
        """A value that only a deleted record holds is free. Raises RecordError."""
        for name, field in self._schema[kind].items():
            value = values.get(name)
            if not field.is_unique or not value:
                continue
            for row in self.tables.where(kind, name, value):
                if str(row[name]) == value and row["Id"] != own_id and not row.get("IsDeleted"):
                    message = f"duplicate value found: {name} duplicates value on record with id: {row['Id'][:15]}"
                    raise RecordError("DUPLICATE_VALUE", message, name)

    def put(self, kind: str, identifier: str, values: Mapping[str, Any], *, is_touched: bool = False) -> None:
        """Store the whole row. ``is_touched`` sets the times of the last change to now."""
        now = self.now()
        row: dict[str, Any] = {name: None for name in self._schema[kind] if name != "TaskWhoIds"}
        row |= {"IsDeleted": False, "CreatedDate": now, "LastModifiedDate": now, "SystemModstamp": now}
        row |= {name: value for name, value in values.items() if name != "attributes"}
        row["Id"] = identifier
        for name in LINKS:
            if row.get(name):
                row[name] = ids.to_18(str(row[name]))
        if "FirstName" in row and not values.get("Name"):
            row["Name"] = " ".join(name for name in (row.get("FirstName"), row.get("LastName")) if name) or None
        if kind == "Task" and "TaskWhoIds" in self._schema[kind] and row.get("WhoId") and not row.get("TaskWhoIds"):
            row["TaskWhoIds"] = [row["WhoId"]]
        if kind == "Task":
            row["IsClosed"] = saving.is_closed(row, self.tables)
            row["IsArchived"] = bool(values.get("IsArchived"))
        row |= {name: value for name, value in saving.DEFAULTS.get(kind, {}).items() if name not in values}
        if is_touched:
            row["LastModifiedDate"] = row["SystemModstamp"] = now
        for name, field in self._schema[kind].items():
            if field.is_unique and row.get(name):
                row[name] = conditions.CaseSensitive(row[name])
        self.tables.put(kind, identifier, row)

    def now(self) -> str:
        """The clock's time as Salesforce writes it."""
        moment = datetime.fromtimestamp(self._clock.now(), UTC)
        return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}+0000"
