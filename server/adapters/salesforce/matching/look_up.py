"""One batch's questions to the org as SOQL, and the rows back as candidates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from server.adapters.salesforce import soql as queries
from server.adapters.salesforce.matching import records as reading
from server.adapters.salesforce.org.shape import OrgShape
from server.domain.crm import Candidates, CrmUser, Query, Record
from server.domain.ids import SalesforceId


@dataclass(frozen=True)
class Matching:
    """An admin's say in where records are looked for. Field names are Salesforce's API names.

    ``users`` maps a mailbox address to the User who owns its mail, whatever the User record says. ``websites``: an
    Account without our domain field filled is found by its Website. ``domain_lists``: the field may hold several.
    """

    contact_emails: tuple[str, ...] = ()
    lead_emails: tuple[str, ...] = ()
    users: Mapping[str, SalesforceId] = field(default_factory=dict)
    websites: bool = False
    domain_lists: bool = False

    @property
    def has_more_emails(self) -> bool:
        return bool(self.contact_emails or self.lead_emails)


def statements(query: Query, org: OrgShape, matching: Matching) -> Iterator[tuple[str, str]]:
    """Each with what it asks for. The same question is the same bytes, whatever the org holds."""
    contact_fields, lead_fields = ("Email", *org.contact_emails), ("Email", *org.lead_emails)
    for part in queries.chunks(query.addresses, len(contact_fields)):
        yield "contacts", queries.contacts(part, contact_fields, person_accounts=org.has_person_accounts)
    for part in queries.chunks(query.addresses, len(lead_fields)):
        yield "leads", queries.leads(part, lead_fields, person_accounts=org.has_person_accounts)
    if org.domain is not None:
        for part in queries.chunks(query.domains, 2):
            yield "accounts", queries.accounts(org, part)
    for part in queries.chunks(query.users - org.users.keys(), len(queries.USER_FIELDS)):
        yield "users", queries.users(part, time_zones=org.has_time_zones)
    if matching.websites:
        for part in queries.chunks(query.domains, queries.WEBSITE_FORMS, queries.WEBSITE_MORE):
            yield "websites", queries.websites(org, part)


def candidates(found: Mapping[str, Sequence[Any]], query: Query, org: OrgShape) -> Candidates:
    """``found`` holds the rows by the names that ``statements`` gave.

    A converted Lead is an alias of the Contact that it became, where no Contact has the address itself. A Website
    speaks only for a domain that no Account names in our field.
    """
    contacts = _grouped(
        record for row in found.get("contacts", ()) for record in reading.contact(row, query.addresses, org)
    )
    open_, converted = _parted(found.get("leads", ()))
    leads = _grouped(record for row in open_ for record in reading.lead(row, query.addresses, org))
    aliases = _grouped(record for row in converted for record in reading.became(row, query.addresses, org))
    accounts = _grouped(
        record for row in found.get("accounts", ()) for record in reading.account(row, query.domains, org)
    )
    websites = _grouped(
        record for row in found.get("websites", ()) for record in reading.by_website(row, query.domains, org)
    )
    return Candidates(
        contacts={**aliases, **contacts},
        leads=leads,
        accounts={**websites, **accounts},
        users=_users(found.get("users", ()), query, org.users),
    )


def _users(rows: Iterable[Any], query: Query, table: Mapping[str, CrmUser]) -> dict[str, CrmUser]:
    """The table's word first; then by the nearest field, then by the lowest id."""
    ranked: dict[str, tuple[int, str, str]] = {}
    for row in rows:
        for rank, name in enumerate(queries.USER_FIELDS):
            address = str(row.get(name) or "").lower()
            if address in query.users:
                this = (rank, str(row["Id"]), reading.time_zone(row))
                ranked[address] = min(ranked.get(address, this), this)
    users = {address: CrmUser(SalesforceId(user), address, zone) for address, (_, user, zone) in ranked.items()}
    return users | {address: user for address, user in table.items() if address in query.users}


def _parted(rows: Iterable[Any]) -> tuple[list[Any], list[Any]]:
    parted: tuple[list[Any], list[Any]] = ([], [])
    for row in rows:
        parted[bool(row.get("IsConverted"))].append(row)
    return parted


def _grouped(records: Iterable[Record]) -> dict[str, tuple[Record, ...]]:
    groups: dict[str, dict[SalesforceId, Record]] = defaultdict(dict)
    for record in records:
        groups[record.found_by].setdefault(record.record_id, record)
    return {found_by: tuple(group.values()) for found_by, group in groups.items()}
