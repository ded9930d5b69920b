"""All SOQL statements. simple-salesforce quotes every value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from more_itertools import constrained_batches
from simple_salesforce.format import format_soql

from server.adapters.salesforce.org.shape import OrgShape

LONGEST_LIST = 80_000
"""Characters of quoted values in one statement; Salesforce takes 100,000 in all."""
USER_FIELDS = ("Username", "FederationIdentifier", "Email")
"""Fields by which a mailbox's User is found, the nearest first."""
TIME_ZONE = "TimeZoneSidKey"
STANDARD = "UserType = 'Standard'"
"""A Chatter, portal or integration User owns no activities, and often has a rep's email."""
INVALID = ".invalid"
"""What the copying of a sandbox puts behind each User's email."""
FOREIGN_TASK = ("Id", "WhoId", "Subject", "ActivityDate", "CreatedDate")
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
    return _escape_line_breaks(str(format_soql("{}", list(values))))


def _begins_with(name: str, beginnings: Sequence[str]) -> str:
    """A condition that an index can answer, for each pattern is fixed at its left."""
    patterns = [str(format_soql("LIKE '{:like}%'", beginning)) for beginning in beginnings]
    return _escape_line_breaks(f"({' OR '.join(f'{name} {pattern}' for pattern in patterns)})")


def _escape_line_breaks(text: str) -> str:
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _any_of(fields: Sequence[str], values: Sequence[str]) -> str:
    """A condition on several fields. Each of them must have an index, or the OR reads every record."""
    listed = quote_list(values)
    conditions = [f"{name} IN {listed}" for name in fields]
    return conditions[0] if len(conditions) == 1 else f"({' OR '.join(conditions)})"


def list_contact_fields(shape: OrgShape) -> tuple[str, ...]:
    """What is read of a contact. Account.IsPersonAccount exists only where the org has person accounts."""
    kind = ("Account.IsPersonAccount",) if shape.has_person_accounts else ()
    names = (*PERSON, "AccountId", "Account.Name", *kind, "LastModifiedDate", *shape.contact_emails.every)
    return shape.readable.keep("Contact", names)


def list_lead_fields(shape: OrgShape) -> tuple[str, ...]:
    names = (*PERSON, "Company", "LastModifiedDate", "IsConverted", *shape.lead_emails.every)
    return shape.readable.keep("Lead", names)


def contacts(shape: OrgShape, addresses: Sequence[str]) -> str:
    return _select(list_contact_fields(shape), "Contact", _any_of(shape.contact_emails.indexed, addresses))


def leads(shape: OrgShape, addresses: Sequence[str]) -> str:
    """Leads, converted ones too with the Contact that each became."""
    kind = ("Account.IsPersonAccount",) if shape.has_person_accounts else ()
    became = [f"{contact}.{name}" for contact in PEOPLE_BECAME for name in kind]
    names = shape.readable.keep("Lead", ("ConvertedContactId", *CONVERTED, *became))
    return _select((*list_lead_fields(shape), *names), "Lead", _any_of(shape.lead_emails.indexed, addresses))


def users(shape: OrgShape, addresses: Sequence[str]) -> str:
    """Emails also as a sandbox has them."""
    fields = list_user_keys(shape)
    spellings = [spelling for address in addresses for spelling in (address, address + INVALID)]
    conditions = [_any_of([name], spellings if name == "Email" else addresses) for name in fields]
    return _select_users(shape, f"({' OR '.join(conditions)})")


def users_of_sandbox(shape: OrgShape, addresses: Sequence[str]) -> str:
    """By usernames with more behind them: a sandbox puts its own name there. The pattern begins at the left."""
    return _select_users(shape, _begins_with("Username", [f"{address}." for address in addresses]))


def owners(shape: OrgShape, identifiers: Sequence[str]) -> str:
    """Users by id, with the addresses by which ``users`` finds them."""
    return _select_users(shape, _any_of(["Id"], identifiers))


def list_user_keys(shape: OrgShape) -> tuple[str, ...]:
    return tuple(name for name in USER_FIELDS if shape.readable.can_filter("User", name))


def _select_users(shape: OrgShape, where: str) -> str:
    names = shape.readable.keep("User", ("Id", *USER_FIELDS, *_zone(shape.has_time_zones)))
    standard = f" AND {STANDARD}" if shape.readable.can_filter("User", "UserType") else ""
    return _select(names, "User", f"IsActive = true{standard} AND {where}")


def active_users(identifiers: Sequence[str], *, time_zones: bool = False) -> str:
    return _select(("Id", *_zone(time_zones)), "User", f"IsActive = true AND {_any_of(['Id'], identifiers)}")


def _zone(shown: bool) -> tuple[str, ...]:  # a fact of the org
    return (TIME_ZONE,) if shown else ()


def accounts(shape: OrgShape, domains: Sequence[str]) -> str:
    """``domains`` as people type them."""
    return _select(_account_fields(shape), "Account", _any_of(shape.domains, domains))


def domain_lists(shape: OrgShape) -> str:
    """Accounts whose field holds several domains. No index helps, so it is asked once an hour and not with a batch."""
    marks = (",", ";", " ", "\\n")
    several = " OR ".join(f"{name} LIKE '%{mark}%'" for name in shape.domains for mark in marks)
    return _select(_account_fields(shape), "Account", f"({several})")


def websites(shape: OrgShape, sites: Sequence[str]) -> str:
    """Accounts by Website, which has no index: an admin who turns this on in a large org asks Salesforce for one.

    ``sites`` are beginnings, for a path, a port or nothing may follow. What only begins so is left out by the reader.
    """
    return _select((*_account_fields(shape), "Website"), "Account", _begins_with("Website", sites))


def _account_fields(shape: OrgShape) -> tuple[str, ...]:
    extra = ["IsPersonAccount"] if shape.has_person_accounts else []
    names = ("Id", "Name", "OwnerId", "Owner.IsActive", "LastModifiedDate", *extra, *shape.boxes, *shape.domains)
    return shape.readable.keep("Account", names)


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


def search(shape: OrgShape, text: str) -> dict[str, Any]:
    """The body of a parameterized search, which takes the words as they are and knows no operators."""
    objects = [
        {"name": kind, "fields": list(shape.readable.keep(kind, fields)), "limit": MOST_FOUND, **_open_leads(kind)}
        for kind, fields in SEARCHED.items()
        if shape.readable.has_object(kind)
    ]
    return {"q": text, "in": "ALL", "sobjects": objects}


def _open_leads(kind: str) -> dict[str, str]:
    return {"where": "IsConverted = false"} if kind == "Lead" else {}


def by_id(shape: OrgShape, record_id: str) -> str | None:
    """None for an id of another object, or of one that may not be read."""
    kind = PREFIXES.get(record_id[:3])
    if kind is None or not shape.readable.has_object(kind):
        return None
    later = ("IsConverted", "ConvertedContactId") if kind == "Lead" else ()
    account = ("Account.IsPersonAccount",) if kind == "Contact" and shape.has_person_accounts else ()
    names = (*SEARCHED[kind], "IsDeleted", "MasterRecordId", *later, *account)
    return _select(shape.readable.keep(kind, names), kind, format_soql("Id = {}", record_id))


def tasks_by_key(key_field: str, keys: Sequence[str]) -> str:
    names = ("Id", key_field, "IsDeleted", "WhoId", "WhatId", "OwnerId", "CreatedById")
    return _select(names, "Task", _any_of([key_field], keys))


def opportunities_by_role(contacts: Sequence[str]) -> str:
    where = f"{_any_of(['ContactId'], contacts)} AND Opportunity.IsClosed = false"
    return _select(("OpportunityId", "ContactId"), "OpportunityContactRole", where)


def opportunities_of(accounts: Sequence[str]) -> str:
    return _select(("Id", "AccountId"), "Opportunity", f"{_any_of(['AccountId'], accounts)} AND IsClosed = false")


def email_messages(message_ids: Sequence[str]) -> str:
    """Some tools store the identifier with its angle brackets and some without."""
    forms = [form for i in message_ids for form in (f"<{i}>", i)]
    names = ("MessageIdentifier", "ActivityId", "FromAddress")
    return _select(names, "EmailMessage", _any_of(["MessageIdentifier"], forms))


def email_tasks(key_field: str, first_day: str, last_day: str, people: Sequence[str]) -> str:
    """Email Tasks that other programs wrote: they have no key of ours."""
    return _select(FOREIGN_TASK, "Task", f"{_email_tasks_of(people, first_day, last_day)} AND {key_field} = null")


def own_email_tasks(key_field: str, first_day: str, last_day: str, people: Sequence[str]) -> str:
    where = f"{_email_tasks_of(people, first_day, last_day)} AND {key_field} != null"
    return _select((*FOREIGN_TASK, key_field), "Task", where)


def _email_tasks_of(people: Sequence[str], first_day: str, last_day: str) -> str:
    """A date is written without quotes."""
    return (
        f"{_any_of(['WhoId'], people)} AND TaskSubtype = 'Email'"
        f" AND ActivityDate >= {date.fromisoformat(first_day)} AND ActivityDate <= {date.fromisoformat(last_day)}"
    )


def foreign_tasks(task_ids: Sequence[str]) -> str:
    return _select(FOREIGN_TASK, "Task", _any_of(["Id"], task_ids))


def emails_of_tasks(task_ids: Sequence[str]) -> str:
    names = ("ActivityId", "Incoming", "MessageIdentifier", "FromAddress")
    return _select(names, "EmailMessage", _any_of(["ActivityId"], task_ids))


def tasks_by_id(task_ids: Sequence[str]) -> str:
    return _select(("Id", "IsDeleted"), "Task", _any_of(["Id"], task_ids))
