"""A Salesforce record as it is kept under seal: its names, so that a card can show it without a question."""

from __future__ import annotations

from typing import Any

from server.domain.crm import Record, RecordKind
from server.domain.ids import SalesforceId


def from_record(record: Record) -> dict[str, Any]:
    return {
        "id": record.record_id, "kind": record.kind.value, "found_by": record.found_by, "name": record.name,
        "owner": record.owner_id, "account": record.account_id, "account_name": record.account_name,
        "is_person": record.is_person_account,
    }  # fmt: skip


def to_record(item: dict[str, Any]) -> Record:
    return Record(
        record_id=SalesforceId(item["id"]),
        kind=RecordKind(item["kind"]),
        found_by=item["found_by"],
        name=item["name"],
        owner_id=item["owner"],
        account_id=item["account"],
        account_name=item["account_name"],
        is_person_account=item.get("is_person", False),
    )
