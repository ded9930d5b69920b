"""Activities inserted, changed and deleted: what the org refuses and the mail can spare is left out, and sent again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import partial
from typing import Any

from more_itertools import chunked

from server.adapters.salesforce.activities.bulk_size import BulkSize
from server.adapters.salesforce.activities.refusals import first_error, names_lock, read_code
from server.adapters.salesforce.activities.repair import CLOSED, CROSS_REFERENCE, list_ids, repair_record
from server.adapters.salesforce.activities.tasks import PEOPLE, SHORT_ID
from server.adapters.salesforce.activities.writer import (
    CollectionWriter,
    Operation,
    Record,
    RecordAnswers,
    WriteAnswer,
    end_answers,
)
from server.adapters.salesforce.api_failures import STALE_TARGET, FieldRefusedError
from server.adapters.salesforce.client import OrgClient
from server.domain.errors import DoubtError, TransientError, TrulyError
from server.domain.ids import SalesforceId

MOST_REPAIRS = 8
"""Salesforce names one fault at a time: an owner who left, then an account that may not be edited, then a long text."""
RELATE_TRIES = 2
"""Of the rows of further people: a lock on an account is gone a moment later."""
SINGLE_CHANGES_PER_CALL = 25
"""Subrequests of a composite that change one record each."""


class ActivityWriter:
    """Of one org; thread-safe. ``on_org_changed`` hears that a field may not be written as it was described."""

    def __init__(self, client: OrgClient, on_org_changed: Callable[[], None]) -> None:
        self._client = client
        self._on_org_changed = on_org_changed
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
                record = repair_record(latest[i], errors, optional) if errors else None
                if record is not None:
                    repairs[i] = record
                code = read_code(first_error(errors))
                if code == CLOSED or (code == CROSS_REFERENCE and record is not None):
                    self._on_org_changed()
            if not repairs:
                break
            again = _as_values(self._insert, list(repairs.values()))
            for (i, record), answer in zip(repairs.items(), again, strict=True):
                latest[i], answers[i] = record, answer
        if not self._takes_people:
            self._relate_people(latest, answers)
        return answers

    def relate(self, people: Mapping[SalesforceId, Sequence[str]]) -> None:
        """One row for each further person. A mail stands in Salesforce whatever becomes of these."""
        rows: list[Record] = [
            {"attributes": {"type": "TaskRelation"}, "TaskId": task_id, "RelationId": person}
            for task_id, others in people.items()
            for person in others
        ]
        for _ in range(RELATE_TRIES):
            answers = _as_values(self._write_new, rows) if rows else []
            rows = [row for row, answer in zip(rows, answers, strict=True) if _may_pass(answer)]

    def change(self, changes: Sequence[Record], *, together: bool) -> RecordAnswers:
        """``together``: all of them or none, as long as the org's automation bears them at once."""
        answers = self._change(changes, together=together)
        latest = list(changes)
        for number in range(MOST_REPAIRS):
            # One of the other people may be gone. The one who was chosen counts.
            stale = {i for i, answer in enumerate(answers) if _is_stale(answer) and len(latest[i].get(PEOPLE, ())) > 1}
            if not stale:
                break
            gone = frozenset[str]().union(*(_list_gone(latest[i][PEOPLE][1:], answers[i]) for i in stale))
            is_last = number == MOST_REPAIRS - 1
            latest = [_spare_people(change, gone, is_stale=is_last or i in stale) for i, change in enumerate(latest)]
            again = range(len(latest)) if together else sorted(stale)
            found = _as_values(partial(self._change, together=together), [latest[i] for i in again])
            for i, answer in zip(again, found, strict=True):
                # What is done is known, whatever became of the same change a second time.
                answers[i] = answers[i] if _is_done(answers[i]) and isinstance(answer, Exception) else answer
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
        pairs = [(record, answer) for record, answer in zip(records, answers, strict=True) if _is_done(answer)]
        self.relate({answer["id"]: record.get(PEOPLE, ())[1:] for record, answer in pairs if isinstance(answer, dict)})

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
            try:
                answers += self._change_portion(portion, together=together)
            except TrulyError as error:
                return end_answers(answers, error, len(portion), len(changes))
            if together and not all(map(_is_done, answers)):
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
    except TrulyError as error:
        return [error] * len(records)


def _refuses_people(answer: WriteAnswer) -> bool:
    if isinstance(answer, Exception):
        return isinstance(answer, FieldRefusedError) and PEOPLE in answer.names
    error = first_error(answer.get("errors"))
    names = (*(error.get("fields") or ()), str(error.get("message", "")))
    return read_code(error) == "INVALID_FIELD" and any(PEOPLE in str(name) for name in names)


def _is_stale(answer: WriteAnswer) -> bool:
    return isinstance(answer, dict) and read_code(first_error(answer.get("errors"))) in STALE_TARGET


def _is_done(answer: WriteAnswer) -> bool:
    return isinstance(answer, dict) and bool(answer.get("success"))


def _may_pass(answer: WriteAnswer) -> bool:
    if isinstance(answer, dict):
        return not answer.get("success") and names_lock(answer.get("errors"))
    return isinstance(answer, TransientError)


def _list_gone(others: Sequence[str], answer: WriteAnswer) -> frozenset[str]:
    """Which of the other people are gone: those whom the refusal names. It may be about the activity itself."""
    words = list_ids(str(first_error(answer.get("errors")).get("message", ""))) if isinstance(answer, dict) else set()
    return frozenset(person for person in others if person[:SHORT_ID] in words)


def _spare_people(change: Record, gone: AbstractSet[str], *, is_stale: bool) -> Record:
    """Without those who are gone; a refused change whose people stay the same is left with the first of them."""
    if PEOPLE not in change:
        return change
    first, others = change[PEOPLE][:1], change[PEOPLE][1:]
    kept = [person for person in others if person not in gone]
    return {**change, PEOPLE: first if is_stale and kept == others else [*first, *kept]}


def _without_people(record: Mapping[str, Any]) -> Record:
    return {name: value for name, value in record.items() if name != PEOPLE}


def _read_single(response: Mapping[str, Any]) -> WriteAnswer:
    is_done = int(response["httpStatusCode"]) < 300
    return {"success": is_done, "errors": [] if is_done else response["body"]}
