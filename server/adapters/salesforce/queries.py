"""The SOQL we emit, quoted by simple-salesforce, and the records read back."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import idna
from simple_salesforce.format import format_soql

from server.adapters.salesforce.shape import OrgShape
from server.domain.crm import Record, RecordKind
from server.domain.ids import SalesforceId

LONGEST_LIST = 80_000
"""Characters of quoted values in one statement; Salesforce takes 100,000 in all."""
USER_FIELDS = ("Email", "FederationIdentifier", "Username")
"""What a User is known by to a mailbox, the nearest first."""
SCHEMES = ("", "http://", "https://")
WEBSITE_FORMS = 2 * 2 * len(SCHEMES)
WEBSITE_MORE = len("https://www./")
"""Ways to write a site: with a scheme or without, with "www." or without, with a slash at the end or without."""
PERSON = ("Id", "Name", "Email", "OwnerId")
CONVERTED = tuple(
    f"ConvertedContact.{name}" for name in ("Name", "OwnerId", "AccountId", "LastModifiedDate", "IsDeleted")
)


def chunks(values: Iterable[str], times: int = 1, more: int = 0) -> Iterator[list[str]]:
    """In a fixed order, so that the same question is the same bytes.

    Each value is written ``times`` times, with up to ``more`` characters around it.
    """
    part: list[str] = []
    size = 0
    for value in sorted(values):
        cost = times * (len(format_soql("{}", value)) + 1 + more)
        if part and size + cost > LONGEST_LIST:
            yield part
            part, size = [], 0
        part.append(value)
        size += cost
    if part:
        yield part


def _select(names: Iterable[str], source: str, where: str) -> str:
    return f"SELECT {', '.join(dict.fromkeys(names))} FROM {source} WHERE {where}"  # noqa: S608  # no value in it


def _any_of(fields: Sequence[str], values: Sequence[str]) -> str:
    """Each field is indexed, or the whole OR would read every record."""
    listed = format_soql("{}", list(values))
    parts = [f"{name} IN {listed}" for name in fields]
    return parts[0] if len(parts) == 1 else f"({' OR '.join(parts)})"


def contacts(addresses: list[str], fields: Sequence[str] = ("Email",)) -> str:
    names = (*PERSON, "AccountId", "Account.Name", "LastModifiedDate", *fields)
    return _select(names, "Contact", _any_of(fields, addresses))


def leads(addresses: list[str], fields: Sequence[str] = ("Email",)) -> str:
    """Converted ones too, with the Contact that each became."""
    names = (*PERSON, "Company", "LastModifiedDate", "IsConverted", "ConvertedContactId", *CONVERTED, *fields)
    return _select(names, "Lead", _any_of(fields, addresses))


def users(addresses: list[str]) -> str:
    return _select(("Id", *USER_FIELDS), "User", f"IsActive = true AND {_any_of(USER_FIELDS, addresses)}")


def accounts(shape: OrgShape, domains: list[str]) -> str:
    assert shape.domain is not None
    forms = sorted({form for domain in domains for form in _written(domain)})
    return _select((*_account_fields(shape), shape.domain), "Account", _any_of([shape.domain], forms))


def domain_lists(shape: OrgShape) -> str:
    """Accounts whose field holds more than one domain. No index helps: asked now and then, never with a batch."""
    assert shape.domain is not None
    several = " OR ".join(f"{shape.domain} LIKE '%{mark}%'" for mark in (",", ";", " "))
    return _select((*_account_fields(shape), shape.domain), "Account", f"({several})")


def websites(shape: OrgShape, domains: list[str]) -> str:
    """Website has no index of its own: an admin who turns this on in a large org asks Salesforce for one."""
    forms = [form for domain in domains for form in _sites(domain)]
    return _select((*_account_fields(shape), "Website"), "Account", _any_of(["Website"], forms))


def _account_fields(shape: OrgShape) -> list[str]:
    extra = [shape.contacts_only] if shape.contacts_only else []
    extra += ["IsPersonAccount"] if shape.has_person_accounts else []
    return ["Id", "Name", "OwnerId", "LastModifiedDate", *extra, *([shape.domain] if shape.domain else [])]


def _written(domain: str) -> set[str]:
    """As mail names it, and as a person writes it: an international domain has two forms.

    Case does not count in SOQL. A "www." or an "@" before the domain is not looked for: ``www.acme.com`` is a domain of
    its own by the same rule, and each guess more would lengthen every question.
    """
    try:
        return {domain, idna.decode(domain)} if "xn--" in domain else {domain}
    except (idna.IDNAError, UnicodeError):
        return {domain}


def _sites(domain: str) -> list[str]:
    hosts = (domain, f"www.{domain}")
    return [f"{scheme}{host}{end}" for scheme in SCHEMES for host in hosts for end in ("", "/")]


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
    later = ("IsConverted", "ConvertedContactId") if kind == "Lead" else ()
    names = (*SEARCHED[kind], "IsDeleted", "MasterRecordId", *later)
    return _select(names, kind, format_soql("Id = {}", record_id))


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


def opportunities_by_role(contacts: list[str]) -> str:
    where = f"ContactId IN {format_soql('{}', contacts)} AND Opportunity.IsClosed = false"
    return _select(("OpportunityId", "ContactId"), "OpportunityContactRole", where)


def opportunities_of(accounts: list[str]) -> str:
    return _select(
        ("Id", "AccountId"), "Opportunity", f"AccountId IN {format_soql('{}', accounts)} AND IsClosed = false"
    )


def email_messages(message_ids: list[str]) -> str:
    """Some tools store the identifier with its angle brackets and some without."""
    forms = [form for i in message_ids for form in (f"<{i}>", i)]
    return str(
        format_soql(
            "SELECT MessageIdentifier, ActivityId, FromAddress FROM EmailMessage WHERE MessageIdentifier IN {}", forms
        )
    )


def contact(row: Any, asked: Collection[str], shape: OrgShape) -> Iterator[Record]:
    """Once for each address that was asked for and is in one of its fields."""
    account = row.get("Account") or {}
    for address in _found_by(row, ("Email", *shape.contact_emails), asked):
        yield Record(
            record_id=SalesforceId(row["Id"]),
            kind=RecordKind.CONTACT,
            found_by=address,
            name=str(row.get("Name") or ""),
            owner_id=row.get("OwnerId"),
            account_id=row.get("AccountId"),
            account_name=str(account.get("Name") or ""),
            modified_at=epoch_ms(row.get("LastModifiedDate")),
        )


def lead(row: Any, asked: Collection[str], shape: OrgShape) -> Iterator[Record]:
    for address in _found_by(row, ("Email", *shape.lead_emails), asked):
        yield Record(
            record_id=SalesforceId(row["Id"]),
            kind=RecordKind.LEAD,
            found_by=address,
            name=str(row.get("Name") or ""),
            owner_id=row.get("OwnerId"),
            account_name=str(row.get("Company") or ""),
            modified_at=epoch_ms(row.get("LastModifiedDate")),
        )


def became(row: Any, asked: Collection[str], shape: OrgShape) -> Iterator[Record]:
    """The Contact of a converted Lead; none where it is gone, or hidden from the integration user."""
    person = row.get("ConvertedContact")
    if not row.get("ConvertedContactId") or not person or person.get("IsDeleted"):
        return
    for address in _found_by(row, ("Email", *shape.lead_emails), asked):
        yield Record(
            record_id=SalesforceId(row["ConvertedContactId"]),
            kind=RecordKind.CONTACT,
            found_by=address,
            name=str(person.get("Name") or row.get("Name") or ""),
            owner_id=person.get("OwnerId"),
            account_id=person.get("AccountId"),
            account_name=str(row.get("Company") or ""),
            modified_at=epoch_ms(person.get("LastModifiedDate")),
        )


def _found_by(row: Any, fields: Iterable[str], asked: Collection[str]) -> Iterator[str]:
    held = dict.fromkeys(str(row.get(name) or "").strip().lower() for name in fields)
    return (address for address in held if address in asked)


def account(row: Any, asked: Collection[str], shape: OrgShape) -> Iterator[Record]:
    """Once for each domain that was asked for and is in our field, which may hold a list."""
    held = str(row.get(shape.domain or "") or "")
    for written in dict.fromkeys(re.split(r"[,;\s]+", held.strip().lower())):
        if (domain := _as_mail_names_it(written)) in asked:
            yield _account(row, domain, shape)


def by_website(row: Any, asked: Collection[str], shape: OrgShape) -> Iterator[Record]:
    """An Account whose own domain field says something else is that domain's."""
    host = re.sub(r"^https?://", "", str(row.get("Website") or "").strip().lower()).rstrip("/")
    domain = _as_mail_names_it(host.removeprefix("www."))
    if domain in asked and not (shape.domain and row.get(shape.domain)):
        yield _account(row, domain, shape)


def _account(row: Any, domain: str, shape: OrgShape) -> Record:
    return Record(
        record_id=SalesforceId(row["Id"]),
        kind=RecordKind.ACCOUNT,
        found_by=domain,
        name=str(row.get("Name") or ""),
        owner_id=row.get("OwnerId"),
        account_id=row["Id"],
        account_name=str(row.get("Name") or ""),
        modified_at=epoch_ms(row.get("LastModifiedDate")),
        contacts_only=bool(row.get(shape.contacts_only)) if shape.contacts_only else False,
        is_person_account=bool(row.get("IsPersonAccount")),
    )


def epoch_ms(value: Any) -> int:
    """Salesforce writes ``2026-10-01T09:00:00.000+0000``. What is no such moment is as old as can be."""
    try:
        found = datetime.fromisoformat(str(value))
        return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError, OSError):
        return 0
