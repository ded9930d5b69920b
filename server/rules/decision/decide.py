"""The decision on a mail, once its people and domains have been looked up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from server.domain.crm import Candidates, Record, RecordKind
from server.domain.decision import Decision, Loser, Reason, Why
from server.domain.ids import SalesforceId
from server.domain.mail import Mail
from server.domain.mailbox import Workspace
from server.domain.message import Participant
from server.domain.policy import Override, Policy, StandingRule
from server.rules.decision.match import Matches, by_address, by_domain, list_searchable_domains, losers_of, unique

MOST_RELATED = 50
"""Salesforce relates a Task to this many Contacts."""


def decide(
    mail: Mail,
    owner: SalesforceId | None,
    candidates: Candidates,
    workspace: Workspace,
    policy: Policy,
    override: Override | None = None,
    rules: tuple[StandingRule, ...] = (),
) -> Decision:
    """Pure: the same mail, records and words give the same decision, whoever asks and when."""
    found = _Found.of(mail, owner, candidates, workspace, policy)
    matched = _by_rules(found, rules)
    return matched if override is None else _overridden(matched, override, found)


@dataclass(frozen=True)
class _Found:
    """All that fits a mail, and what the choice among it goes by."""

    mail: Mail
    owner: SalesforceId | None
    workspace: Workspace
    policy: Policy
    contacts: Matches
    leads: Matches
    accounts: Matches
    box: Record | None
    """The account that the first lead's own domain means, if it wants contact matches only."""

    @classmethod
    def of(
        cls, mail: Mail, owner: SalesforceId | None, candidates: Candidates, workspace: Workspace, policy: Policy
    ) -> _Found:
        def companies(person: Participant) -> Iterable[tuple[Record, ...]]:
            return by_domain(person, candidates.accounts, workspace, policy)

        leads = Matches.of((by_address(p, candidates.leads) for p in mail.externals), owner)
        own = Matches.of((companies(Participant(lead.found_by)) for lead in leads.fitting[:1]), owner).fitting
        return cls(
            mail, owner, workspace, policy,
            contacts=Matches.of((by_address(p, candidates.contacts) for p in mail.externals), owner),
            leads=leads,
            accounts=Matches.of((companies(p) for p in mail.externals), owner),
            box=own[0] if own and own[0].contacts_only else None,
        )  # fmt: skip

    @property
    def every(self) -> tuple[Record, ...]:
        return self.contacts.every + self.leads.every + self.accounts.every


def _by_rules(found: _Found, rules: tuple[StandingRule, ...]) -> Decision:
    contacts, leads, accounts = found.contacts, found.leads, found.accounts
    policy, owner = found.policy, found.owner
    companies = _others(accounts.every, Why.NOT_A_PERSON)
    # A standing rule names the record for an address on the mail.
    for rule in rules:
        if any(person.address == rule.address for person in found.mail.externals):
            other = _others(found.every, Why.CHOICE_OF_A_PERSON, without=rule.record)
            return _logged(Reason.RULE_MATCH, rule.record, other, contacts.fitting, policy)
    # A Contact has the address of any external participant.
    if contacts.fitting:
        losers = _losers(contacts, owner, Why.NOT_EXACT_ADDRESS) + _others(leads.every, Why.NOT_A_CONTACT) + companies
        return _logged(Reason.CONTACT_MATCH, contacts.fitting[0], losers, _best(contacts.fitting), policy)
    # No Contact, but an unconverted Lead; the box on the account of that lead's domain still counts.
    if leads.fitting and policy.leads:
        if found.box is not None:
            rest = _others(leads.every, Why.CONTACTS_ONLY) + _others(accounts.every, Why.NOT_A_PERSON, found.box)
            return _contacts_only(found.box, rest, found)
        losers = _losers(leads, owner, Why.NOT_EXACT_ADDRESS) + companies
        return _logged(Reason.LEAD_MATCH, leads.fitting[0], losers, (), policy)
    # Nobody, but an Account has the domain.
    if accounts.fitting:
        losers = _losers(accounts, owner, Why.PARENT_DOMAIN)
        if accounts.fitting[0].contacts_only:
            return _contacts_only(accounts.fitting[0], losers, found)
        return _logged(Reason.ACCOUNT_DOMAIN_MATCH, accounts.fitting[0], losers, (), policy)
    # Nobody and nothing.
    missing = (*_addresses(found.mail), *list_explaining_domains(found.mail, found.workspace, policy))
    return Decision(Reason.NO_MATCH, policy_version=policy.version, would_change=missing)


def _overridden(matched: Decision, override: Override, found: _Found) -> Decision:
    policy = found.policy
    if matched.reason is Reason.CONTACTS_ONLY_ACCOUNT and not policy.override_contacts_only:
        return matched
    record = override.record or matched.chosen
    related = [record, *found.contacts.fitting] if record and record.kind is RecordKind.CONTACT else []
    others = _others(found.every, Why.CHOICE_OF_A_PERSON, without=record)
    return Decision(
        Reason.THREAD_OVERRIDE, record, others, unique(related)[:MOST_RELATED], policy_version=policy.version
    )


def _logged(
    reason: Reason, chosen: Record, losers: tuple[Loser, ...], related: Sequence[Record], policy: Policy
) -> Decision:
    people = [chosen, *related] if chosen.kind is RecordKind.CONTACT else []
    return Decision(reason, chosen, losers, unique(people)[:MOST_RELATED], policy_version=policy.version)


def _contacts_only(box: Record, rest: tuple[Loser, ...], found: _Found) -> Decision:
    """A Contact would change it, so no domain is named."""
    return Decision(
        Reason.CONTACTS_ONLY_ACCOUNT, None, (Loser(box, Why.CONTACTS_ONLY), *rest),
        policy_version=found.policy.version, would_change=_addresses(found.mail),
    )  # fmt: skip


def _best(contacts: Sequence[Record]) -> list[Record]:
    """One Contact an address: the tie rule, by which they are ranked, also chooses among namesakes only related."""
    best: dict[str, Record] = {}
    for record in contacts:
        best.setdefault(record.found_by, record)
    return list(best.values())


def _losers(matches: Matches, owner: SalesforceId | None, why_passed: Why) -> tuple[Loser, ...]:
    return losers_of(matches.fitting, owner) + _others(matches.passed, why_passed)


def _others(records: Sequence[Record], why: Why, without: Record | None = None) -> tuple[Loser, ...]:
    return tuple(Loser(r, why) for r in records if without is None or r.record_id != without.record_id)


def _addresses(mail: Mail) -> tuple[str, ...]:
    return tuple(person.address for person in mail.externals)


def list_explaining_domains(mail: Mail, workspace: Workspace, policy: Policy) -> tuple[str, ...]:
    """The domains whose Account, were there one, would explain this mail."""
    return tuple(dict.fromkeys(d for p in mail.externals for d in list_searchable_domains(p.domain, workspace, policy)))
