"""The query of one batch as questions in SOQL, and the rows of the org's answer as candidates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from more_itertools import chunked, partition

from server.adapters.salesforce import soql
from server.adapters.salesforce.client import OrgClient
from server.adapters.salesforce.composite import CompositeReader, Question
from server.adapters.salesforce.matching import records
from server.adapters.salesforce.matching.choices import MatchingChoices
from server.adapters.salesforce.matching.domain_lists import DomainLists
from server.adapters.salesforce.matching.email_search import search_emails
from server.adapters.salesforce.matching.owners import SandboxUsers, read_owners, read_users
from server.adapters.salesforce.matching.spellings import HOSTS, spell_addresses, spell_domains, spell_typed_domains
from server.adapters.salesforce.org.shape import OrgShape
from server.domain.crm import Candidates, Query, Record
from server.domain.ids import SalesforceId

PATTERNS = 300
"""LIKEs of one question."""


class LookUp:
    """All records and Users for a query, in as few calls as the limits allow. Thread-safe."""

    def __init__(self, client: OrgClient, reader: CompositeReader, choices: MatchingChoices) -> None:
        self._client = client
        self._reader = reader
        self._choices = choices
        self._lists = DomainLists() if choices.domain_lists else None
        self._sandbox_users = SandboxUsers()

    def find_candidates(self, query: Query, org: OrgShape) -> Candidates:
        unasked = self._sandbox_users.list_unasked(_list_asked_users(query, org))
        rows: dict[str, list[Any]] = defaultdict(list)
        for kind, rows_of_question in self._reader.ask(list(list_questions(query, org, self._choices, unasked))):
            rows[kind] += rows_of_question
        self._sandbox_users.keep(unasked, rows.pop("users_of_sandbox", ()))
        rows["users"] += self._sandbox_users.rows(query.users)
        if self._lists is not None and org.domains:
            rows["accounts"] += self._lists.rows(query.domains, lambda: self._read_domain_lists(org))
        candidates = read_candidates(rows, query, org, self._client.own_user)
        if not (org.contact_emails.searched or org.lead_emails.searched):
            return candidates
        unknown = query.addresses - candidates.contacts.keys()
        found = list(search_emails(self._client, unknown, org)) if unknown else []
        for kind, rows_of_search in found:
            rows[kind] += rows_of_search
        return read_candidates(rows, query, org, self._client.own_user) if found else candidates

    def _read_domain_lists(self, org: OrgShape) -> list[Any]:
        return next(self._reader.query([soql.domain_lists(org)]))


def list_questions(
    query: Query, org: OrgShape, choices: MatchingChoices, sandbox_users: Sequence[str] = ()
) -> Iterator[Question]:
    """The same query gives the same bytes, whatever the org holds."""
    addresses, domains = spell_addresses(query.addresses), spell_typed_domains(query.domains)
    emails = (("contacts", soql.contacts, org.contact_emails), ("leads", soql.leads, org.lead_emails))
    for kind, write, fields in emails:
        if fields.indexed:
            yield from _ask(kind, write, org, soql.chunks(addresses, len(fields.indexed)))
    if org.domains:
        yield from _ask("accounts", soql.accounts, org, soql.chunks(domains, len(org.domains)))
    if soql.list_user_keys(org):
        users = spell_addresses(_list_asked_users(query, org))
        portions = soql.chunks(users, len(soql.USER_FIELDS) + 1, len(soql.INVALID))
        yield from _ask("users", soql.users, org, portions)
        if org.readable.can_filter("User", "Username"):
            yield from _ask("users_of_sandbox", soql.users_of_sandbox, org, chunked(sandbox_users, PATTERNS))
    if org.readable.has_object("User"):
        yield from _ask("owners", soql.owners, org, soql.chunks(query.owners))
    if choices.websites and org.readable.can_filter("Account", "Website"):
        sites = sorted(f"{host}{spelling}" for spelling in spell_domains(query.domains) for host in HOSTS)
        yield from _ask("websites", soql.websites, org, chunked(sites, PATTERNS))


def _list_asked_users(query: Query, org: OrgShape) -> frozenset[str]:
    """All but those whom the setting names."""
    return query.users - org.users.keys()


def _ask(
    kind: str, write: Callable[[OrgShape, Sequence[str]], str], org: OrgShape, portions: Iterable[list[str]]
) -> Iterator[Question]:
    return (Question(kind, tuple(portion), partial(write, org)) for portion in portions)


def read_candidates(
    rows: Mapping[str, Sequence[Any]], query: Query, org: OrgShape, own_user: tuple[str, str]
) -> Candidates:
    """``rows`` by the kinds of ``list_questions``. ``own_user`` is the integration user, by id and by username.

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
        users=read_users(rows.get("users", ()), query.users, org.users, own_user),
        owners=read_owners(rows.get("owners", ()), query.owners, org.users, own_user),
    )


def _is_open(lead: Any) -> bool:
    return not lead.get("IsConverted")


def _group_by_finder(records: Iterable[Record]) -> dict[str, tuple[Record, ...]]:
    groups: dict[str, dict[SalesforceId, Record]] = defaultdict(dict)
    for record in records:
        groups[record.found_by].setdefault(record.record_id, record)
    return {found_by: tuple(group.values()) for found_by, group in groups.items()}
