"""How a refused record is changed so that the org may take it: without a field, or with a shorter text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from server.adapters.salesforce.activities.tasks import shorten

Record = dict[str, Any]

OWNER = frozenset({"INACTIVE_OWNER_OR_USER", "OP_WITH_INVALID_USER_TYPE_EXCEPTION", "TRANSFER_REQUIRES_READ"})
"""The owner cannot own it: it stays with the integration user, the default owner."""
ACCESS = frozenset({"INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", "INSUFFICIENT_ACCESS_OR_READONLY"})
"""A linked record may not be touched. A person's account may be hidden where the person is not."""
VALUE = frozenset({"INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "INVALID_TYPE_ON_FIELD_IN_RECORD", "INVALID_FIELD"})
"""An admin changed one of our custom fields: the mail is worth more than the field."""
TOO_LONG = "STRING_TOO_LONG"


def repair_record(record: Mapping[str, Any], errors: Any, optional: AbstractSet[str]) -> Record | None:
    """The record as the org may take it, or None where nothing of it can be spared.

    ``errors`` as a collection answers them; ``optional`` are the org's names of those custom fields that may be
    missing: never the key, without which a second insert could not be told from the first.
    """
    error = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    code = str(error.get("statusCode") or error.get("errorCode") or "")
    fields = {str(name) for name in error.get("fields") or ()} & set(record)
    if code in OWNER or (code == "INVALID_CROSS_REFERENCE_KEY" and fields == {"OwnerId"}):
        return _without(record, {"OwnerId"})
    if code in ACCESS and "WhoId" in record:
        return _without(record, {"WhatId"})
    if code == TOO_LONG:
        return _shorten_fields(record, fields, str(error.get("message", "")))
    if code in VALUE and fields <= optional:
        return _without(record, fields)
    return None


def _without(record: Mapping[str, Any], names: AbstractSet[str]) -> Record | None:
    kept = {name: value for name, value in record.items() if name not in names}
    return kept if len(kept) < len(record) else None


def _shorten_fields(record: Mapping[str, Any], fields: AbstractSet[str], sentence: str) -> Record | None:
    """To the length that the sentence names: no other place has the true one."""
    stated = re.search(r"max length=(\d+)", sentence)
    texts = [name for name in fields if isinstance(record[name], str)]
    if not stated or not texts:
        return None
    return {**record, **{name: shorten(record[name], int(stated.group(1))) for name in texts}}
