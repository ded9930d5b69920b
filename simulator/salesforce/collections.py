"""Up to 200 records in one request, each with its own answer; and what happens to a single one on the way in."""

from __future__ import annotations

from typing import Any

from simulator.salesforce import ids, rules
from simulator.salesforce.errors import ApiError, RecordError
from simulator.universe import Universe

MOST_RECORDS = 200
RIVALS = {
    "rival": "{}",
    "rival_unnamed": "duplicate value found: <unknown> duplicates value on record with id: <unknown>",
}
"""Somebody else inserts the same record a moment before, and how the sentence about it reads."""
VICTIM = RecordError(
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "Record rolled back because not all records were valid and the request was using AllOrNone header",
)
TOO_MANY = ApiError(400, "EXCEEDED_MAX_SIZE_REQUEST", "record limit reached. cannot submit more than 200 records")
StatusAndResults = tuple[int, list[dict[str, Any]]]


class Collections:
    """Thread-safe. Scripts from outside replace ``saved`` and ``inserted`` by name (``tests.support.outside``)."""

    def __init__(self, universe: Universe) -> None:
        self._universe = universe
        self._org = universe.org

    def saved(self, verb: str, _groups: tuple[str, ...], args: dict[str, str], body: Any) -> StatusAndResults:
        """Create, update or delete."""
        records = _check_records(args.get("ids", "").split(",") if verb == "DELETE" else (body or {}).get("records"))
        if self._org.switches.no_people_in_collections and any("TaskWhoIds" in record for record in records):
            raise ApiError(400, "INVALID_FIELD", "No such column 'TaskWhoIds' on sobject of type Task")
        if refusal := self._refuse_transaction(verb, records):
            return 200, [refusal.body for _ in records]
        if not is_whole(args.get("allOrNone") if verb == "DELETE" else body.get("allOrNone")):
            return 200, [self._save(verb, record) for record in records]
        with self._org.transaction() as undo:
            answers = [self._save(verb, record) for record in records]
            if all(answer["success"] for answer in answers):
                return 200, answers
            undo()
            return 200, [VICTIM.body if answer["success"] else answer for answer in answers]

    def _refuse_transaction(self, verb: str, records: list[Any]) -> RecordError | None:
        """The error that the customer's automation puts on all records of this collection, if it does."""
        if verb == "DELETE":
            tasks = [{"Id": i} for i in records if ids.type_of(str(i)) == "Task"]
        else:
            tasks = [r for r in records if isinstance(r, dict) and (r.get("attributes") or {}).get("type") == "Task"]
        switches = self._org.switches
        refusal = switches.refuse_transaction(len(tasks))
        if verb != "DELETE" and any(rules.throws_for_all(self._org.rules, task) for task in tasks):
            refusal = switches.automation_error
        if refusal and switches.automation_fails_with == "request":
            raise ApiError(400, refusal.code, refusal.message)
        return refusal

    def upserted(self, _verb: str, groups: tuple[str, ...], _args: dict[str, str], body: Any) -> StatusAndResults:
        """By an External ID. Nobody here asks for all of them or none."""
        records = _check_records((body or {}).get("records"))
        return 200, [self._upsert(groups[0], groups[1], record) for record in records]

    def inserted(self, kind: str, record: Any) -> str:
        """The new id."""
        fault = self._universe.faults.take("salesforce", "insert", record=record.get("Subject"))
        if fault in RIVALS:
            return self._too_late(kind, record, RIVALS[fault])
        _refuse(fault)
        return self._org.insert(kind, record)

    def _save(self, verb: str, record: Any) -> dict[str, Any]:
        try:
            if verb == "DELETE":
                self._org.remove(record)
                identifier = record
            elif verb == "PATCH":
                identifier = record["id"] if "id" in record else record["Id"]
                _refuse(self._universe.faults.take("salesforce", "update"))
                self._org.update(identifier, {k: v for k, v in record.items() if k not in ("id", "Id")})
            else:
                identifier = self.inserted(record["attributes"]["type"], record)
        except RecordError as error:
            return error.body
        except KeyError:
            raise ApiError(400, "INVALID_INPUT", "Each record needs attributes with a type") from None
        return {"id": identifier, "success": True, "errors": []}

    def _upsert(self, kind: str, key: str, record: Any) -> dict[str, Any]:
        field = self._org.schema.get(kind, {}).get(key)
        if field is None or not (field.is_external_id or field.is_unique):
            raise ApiError(400, "INVALID_FIELD", f"No such External ID '{key}' on sobject of type {kind}")
        try:
            _refuse(self._universe.faults.take("salesforce", "upsert"))
            with self._org.transaction():
                rows = self._org.tables.where(kind, key, record.get(key))
                there = next((str(row["Id"]) for row in rows if not row.get("IsDeleted")), None)
                if there is None:
                    identifier = self._org.insert(kind, record)
                else:
                    identifier = there
                    self._org.update(identifier, {name: value for name, value in record.items() if name != key})
        except RecordError as error:
            return error.body
        return {"id": identifier, "success": True, "created": there is None, "errors": []}

    def _too_late(self, kind: str, record: Any, sentence: str) -> str:
        """Another process was faster."""
        self._org.insert(kind, record, by="rival")
        try:
            return self._org.insert(kind, record)
        except RecordError as error:
            raise RecordError(error.code, sentence.format(error.message), *error.fields) from None


def is_whole(all_or_none: Any) -> bool:
    """All or none, as a body or an address says it."""
    return str(all_or_none).lower() == "true"


def _check_records(records: Any) -> list[Any]:
    if not isinstance(records, list) or not records or len(records) > MOST_RECORDS:
        raise TOO_MANY
    return records


def _refuse(fault: str | None) -> None:
    """A record's own failure, on request: ``CODE:message``."""
    if fault:
        code, _, message = fault.partition(":")
        raise RecordError(code, message or "simulated failure")
