"""Activities inserted, changed and deleted: what the org refuses and the mail can spare is left out, and sent again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from more_itertools import chunked

from server.adapters.salesforce.activities.bulk_size import BulkSize
from server.adapters.salesforce.activities.refusals import first_error, read_code
from server.adapters.salesforce.activities.repair import CLOSED, repair_record
from server.adapters.salesforce.activities.tasks import PEOPLE
from server.adapters.salesforce.activities.writer import (
    CollectionWriter,
    Operation,
    Record,
    RecordAnswers,
    WriteAnswer,
)
from server.adapters.salesforce.api_failures import STALE_TARGET, FieldRefusedError
from server.adapters.salesforce.client import OrgClient
from server.domain.errors import ConfigurationError, DoubtError, TransientError

MOST_REPAIRS = 8
"""Salesforce names one fault at a time: an owner who left, then an account that may not be edited, then a long text."""
SINGLE_CHANGES_PER_CALL = 25
"""Subrequests of a composite that change one record each."""


class ActivityWriter:
    """Of one org; thread-safe. ``on_rights_lost`` hears that a field may not be written any more."""

    def __init__(self, client: OrgClient, on_rights_lost: Callable[[], None]) -> None:
        self._client = client
        self._on_rights_lost = on_rights_lost
        self._writer = CollectionWriter(client, BulkSize())
        self._takes_people = True

    def insert(self, records: Sequence[Record], optional: AbstractSet[str]) -> RecordAnswers:
        """The answers are in order. Raises the failure of the first request; later failures are values.

        ``optional``: fields that may be left out where the org refuses them.
        """
        answers = self._insert(records)
        latest = list(records)
        for _ in range(MOST_REPAIRS):
            repairs: dict[int, Record] = {}
            for i, answer in enumerate(answers):
                errors = answer.get("errors") if isinstance(answer, dict) else None
                if read_code(first_error(errors)) == CLOSED:
                    self._on_rights_lost()
                if errors and (record := repair_record(latest[i], errors, optional)) is not None:
                    repairs[i] = record
            if not repairs:
                break
            again = _as_values(self._insert, list(repairs.values()))
            for (i, record), answer in zip(repairs.items(), again, strict=True):
                latest[i], answers[i] = record, answer
        if not self._takes_people:
            self._relate_people(latest, answers)
        return answers

    def change(self, changes: Sequence[Record], *, together: bool) -> RecordAnswers:
        """``together``: all of them or none, as long as the org's automation bears them at once."""
        answers = self._change(changes, together=together)
        # One of the other people may be gone. The one who was chosen counts.
        stale = {i for i, answer in enumerate(answers) if _is_stale(answer) and len(changes[i].get(PEOPLE, ())) > 1}
        if not stale:
            return answers
        alone = [{**change, PEOPLE: change[PEOPLE][:1]} if PEOPLE in change else change for change in changes]
        if together:
            return self._change(alone, together=True)
        again = _as_values(lambda part: self._change(part, together=False), [alone[i] for i in sorted(stale)])
        for i, answer in zip(sorted(stale), again, strict=True):
            answers[i] = answer
        return answers

    def delete(self, task_ids: Sequence[str]) -> RecordAnswers:
        return self._writer.write(Operation.DELETE, task_ids)

    def _insert(self, records: Sequence[Record]) -> RecordAnswers:
        """No source says that collections take a list of people: without it where they do not."""
        sent = list(records) if self._takes_people else [_without_people(record) for record in records]
        answers = _as_values(self._write_new, sent)
        again = [i for i, answer in enumerate(answers) if PEOPLE in sent[i] and _refuses_people(answer)]
        if again:
            self._takes_people = False
            found = _as_values(self._write_new, [_without_people(sent[i]) for i in again])
            for i, answer in zip(again, found, strict=True):
                answers[i] = answer
        first = answers[0] if answers else None
        if isinstance(first, Exception) and all(answer is first for answer in answers):
            raise first  # the one failure of all
        return answers

    def _write_new(self, records: Sequence[Any]) -> RecordAnswers:
        return self._writer.write(Operation.INSERT, records)

    def _relate_people(self, records: Sequence[Record], answers: RecordAnswers) -> None:
        """One row for each further person. A mail stands in Salesforce whatever becomes of these."""
        rows = [
            {"attributes": {"type": "TaskRelation"}, "TaskId": answer["id"], "RelationId": person}
            for record, answer in zip(records, answers, strict=True)
            if isinstance(answer, dict) and answer.get("success")
            for person in record.get(PEOPLE, ())[1:]
        ]
        if rows:
            _as_values(self._write_new, rows)

    def _change(self, changes: Sequence[Record], *, together: bool) -> RecordAnswers:
        if not self._takes_people:
            return self._change_singly(changes, together=together)
        try:
            if together:
                return self._writer.change_together(changes)
            answers = self._writer.write(Operation.CHANGE, changes)
        except FieldRefusedError as error:
            if PEOPLE not in error.names:
                raise
            answers = [error]
        if any(map(_refuses_people, answers)):
            self._takes_people = False
            return self._change_singly(changes, together=together)
        return answers

    def _change_singly(self, changes: Sequence[Record], *, together: bool) -> RecordAnswers:
        answers: RecordAnswers = []
        for portion in chunked(changes, SINGLE_CHANGES_PER_CALL):
            answers += self._change_portion(portion, together=together)
            if together and not all(isinstance(answer, dict) and answer["success"] for answer in answers):
                unsent: Exception = TransientError("Another record of the same change was refused.")
                return answers + [unsent] * (len(changes) - len(answers))
        return answers

    def _change_portion(self, changes: Sequence[Record], *, together: bool) -> RecordAnswers:
        requests = [
            {
                "method": "PATCH",
                "url": f"{self._client.base}/sobjects/Task/{change['id']}",
                "referenceId": f"r{number}",
                "body": {name: value for name, value in change.items() if name not in ("id", "attributes")},
            }
            for number, change in enumerate(changes)
        ]
        body = {"allOrNone": together, "compositeRequest": requests}
        answer = self._client.call("composite", method="POST", json=body, is_change=True, is_slow=True)
        responses = answer.get("compositeResponse") if isinstance(answer, dict) else None
        if not isinstance(responses, list) or len(responses) != len(changes):
            raise DoubtError("Salesforce's answer to a write cannot be read.")
        return [_read_single(response) for response in responses]


def _as_values(write: Callable[[Sequence[Any]], RecordAnswers], records: Sequence[Any]) -> RecordAnswers:
    """Every failure is a value: it must not hide the answers of an earlier try."""
    try:
        return write(records)
    except (TransientError, ConfigurationError) as error:
        return [error] * len(records)


def _refuses_people(answer: WriteAnswer) -> bool:
    if isinstance(answer, Exception):
        return isinstance(answer, FieldRefusedError) and PEOPLE in answer.names
    error = first_error(answer.get("errors"))
    names = (*(error.get("fields") or ()), str(error.get("message", "")))
    return read_code(error) == "INVALID_FIELD" and any(PEOPLE in str(name) for name in names)


def _is_stale(answer: WriteAnswer) -> bool:
    return isinstance(answer, dict) and read_code(first_error(answer.get("errors"))) in STALE_TARGET


def _without_people(record: Mapping[str, Any]) -> Record:
    return {name: value for name, value in record.items() if name != PEOPLE}


def _read_single(response: Mapping[str, Any]) -> WriteAnswer:
    is_done = int(response["httpStatusCode"]) < 300
    return {"success": is_done, "errors": [] if is_done else response["body"]}
