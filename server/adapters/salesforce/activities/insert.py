"""Inserts: collections of 200 records, five of them in one composite call, and an answer for each record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from more_itertools import chunked, constrained_batches

from server.adapters.salesforce.activities.repair import repair_record
from server.adapters.salesforce.api_failures import SessionExpired, map_failure
from server.adapters.salesforce.client import OrgClient
from server.domain.errors import (
    ConfigurationError,
    DoubtError,
    InvariantError,
    RejectedError,
    TransientError,
)
from server.ports.crm import ACTIVITIES_PER_COLLECTION

COLLECTIONS_PER_CALL = 5
"""Salesforce documents this limit for queries; it is kept for collections too."""
LARGEST = 4_000_000
"""Characters of texts in one collection, so that a composite stays well below what Salesforce takes."""
MOST_REPAIRS = 3
"""Salesforce names one fault at a time: an owner who left, and then an account that may not be edited."""
Record = dict[str, Any]
InsertAnswer = dict[str, Any] | Exception
"""What a collection says of one record, or the failure of the request that held it."""


def insert_records(client: OrgClient, records: Sequence[Record], optional: AbstractSet[str]) -> list[InsertAnswer]:
    """The answers are in order. Raises the failure of the first request; later failures are values.

    ``optional``: fields that may be left out where the org refuses them.
    """
    answers = _insert(client, records)
    latest = list(records)
    for _ in range(MOST_REPAIRS):
        repairs = {
            i: record
            for i, answer in enumerate(answers)
            if isinstance(answer, dict)
            and (record := repair_record(latest[i], answer.get("errors"), optional)) is not None
        }
        if not repairs:
            break
        for (i, record), answer in zip(repairs.items(), _insert_repairs(client, list(repairs.values())), strict=True):
            latest[i], answers[i] = record, answer
    return answers


def _insert(client: OrgClient, records: Sequence[Record]) -> list[InsertAnswer]:
    answers: list[InsertAnswer] = []
    for collections in chunked(_split_into_collections(records), COLLECTIONS_PER_CALL):
        try:
            if len(collections) > 1:
                answers += _insert_collections(client, collections)
            else:
                answers += _insert_collection(client, collections[0])
        except (TransientError, ConfigurationError) as error:
            if not answers:
                raise
            answers += [error] * sum(map(len, collections))
    return answers


def _insert_repairs(client: OrgClient, records: list[Record]) -> list[InsertAnswer]:
    """As ``_insert``, but every failure is a value: it must not hide the answers of the first try."""
    try:
        return _insert(client, records)
    except (TransientError, ConfigurationError) as error:
        return [error] * len(records)


def _insert_collection(client: OrgClient, records: list[Record]) -> list[InsertAnswer]:
    """Insert one collection. Where the org refuses it whole, it is halved until the faulty record stands alone."""
    body = {"allOrNone": False, "records": records}
    try:
        answer = client.call("composite/sobjects", method="POST", json=body, writes=True)
    except RejectedError as error:
        return _insert_halves(client, records, error)
    return _check_count(answer, records)


def _insert_collections(client: OrgClient, collections: list[list[Record]]) -> list[InsertAnswer]:
    requests = [
        {
            "method": "POST",
            "url": f"{client.base}/composite/sobjects",
            "referenceId": f"r{i}",
            "body": {"allOrNone": False, "records": records},
        }
        for i, records in enumerate(collections)
    ]
    body = {"allOrNone": False, "compositeRequest": requests}
    answer = client.call("composite", method="POST", json=body, writes=True)
    responses = answer.get("compositeResponse") if isinstance(answer, dict) else None
    if not isinstance(responses, list) or len(responses) != len(collections):
        raise DoubtError("Salesforce's answer to a write cannot be read.")
    pairs = zip(responses, collections, strict=True)
    return [answer for response, records in pairs for answer in _read_response(client, response, records)]


def _read_response(client: OrgClient, response: Any, records: list[Record]) -> list[InsertAnswer]:
    status = int(response["httpStatusCode"])
    if status == 200:
        return _check_count(response["body"], records)
    failure = map_failure(status, response["body"])
    if isinstance(failure, RejectedError):
        try:
            return _insert_halves(client, records, failure)
        except (TransientError, ConfigurationError) as error:
            return [error] * len(records)
    if isinstance(failure, SessionExpired):
        failure = TransientError("The session ended within a request.")
    elif status >= 500:
        failure = DoubtError("Salesforce failed in the middle of a write.")
    return [failure] * len(records)


def _insert_halves(client: OrgClient, records: list[Record], error: RejectedError) -> list[InsertAnswer]:
    if len(records) == 1:
        return [error]
    middle = len(records) // 2
    first_half = _insert_collection(client, records[:middle])
    try:
        return first_half + _insert_collection(client, records[middle:])
    except (TransientError, ConfigurationError) as failure:
        return [*first_half, *[failure] * (len(records) - middle)]


def _check_count(answer: Any, records: list[Record]) -> list[InsertAnswer]:
    if not isinstance(answer, list) or len(answer) != len(records):
        raise InvariantError("Salesforce answered for another number of records than we sent.")
    return list(answer)


def _split_into_collections(records: Sequence[Record]) -> Iterator[list[Record]]:
    batches = constrained_batches(records, LARGEST, ACTIVITIES_PER_COLLECTION, get_len=_count_characters, strict=False)
    return map(list, batches)


def _count_characters(record: Record) -> int:
    return sum(len(value) for value in record.values() if isinstance(value, str))
