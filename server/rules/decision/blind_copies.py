"""Blind copies stay blind: which people and records of a mail only a Bcc header names."""

from __future__ import annotations

from dataclasses import replace

from server.domain.crm import Candidates
from server.domain.ids import MailboxId, SalesforceId
from server.domain.mail import Copy, Mail
from server.domain.mailbox import Workspace
from server.domain.message import Header, Participant
from server.domain.policy import Policy
from server.rules.decision.match import list_searchable_domains
from server.rules.headers.address import address_variants

Holders = dict[SalesforceId, frozenset[MailboxId]]
"""Records that only a Bcc header found, each with the mailboxes whose copies have that header."""


def list_blind_addresses(mail: Mail) -> frozenset[str]:
    """The external people whom no copy names but in Bcc."""
    people = [person for copy in mail.copies for person in copy.people.participants]
    seen = {person.address for person in people if person.header is not Header.BCC}
    seen |= {copy.people.author.address for copy in mail.copies if copy.people.author}
    return frozenset(person.address for person in mail.externals) - seen


def leave_out(mail: Mail, addresses: frozenset[str]) -> Mail:
    """The mail as those see it who know nothing of these people."""
    return replace(mail, copies=tuple(_leave_out_of_copy(copy, addresses) for copy in mail.copies))


def find_blind_records(mail: Mail, candidates: Candidates, workspace: Workspace, policy: Policy) -> Holders:
    blind = list_blind_addresses(mail)
    if not blind:
        return {}
    seen: set[SalesforceId] = set()
    found: Holders = {}
    for person in mail.externals:
        records = _list_records(person, candidates, workspace, policy)
        if person.address not in blind:
            seen |= records
            continue
        holders = find_holders(mail, person.address)
        found |= {record_id: found.get(record_id, frozenset()) | holders for record_id in records}
    return {record_id: holders for record_id, holders in found.items() if record_id not in seen}


def find_holders(mail: Mail, address: str) -> frozenset[MailboxId]:
    """The mailboxes whose copies name the address in Bcc."""
    return frozenset(
        copy.mailbox_id
        for copy in mail.copies
        if any(p.header is Header.BCC and p.address == address for p in copy.people.participants)
    )


def _list_records(
    person: Participant, candidates: Candidates, workspace: Workspace, policy: Policy
) -> set[SalesforceId]:
    names = address_variants(person.address)
    people = (table.get(name, ()) for table in (candidates.contacts, candidates.leads) for name in names)
    domains = list_searchable_domains(person.domain, workspace, policy)
    companies = (candidates.accounts.get(domain, ()) for domain in domains)
    return {record.record_id for records in (*people, *companies) for record in records}


def _leave_out_of_copy(copy: Copy, addresses: frozenset[str]) -> Copy:
    externals = tuple(person for person in copy.people.externals if person.address not in addresses)
    return replace(copy, people=replace(copy.people, externals=externals))
