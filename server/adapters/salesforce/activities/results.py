"""What the org says of each activity that was written or looked for, in domain words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from server.adapters.salesforce.activities.refusals import first_error, read_code
from server.adapters.salesforce.activities.tasks import full_id
from server.adapters.salesforce.activities.writer import WriteAnswer
from server.adapters.salesforce.api_failures import map_record_errors
from server.domain.crm import UNSEEN, Filed, Found
from server.domain.errors import InvariantError, StaleTargetError, UnseenActivityError
from server.domain.ids import ActivityKey, SalesforceId

DELETED = "ENTITY_IS_DELETED"
TASK_ID = re.compile(r"\b00T[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?\b")


def read_insert(key: ActivityKey, answer: WriteAnswer, key_field: str | None) -> Filed:
    """An activity whose key is in the org already counts as filed."""
    if isinstance(answer, Exception):
        return Filed(key, error=answer)
    if answer.get("success"):
        return Filed(key, SalesforceId(answer["id"]))
    errors = answer.get("errors") or []
    for error in errors:
        if error.get("statusCode") == "DUPLICATE_VALUE" and _is_about(key_field, error):
            task_id = TASK_ID.search(str(error.get("message", "")))
            # Without an id in the sentence the caller looks it up by key: it is there.
            return Filed(key, SalesforceId(full_id(task_id.group())) if task_id else None)
    return Filed(key, error=map_record_errors(errors))


def read_saves(answers: Any, count: int) -> list[Exception | None]:
    """One for each of ``count`` records that were changed or deleted: why not, or None for done."""
    if not isinstance(answers, list) or len(answers) != count:
        raise InvariantError("Salesforce answered for another number of records than we sent.")
    return [_read_save(answer) for answer in answers]


def read_changes(answers: Sequence[WriteAnswer]) -> list[Exception | None]:
    """For each record that was changed or deleted: why not, or None for done."""
    return [answer if isinstance(answer, Exception) else _read_save(answer) for answer in answers]


def read_removals(answers: Sequence[WriteAnswer]) -> list[Exception | None]:
    """What is in the Recycle Bin already is removed. What Salesforce does not show us may stand there yet.

    What left the bin for good has the same answer as what is hidden.
    """
    failures = read_changes(answers)
    codes = [read_code(first_error(a.get("errors"))) if isinstance(a, dict) else "" for a in answers]
    return [None if code == DELETED else _explain_unseen(code, f) for code, f in zip(codes, failures, strict=True)]


def _explain_unseen(code: str, failure: Exception | None) -> Exception | None:
    return UnseenActivityError(code, UNSEEN) if isinstance(failure, StaleTargetError) else failure


def _read_save(answer: Any) -> Exception | None:
    return None if answer.get("success") else map_record_errors(answer.get("errors") or [])


def read_task(row: Any, key_field: str) -> Found:
    return Found(
        key=ActivityKey(str(row[key_field])),
        activity_id=SalesforceId(row["Id"]),
        is_deleted=bool(row.get("IsDeleted")),
        who_id=row.get("WhoId"),
        what_id=row.get("WhatId"),
        owner_id=row.get("OwnerId"),
        created_by=row.get("CreatedById"),
    )


def _is_about(key_field: str | None, error: Any) -> bool:
    """The duplicate is our key, and not a unique field of the customer's. The sentence may be in any language."""
    if key_field is None:
        return False
    names = [*re.findall(r"\w+__c\b", str(error.get("message", ""))), *(error.get("fields") or ())]
    return not names or key_field.lower() in (str(name).lower() for name in names)
