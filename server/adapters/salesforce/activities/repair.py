"""How a refused record is changed so that the org may take it: without a field, or with a shorter text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from server.adapters.salesforce.activities.refusals import first_error, read_code
from server.adapters.salesforce.activities.tasks import SHORT_ID, shorten, shorten_to_bytes

Record = dict[str, Any]

OWNER = frozenset({"INACTIVE_OWNER_OR_USER", "OP_WITH_INVALID_USER_TYPE_EXCEPTION", "TRANSFER_REQUIRES_READ"})
"""The owner cannot own it: it stays with the integration user, the default owner."""
ACCESS = frozenset({"INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", "INSUFFICIENT_ACCESS_OR_READONLY"})
"""A linked record may not be touched. A person's account may be hidden where the person is not."""
CLOSED = "INVALID_FIELD_FOR_INSERT_UPDATE"
"""An admin took away the right to write a field."""
VALUE = frozenset(
    {"INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "INVALID_TYPE_ON_FIELD_IN_RECORD", "INVALID_FIELD", CLOSED}
)
"""An admin changed a field that the mail can spare: the mail is worth more than the field."""
CROSS_REFERENCE = "INVALID_CROSS_REFERENCE_KEY"
TOO_LONG = "STRING_TOO_LONG"


def repair_record(record: Mapping[str, Any], errors: Any, optional: AbstractSet[str]) -> Record | None:
    """The record as the org may take it, or None where nothing of it can be spared.

    ``errors`` as a collection answers them; ``optional`` are the org's names of those fields that may be missing:
    never the key, without which a second insert could not be told from the first.
    """
    error = first_error(errors)
    code, sentence = read_code(error), str(error.get("message", ""))
    fields = {str(name) for name in error.get("fields") or re.findall(r"\w+", sentence)} & set(record)
    if code == CROSS_REFERENCE:
        fields = fields or _list_fields_with_ids(record, sentence)
    if code in OWNER or (code == CROSS_REFERENCE and fields == {"OwnerId"}):
        return _without(record, {"OwnerId"})
    if code in ACCESS and "WhoId" in record:
        return _without(record, {"WhatId"})
    if code == TOO_LONG:
        return _shorten_fields(record, fields, sentence)
    if (code in VALUE or code == CROSS_REFERENCE) and fields and fields <= optional:
        return _without(record, fields)
    return None


def list_ids(sentence: str) -> set[str]:
    """The ids that a sentence names, of 15 characters."""
    return {word[:SHORT_ID] for word in re.findall(r"\b[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?\b", sentence)}


def _list_fields_with_ids(record: Mapping[str, Any], sentence: str) -> set[str]:
    """The fields whose ids a sentence names, which names fields by their labels."""
    named = list_ids(sentence)
    return {name for name, value in record.items() if isinstance(value, str) and value[:SHORT_ID] in named}


def _without(record: Mapping[str, Any], names: AbstractSet[str]) -> Record | None:
    kept = {name: value for name, value in record.items() if name not in names}
    return kept if len(kept) < len(record) else None


def _shorten_fields(record: Mapping[str, Any], fields: AbstractSet[str], sentence: str) -> Record | None:
    """To the length that the sentence names: no other place has the true one.

    Of some fields Salesforce counts bytes. A text that has the length already is cut to so many bytes, then to half.
    """
    stated = re.search(r"max length=(\d+)", sentence)
    texts = [name for name in fields if isinstance(record[name], str)]
    if not stated or not texts:
        return None
    shortened = {name: _shorten_again(record[name], int(stated.group(1))) for name in texts}
    changed = {name: text for name, text in shortened.items() if text != record[name]}
    return {**record, **changed} if changed else None


def _shorten_again(text: str, longest: int) -> str:
    shorter = shorten(text, longest)
    if shorter == text:
        shorter = shorten_to_bytes(text, longest)
    return shorter if shorter != text else shorten(text, len(text) // 2)
