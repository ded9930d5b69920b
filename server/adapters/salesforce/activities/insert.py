"""Inserts: what the org refuses of a record and the mail can spare is left out, and the record is sent again."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from server.adapters.salesforce.activities.repair import repair_record
from server.adapters.salesforce.activities.writer import CollectionWriter, Operation, Record, RecordAnswers
from server.domain.errors import ConfigurationError, TransientError

MOST_REPAIRS = 8
"""Salesforce names one fault at a time: an owner who left, then an account that may not be edited, then a long text."""


def insert_records(writer: CollectionWriter, records: Sequence[Record], optional: AbstractSet[str]) -> RecordAnswers:
    """The answers are in order. Raises the failure of the first request; later failures are values.

    ``optional``: fields that may be left out where the org refuses them.
    """
    answers = writer.write(Operation.INSERT, records)
    latest = list(records)
    for _ in range(MOST_REPAIRS):
        repairs: dict[int, Record] = {}
        for i, answer in enumerate(answers):
            errors = answer.get("errors") if isinstance(answer, dict) else None
            if errors and (record := repair_record(latest[i], errors, optional)) is not None:
                repairs[i] = record
        if not repairs:
            break
        for (i, record), answer in zip(repairs.items(), _insert_repairs(writer, list(repairs.values())), strict=True):
            latest[i], answers[i] = record, answer
    return answers


def _insert_repairs(writer: CollectionWriter, records: list[Any]) -> RecordAnswers:
    """Every failure is a value: it must not hide the answers of the first try."""
    try:
        return writer.write(Operation.INSERT, records)
    except (TransientError, ConfigurationError) as error:
        return [error] * len(records)
