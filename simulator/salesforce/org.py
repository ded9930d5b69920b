"""One org: records, their rules, and questions in SOQL."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from simulator.clock import Clock
from simulator.salesforce import conditions, ids, questions, rules, saving, soql
from simulator.salesforce.crowd import Crowd
from simulator.salesforce.errors import ApiError, RecordError
from simulator.salesforce.hands import Hands
from simulator.salesforce.journal import API, PERSON, Entry
from simulator.salesforce.metadata import org_schema
from simulator.salesforce.schema import Field, describe
from simulator.salesforce.sessions import Sessions
from simulator.salesforce.tables import LINKS, Row, Tables

STATUSES = (("Not Started", False, True), ("In Progress", False, False), ("Completed", True, False))


class Org:
    """Thread-safe. ``daily_limit`` is the number of API calls in 24 hours that Sforce-Limit-Info speaks of.

    ``hidden`` are pairs of a user and a record that this user may not see, ``read_only`` those it may not relate
    anything to; the API's own user is the world's ``integration_user``. ``rules`` are the customer's own. ``package``
    is the folder of a Salesforce package whose fields the org has instead of the ones that the simulator knows.
    """

    def __init__(self, records: Mapping[str, Any], clock: Clock) -> None:
        self.clock = clock
        self._lock = threading.RLock()
        self._numbers = 0
        self.schema = org_schema(records)
        self.daily_limit = 100_000
        self.user = ids.to_18(str(records.get("integration_user") or ""))
        self.sessions = Sessions(self.user)
        self.hidden = _pairs(records.get("hidden", ()))
        self.read_only = _pairs(records.get("read_only", ()))
        self.rules: list[rules.Rule] = list(records.get("rules", ()))
        self.is_journalled = False
        """Whether what happens is written down, which takes memory."""
        self.journal: list[Entry] = []
        self.scans: list[tuple[str, frozenset[str]]] = []
        self.tables = Tables(self.schema)
        self._locks: dict[str, float] = {}
        self._hands = Hands(self)
        loaded = self._now()
        for name in self.schema:
            for record in records.get(name, ()):
                self._put(name, ids.to_18(record["Id"]), {"LastModifiedDate": loaded, **record})
        self._add_statuses(records)

    @classmethod
    def of(cls, records: Mapping[str, Any], clock: Clock) -> Org:
        return cls(records, clock)

    # the API

    def describe(self, kind: str) -> dict[str, Any]:
        return describe(kind, self._fields(kind))

    def insert(self, kind: str, record: Mapping[str, Any], *, by: str = API) -> str:
        """Returns the new id. Raises ApiError for a malformed request, RecordError for a refused record."""
        fields = self._fields(kind)
        with self._lock:
            saving.known_fields(kind, record, fields)
            try:
                values = self._checked(kind, record, fields)
                self.check_unique(kind, values)
            except RecordError as error:
                self._wrote(by, "refuse", kind, code=error.code, values=record)
                raise
            identifier = self.add(kind, values)
            self._wrote(by, "insert", kind, identifier, values=values)
            return identifier

    def update(self, identifier: str, record: Mapping[str, Any], *, by: str = API) -> None:
        with self._lock:
            kind, found = self.found(identifier)
            fields = self._fields(kind)
            saving.known_fields(kind, record, fields)
            values = self._checked(kind, record, fields, found)
            self.check_unique(kind, values, found["Id"])
            self._put(kind, found["Id"], {**found, **values}, touched=True)
            self._wrote(by, "update", kind, found["Id"], values=values)

    def remove(self, identifier: str, *, by: str = API) -> None:
        """Into the Recycle Bin. Raises RecordError."""
        with self._lock:
            kind, found = self.found(identifier)
            saving.check_locks(kind, found, self.is_locked)
            self._hands.delete(found["Id"])
            self._wrote(by, "delete", kind, found["Id"])

    def query(self, text: str, *, everything: bool = False, watched: bool = False) -> list[dict[str, Any]]:
        """Rows as the API shows them; with ``everything`` deleted and archived ones. ``watched``: fills ``scans``."""
        select = soql.parse(text)
        with self._lock:
            if select.source == "UserRecordAccess":
                return questions.access(self.tables, select, self.hidden)
            questions.check_paths(select.source, self._fields(select.source), select)
            if watched and questions.is_scan(self.schema, select):
                self.scans.append((select.source, select.filtered))
            unseen = frozenset(record for user, record in self.hidden if user == self.user)
            return questions.rows(self.tables, select, everything=everything, unseen=unseen)

    @contextmanager
    def transaction(self) -> Iterator[Callable[[], None]]:
        """Nobody else comes between; what is yielded takes back all that was done since."""
        with self._lock:
            rows, entries = self.tables.snapshot(), len(self.journal)

            def undo() -> None:
                self.tables.restore(rows)
                del self.journal[entries:]

            yield undo

    def record(self, identifier: str) -> tuple[str, dict[str, Any]]:
        with self._lock:
            kind, found = self.found(identifier)
            return kind, dict(found)

    # people's hands

    def restore(self, identifier: str) -> None:
        with self._lock:
            self._hands.undelete(identifier)
            self._wrote(PERSON, "undelete", ids.type_of(identifier) or "", ids.to_18(identifier))

    def merge(self, master: str, loser: str) -> None:
        with self._lock:
            self._hands.merge(master, loser)
            self._wrote(PERSON, "merge", ids.type_of(master) or "", ids.to_18(master), other=ids.to_18(loser))

    def convert(self, lead: str, account: str) -> str:
        with self._lock:
            contact = self._hands.convert(lead, account)
            self._wrote(PERSON, "convert", "Lead", ids.to_18(lead), other=contact, values={"AccountId": account})
            return contact

    def lock(self, identifier: str, until: float) -> None:
        """Somebody's long transaction holds a record up to this moment."""
        with self._lock:
            self._locks[ids.to_18(identifier)] = until

    def is_locked(self, identifier: str) -> bool:
        return self._locks.get(identifier, 0.0) > self.clock.now()

    def change(self, kind: str, record: Mapping[str, Any]) -> dict[str, str]:
        """The simulator's own hand: put a record in, checks or not; new where it has no Id."""
        with self._lock:
            if "Id" not in record:
                return {"id": self.insert(kind, record, by=PERSON)}
            identifier = ids.to_18(record["Id"])
            before = self.tables[kind].get(identifier, {})
            self._put(kind, identifier, {**before, **record}, touched="LastModifiedDate" not in record)
            self._wrote(PERSON, "change", kind, identifier, values=record)
            return {"id": identifier}

    def crowd(self, kind: str, fields: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Very many records besides, such as a large org has; nobody changes them."""
        plain: dict[str, Any] = dict.fromkeys(self.schema[kind])
        loaded = self._now()
        times = dict.fromkeys(("CreatedDate", "LastModifiedDate", "SystemModstamp"), loaded)
        self.tables.crowds[kind] = Crowd(fields, rows, {**plain, **times, "IsDeleted": False, "IsConverted": False})

    # what is there

    def dump(self) -> dict[str, list[dict[str, Any]]]:
        """The activities that stand, whole."""
        return {"Task": [dict(row) for row in self.everything("Task") if not row.get("IsDeleted")]}

    def everything(self, kind: str) -> list[Row]:
        """Deleted ones too, as they are now: a row that changes is replaced. Not to be written to."""
        with self._lock:
            return list(self.tables[kind].values())

    def names(self) -> dict[str, str]:
        """Of every record that has one, by id."""
        with self._lock:
            return {
                i: str(row["Name"]) for table in self.tables.values() for i, row in table.items() if row.get("Name")
            }

    def register(self, body: dict[str, Any]) -> None:
        self.sessions.register(body)

    def end_sessions(self) -> None:
        self.sessions.end_all()

    # for its own modules

    def found(self, identifier: str) -> tuple[str, Row]:
        kind = self.tables.kind_of(identifier)
        row = self.tables.find(ids.to_18(identifier))
        if kind is None or row is None:
            raise RecordError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        if row.get("IsDeleted"):
            raise RecordError("ENTITY_IS_DELETED", "entity is deleted")
        return kind, row

    def add(self, kind: str, values: Mapping[str, Any]) -> str:
        """Returns the new id."""
        self._numbers += 1
        identifier = ids.make(ids.prefix_of(kind) or "", self._numbers)
        defaults: dict[str, Any] = {"OwnerId": self.user or None} if "OwnerId" in self.schema[kind] else {}
        if kind == "Task":
            defaults |= {"Status": "Not Started", "Priority": "Normal"}
        self._put(kind, identifier, {**defaults, **values})
        return identifier

    def touch(self, identifier: str, **values: Any) -> None:
        """The platform's own change to a record: no rule of the customer's sees it."""
        kind = ids.type_of(identifier) or ""
        row = {**self.tables[kind][identifier], **values}
        if kind == "Task":
            row["AccountId"] = saving.account_of(row, self.tables)
        self._put(kind, identifier, row, touched=True)

    def check_unique(self, kind: str, values: Mapping[str, Any], own_id: str | None = None) -> None:
        """A value that only a deleted record holds is free."""
        for name, field in self.schema[kind].items():
            value = values.get(name)
            if not field.is_unique or not value:
                continue
            for row in self.tables.where(kind, name, value):
                if str(row[name]) == value and row["Id"] != own_id and not row.get("IsDeleted"):
                    message = f"duplicate value found: {name} duplicates value on record with id: {row['Id'][:15]}"
                    raise RecordError("DUPLICATE_VALUE", message, name)

    def _fields(self, kind: str) -> dict[str, Field]:
        if kind not in self.schema:
            message = f"sObject type '{kind}' is not supported."
            raise ApiError(400, "INVALID_TYPE", message)
        return self.schema[kind]

    def _checked(
        self, kind: str, record: Mapping[str, Any], fields: Mapping[str, Field], before: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """The values as they will be stored, in the platform's order of checks. Raises RecordError."""
        values = saving.checked(kind, record, fields, self.tables)
        barred = frozenset(r for user, r in (*self.hidden, *self.read_only) if user == self.user)
        saving.check_access(values, barred)
        whole = {**(before or {}), **values}
        if before is not None or kind == "Task":
            saving.check_locks(kind, whole, self.is_locked, is_new=before is None)
        rules.check(self.rules, kind, whole, self.is_locked)
        return values

    def _put(self, kind: str, identifier: str, values: Mapping[str, Any], *, touched: bool = False) -> None:
        now = self._now()
        row: dict[str, Any] = {name: None for name in self.schema[kind] if name != "TaskWhoIds"}
        row |= {"IsDeleted": False, "CreatedDate": now, "LastModifiedDate": now, "SystemModstamp": now}
        row |= {name: value for name, value in values.items() if name != "attributes"}
        row["Id"] = identifier
        for name in LINKS:
            if row.get(name):
                row[name] = ids.to_18(str(row[name]))
        if "FirstName" in row and not values.get("Name"):
            row["Name"] = " ".join(part for part in (row.get("FirstName"), row.get("LastName")) if part) or None
        if kind == "Task":
            row["IsClosed"] = saving.is_closed(row, self.tables)
            row["IsArchived"] = bool(values.get("IsArchived"))
        row |= {name: value for name, value in saving.DEFAULTS.get(kind, {}).items() if name not in values}
        if touched:
            row["LastModifiedDate"] = row["SystemModstamp"] = now
        for name, field in self.schema[kind].items():
            if field.is_unique and row.get(name):
                row[name] = conditions.CaseSensitive(row[name])
        self.tables.put(kind, identifier, row)

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

    def _wrote(self, by: str, what: str, kind: str, identifier: str = "", **more: Any) -> None:
        if self.is_journalled and kind in ("User", "Account", "Contact", "Lead", "Task"):
            self.journal.append(Entry(self.clock.now(), by, what, kind, identifier, **more))

    def _now(self) -> str:
        moment = datetime.fromtimestamp(self.clock.now(), UTC)
        return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}+0000"


def _pairs(found: Any) -> questions.Pairs:
    return frozenset((ids.to_18(user), ids.to_18(record)) for user, record in found)
