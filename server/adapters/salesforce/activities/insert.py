"""Records into the org: collections of 200, five of them in one composite call, and each record its own answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from server.adapters.salesforce.activities.repair import repaired
from server.adapters.salesforce.api_failures import SessionExpired, mapped
from server.adapters.salesforce.client import OrgClient
from server.domain.errors import (
    ConfigurationError,
    DoubtError,
    InvariantError,
    RejectedError,
    TransientError,
)
from server.ports.crm import FILE_AT_ONCE

COLLECTIONS_AT_ONCE = 5
"""Documented for queries, and kept for collections too."""
LARGEST = 4_000_000
"""Characters of texts in one collection, so that a composite stays well below what Salesforce takes."""
MOST_REPAIRS = 3
"""Salesforce names one fault at a time: an owner who left, and then an account that may not be edited."""
Record = dict[str, Any]
Answer = dict[str, Any] | Exception
"""What a collection says of one record, or the failure of the request that held it."""


def insert(client: OrgClient, records: Sequence[Record], ours: AbstractSet[str]) -> list[Answer]:
    """The answers are in order. Raises what befell the very first request; later failures are values.

    ``ours``: fields that may be left out where the org refuses them.
    """
    answers = _inserted(client, records)
    sent = list(records)
    for _ in range(MOST_REPAIRS):
        again = {
            i: record
            for i, answer in enumerate(answers)
            if isinstance(answer, dict) and (record := repaired(sent[i], answer.get("errors"), ours)) is not None
        }
        if not again:
            break
        for (i, record), answer in zip(again.items(), _safely(client, list(again.values())), strict=True):
            sent[i], answers[i] = record, answer
    return answers


def _inserted(client: OrgClient, records: Sequence[Record]) -> list[Answer]:
    parts = list(_parts(records))
    answers: list[Answer] = []
    for start in range(0, len(parts), COLLECTIONS_AT_ONCE):
        some = parts[start : start + COLLECTIONS_AT_ONCE]
        try:
            found = _composite(client, some) if len(some) > 1 else [_collection(client, some[0])]
        except (TransientError, ConfigurationError) as error:
            if not answers:
                raise
            found = [[error] * len(part) for part in some]
        answers += [answer for part in found for answer in part]
    return answers


def _safely(client: OrgClient, records: list[Record]) -> list[Answer]:
    """A second try must not lose what the first one answered."""
    try:
        return _inserted(client, records)
    except (TransientError, ConfigurationError) as error:
        return [error] * len(records)


def _collection(client: OrgClient, records: list[Record]) -> list[Answer]:
    """A request that is refused whole is halved until the record that spoils it stands alone."""
    body = {"allOrNone": False, "records": records}
    try:
        answer = client.call("composite/sobjects", method="POST", json=body, writes=True)
    except RejectedError as error:
        return _halved(client, records, error)
    return _checked(answer, records)


def _composite(client: OrgClient, parts: list[list[Record]]) -> list[list[Answer]]:
    requests = [
        {
            "method": "POST",
            "url": f"{client.base}/composite/sobjects",
            "referenceId": f"r{i}",
            "body": {"allOrNone": False, "records": part},
        }
        for i, part in enumerate(parts)
    ]
    body = {"allOrNone": False, "compositeRequest": requests}
    answer = client.call("composite", method="POST", json=body, writes=True)
    found = answer.get("compositeResponse") if isinstance(answer, dict) else None
    if not isinstance(found, list) or len(found) != len(parts):
        raise DoubtError("Salesforce's answer to a write cannot be read.")
    return [_part(client, part, records) for part, records in zip(found, parts, strict=True)]


def _part(client: OrgClient, part: Any, records: list[Record]) -> list[Answer]:
    status = int(part["httpStatusCode"])
    if status == 200:
        return _checked(part["body"], records)
    failure = mapped(status, part["body"])
    if isinstance(failure, RejectedError):
        try:
            return _halved(client, records, failure)
        except (TransientError, ConfigurationError) as error:
            return [error] * len(records)
    if isinstance(failure, SessionExpired):
        failure = TransientError("The session ended within a request.")
    elif status >= 500:
        failure = DoubtError("Salesforce failed in the middle of a write.")
    return [failure] * len(records)


def _halved(client: OrgClient, records: list[Record], error: RejectedError) -> list[Answer]:
    if len(records) == 1:
        return [error]
    middle = len(records) // 2
    first = _collection(client, records[:middle])
    try:
        return first + _collection(client, records[middle:])
    except (TransientError, ConfigurationError) as failure:
        return [*first, *[failure] * (len(records) - middle)]


def _checked(answer: Any, records: list[Record]) -> list[Answer]:
    if not isinstance(answer, list) or len(answer) != len(records):
        raise InvariantError("Salesforce answered for another number of records than we sent.")
    return list(answer)


def _parts(records: Sequence[Record]) -> Iterator[list[Record]]:
    part: list[Record] = []
    size = 0
    for record in records:
        weight = sum(len(value) for value in record.values() if isinstance(value, str))
        if part and (len(part) == FILE_AT_ONCE or size + weight > LARGEST):
            yield part
            part, size = [], 0
        part.append(record)
        size += weight
    if part:
        yield part
