"""Rows of Salesforce's answers as the domain's records."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from server.adapters.salesforce.matching.spellings import fold_address, fold_typed_domain
from server.adapters.salesforce.org.shape import OrgShape
from server.adapters.salesforce.soql import TIME_ZONE
from server.domain.crm import Record, RecordKind
from server.domain.ids import SalesforceId


def read_named(row: Any) -> Record:
    """A record that somebody named, or searched for: no address and no domain of a mail found it."""
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
        is_person_account=_is_person(row),
    )


def read_contact(row: Any, addresses: Collection[str], shape: OrgShape) -> Iterator[Record]:
    """Once for each of the addresses that is in one of its fields."""
    account = row.get("Account") or {}
    for address in _found_by(row, shape.contact_emails.every, addresses):
        yield Record(
            record_id=SalesforceId(row["Id"]),
            kind=RecordKind.CONTACT,
            found_by=address,
            name=str(row.get("Name") or ""),
            owner_id=row.get("OwnerId"),
            account_id=row.get("AccountId"),
            account_name=str(account.get("Name") or ""),
            modified_at=epoch_ms(row.get("LastModifiedDate")),
            is_person_account=_is_person(row),
            is_owner_active=_is_owner_active(row),
        )


def read_lead(row: Any, addresses: Collection[str], shape: OrgShape) -> Iterator[Record]:
    for address in _found_by(row, shape.lead_emails.every, addresses):
        yield Record(
            record_id=SalesforceId(row["Id"]),
            kind=RecordKind.LEAD,
            found_by=address,
            name=str(row.get("Name") or ""),
            owner_id=row.get("OwnerId"),
            account_name=str(row.get("Company") or ""),
            modified_at=epoch_ms(row.get("LastModifiedDate")),
            is_owner_active=_is_owner_active(row),
        )


def read_converted(row: Any, addresses: Collection[str], shape: OrgShape) -> Iterator[Record]:
    """The Contact of a converted Lead. There is none where it is deleted, or hidden from the integration user."""
    identifier, person = row.get("ConvertedContactId"), row.get("ConvertedContact") or {}
    # A Contact that lost in a merge is deleted, and names the one that won.
    if person.get("IsDeleted"):
        identifier, person = person.get("MasterRecordId"), person.get("MasterRecord") or {}
    if not identifier or not person or person.get("IsDeleted"):
        return
    for address in _found_by(row, shape.lead_emails.every, addresses):
        yield Record(
            record_id=SalesforceId(identifier),
            kind=RecordKind.CONTACT,
            found_by=address,
            name=str(person.get("Name") or row.get("Name") or ""),
            owner_id=person.get("OwnerId"),
            account_id=person.get("AccountId"),
            account_name=str(row.get("Company") or ""),
            modified_at=epoch_ms(person.get("LastModifiedDate")),
            is_person_account=_is_person(person),
            is_owner_active=_is_owner_active(person),
        )


def _is_person(contact: Any) -> bool:
    """A person account: account and contact are one person, whom an activity names once."""
    return bool((contact.get("Account") or {}).get("IsPersonAccount"))


def time_zone(user: Any) -> str:
    return str(user.get(TIME_ZONE) or "")


def _is_owner_active(row: Any) -> bool:
    """A queue cannot own an activity."""
    return str(row.get("OwnerId") or "").startswith("005") and bool((row.get("Owner") or {}).get("IsActive"))


def _found_by(row: Any, fields: Iterable[str], addresses: Collection[str]) -> Iterator[str]:
    values = dict.fromkeys(fold_address(str(row.get(name) or "").strip()) for name in fields)
    return (value for value in values if value in addresses)


def read_account(row: Any, domains: Collection[str], shape: OrgShape) -> Iterator[Record]:
    """Once for each of the domains that is in one of our fields. Each may hold a list."""
    texts = [str(row.get(name) or "") for name in shape.domains]
    typed = dict.fromkeys(fold_typed_domain(name) for text in texts for name in re.split(r"[,;\s]+", text) if name)
    return (_make_account(row, domain, shape) for domain in typed if domain in domains)


def read_by_website(row: Any, domains: Collection[str], shape: OrgShape) -> Iterator[Record]:
    """An Account of whose domain fields one is filled is found by them alone."""
    domain = fold_typed_domain(str(row.get("Website") or ""))
    if domain in domains and not any(row.get(name) for name in shape.domains):
        yield _make_account(row, domain, shape)


def _make_account(row: Any, domain: str, shape: OrgShape) -> Record:
    return Record(
        record_id=SalesforceId(row["Id"]),
        kind=RecordKind.ACCOUNT,
        found_by=domain,
        name=str(row.get("Name") or ""),
        owner_id=row.get("OwnerId"),
        account_id=row["Id"],
        account_name=str(row.get("Name") or ""),
        modified_at=epoch_ms(row.get("LastModifiedDate")),
        contacts_only=any(row.get(name) for name in shape.boxes),
        is_person_account=bool(row.get("IsPersonAccount")),
        is_owner_active=_is_owner_active(row),
    )


def epoch_ms(value: Any) -> int:
    """Epoch milliseconds of ``2026-10-01T09:00:00.000+0000``. A value that is no moment counts as the oldest, 0."""
    try:
        moment = datetime.fromisoformat(str(value))
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError, OSError):
        return 0
