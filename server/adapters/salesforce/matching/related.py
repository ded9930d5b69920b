"""What stands beside a matched record or a mail: its open opportunities, and what other tools logged."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any

from server.adapters.salesforce import soql
from server.adapters.salesforce.composite import CompositeReader, Question
from server.adapters.salesforce.matching.records import epoch_ms
from server.adapters.salesforce.org.shape import OrgShape
from server.domain.crm import Foreign, ForeignRecords, ForeignTask, Opportunities, OwnTask
from server.domain.errors import ConfigurationError
from server.domain.ids import ActivityKey, SalesforceId


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
    by_message_id = _read_foreign(rows["email_messages"] if shows_emails else [])
    records = _look_beside(reader, key_field, rows["email_tasks"], shows_emails=shows_emails)
    return replace(records, by_message_id=by_message_id)


def find_foreign_tasks(
    reader: CompositeReader, key_field: str | None, activity_ids: Collection[SalesforceId]
) -> ForeignRecords:
    questions = [Question("foreign_tasks", tuple(ids), soql.foreign_tasks) for ids in soql.chunks(activity_ids)]
    tasks = [row for _, found in reader.ask(questions) for row in found]
    try:
        return _look_beside(reader, key_field, tasks, shows_emails=True)
    except ConfigurationError:
        return _look_beside(reader, key_field, tasks, shows_emails=False)


def find_standing_tasks(reader: CompositeReader, activity_ids: Sequence[SalesforceId]) -> dict[SalesforceId, bool]:
    questions = [Question("tasks_by_id", tuple(portion), soql.tasks_by_id) for portion in soql.chunks(activity_ids)]
    rows = (row for _, found in reader.ask(questions, with_deleted=True) for row in found)
    return {SalesforceId(row["Id"]): not row["IsDeleted"] for row in rows}


def _ask_about_emails(message_ids: Collection[str]) -> list[Question]:
    portions = soql.chunks(message_ids, 2, 2)
    return [Question("email_messages", tuple(portion), soql.email_messages) for portion in portions]


def _look_beside(
    reader: CompositeReader, key_field: str | None, tasks: Sequence[Any], *, shows_emails: bool
) -> ForeignRecords:
    """These Tasks with the emails behind them, and our own Tasks of the same people and days, in one call.

    Our own that a person deleted count too: theirs may stand for that mail.
    """
    ids = soql.chunks(str(task["Id"]) for task in tasks)
    about = [Question("emails_of_tasks", tuple(i), soql.emails_of_tasks) for i in ids] if shows_emails else []
    people = {str(task["WhoId"]) for task in tasks if task.get("WhoId")}
    days = sorted(date.fromisoformat(task["ActivityDate"]) for task in tasks if task.get("ActivityDate"))
    if key_field and people and days:
        first, last = ((day + timedelta(days=n)).isoformat() for day, n in ((days[0], -1), (days[-1], 1)))
        write = partial(soql.own_email_tasks, key_field, first, last)
        about += [Question("own_email_tasks", tuple(portion), write) for portion in soql.chunks(people)]
    emails: dict[str, list[Any]] = {}
    own: list[OwnTask] = []
    for kind, rows in reader.ask(about, with_deleted=True):
        for row in rows:
            if kind == "emails_of_tasks":
                emails.setdefault(str(row["ActivityId"]), []).append(row)
            elif key_field:
                own.append(_read_own(row, key_field))
    return ForeignRecords(
        tasks=tuple(_read_task(task, emails.get(str(task["Id"]), ())) for task in tasks),
        own=tuple(own),
        shows_emails=shows_emails,
    )


def _read_own(row: Any, key_field: str) -> OwnTask:
    key, who = ActivityKey(row[key_field]), SalesforceId(row["WhoId"])
    return OwnTask(SalesforceId(row["Id"]), key, who, str(row.get("Subject") or ""), str(row["ActivityDate"]))


def _read_foreign(rows: Sequence[Any]) -> dict[str, Foreign]:
    activities: dict[str, Foreign] = {}
    for row in sorted((r for r in rows if r.get("ActivityId")), key=lambda r: str(r["ActivityId"])):
        foreign = Foreign(SalesforceId(row["ActivityId"]), str(row.get("FromAddress") or "").lower())
        activities.setdefault(_read_message_id(row), foreign)
    return activities


def _read_task(row: Any, emails: Sequence[Any]) -> ForeignTask:
    directions = {bool(email.get("Incoming")) for email in emails}
    return ForeignTask(
        SalesforceId(row["Id"]), SalesforceId(row.get("WhoId") or ""), str(row.get("Subject") or ""),
        str(row.get("ActivityDate") or ""),
        is_inbound=directions.pop() if len(directions) == 1 else None,
        message_ids=frozenset(_read_message_id(email) for email in emails if email.get("MessageIdentifier")),
        authors=frozenset(str(email["FromAddress"]).lower() for email in emails if email.get("FromAddress")),
        created_at=epoch_ms(row.get("CreatedDate")),
    )  # fmt: skip


def _read_message_id(row: Any) -> str:
    return str(row["MessageIdentifier"]).strip().removeprefix("<").removesuffix(">")


def _group_ids(rows: Iterable[Any], by: str, of: str) -> dict[SalesforceId, frozenset[SalesforceId]]:
    groups: dict[SalesforceId, set[SalesforceId]] = {}
    for row in rows:
        groups.setdefault(SalesforceId(row[by]), set()).add(SalesforceId(row[of]))
    return {owner: frozenset(ids) for owner, ids in groups.items()}
