"""The decision on a mail, after its people and domains have been looked up in the CRM."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from server.domain.crm import Candidates, Record, RecordKind
from server.domain.decision import MOST_RELATED, Decision, Loser, Outcome, Reason, Unrelated, Why
from server.domain.mail import Mail
from server.domain.mailbox import Workspace
from server.domain.message import Participant
from server.domain.policy import LeadOrder, Override, Policy, StandingRule
from server.rules.decision.blind_copies import (
    Holders,
    find_blind_records,
    find_holders,
    leave_out,
    list_blind_addresses,
)
from server.rules.decision.match import (
    Matches,
    Owners,
    by_domain,
    keep_first,
    list_searchable_domains,
    losers_of,
)


def decide(
    mail: Mail,
    owners: Owners,
    candidates: Candidates,
    workspace: Workspace,
    policy: Policy,
    override: Override | None = None,
    rules: tuple[StandingRule, ...] = (),
    most_related: int = MOST_RELATED,
) -> Decision:
    """Pure: the same mail, records, override and rules always give the same decision.

    Whom a Bcc header alone names decides only where nobody else finds a record. ``most_related``: the Contacts to which
    the org relates one activity.
    """
    whole = _Grounds.of(mail, owners, candidates, workspace, policy)
    blind_people = list_blind_addresses(mail)
    blind = find_blind_records(mail, candidates, workspace, policy)
    grounds = whole
    if blind_people:
        seen = _Grounds.of(leave_out(mail, blind_people), owners, candidates, workspace, policy)
        decision = _decide_by_rules(seen, rules)
        grounds = seen if decision.outcome is Outcome.LOGGED else whole
    decision = _decide_by_rules(grounds, rules)
    if decision.reason is Reason.RULE_MATCH and decision.chosen and grounds is whole:
        blind |= _hide_ruled_record(mail, decision.chosen, rules, blind_people)
    if override is not None:
        decision = _apply_override(decision, override, grounds)
        if override.record:
            blind.pop(override.record.record_id, None)  # a person named it for all of the conversation
    if decision.outcome is not Outcome.LOGGED:
        return decision
    if grounds is not whole:
        of_blind = [r for r in keep_first(whole.every) if r.record_id in blind]
        losers = _lose_all(of_blind, Why.BLIND_COPY, winner=decision.chosen)
        decision = replace(decision, losers=decision.losers + losers)
    return _relate(replace(decision, blind=blind), _keep_best(whole.contacts.fitting), policy, most_related)


def _hide_ruled_record(
    mail: Mail, record: Record, rules: tuple[StandingRule, ...], blind_people: frozenset[str]
) -> Holders:
    """A standing rule for somebody in Bcc tells of that person, as the person's own record would."""
    addresses = [rule.address for rule in rules if rule.record == record and rule.address in blind_people]
    holders = frozenset(mailbox for address in addresses for mailbox in find_holders(mail, address))
    return {record.record_id: holders} if holders else {}


def _relate(decision: Decision, contacts: Sequence[Record], policy: Policy, most: int) -> Decision:
    """``decision`` with the people to whom its activity is related: those in Bcc alone come last, if at all."""
    people = keep_first((*decision.related, *contacts))
    blind = [r for r in people if r.record_id in decision.blind and r != decision.chosen]
    seen = [r for r in people if r not in blind]
    if not decision.related:
        # An activity on a Lead or an Account has no people beside it, whoever stands on the mail.
        is_by_rules = decision.reason in (Reason.LEAD_MATCH, Reason.ACCOUNT_DOMAIN_MATCH)
        return replace(decision, unrelated=Unrelated(most, blind=len(blind) if is_by_rules else 0))
    wanted = [*seen, *(blind if policy.relate_bcc else [])]
    beyond = max(len(seen) - most, 0)
    unrelated = Unrelated(
        most,
        beyond=beyond,
        blind_beyond=max(len(wanted) - most, 0) - beyond,
        blind=0 if policy.relate_bcc else len(blind),
    )
    return replace(decision, related=tuple(wanted[:most]), unrelated=unrelated)


@dataclass(frozen=True)
class _Grounds:
    """The records that fit a mail, and what the choice among them depends on."""

    mail: Mail
    owners: Owners
    workspace: Workspace
    policy: Policy
    contacts: Matches
    leads: Matches
    accounts: Matches
    box: Record | None
    """The account of the first lead's domain, if that account takes contact matches only."""

    @classmethod
    def of(cls, mail: Mail, owners: Owners, candidates: Candidates, workspace: Workspace, policy: Policy) -> _Grounds:
        def companies(person: Participant) -> Iterable[tuple[Record, ...]]:
            return by_domain(person, candidates.accounts, workspace, policy)

        leads = Matches.of_people(mail, candidates.leads, owners)
        own = Matches.of((companies(Participant(lead.found_by)) for lead in leads.fitting[:1]), owners).fitting
        return cls(
            mail, owners, workspace, policy,
            contacts=Matches.of_people(mail, candidates.contacts, owners),
            leads=leads,
            accounts=Matches.of((companies(p) for p in mail.company_people), owners),
            box=own[0] if own and own[0].contacts_only else None,
        )  # fmt: skip

    @property
    def every(self) -> tuple[Record, ...]:
        return self.contacts.every + self.leads.every + self.accounts.every


def _decide_by_rules(grounds: _Grounds, rules: tuple[StandingRule, ...]) -> Decision:
    contacts, leads, accounts = grounds.contacts, grounds.leads, grounds.accounts
    policy, owners = grounds.policy, grounds.owners
    companies = _lose_all(accounts.every, Why.NOT_A_PERSON)
    # A standing rule names the record for an address on the mail.
    for rule in rules:
        if any(person.address == rule.address for person in grounds.mail.externals):
            losers = _lose_all(grounds.every, Why.CHOICE_OF_A_PERSON, winner=rule.record)
            return _log(Reason.RULE_MATCH, rule.record, losers, contacts.fitting, policy)
    # A Contact has the address of any external participant.
    if contacts.fitting:
        losers = _list_losers(contacts, owners, Why.NOT_EXACT_ADDRESS)
        losers += _lose_all(leads.every, Why.NOT_A_CONTACT) + companies
        return _log(Reason.CONTACT_MATCH, contacts.fitting[0], losers, _keep_best(contacts.fitting), policy)
    # No Contact, but an unconverted Lead; the box on the account of that lead's domain still counts.
    is_after = policy.leads is LeadOrder.AFTER and bool(accounts.fitting)
    if leads.fitting and policy.leads is not LeadOrder.NO and not is_after:
        if grounds.box is not None:
            losers = _lose_all(leads.every, Why.CONTACTS_ONLY)
            losers += _lose_all(accounts.every, Why.NOT_A_PERSON, winner=grounds.box)
            return _skip_for_box(grounds.box, losers, grounds)
        losers = _list_losers(leads, owners, Why.NOT_EXACT_ADDRESS) + companies
        return _log(Reason.LEAD_MATCH, leads.fitting[0], losers, (), policy)
    # Nobody, but an Account has the domain.
    if accounts.fitting:
        losers = _list_losers(accounts, owners, Why.PARENT_DOMAIN)
        losers += _lose_all(leads.every, Why.NOT_AN_ACCOUNT) if is_after else ()
        if accounts.fitting[0].contacts_only:
            return _skip_for_box(accounts.fitting[0], losers, grounds)
        return _log(Reason.ACCOUNT_DOMAIN_MATCH, accounts.fitting[0], losers, (), policy)
    # Nobody and nothing.
    missing = (*_external_addresses(grounds.mail), *list_explaining_domains(grounds.mail, grounds.workspace, policy))
    return Decision(Reason.NO_MATCH, policy_version=policy.version, would_change=missing)


def _apply_override(decision: Decision, override: Override, grounds: _Grounds) -> Decision:
    """A person's choice for the conversation, in place of what the rules decided."""
    policy = grounds.policy
    if decision.reason is Reason.CONTACTS_ONLY_ACCOUNT and not policy.override_contacts_only:
        return decision
    # "Log it anyway" names no record: then the record of the rules stays.
    record = override.record or decision.chosen
    related = [record, *grounds.contacts.fitting] if record and record.kind is RecordKind.CONTACT else []
    losers = _lose_all(grounds.every, Why.CHOICE_OF_A_PERSON, winner=record)
    return Decision(Reason.THREAD_OVERRIDE, record, losers, keep_first(related), policy_version=policy.version)


def _log(
    reason: Reason, chosen: Record, losers: tuple[Loser, ...], related: Sequence[Record], policy: Policy
) -> Decision:
    people = [chosen, *related] if chosen.kind is RecordKind.CONTACT else []
    return Decision(reason, chosen, losers, keep_first(people), policy_version=policy.version)


def _skip_for_box(box: Record, losers: tuple[Loser, ...], grounds: _Grounds) -> Decision:
    """Not logged, because this account takes contact matches only. A Contact would change that; a domain would not."""
    return Decision(
        Reason.CONTACTS_ONLY_ACCOUNT, None, (Loser(box, Why.CONTACTS_ONLY), *losers),
        policy_version=grounds.policy.version, would_change=_external_addresses(grounds.mail),
    )  # fmt: skip


def _keep_best(contacts: Sequence[Record]) -> list[Record]:
    """One Contact for an address. ``contacts`` are ranked, so the tie rule also chooses which namesake is related."""
    best: dict[str, Record] = {}
    for record in contacts:
        best.setdefault(record.found_by, record)
    return list(best.values())


def _list_losers(matches: Matches, owners: Owners, why_farther: Why) -> tuple[Loser, ...]:
    losers = losers_of(matches.fitting, owners) + _lose_all(matches.farther, why_farther)
    return losers + _lose_all(matches.misnamed, Why.OTHER_NAME)


def _lose_all(records: Sequence[Record], why: Why, winner: Record | None = None) -> tuple[Loser, ...]:
    """All records but the winner, each lost for the same reason."""
    return tuple(Loser(r, why) for r in records if winner is None or r.record_id != winner.record_id)


def _external_addresses(mail: Mail) -> tuple[str, ...]:
    return tuple(person.address for person in mail.externals)


def list_explaining_domains(mail: Mail, workspace: Workspace, policy: Policy) -> tuple[str, ...]:
    """The domains of the mail's people: an Account with one of them would be matched."""
    domains = (d for p in mail.company_people for d in list_searchable_domains(p.domain, workspace, policy))
    return tuple(dict.fromkeys(domains))
