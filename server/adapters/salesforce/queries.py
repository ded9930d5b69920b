"""The SOQL we emit, quoted by simple-salesforce, and the records read back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import idna
from simple_salesforce.format import format_soql

from server.adapters.salesforce.shape import OrgShape
from server.domain.crm import CrmUser, Record, RecordKind
from server.domain.ids import SalesforceId

LONGEST_LIST = 60_000
"""Characters of quoted values in one statement; Salesforce takes 100,000 in all."""


def chunks(values: Iterable[str]) -> Iterator[list[str]]:
    """In a fixed order, so that the same question is the same bytes."""
    part: list[str] = []
    size = 0
    for value in sorted(values):
        cost = 2 * len(value) + 4
        if part and size + cost > LONGEST_LIST:
            yield part
            part, size = [], 0
        part.append(value)
        size += cost
    if part:
        yield part


def contacts(addresses: list[str]) -> str:
    return str(
        format_soql(
            "SELECT Id, Name, Email, OwnerId, AccountId, Account.Name, LastModifiedDate FROM Contact WHERE Email IN {}",
            addresses,
        )
    )


def leads(addresses: list[str]) -> str:
    return str(
        format_soql(
            "SELECT Id, Name, Email, OwnerId, Company, LastModifiedDate FROM Lead"
            " WHERE IsConverted = false AND Email IN {}",
            addresses,
        )
    )


def users(addresses: list[str]) -> str:
    return str(format_soql("SELECT Id, Email, Username FROM User WHERE IsActive = true AND Email IN {}", addresses))


def accounts(shape: OrgShape) -> Callable[[list[str]], str] | None:
    """None where the org has no domain field: then no account is found by domain."""
    if shape.domain is None:
        return None
    extra = [shape.contacts_only] if shape.contacts_only else []
    extra += ["IsPersonAccount"] if shape.has_person_accounts else []
    fields = ", ".join(["Id", "Name", "OwnerId", "LastModifiedDate", shape.domain, *extra])
    head = f"SELECT {fields} FROM Account WHERE {shape.domain} IN "  # noqa: S608  # field names come from describe
    return lambda domains: head + str(format_soql("{}", sorted({form for d in domains for form in _written(d)})))


def _written(domain: str) -> set[str]:
    """As mail names it, and as a person writes it: an international domain has two forms.

    Case does not count in SOQL. A "www." or an "@" before the domain is not looked for: ``www.acme.com`` is a domain of
    its own by the same rule, and each guess more would lengthen every question.
    """
    try:
        return {domain, idna.decode(domain)} if "xn--" in domain else {domain}
    except (idna.IDNAError, UnicodeError):
        return {domain}


def _as_mail_names_it(domain: str) -> str:
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return domain


def access(user_id: str, record_ids: Sequence[str]) -> str:
    return str(
        format_soql(
            "SELECT RecordId, HasReadAccess FROM UserRecordAccess WHERE UserId = {} AND RecordId IN {}",
            user_id,
            list(record_ids),
        )
    )


SEARCHED = {
    "Contact": ("Id", "Name", "Email", "OwnerId", "AccountId", "Account.Name", "LastModifiedDate"),
    "Lead": ("Id", "Name", "Email", "OwnerId", "Company", "LastModifiedDate"),
    "Account": ("Id", "Name", "OwnerId", "LastModifiedDate"),
}
PREFIXES = {"003": "Contact", "00Q": "Lead", "001": "Account"}
MOST_FOUND = 10
"""Of each kind."""


def search(text: str) -> dict[str, Any]:
    """For Salesforce's own search, which takes the words as they are: no syntax of it is written here."""
    objects = [
        {"name": kind, "fields": list(fields), "limit": MOST_FOUND, **_open_leads(kind)}
        for kind, fields in SEARCHED.items()
    ]
    return {"q": text, "in": "ALL", "sobjects": objects}


def _open_leads(kind: str) -> dict[str, str]:
    return {"where": "IsConverted = false"} if kind == "Lead" else {}


def by_id(record_id: str) -> str | None:
    kind = PREFIXES.get(record_id[:3])
    if kind is None:
        return None
    head = f"SELECT {', '.join(SEARCHED[kind])} FROM {kind} WHERE Id = "  # noqa: S608  # names of our own
    return head + str(format_soql("{}", record_id))


def found(row: Any) -> Record:
    """A record that was named, and not found by an address or a domain."""
    kind = RecordKind(row["attributes"]["type"])
    account = row.get("Account") or {}
    name = str(row.get("Name") or "")
    return Record(
        record_id=SalesforceId(row["Id"]),
        kind=kind,
        found_by=str(row.get("Email") or "").lower(),
        name=name,
        owner_id=row.get("OwnerId"),
        account_id=row["Id"] if kind is RecordKind.ACCOUNT else row.get("AccountId"),
        account_name=name if kind is RecordKind.ACCOUNT else str(account.get("Name") or row.get("Company") or ""),
        modified_at=epoch_ms(row.get("LastModifiedDate")),
    )


def tasks_by_key(key_field: str, keys: list[str]) -> str:
    head = f"SELECT Id, {key_field}, IsDeleted, WhoId, WhatId, OwnerId FROM Task WHERE {key_field} IN "  # noqa: S608
    return head + str(format_soql("{}", keys))


def email_messages(message_ids: list[str]) -> str:
    """Some tools store the identifier with its angle brackets and some without."""
    forms = [form for i in message_ids for form in (f"<{i}>", i)]
    return str(
        format_soql(
            "SELECT MessageIdentifier, ActivityId, FromAddress FROM EmailMessage WHERE MessageIdentifier IN {}", forms
        )
    )


def contact(row: Any) -> Record:
    account = row.get("Account") or {}
    return Record(
        record_id=SalesforceId(row["Id"]),
        kind=RecordKind.CONTACT,
        found_by=str(row["Email"]).lower(),
        name=str(row.get("Name") or ""),
        owner_id=row.get("OwnerId"),
        account_id=row.get("AccountId"),
        account_name=str(account.get("Name") or ""),
        modified_at=epoch_ms(row.get("LastModifiedDate")),
    )


def lead(row: Any) -> Record:
    return Record(
        record_id=SalesforceId(row["Id"]),
        kind=RecordKind.LEAD,
        found_by=str(row["Email"]).lower(),
        name=str(row.get("Name") or ""),
        owner_id=row.get("OwnerId"),
        account_name=str(row.get("Company") or ""),
        modified_at=epoch_ms(row.get("LastModifiedDate")),
    )


def account(row: Any, shape: OrgShape) -> Record:
    return Record(
        record_id=SalesforceId(row["Id"]),
        kind=RecordKind.ACCOUNT,
        found_by=_as_mail_names_it(str(row[shape.domain]).strip().lower()),
        name=str(row.get("Name") or ""),
        owner_id=row.get("OwnerId"),
        account_id=row["Id"],
        account_name=str(row.get("Name") or ""),
        modified_at=epoch_ms(row.get("LastModifiedDate")),
        contacts_only=bool(row.get(shape.contacts_only)) if shape.contacts_only else False,
        is_person_account=bool(row.get("IsPersonAccount")),
    )


def user(row: Any) -> CrmUser:
    return CrmUser(SalesforceId(row["Id"]), str(row["Email"]).lower())


def epoch_ms(value: Any) -> int:
    """Salesforce writes ``2026-10-01T09:00:00.000+0000``. What is no such moment is as old as can be."""
    try:
        found = datetime.fromisoformat(str(value))
        return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError, OSError):
        return 0
