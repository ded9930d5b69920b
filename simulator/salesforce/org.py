"""One org: records, their rules, and questions in SOQL."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from simulator.clock import Clock
from simulator.salesforce import ids, questions, reading, rights, rules, saving, shared_activities, soql, sosl
from simulator.salesforce.crowd import Crowd
from simulator.salesforce.errors import ApiError, RecordError
from simulator.salesforce.hands import Hands
from simulator.salesforce.journal import API, PERSON, Entry
from simulator.salesforce.metadata import org_schema
from simulator.salesforce.other_tool import OtherTool
from simulator.salesforce.records import Records
from simulator.salesforce.schema import Field, describe
from simulator.salesforce.sessions import Sessions
from simulator.salesforce.switches import OrgSwitches
from simulator.salesforce.tables import Row, Tables

_numbers = itertools.count(1)
UNSEEN_DUPLICATE = "duplicate value found: <unknown> duplicates value on record with id: <unknown>"
STATUSES = (("Not Started", False, True), ("In Progress", False, False), ("Completed", True, False))


class Org:
    """Thread-safe. ``daily_limit`` is the number of API calls in 24 hours that Sforce-Limit-Info speaks of.

    ``hidden`` are pairs of a user and a record that this user may not see, ``read_only`` those it may not relate
    anything to; the API's own user is the world's ``integration_user``. ``rules`` are the customer's own, ``switches``
    make the org a hard one; a test may replace both at any time. Every org has an ``id`` of its own: one that
    is made anew, as by the refresh of a sandbox, is another one. ``package`` is the folder of a Salesforce package
    whose fields the org has instead of the ones that the simulator knows.
    """

    def __init__(self, records: Mapping[str, Any], clock: Clock) -> None:
        self.clock = clock
        self._lock = threading.RLock()
        self.schema = org_schema(records)
        self.daily_limit = 100_000
        self.user = ids.to_18(str(records.get("integration_user") or ""))
        self.id = _id_of(records)
        self.sessions = Sessions(self.id, self.user, lambda: self.switches)
        self.hidden = _pairs(records.get("hidden", ()))
        self.read_only = _pairs(records.get("read_only", ()))
        self.rules: list[rules.Rule] = list(records.get("rules", ()))
        self.switches = OrgSwitches.of(records.get("switches", {}))
        self.is_journalled = False
        """Whether changes are written to the journal, which takes memory."""
        self.journal: list[Entry] = []
        self.scans: list[tuple[str, frozenset[str]]] = []
        self.tables = Tables(self.schema)
        self._records = Records(self.schema, self.tables, clock)
        self._locks: dict[str, float] = {}
        self._hands = Hands(self._records)
        self._other_tool = OtherTool(self._records.add)
        loaded = self._records.now()
        for name in self.schema:
            for record in records.get(name, ()):
                self._records.put(name, ids.to_18(record["Id"]), {"LastModifiedDate": loaded, **record})
        self._add_statuses(records)
        for number, user in enumerate(self.tables["User"], 1):
            self._records.put("ActivityUsrConnectionStatus", ids.make("4pb", number), {"UserId": user})
        if not records.get("Organization"):
            values = {
                "Name": "Simulated",
                "IsSandbox": False,
                "InstanceName": "SIM1",
                "OrganizationType": "Unlimited Edition",
            }
            self._records.put("Organization", self.id, values)

    @classmethod
    def of(cls, records: Mapping[str, Any], clock: Clock) -> Org:
        return cls(records, clock)

    def skip_ids(self, count: int) -> None:
        """Give the next record the Id after ``count`` others, as in an org that gave those away before."""
        with self._lock:
            self._records.skip_ids(count)

    # the API

    def describe(self, kind: str) -> dict[str, Any]:
        """Raises ApiError NOT_FOUND for an object that is not there, or that the API's user may not read."""
        if kind not in (readable := self.readable_schema()):
            raise ApiError(404, "NOT_FOUND", "The requested resource does not exist")
        return describe(kind, rights.limit_fields(kind, readable[kind], self.switches))

    def insert(self, kind: str, record: Mapping[str, Any], *, by: str = API) -> str:
        """Returns the new id. Raises ApiError for a malformed request, RecordError for a refused record."""
        fields = self._fields(kind, by)
        with self._lock:
            saving.check_fields(kind, record, fields)
            try:
                values = self._check_values(kind, record, fields)
                self._check_unique(kind, values)
                if kind == "TaskRelation":
                    shared_activities.check_relation(self.tables["Task"][values["TaskId"]], values["RelationId"])
            except RecordError as error:
                self._write_journal(by, "refuse", kind, code=error.code, values=record)
                raise
            identifier = self._records.add(kind, values, owner=self.user)
            if kind == "TaskRelation":
                task = self.tables["Task"][values["TaskId"]]
                self._records.put("Task", task["Id"], shared_activities.add_person(task, values["RelationId"]))
            self._write_journal(by, "insert", kind, identifier, values=values)
            if kind == "Task":
                self._other_tool.note(values, self.switches, self.clock.now())
            return identifier

    def update(self, identifier: str, record: Mapping[str, Any], *, by: str = API) -> None:
        with self._lock:
            kind, row = self._require_seen(identifier, by)
            fields = self._fields(kind, by)
            saving.check_fields(kind, record, fields)
            values = self._check_values(kind, record, fields, row)
            self._check_unique(kind, values, row["Id"])
            self._records.put(kind, row["Id"], {**row, **values}, is_touched=True)
            self._write_journal(by, "update", kind, row["Id"], values=values)

    def remove(self, identifier: str, *, by: str = API) -> None:
        """Into the Recycle Bin. Raises RecordError."""
        with self._lock:
            kind, row = self._require_seen(identifier, by)
            saving.check_locks(kind, row, self.is_locked)
            self._hands.delete(row["Id"])
            self._write_journal(by, "delete", kind, row["Id"])

    def query(self, text: str, *, everything: bool = False, watched: bool = False) -> list[dict[str, Any]]:
        """Returns rows as the API shows them.

        ``everything`` adds deleted and archived rows; ``watched`` adds to ``scans`` a question that reads all rows.
        """
        select = soql.parse(text)
        with self._lock:
            self._other_tool.write_due(self.clock.now())
            if select.source == "UserRecordAccess":
                return questions.access(self.tables, select, self.hidden)
            reading.check_question(self.readable_schema(), select, self.switches)
            if watched and questions.is_scan(self.schema, select):
                self.scans.append((select.source, select.filtered))
            return questions.rows(self.tables, select, everything=everything, unseen=self._list_unseen(select.source))

    def search(self, statement: str) -> list[dict[str, Any]]:
        """Returns the records that a SOSL statement finds, as the API shows them."""
        search, readable = sosl.parse(statement), self.readable_schema()
        found: list[dict[str, Any]] = []
        with self._lock:
            for scope in search.scopes:
                rows = self.query(scope.soql)
                held = (row for row in rows if search.finds(self.tables.find(row["Id"]) or {}, readable[scope.name]))
                found += itertools.islice(held, scope.limit)
        return found

    def readable_schema(self) -> questions.Schema:
        """What the API's user may read, as the switches leave it."""
        return reading.limit_schema(self.schema, self.switches)

    def _list_unseen(self, kind: str) -> frozenset[str]:
        """Records that the API's user finds by no question."""
        users = [user for user in self.tables["User"] if user != self.user] if self.switches.private_users else ()
        tasks = rights.list_unseen(self.tables[kind].values(), self.user, self.switches) if kind == "Task" else ()
        return frozenset((*users, *tasks, *(record for user, record in self.hidden if user == self.user)))

    @contextmanager
    def transaction(self) -> Iterator[Callable[[], None]]:
        """No other call changes the org meanwhile. The yielded function takes back all changes since the start."""
        with self._lock:
            rows, entries = self.tables.snapshot(), len(self.journal)

            def undo() -> None:
                self.tables.restore(rows)
                del self.journal[entries:]

            yield undo

    def record(self, identifier: str) -> tuple[str, dict[str, Any]]:
        with self._lock:
            kind, row = self._records.require(identifier)
            return kind, dict(row)

    # people's hands

    def purge(self, identifier: str) -> None:
        with self._lock:
            kind = self._hands.purge(identifier)
            self._write_journal(PERSON, "purge", kind, ids.to_18(identifier))

    def restore(self, identifier: str) -> None:
        with self._lock:
            self._hands.undelete(identifier)
            self._write_journal(PERSON, "undelete", ids.type_of(identifier) or "", ids.to_18(identifier))

    def merge(self, master: str, loser: str) -> None:
        with self._lock:
            self._hands.merge(master, loser)
            self._write_journal(PERSON, "merge", ids.type_of(master) or "", ids.to_18(master), other=ids.to_18(loser))

    def convert(self, lead: str, account: str) -> str:
        with self._lock:
            contact = self._hands.convert(lead, account)
            self._write_journal(
                PERSON, "convert", "Lead", ids.to_18(lead), other=contact, values={"AccountId": account}
            )
            return contact

    def lock(self, identifier: str, until: float) -> None:
        """A long transaction of another user holds the record until this epoch second."""
        with self._lock:
            self._locks[ids.to_18(identifier)] = until

    def is_locked(self, identifier: str) -> bool:
        return self._locks.get(identifier, 0.0) > self.clock.now()

    def change(self, kind: str, record: Mapping[str, Any]) -> dict[str, str]:
        """A person's change, made without checks to a record that has an Id. A record without an Id is inserted."""
        with self._lock:
            if "Id" not in record:
                return {"id": self.insert(kind, record, by=PERSON)}
            identifier = ids.to_18(record["Id"])
            stored = self.tables[kind].get(identifier, {})
            self._records.put(kind, identifier, {**stored, **record}, is_touched="LastModifiedDate" not in record)
            self._write_journal(PERSON, "change", kind, identifier, values=record)
            return {"id": identifier}

    def crowd(self, kind: str, fields: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Add very many records, as a large org has them; nobody changes them."""
        empty: dict[str, Any] = dict.fromkeys(self.schema[kind])
        loaded = self._records.now()
        times = dict.fromkeys(("CreatedDate", "LastModifiedDate", "SystemModstamp"), loaded)
        self.tables.crowds[kind] = Crowd(fields, rows, {**empty, **times, "IsDeleted": False, "IsConverted": False})

    # what is there

    def dump(self) -> dict[str, list[dict[str, Any]]]:
        """Returns every activity that is not deleted, with all its fields."""
        with self._lock:
            self._other_tool.write_due(self.clock.now())
        return {"Task": [dict(row) for row in self.everything("Task") if not row.get("IsDeleted")]}

    def everything(self, kind: str) -> list[Row]:
        """Returns all rows, deleted ones too. A change replaces its row; callers must not write to one."""
        with self._lock:
            return list(self.tables[kind].values())

    def names(self) -> dict[str, str]:
        """Returns the name of each record that has one, by id."""
        with self._lock:
            self._other_tool.write_due(self.clock.now())
            return {
                i: str(row["Name"]) for table in self.tables.values() for i, row in table.items() if row.get("Name")
            }

    def register(self, body: dict[str, Any]) -> None:
        self.sessions.register(body)

    def end_sessions(self) -> None:
        self.sessions.end_all()

    def _require_seen(self, identifier: str, by: str) -> tuple[str, Row]:
        """As for a record that never was, for one that the user of the API does not see."""
        kind, row = self._records.require(identifier)
        if by == API and kind == "Task" and rights.list_unseen([row], self.user, self.switches):
            raise RecordError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        return kind, row

    def _check_unique(self, kind: str, values: Mapping[str, Any], own_id: str | None = None) -> None:
        """Of a record that the user does not see nothing is told but that it is there."""
        try:
            self._records.check_unique(kind, values, own_id)
        except RecordError as error:
            if kind == "Task" and self.switches.private_activities:
                raise RecordError(error.code, UNSEEN_DUPLICATE, *error.fields) from None
            raise

    def _fields(self, kind: str, by: str = API) -> Mapping[str, Field]:
        if kind not in self.schema:
            message = f"sObject type '{kind}' is not supported."
            raise ApiError(400, "INVALID_TYPE", message)
        fields = self.schema[kind]
        return fields if by == PERSON else rights.limit_fields(kind, fields, self.switches)

    def _check_values(
        self, kind: str, record: Mapping[str, Any], fields: Mapping[str, Field], stored: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """The values as they will be stored, in the platform's order of checks. Raises RecordError."""
        values = saving.check_values(kind, record, fields, self.tables, stored)
        barred = frozenset(r for user, r in (*self.hidden, *self.read_only) if user == self.user)
        saving.check_access(values, barred)
        whole = {**(stored or {}), **values}
        if stored is not None or kind == "Task":
            saving.check_locks(kind, whole, self.is_locked, is_new=stored is None)
        rules.check(self.rules, kind, whole, self.is_locked)
        return values

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
            self._records.put("TaskStatus", ids.make("01J", number), values)

    def _write_journal(self, by: str, what: str, kind: str, identifier: str = "", **more: Any) -> None:
        if self.is_journalled and kind in ("User", "Account", "Contact", "Lead", "Task"):
            self.journal.append(Entry(self.clock.now(), by, what, kind, identifier, **more))


def _id_of(records: Mapping[str, Any]) -> str:
    """The world's, or one that no other org of this process has."""
    for record in records.get("Organization", ()):
        return ids.to_18(str(record["Id"]))
    return ids.make("00D", next(_numbers))


def _pairs(listed: Any) -> questions.Pairs:
    return frozenset((ids.to_18(user), ids.to_18(record)) for user, record in listed)
