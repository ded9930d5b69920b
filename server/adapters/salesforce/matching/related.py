"""What stands beside a matched record or a mail: its open opportunities, and what other tools logged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from server.adapters.salesforce import soql
from server.adapters.salesforce.composite import CompositeReader, Question
from server.adapters.salesforce.org.shape import OrgShape
from server.domain.crm import Foreign, Opportunities
from server.domain.errors import ConfigurationError
from server.domain.ids import SalesforceId


def find_opportunities(
    reader: CompositeReader, org: OrgShape, contacts: Sequence[SalesforceId], accounts: Sequence[SalesforceId]
) -> Opportunities:
    """Of what may be read. Raises ConfigurationError where neither way can be asked."""
    can_ask_roles, can_ask_accounts = (
        all(org.readable.has(kind, name) for name in names)
        for kind, names in (
            ("OpportunityContactRole", ("ContactId", "OpportunityId", "Opportunity.IsClosed")),
            ("Opportunity", ("AccountId", "IsClosed")),
        )
    )
    if not (can_ask_roles or can_ask_accounts):
        raise ConfigurationError("The integration user cannot read Opportunity and OpportunityContactRole.")
    by_role = soql.chunks(contacts) if can_ask_roles else ()
    by_account = soql.chunks(accounts) if can_ask_accounts else ()
    rows: dict[str, list[Any]] = {"by_role": [], "by_account": []}
    questions = [
        *(Question("by_role", tuple(portion), soql.opportunities_by_role) for portion in by_role),
        *(Question("by_account", tuple(portion), soql.opportunities_of) for portion in by_account),
    ]
    for kind, rows_of_question in reader.ask(questions):
        rows[kind] += rows_of_question
    return Opportunities(
        by_contact=_group_ids(rows["by_role"], "ContactId", "OpportunityId"),
        by_account=_group_ids(rows["by_account"], "AccountId", "Id"),
    )


def find_foreign_activities(reader: CompositeReader, message_ids: Sequence[str]) -> Mapping[str, Foreign]:
    """By Message-ID. Of several activities of one mail the one with the lowest id counts."""
    portions = soql.chunks(message_ids, 2, 2)
    questions = [Question("email_messages", tuple(portion), soql.email_messages) for portion in portions]
    activities: dict[str, Foreign] = {}
    rows = [row for _, rows_of_question in reader.ask(questions) for row in rows_of_question]
    for row in sorted((r for r in rows if r.get("ActivityId")), key=lambda r: str(r["ActivityId"])):
        message_id = str(row["MessageIdentifier"]).strip().removeprefix("<").removesuffix(">")
        foreign = Foreign(SalesforceId(row["ActivityId"]), str(row.get("FromAddress") or "").lower())
        activities.setdefault(message_id, foreign)
    return activities


def _group_ids(rows: Iterable[Any], by: str, of: str) -> dict[SalesforceId, frozenset[SalesforceId]]:
    groups: dict[SalesforceId, set[SalesforceId]] = {}
    for row in rows:
        groups.setdefault(SalesforceId(row[by]), set()).add(SalesforceId(row[of]))
    return {owner: frozenset(ids) for owner, ids in groups.items()}
