"""What stands beside a matched record or a mail: its open opportunities, and what other tools logged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from server.adapters.salesforce import soql
from server.adapters.salesforce.composite import CompositeReader
from server.domain.crm import Foreign, Opportunities
from server.domain.ids import SalesforceId


def find_opportunities(
    reader: CompositeReader, contacts: Sequence[SalesforceId], accounts: Sequence[SalesforceId]
) -> Opportunities:
    by_role = [soql.opportunities_by_role(portion) for portion in soql.chunks(contacts)]
    by_account = [soql.opportunities_of(portion) for portion in soql.chunks(accounts)]
    rows = list(reader.query([*by_role, *by_account]))
    return Opportunities(
        by_contact=_group_ids(rows[: len(by_role)], "ContactId", "OpportunityId"),
        by_account=_group_ids(rows[len(by_role) :], "AccountId", "Id"),
    )


def find_foreign_activities(reader: CompositeReader, message_ids: Sequence[str]) -> Mapping[str, Foreign]:
    """By Message-ID. Of several activities of one mail the one with the lowest id counts."""
    statements = [soql.email_messages(portion) for portion in soql.chunks(message_ids, 2, 2)]
    activities: dict[str, Foreign] = {}
    for rows in reader.query(statements):
        for row in sorted((r for r in rows if r.get("ActivityId")), key=lambda r: str(r["ActivityId"])):
            message_id = str(row["MessageIdentifier"]).strip().removeprefix("<").removesuffix(">")
            foreign = Foreign(SalesforceId(row["ActivityId"]), str(row.get("FromAddress") or "").lower())
            activities.setdefault(message_id, foreign)
    return activities


def _group_ids(portions: Iterable[Sequence[Any]], by: str, of: str) -> dict[SalesforceId, frozenset[SalesforceId]]:
    groups: dict[SalesforceId, set[SalesforceId]] = {}
    for rows in portions:
        for row in rows:
            groups.setdefault(SalesforceId(row[by]), set()).add(SalesforceId(row[of]))
    return {owner: frozenset(ids) for owner, ids in groups.items()}
