"""All SOQL statements. simple-salesforce quotes every value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from more_itertools import constrained_batches
from simple_salesforce.format import format_soql

from server.adapters.salesforce.org.shape import OrgShape

LONGEST_LIST = 80_000
"""Characters of quoted values in one statement; Salesforce takes 100,000 in all."""
USER_FIELDS = ("Email", "FederationIdentifier", "Username")
"""Fields by which a mailbox's User is found, the nearest first."""
TIME_ZONE = "TimeZoneSidKey"
SCHEMES = ("", "http://", "https://")
WEBSITE_FORMS = 2 * 2 * len(SCHEMES)
WEBSITE_MORE = len("https://www./")
"""Spellings of a site: with a scheme or without, with "www." or without, with a slash at the end or without."""
PERSON = ("Id", "Name", "Email", "OwnerId", "Owner.IsActive")
BECAME = ("Name", "OwnerId", "Owner.IsActive", "AccountId", "LastModifiedDate", "IsDeleted")
CONVERTED = (
    *(f"ConvertedContact.{name}" for name in (*BECAME, "MasterRecordId")),
    *(f"ConvertedContact.MasterRecord.{name}" for name in BECAME),
)
PEOPLE_BECAME = ("ConvertedContact", "ConvertedContact.MasterRecord")
"""The Contact that a Lead was converted into, and the one that this Contact was merged into since."""


def chunks(values: Iterable[str], times: int = 1, more: int = 0) -> Iterator[list[str]]:
    """Lists of values that fit one statement, in a fixed order, so that the same question is the same bytes.

    Each value is written ``times`` times, with up to ``more`` characters around it.
    """
    return map(
        list,
        constrained_batches(
            sorted(values),
            LONGEST_LIST,
            get_len=lambda value: times * (len(quote_list([value])) - 1 + more),
            strict=False,
        ),
    )


def _select(names: Iterable[str], source: str, where: str) -> str:
    return f"SELECT {', '.join(dict.fromkeys(names))} FROM {source} WHERE {where}"  # noqa: S608  # no value in it


def quote_list(values: Sequence[str]) -> str:
    """A list of literals. Unicode's own line breaks are escaped, too: not every parser takes them within one."""
    listed = str(format_soql("{}", list(values)))
    return listed.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _any_of(fields: Sequence[str], values: Sequence[str]) -> str:
    """A condition on several fields. Each of them must have an index, or the OR reads every record."""
    listed = quote_list(values)
    conditions = [f"{name} IN {listed}" for name in fields]
    return conditions[0] if len(conditions) == 1 else f"({' OR '.join(conditions)})"


def contacts(addresses: list[str], fields: Sequence[str] = ("Email",), *, person_accounts: bool = False) -> str:
    names = (*PERSON, "AccountId", "Account.Name", *_kind_of_account(person_accounts), "LastModifiedDate", *fields)
    return _select(names, "Contact", _any_of(fields, addresses))


def leads(addresses: list[str], fields: Sequence[str] = ("Email",), *, person_accounts: bool = False) -> str:
    """Leads, converted ones too with the Contact that each became."""
    became = [f"{contact}.{name}" for contact in PEOPLE_BECAME for name in _kind_of_account(person_accounts)]
    names = (*PERSON, "Company", "LastModifiedDate", "IsConverted", "ConvertedContactId", *CONVERTED, *became, *fields)
    return _select(names, "Lead", _any_of(fields, addresses))


def _kind_of_account(person_accounts: bool) -> tuple[str, ...]:  # a fact of the org
    """The field exists only where the org has person accounts."""
    return ("Account.IsPersonAccount",) if person_accounts else ()


def users(addresses: list[str], *, time_zones: bool = False) -> str:
    names = ("Id", *USER_FIELDS, *_zone(time_zones))
    return _select(names, "User", f"IsActive = true AND {_any_of(USER_FIELDS, addresses)}")


def owners(identifiers: list[str], *, time_zones: bool = False) -> str:
    """Users by id, with the addresses by which ``users`` finds them."""
    names = ("Id", *USER_FIELDS, *_zone(time_zones))
    return _select(names, "User", f"IsActive = true AND {_any_of(['Id'], identifiers)}")


def active_users(identifiers: list[str], *, time_zones: bool = False) -> str:
    return _select(("Id", *_zone(time_zones)), "User", f"IsActive = true AND {_any_of(['Id'], identifiers)}")


def _zone(shown: bool) -> tuple[str, ...]:  # a fact of the org
    return (TIME_ZONE,) if shown else ()


def accounts(shape: OrgShape, domains: list[str]) -> str:
    """``domains`` in each of their spellings.

    A "www." or an "@" before the domain is not looked for: ``www.acme.com`` is a domain of its own by the same rule,
    and each guess more would lengthen every question.
    """
    assert shape.domain is not None
    return _select((*_account_fields(shape), shape.domain), "Account", _any_of([shape.domain], domains))


def domain_lists(shape: OrgShape) -> str:
    """Accounts whose field holds several domains. No index helps, so it is asked once an hour and not with a batch."""
    assert shape.domain is not None
    several = " OR ".join(f"{shape.domain} LIKE '%{mark}%'" for mark in (",", ";", " ", "\\n"))
    return _select((*_account_fields(shape), shape.domain), "Account", f"({several})")


def websites(shape: OrgShape, domains: list[str]) -> str:
    """Accounts by Website, which has no index: an admin who turns this on in a large org asks Salesforce for one."""
    forms = [form for domain in domains for form in _sites(domain)]
    return _select((*_account_fields(shape), "Website"), "Account", _any_of(["Website"], forms))


def _account_fields(shape: OrgShape) -> list[str]:
    extra = [shape.contacts_only] if shape.contacts_only else []
    extra += ["IsPersonAccount"] if shape.has_person_accounts else []
    return [
        "Id",
        "Name",
        "OwnerId",
        "Owner.IsActive",
        "LastModifiedDate",
        *extra,
        *([shape.domain] if shape.domain else []),
    ]


def _sites(domain: str) -> list[str]:
    hosts = (domain, f"www.{domain}")
    return [f"{scheme}{host}{end}" for scheme in SCHEMES for host in hosts for end in ("", "/")]


def access(user_id: str, record_ids: Sequence[str]) -> str:
    where = f"{format_soql('UserId = {}', user_id)} AND {_any_of(['RecordId'], record_ids)}"
    return _select(("RecordId", "HasReadAccess"), "UserRecordAccess", where)


SEARCHED = {
    "Contact": ("Id", "Name", "Email", "OwnerId", "AccountId", "Account.Name", "LastModifiedDate"),
    "Lead": ("Id", "Name", "Email", "OwnerId", "Company", "LastModifiedDate"),
    "Account": ("Id", "Name", "OwnerId", "LastModifiedDate"),
}
PREFIXES = {"003": "Contact", "00Q": "Lead", "001": "Account"}
MOST_FOUND = 10
"""Records of each kind in a search."""


def search(text: str) -> dict[str, Any]:
    """The body of a parameterized search, which takes the words as they are and knows no operators."""
    objects = [
        {"name": kind, "fields": list(fields), "limit": MOST_FOUND, **_open_leads(kind)}
        for kind, fields in SEARCHED.items()
    ]
    return {"q": text, "in": "ALL", "sobjects": objects}


def _open_leads(kind: str) -> dict[str, str]:
    return {"where": "IsConverted = false"} if kind == "Lead" else {}


def by_id(record_id: str, *, person_accounts: bool = False) -> str | None:
    kind = PREFIXES.get(record_id[:3])
    if kind is None:
        return None
    later = ("IsConverted", "ConvertedContactId") if kind == "Lead" else ()
    account = _kind_of_account(person_accounts) if kind == "Contact" else ()
    names = (*SEARCHED[kind], "IsDeleted", "MasterRecordId", *later, *account)
    return _select(names, kind, format_soql("Id = {}", record_id))


def tasks_by_key(key_field: str, keys: Sequence[str]) -> str:
    return _select(("Id", key_field, "IsDeleted", "WhoId", "WhatId", "OwnerId"), "Task", _any_of([key_field], keys))


def opportunities_by_role(contacts: list[str]) -> str:
    where = f"{_any_of(['ContactId'], contacts)} AND Opportunity.IsClosed = false"
    return _select(("OpportunityId", "ContactId"), "OpportunityContactRole", where)


def opportunities_of(accounts: list[str]) -> str:
    return _select(("Id", "AccountId"), "Opportunity", f"{_any_of(['AccountId'], accounts)} AND IsClosed = false")


def email_messages(message_ids: list[str]) -> str:
    """Some tools store the identifier with its angle brackets and some without."""
    forms = [form for i in message_ids for form in (f"<{i}>", i)]
    names = ("MessageIdentifier", "ActivityId", "FromAddress")
    return _select(names, "EmailMessage", _any_of(["MessageIdentifier"], forms))
