"""The query of one batch as SOQL statements, and the rows of the org's answer as candidates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from more_itertools import partition

from server.adapters.salesforce import soql
from server.adapters.salesforce.matching import records
from server.adapters.salesforce.matching.choices import MatchingChoices
from server.adapters.salesforce.matching.spellings import fold_address, spell_addresses, spell_domains
from server.adapters.salesforce.org.shape import OrgShape
from server.domain.crm import Candidates, CrmUser, Query, Record, RecordOwner
from server.domain.ids import SalesforceId


def list_statements(query: Query, org: OrgShape, choices: MatchingChoices) -> Iterator[tuple[str, str]]:
    """Statements by the name of what they ask for. The same query gives the same bytes, whatever the org holds."""
    addresses, domains = spell_addresses(query.addresses), spell_domains(query.domains)
    contact_fields, lead_fields = ("Email", *org.contact_emails), ("Email", *org.lead_emails)
    for portion in soql.chunks(addresses, len(contact_fields)):
        yield "contacts", soql.contacts(portion, contact_fields, person_accounts=org.has_person_accounts)
    for portion in soql.chunks(addresses, len(lead_fields)):
        yield "leads", soql.leads(portion, lead_fields, person_accounts=org.has_person_accounts)
    if org.domain is not None:
        for portion in soql.chunks(domains):
            yield "accounts", soql.accounts(org, portion)
    for portion in soql.chunks(spell_addresses(query.users - org.users.keys()), len(soql.USER_FIELDS)):
        yield "users", soql.users(portion, time_zones=org.has_time_zones)
    for portion in soql.chunks(query.owners):
        yield "owners", soql.owners(portion, time_zones=org.has_time_zones)
    if choices.websites:
        for portion in soql.chunks(domains, soql.WEBSITE_FORMS, soql.WEBSITE_MORE):
            yield "websites", soql.websites(org, portion)


def read_candidates(rows: Mapping[str, Sequence[Any]], query: Query, org: OrgShape) -> Candidates:
    """``rows`` by the names that ``list_statements`` gave.

    A converted Lead is an alias of the Contact that it became, where no Contact has the address itself. A Website
    speaks only for a domain that no Account names in our field.
    """
    contacts = _group_by_finder(
        record for row in rows.get("contacts", ()) for record in records.read_contact(row, query.addresses, org)
    )
    converted_leads, open_leads = map(list, partition(_is_open, rows.get("leads", ())))
    leads = _group_by_finder(record for row in open_leads for record in records.read_lead(row, query.addresses, org))
    aliases = _group_by_finder(
        record for row in converted_leads for record in records.read_converted(row, query.addresses, org)
    )
    accounts = _group_by_finder(
        record for row in rows.get("accounts", ()) for record in records.read_account(row, query.domains, org)
    )
    websites = _group_by_finder(
        record for row in rows.get("websites", ()) for record in records.read_by_website(row, query.domains, org)
    )
    # What stands later wins: a Contact over a converted Lead, our field over the Website.
    return Candidates(
        contacts={**aliases, **contacts},
        leads=leads,
        accounts={**websites, **accounts},
        users=_read_users(rows.get("users", ()), query, org.users),
        owners=_read_owners(rows.get("owners", ()), query, org.users),
    )


def _read_users(rows: Iterable[Any], query: Query, by_setting: Mapping[str, CrmUser]) -> dict[str, CrmUser]:
    """A User that the setting names wins; then the nearest field, then the lowest id."""
    ranked: dict[str, tuple[int, str, str]] = {}
    for row in rows:
        for rank, name in enumerate(soql.USER_FIELDS):
            address = fold_address(str(row.get(name) or ""))
            if address in query.users:
                candidate = (rank, str(row["Id"]), records.time_zone(row))
                ranked[address] = min(ranked.get(address, candidate), candidate)
    users = {address: CrmUser(SalesforceId(user), address, zone) for address, (_, user, zone) in ranked.items()}
    return users | {address: user for address, user in by_setting.items() if address in query.users}


def _read_owners(
    rows: Iterable[Any], query: Query, by_setting: Mapping[str, CrmUser]
) -> dict[SalesforceId, RecordOwner]:
    """Users by id with all their addresses, those of the setting too."""
    owners: dict[SalesforceId, RecordOwner] = {}
    for row in rows:
        user_id = SalesforceId(row["Id"])
        addresses = {fold_address(str(row.get(name) or "")) for name in soql.USER_FIELDS}
        addresses |= {address for address, user in by_setting.items() if user.user_id == user_id}
        own = frozenset(addresses - {""})
        owners[user_id] = RecordOwner(CrmUser(user_id, min(own, default=""), records.time_zone(row)), own)
    return {user_id: owner for user_id, owner in owners.items() if user_id in query.owners}


def _is_open(lead: Any) -> bool:
    return not lead.get("IsConverted")


def _group_by_finder(records: Iterable[Record]) -> dict[str, tuple[Record, ...]]:
    groups: dict[str, dict[SalesforceId, Record]] = defaultdict(dict)
    for record in records:
        groups[record.found_by].setdefault(record.record_id, record)
    return {found_by: tuple(group.values()) for found_by, group in groups.items()}
