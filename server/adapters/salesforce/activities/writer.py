"""Records written in collections, five of them in one composite call, with an answer for each record.

The org's own automation (triggers, flows, rollups) may refuse all records of a collection for the fault of one, or
because they are too many for a governor limit. Such records are sent again in smaller collections, down to a single
one: only what is refused alone is refused.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from time import monotonic
from typing import Any

from more_itertools import chunked

from server.adapters.salesforce.activities.bulk_size import BulkSize
from server.adapters.salesforce.activities.refusals import (
    first_error,
    may_be_anothers_fault,
    names_lock,
    read_code,
    shows_broken_automation,
)
from server.adapters.salesforce.api_failures import SessionExpired, map_failure
from server.adapters.salesforce.client import OrgClient
from server.domain.errors import (
    BrokenAutomationError,
    ConfigurationError,
    DoubtError,
    InvariantError,
    OtherOrgError,
    ReconnectRequiredError,
    RejectedError,
    TransientError,
    TrulyError,
)

COLLECTIONS_PER_CALL = 5
"""Salesforce documents this limit for queries; it is kept for collections too."""
LARGEST = 4_000_000
"""Characters of texts in one collection, so that a composite stays well below what Salesforce takes."""
LONG_CALL = 60.0
"""Seconds that a call should take at most: a longer one makes the collections smaller."""
MOST_REFUSED_ALONE = 25
"""Where none of so many in a row goes in, the automation is broken for all: the rest waits, and costs no calls."""
WRITING_ENDS = 300.0
"""Seconds after which no further call is begun: the lease of the mails must outlast the last one."""
Record = dict[str, Any]
WriteAnswer = dict[str, Any] | Exception
"""What a collection says of one record, or the failure of the request that held it."""
RecordAnswers = list[WriteAnswer]


class Operation(StrEnum):
    """What is done to records, as the HTTP method for it. A record to delete is its id alone."""

    INSERT = "POST"
    CHANGE = "PATCH"
    DELETE = "DELETE"


@dataclass
class _Refusal:
    """A collection that was refused whole: once all its records are in, it was only too large."""

    size: int
    missing: int
    has_own_cause: bool = False
    """A lock, or a record that was refused alone: the collection's size was not the cause."""


class CollectionWriter:
    """Thread-safe. ``size`` is what the org bears, shared by all writes to it."""

    def __init__(self, client: OrgClient, size: BulkSize) -> None:
        self._client = client
        self._size = size

    def write(self, operation: Operation, records: Sequence[Any]) -> RecordAnswers:
        """The answers are in order. Raises the failure of the first request; later failures are values.

        A doubt about the first is a value too, where it is none about the records that were not sent yet.
        """
        return _Write(self._client, self._size, operation, records).run()

    def change_together(self, records: Sequence[Record]) -> RecordAnswers:
        """All of them or none, as long as the org's automation bears them at once.

        Where it does not, they are changed in parts. After a part that fails no further one is sent. Raises the
        failure of the first request; later failures are values.
        """
        answers: RecordAnswers = []
        size = self._size.records
        while len(answers) < len(records):
            part = list(records[len(answers) : len(answers) + size])
            body = {"allOrNone": True, "records": part}
            try:
                found = self._client.call("composite/sobjects", method="PATCH", json=body, is_slow=True)
                found = _check_count(found, part)
            except TrulyError as error:
                return end_answers(answers, error, len(part), len(records))
            if len(part) > 1 and all(_is_shared_refusal(answer) for answer in found):
                size = len(part) // 2
                continue
            answers += found
            if not all(_is_done(answer) for answer in found):
                unsent: Exception = TransientError("Another record of the same change was refused.")
                return answers + [unsent] * (len(records) - len(answers))
        return answers


class _Write:
    def __init__(self, client: OrgClient, size: BulkSize, operation: Operation, records: Sequence[Any]) -> None:
        self._client = client
        self._size = size
        self._operation = operation
        self._records = records
        self._answers: dict[int, WriteAnswer] = {}
        self._unsent = deque(range(len(records)))
        self._suspects: deque[list[int]] = deque()
        self._refusals: dict[int, list[_Refusal]] = {}
        self._largest = size.records
        self._borne = 0
        self._refused_alone: list[int] = []
        """Numbers of the records since the last one that went in."""

    def run(self) -> RecordAnswers:
        ends_at = monotonic() + WRITING_ENDS
        while self._unsent or self._suspects:
            if monotonic() > ends_at:
                self._give_up(TransientError("Writing took too long; the rest is written later."))
                break
            collections = self._take_collections()
            began = monotonic()
            try:
                answers = self._send(collections)
            except TrulyError as error:
                self._note_time(began, collections)
                is_rest_unsent = isinstance(error, DoubtError) and (self._unsent or self._suspects)
                if not self._answers and not is_rest_unsent:
                    raise  # of all records, or nothing was done of any
                self._answers |= {i: error for collection in collections for i in collection}
                self._give_up(_failure_of_rest(error))
                break
            self._note_time(began, collections)
            self._read_answers(collections, answers)
            if self._is_broken_for_all:
                self._give_up(TransientError("The org's automation refuses every record."))
                break
        settled: RecordAnswers = [self._answers[i] for i in range(len(self._records))]
        return self._spare(settled) if self._operation is Operation.INSERT else settled

    @property
    def _is_broken_for_all(self) -> bool:
        return len(self._refused_alone) >= MOST_REFUSED_ALONE

    def _spare(self, answers: RecordAnswers) -> RecordAnswers:
        """Where nothing went in, or nothing any more, a refusal tells nothing: automation may be broken."""
        spared = list(answers)
        for i in self._refused_alone:
            code, sentence = _read_refusal(answers[i])
            is_broken = self._is_broken_for_all or (not self._borne and shows_broken_automation(code, sentence))
            if is_broken and not _names_lock(answers[i]):
                spared[i] = BrokenAutomationError(code, sentence)
        return spared

    def _take_collections(self) -> list[list[int]]:
        collections: list[list[int]] = []
        while len(collections) < COLLECTIONS_PER_CALL and (self._suspects or self._unsent):
            collections.append(self._suspects.popleft() if self._suspects else self._cut_collection())
        return collections

    def _cut_collection(self) -> list[int]:
        collection = [self._unsent.popleft()]
        characters = _count_characters(self._records[collection[0]])
        while self._unsent and len(collection) < self._largest:
            characters += _count_characters(self._records[self._unsent[0]])
            if characters > LARGEST:
                break
            collection.append(self._unsent.popleft())
        return collection

    def _send(self, collections: list[list[int]]) -> list[RecordAnswers | RejectedError]:
        parts = [self._make_request([self._records[i] for i in collection]) for collection in collections]
        writes = self._operation is Operation.INSERT
        try:
            if len(parts) == 1:
                [(path, body, params)] = parts
                answer = self._client.call(
                    path, method=self._operation, json=body, params=params,
                    writes=writes, is_change=True, is_slow=True,
                )  # fmt: skip
                return [_check_count(answer, collections[0])]
            composite = self._make_composite(parts)
            answer = self._client.call(
                "composite", method="POST", json=composite, writes=writes, is_change=True, is_slow=True
            )
        except RejectedError as error:
            return [error] * len(collections)
        responses = answer.get("compositeResponse") if isinstance(answer, dict) else None
        if not isinstance(responses, list) or len(responses) != len(collections):
            raise DoubtError("Salesforce's answer to a write cannot be read.")
        return [_read_response(response, part) for response, part in zip(responses, collections, strict=True)]

    def _make_request(self, records: list[Any]) -> tuple[str, Any, dict[str, str] | None]:
        """Path, body and parameters."""
        if self._operation is Operation.DELETE:
            return "composite/sobjects", None, {"ids": ",".join(records), "allOrNone": "false"}
        return "composite/sobjects", {"allOrNone": False, "records": records}, None

    def _make_composite(self, parts: list[tuple[str, Any, dict[str, str] | None]]) -> dict[str, Any]:
        requests = []
        for number, (path, body, params) in enumerate(parts):
            query = "?" + "&".join(f"{name}={value}" for name, value in params.items()) if params else ""
            request = {"method": self._operation.value, "url": f"{self._client.base}/{path}{query}"}
            requests.append(request | {"referenceId": f"r{number}"} | ({"body": body} if body else {}))
        return {"allOrNone": False, "compositeRequest": requests}

    def _read_answers(self, collections: list[list[int]], answers: list[RecordAnswers | RejectedError]) -> None:
        pairs = list(zip(collections, answers, strict=True))
        # What went in at this size shows that a refused collection of that size has its cause in a record.
        borne = [len(part) for part, found in pairs if not isinstance(found, Exception) and any(map(_is_done, found))]
        self._borne = max([self._borne, *borne])
        for collection, found in pairs:
            self._read_collection(collection, found)

    def _read_collection(self, collection: list[int], answers: RecordAnswers | RejectedError) -> None:
        if isinstance(answers, RejectedError):
            answers = [answers] * len(collection)
        refused = [i for i, answer in zip(collection, answers, strict=True) if _is_shared_refusal(answer)]
        is_whole = len(refused) == len(collection)
        if not is_whole:
            self._size.note_borne(len(collection))
        again = refused if len(collection) > 1 else []
        for i, answer in zip(collection, answers, strict=True):
            if i not in again:
                self._settle(i, answer)
        if again and is_whole:
            refusal = _Refusal(len(collection), len(collection), any(map(_names_lock, answers)))
            for i in again:
                self._refusals.setdefault(i, []).append(refusal)
        if again and is_whole and len(collection) > self._borne:
            self._largest = min(self._largest, len(collection) // 2)
            self._unsent.extendleft(reversed(again))
        elif again:
            # Five collections fit in a call, so that a cause is found in fewer calls than by halves.
            self._suspects += chunked(again, max(1, -(-len(again) // COLLECTIONS_PER_CALL)))

    def _settle(self, number: int, answer: WriteAnswer) -> None:
        self._answers[number] = answer
        if _is_done(answer):
            self._refused_alone.clear()
        elif _is_shared_refusal(answer):
            self._refused_alone.append(number)
        for refusal in self._refusals.pop(number, ()):
            refusal.missing -= 1
            refusal.has_own_cause |= _is_shared_refusal(answer)
            if not refusal.missing and not refusal.has_own_cause and self._borne < refusal.size:
                self._size.shrink(self._borne)

    def _note_time(self, began: float, collections: list[list[int]]) -> None:
        took = monotonic() - began
        if took > LONG_CALL:
            borne = sum(map(len, collections)) * LONG_CALL / took
            self._size.shrink(int(borne / COLLECTIONS_PER_CALL))
            self._largest = min(self._largest, self._size.records)

    def _give_up(self, error: Exception) -> None:
        rest = [*self._unsent, *(i for suspects in self._suspects for i in suspects)]
        self._answers |= dict.fromkeys(rest, error)


def end_answers(answers: RecordAnswers, error: TrulyError, sent: int, count: int) -> RecordAnswers:
    """The answers for ``count`` records, where the request with the next ``sent`` of them failed.

    Raises ``error`` where nothing was done before: then it is the failure of all.
    """
    if not answers:
        raise error
    failed: RecordAnswers = [error] * sent
    return answers + failed + [_failure_of_rest(error)] * (count - len(answers) - sent)


def _read_response(response: Any, collection: list[int]) -> RecordAnswers | RejectedError:
    status = int(response["httpStatusCode"])
    if status == 200:
        return _check_count(response["body"], collection)
    failure = map_failure(status, response["body"])
    if isinstance(failure, RejectedError):
        return failure
    if isinstance(failure, SessionExpired):
        failure = TransientError("The session ended within a request.")
    elif status >= 500:
        failure = DoubtError("Salesforce failed in the middle of a write.")
    return [failure] * len(collection)


def _check_count(answer: Any, records: Sequence[Any]) -> RecordAnswers:
    if not isinstance(answer, list) or len(answer) != len(records):
        raise InvariantError("Salesforce answered for another number of records than we sent.")
    return list(answer)


def _failure_of_rest(error: TrulyError) -> Exception:
    """Of what was not sent after a failure: whatever became of that, nothing became of this."""
    if isinstance(error, ConfigurationError | OtherOrgError | ReconnectRequiredError):
        return error
    retry_after = error.retry_after if isinstance(error, TransientError) else None
    return TransientError("Salesforce failed before this was sent.", retry_after)


def _is_done(answer: WriteAnswer) -> bool:
    return not isinstance(answer, Exception) and bool(answer.get("success"))


def _is_shared_refusal(answer: WriteAnswer) -> bool:
    """A request that was refused whole says nothing of the single record either."""
    if isinstance(answer, Exception):
        return isinstance(answer, RejectedError)
    return not answer.get("success") and may_be_anothers_fault(answer.get("errors"))


def _read_refusal(answer: WriteAnswer) -> tuple[str, str]:
    """Code and sentence, empty where it is none."""
    if isinstance(answer, Exception):
        return (answer.code, answer.reason) if isinstance(answer, RejectedError) else ("", "")
    error = first_error(answer.get("errors"))
    return read_code(error), str(error.get("message", ""))


def _names_lock(answer: WriteAnswer) -> bool:
    return not isinstance(answer, Exception) and names_lock(answer.get("errors"))


def _count_characters(record: Any) -> int:
    values = record.values() if isinstance(record, dict) else ()
    return sum(len(value) for value in values if isinstance(value, str))
