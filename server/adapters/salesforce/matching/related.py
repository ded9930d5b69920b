"""What stands beside a matched record or a mail: its open opportunities, and what other tools logged."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from server.adapters.salesforce import soql
from server.adapters.salesforce.composite import CompositeReader, Question
from server.adapters.salesforce.org.shape import OrgShape
from server.domain.crm import Foreign, ForeignTask, Opportunities
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
        foreign = Foreign(SalesforceId(row["ActivityId"]), str(row.get("FromAddress") or "").lower())
        activities.setdefault(_read_message_id(row), foreign)
    return activities


def find_foreign_tasks(
    reader: CompositeReader, key_field: str, people: Collection[SalesforceId], first_day: str, last_day: str
) -> list[ForeignTask]:
    """With what the records of the emails behind the Tasks say, where the org keeps such records."""
    ask_tasks = partial(soql.email_tasks, key_field, first_day, last_day)
    tasks = _ask(reader, "email_tasks", people, ask_tasks)
    emails: dict[str, list[Any]] = {}
    try:
        for email in _ask(reader, "emails_of_tasks", [str(task["Id"]) for task in tasks], soql.emails_of_tasks):
            emails.setdefault(str(email["ActivityId"]), []).append(email)
    except ConfigurationError:
        emails = {}
    return [_read_task(task, emails.get(str(task["Id"]), ())) for task in tasks]


def _ask(reader: CompositeReader, kind: str, values: Iterable[str], write: Callable[[Sequence[str]], str]) -> list[Any]:
    questions = [Question(kind, tuple(portion), write) for portion in soql.chunks(values)]
    return [row for _, rows in reader.ask(questions) for row in rows]


def _read_task(row: Any, emails: Sequence[Any]) -> ForeignTask:
    directions = {bool(email.get("Incoming")) for email in emails}
    return ForeignTask(
        SalesforceId(row["Id"]), SalesforceId(row["WhoId"]), str(row.get("Subject") or ""), str(row["ActivityDate"]),
        is_inbound=directions.pop() if len(directions) == 1 else None,
        message_ids=frozenset(_read_message_id(email) for email in emails if email.get("MessageIdentifier")),
        authors=frozenset(str(email["FromAddress"]).lower() for email in emails if email.get("FromAddress")),
    )  # fmt: skip


def _read_message_id(row: Any) -> str:
    return str(row["MessageIdentifier"]).strip().removeprefix("<").removesuffix(">")


def _group_ids(rows: Iterable[Any], by: str, of: str) -> dict[SalesforceId, frozenset[SalesforceId]]:
    groups: dict[SalesforceId, set[SalesforceId]] = {}
    for row in rows:
        groups.setdefault(SalesforceId(row[by]), set()).add(SalesforceId(row[of]))
    return {owner: frozenset(ids) for owner, ids in groups.items()}
