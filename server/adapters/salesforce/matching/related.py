"""What stands beside a matched record or a mail: its open opportunities, and what other tools logged."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from server.adapters.salesforce import soql
from server.adapters.salesforce.composite import CompositeReader, Question
from server.adapters.salesforce.org.shape import OrgShape
from server.domain.crm import Foreign, ForeignRecords, ForeignTask, Opportunities
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


def find_foreign_activities(reader: CompositeReader, message_ids: Collection[str]) -> Mapping[str, Foreign]:
    """By Message-ID. Of several activities of one mail the one with the lowest id counts."""
    return _read_foreign([row for _, rows in reader.ask(_ask_about_emails(message_ids)) for row in rows])


def find_foreign_records(
    reader: CompositeReader, key_field: str | None, message_ids: Collection[str], people: Collection[SalesforceId],
    days: Collection[str],
) -> ForeignRecords:  # fmt: skip
    """With what the records of the emails behind the Tasks say, where the org keeps such records."""
    about_tasks: list[Question] = []
    if key_field and people and days:
        write = partial(soql.email_tasks, key_field, min(days), max(days))
        about_tasks = [Question("email_tasks", tuple(portion), write) for portion in soql.chunks(people)]
    rows: dict[str, list[Any]] = {"email_messages": [], "email_tasks": []}
    shows_emails = True
    try:
        for kind, found in reader.ask([*_ask_about_emails(message_ids), *about_tasks]):
            rows[kind] += found
    except ConfigurationError:
        shows_emails = False
        rows["email_tasks"] = [row for _, found in reader.ask(about_tasks) for row in found]
    behind = _find_emails_of(reader, rows["email_tasks"]) if shows_emails else {}
    tasks = tuple(_read_task(task, behind.get(str(task["Id"]), ())) for task in rows["email_tasks"])
    return ForeignRecords(_read_foreign(rows["email_messages"] if shows_emails else []), tasks, shows_emails)


def find_standing_tasks(reader: CompositeReader, activity_ids: Sequence[SalesforceId]) -> dict[SalesforceId, bool]:
    questions = [Question("tasks_by_id", tuple(portion), soql.tasks_by_id) for portion in soql.chunks(activity_ids)]
    rows = (row for _, found in reader.ask(questions, with_deleted=True) for row in found)
    return {SalesforceId(row["Id"]): not row["IsDeleted"] for row in rows}


def _ask_about_emails(message_ids: Collection[str]) -> list[Question]:
    portions = soql.chunks(message_ids, 2, 2)
    return [Question("email_messages", tuple(portion), soql.email_messages) for portion in portions]


def _find_emails_of(reader: CompositeReader, tasks: Sequence[Any]) -> dict[str, list[Any]]:
    portions = soql.chunks(str(task["Id"]) for task in tasks)
    questions = [Question("emails_of_tasks", tuple(portion), soql.emails_of_tasks) for portion in portions]
    emails: dict[str, list[Any]] = {}
    for _, found in reader.ask(questions):
        for email in found:
            emails.setdefault(str(email["ActivityId"]), []).append(email)
    return emails


def _read_foreign(rows: Sequence[Any]) -> dict[str, Foreign]:
    activities: dict[str, Foreign] = {}
    for row in sorted((r for r in rows if r.get("ActivityId")), key=lambda r: str(r["ActivityId"])):
        foreign = Foreign(SalesforceId(row["ActivityId"]), str(row.get("FromAddress") or "").lower())
        activities.setdefault(_read_message_id(row), foreign)
    return activities


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
