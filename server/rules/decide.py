"""The decision on a mail, once its people and domains have been looked up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from server.domain.crm import Candidates, Record, RecordKind
from server.domain.decision import Decision, Loser, Reason, Why
from server.domain.ids import SalesforceId
from server.domain.mail import Mail
from server.domain.mailbox import Workspace
from server.domain.message import Participant
from server.domain.policy import Override, Policy, StandingRule
from server.rules.match import by_address, by_domain, farther, inexact, losers_of, rank, searchable_domains, unique

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
    contacts = _people(mail, candidates.contacts, owner)
    leads = _people(mail, candidates.leads, owner)
    accounts = rank(
        unique(a for p in mail.externals for a in by_domain(p, candidates.accounts, workspace, policy)), owner
    )

    def box_of(lead: Record) -> Record | None:
        """The account that the lead's own domain means, if it wants contact matches only."""
        own = rank(by_domain(Participant(lead.found_by), candidates.accounts, workspace, policy), owner)
        return own[0] if own and own[0].contacts_only else None

    matched = _by_rules(contacts, leads, accounts, mail, owner, rules, policy, box_of)
    matched = _with_farther(matched, mail, candidates, workspace, policy)
    if override is None:
        return matched
    return _overridden(matched, override, policy, contacts, leads, accounts)


def _people(mail: Mail, found: dict[str, tuple[Record, ...]], owner: SalesforceId | None) -> list[Record]:
    return rank(unique(r for person in mail.externals for r in by_address(person, found)), owner)


def _by_rules(
    contacts: list[Record], leads: list[Record], accounts: list[Record],
    mail: Mail, owner: SalesforceId | None, rules: tuple[StandingRule, ...], policy: Policy,
    box_of: Callable[[Record], Record | None],
) -> Decision:  # fmt: skip
    usable_leads = leads if policy.leads else []
    rest = _others(leads, Why.NOT_A_CONTACT) + _others(accounts, Why.NOT_A_PERSON)
    # A standing rule names the record for an address on the mail.
    for rule in rules:
        if any(person.address == rule.address for person in mail.externals):
            other = _others([*contacts, *leads, *accounts], Why.CHOICE_OF_A_PERSON, without=rule.record)
            return _logged(Reason.RULE_MATCH, rule.record, other, contacts, policy)
    # A Contact has the address of any external participant.
    if contacts:
        return _logged(
            Reason.CONTACT_MATCH, contacts[0], losers_of(contacts, owner) + rest, _best(contacts, owner), policy
        )
    # No Contact, but an unconverted Lead; the box on the account of that lead's domain still counts.
    if usable_leads:
        lead = usable_leads[0]
        box = box_of(lead)
        if box is None:
            return _logged(
                Reason.LEAD_MATCH,
                lead,
                losers_of(usable_leads, owner) + _others(accounts, Why.NOT_A_PERSON),
                [],
                policy,
            )
        return _contacts_only(box, [*usable_leads, *accounts], mail, policy)
    # Nobody, but an Account has the domain.
    if accounts:
        if accounts[0].contacts_only:
            return _contacts_only(accounts[0], accounts, mail, policy)
        return _logged(Reason.ACCOUNT_DOMAIN_MATCH, accounts[0], losers_of(accounts, owner), [], policy)
    # Nobody and nothing.
    return Decision(Reason.NO_MATCH, policy_version=policy.version, would_change=_unexplained(mail))


def _overridden(
    matched: Decision, override: Override, policy: Policy,
    contacts: list[Record], leads: list[Record], accounts: list[Record],
) -> Decision:  # fmt: skip
    if matched.reason is Reason.CONTACTS_ONLY_ACCOUNT and not policy.override_contacts_only:
        return matched
    record = override.record or matched.chosen
    related = [record, *contacts] if record and record.kind is RecordKind.CONTACT else []
    others = _others([*contacts, *leads, *accounts], Why.CHOICE_OF_A_PERSON, without=record)
    return Decision(
        Reason.THREAD_OVERRIDE, record, others, unique(related)[:MOST_RELATED], policy_version=policy.version
    )


def _with_farther(
    matched: Decision, mail: Mail, candidates: Candidates, workspace: Workspace, policy: Policy
) -> Decision:
    """The records that only a less exact address or a parent domain found: they lost before any tie."""
    if matched.reason is Reason.NO_MATCH:
        domains = explaining_domains(mail, workspace, policy)
        return replace(matched, would_change=(*matched.would_change, *domains))
    listed = {loser.record.record_id for loser in matched.losers}
    listed |= {matched.chosen.record_id} if matched.chosen else set()
    people = [*_less_exact(candidates.contacts, mail), *(_less_exact(candidates.leads, mail) if policy.leads else ())]
    parents = unique(r for p in mail.externals for r in farther(p, candidates.accounts, workspace, policy))
    more = [Loser(r, Why.NOT_EXACT_ADDRESS) for r in people] + [Loser(r, Why.PARENT_DOMAIN) for r in parents]
    fresh = {loser.record.record_id: loser for loser in reversed(more) if loser.record.record_id not in listed}
    return replace(matched, losers=(*matched.losers, *reversed(fresh.values())))


def _less_exact(found: dict[str, tuple[Record, ...]], mail: Mail) -> tuple[Record, ...]:
    return unique(r for person in mail.externals for r in inexact(person, found))


def _logged(
    reason: Reason, chosen: Record, losers: tuple[Loser, ...], related: list[Record], policy: Policy
) -> Decision:
    people = [chosen, *related] if chosen.kind is RecordKind.CONTACT else []
    return Decision(reason, chosen, losers, unique(people)[:MOST_RELATED], policy_version=policy.version)


def _contacts_only(box: Record, records: list[Record], mail: Mail, policy: Policy) -> Decision:
    losers = (Loser(box, Why.CONTACTS_ONLY), *_others(records, Why.CONTACTS_ONLY, without=box))
    return Decision(
        Reason.CONTACTS_ONLY_ACCOUNT, None, losers, policy_version=policy.version, would_change=_unexplained(mail)
    )


def _best(contacts: list[Record], owner: SalesforceId | None) -> list[Record]:
    """One Contact an address: the tie rule also chooses among namesakes that are only related."""
    best: dict[str, Record] = {}
    for record in rank(contacts, owner):
        best.setdefault(record.found_by, record)
    return list(best.values())


def _others(records: list[Record], why: Why, without: Record | None = None) -> tuple[Loser, ...]:
    return tuple(Loser(r, why) for r in records if without is None or r.record_id != without.record_id)


def _unexplained(mail: Mail) -> tuple[str, ...]:
    return tuple(person.address for person in mail.externals)


def explaining_domains(mail: Mail, workspace: Workspace, policy: Policy) -> tuple[str, ...]:
    """The domains whose Account, were there one, would explain this mail."""
    return tuple(dict.fromkeys(d for p in mail.externals for d in searchable_domains(p.domain, workspace, policy)))
