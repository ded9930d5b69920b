"""Which record a mail is logged on, and why each other one was not chosen."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.crm import Candidates, CrmUser, Record, RecordKind
from server.domain.decision import Decision, Outcome, Reason, Why
from server.domain.ids import ActivityKey, MailboxId, MessageId, SalesforceId, ThreadId
from server.domain.mail import Copy, Mail
from server.domain.mailbox import Workspace
from server.domain.message import Headers
from server.domain.policy import LeadOrder, Override, Policy, StandingRule
from server.rules.decision.decide import MOST_RELATED, decide
from server.rules.decision.match import build_query, list_searchable_domains
from server.rules.decision.owner import find_owner, list_owner_addresses
from server.rules.headers.people import people_of

WORKSPACE = Workspace(
    frozenset({"acme.example"}),
    frozenset({"sales@acme.example"}),
    {"ann@acme.example": ("ann@acme.example", "a@acme.example"), "ben@acme.example": ("ben@acme.example",)},
)
OWNER = SalesforceId("005A")
OTHER = SalesforceId("005B")


def mail(*headers: tuple[str, str], mailbox: str = "ann@acme.example", is_sent: bool = False) -> Mail:
    found = Headers.of(headers or (("From", "ada@byron.example"), ("To", "ann@acme.example")))
    copy = Copy(
        MailboxId(mailbox),
        mailbox,
        MessageId("1"),
        ThreadId("t"),
        is_sent,
        1,
        found,
        people_of(found, WORKSPACE),
    )
    return Mail(ActivityKey("k"), None, (copy,))


def contact(number: int, owner: str = OTHER, at: int = 0, address: str = "ada@byron.example") -> Record:
    return Record(
        SalesforceId(f"003{number}"), RecordKind.CONTACT, address, owner_id=SalesforceId(owner), modified_at=at
    )


def lead(number: int, address: str = "ada@byron.example", at: int = 0) -> Record:
    return Record(SalesforceId(f"00Q{number}"), RecordKind.LEAD, address, owner_id=OTHER, modified_at=at)


def account(
    number: int, domain: str = "byron.example", owner: str = OTHER, at: int = 0, *, box: bool = False
) -> Record:
    identifier = SalesforceId(f"001{number}")
    return Record(
        identifier, RecordKind.ACCOUNT, domain, owner_id=SalesforceId(owner), account_id=identifier, modified_at=at,
        contacts_only=box,
    )  # fmt: skip


def candidates(*records: Record) -> Candidates:
    groups: dict[RecordKind, dict[str, tuple[Record, ...]]] = {kind: {} for kind in RecordKind}
    for record in records:
        group = groups[record.kind]
        group[record.found_by] = (*group.get(record.found_by, ()), record)
    return Candidates(groups[RecordKind.CONTACT], groups[RecordKind.LEAD], groups[RecordKind.ACCOUNT])


def decided(*records: Record, of: Mail | None = None, policy: Policy | None = None, **more: object) -> Decision:
    return decide(of or mail(), frozenset({OWNER}), candidates(*records), WORKSPACE, policy or Policy(), **more)  # type: ignore[arg-type]


def chosen(decision: Decision) -> str | None:
    return decision.chosen.record_id if decision.chosen else None


def whys(decision: Decision) -> dict[str, Why]:
    return {loser.record.record_id: loser.why for loser in decision.losers}


@pytest.mark.parametrize(
    ("records", "winner", "why"),
    [
        ((contact(1, OWNER), contact(2, OTHER, 9)), "0031", Why.OWNED_BY_OTHER),
        ((contact(1, OWNER, 1), contact(2, OWNER, 2)), "0032", Why.UPDATED_EARLIER),
        ((contact(1, OTHER, 1), contact(2, OTHER, 2)), "0032", Why.UPDATED_EARLIER),
        ((contact(2, OTHER, 2), contact(1, OTHER, 2)), "0031", Why.HIGHER_ID),
        ((account(1, owner=OWNER), account(2, at=9)), "0011", Why.OWNED_BY_OTHER),
        ((lead(1, at=1), lead(2, at=5)), "00Q2", Why.UPDATED_EARLIER),
    ],
)
def test_the_tie_rule(records: tuple[Record, ...], winner: str, why: Why) -> None:
    decision = decided(*records)
    assert (chosen(decision), [loser.why for loser in decision.losers]) == (winner, [why])


def test_without_an_owner_the_latest_wins() -> None:
    found = candidates(contact(1, OTHER, 1), contact(2, OWNER, 2))
    assert chosen(decide(mail(), frozenset(), found, WORKSPACE, Policy())) == "0032"


@pytest.mark.parametrize(
    ("records", "reason", "winner"),
    [
        ((contact(1), lead(1), account(1)), Reason.CONTACT_MATCH, "0031"),
        ((lead(1), account(1)), Reason.LEAD_MATCH, "00Q1"),
        ((account(1),), Reason.ACCOUNT_DOMAIN_MATCH, "0011"),
        ((), Reason.NO_MATCH, None),
        ((account(1, box=True),), Reason.CONTACTS_ONLY_ACCOUNT, None),
        ((contact(1), account(1, box=True)), Reason.CONTACT_MATCH, "0031"),
        ((lead(1), account(1, box=True)), Reason.CONTACTS_ONLY_ACCOUNT, None),
        ((lead(1), account(1, "other.example", box=True)), Reason.LEAD_MATCH, "00Q1"),
        ((account(1, at=9, box=True), account(2, at=1)), Reason.CONTACTS_ONLY_ACCOUNT, None),
        ((account(1, at=1, box=True), account(2, at=9)), Reason.ACCOUNT_DOMAIN_MATCH, "0012"),
        ((replace(account(1), is_person_account=True),), Reason.NO_MATCH, None),
    ],
)
def test_person_before_company_and_the_box(records: tuple[Record, ...], reason: Reason, winner: str | None) -> None:
    decision = decided(*records)
    assert (decision.reason, chosen(decision)) == (reason, winner)
    assert len(decision.losers) + (winner is not None) == len(
        [
            r
            for r in records
            if not r.is_person_account and (r.kind is not RecordKind.ACCOUNT or r.found_by == "byron.example")
        ]
    )


def test_leads_can_be_switched_off() -> None:
    assert decided(lead(1), policy=Policy(leads=LeadOrder.NO)).reason is Reason.NO_MATCH
    assert decided(lead(1), account(1), policy=Policy(leads=LeadOrder.NO)).reason is Reason.ACCOUNT_DOMAIN_MATCH


def test_anybody_outside_counts_whatever_header_names_them() -> None:
    many = mail(
        ("From", "ann@acme.example"),
        ("To", "who@x.example"),
        ("Cc", "y@z.example"),
        ("Bcc", "ada@byron.example"),
        is_sent=True,
    )
    assert chosen(decided(contact(1), of=many)) == "0031"


def test_companies_of_all_addresses_compete() -> None:
    two = mail(("From", "a@one.example"), ("To", "ann@acme.example"), ("Cc", "b@two.example"))
    assert chosen(decided(account(1, "one.example"), account(2, "two.example", OWNER), of=two)) == "0012"


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ("byron.example", ("byron.example",)),
        ("eu.mail.byron.co.uk", ("eu.mail.byron.co.uk", "mail.byron.co.uk", "byron.co.uk")),
        ("gmail.com", ()),
        ("hotmail.com", ()),
        ("eu.acme.example", ()),
    ],
)
def test_domains_go_from_exact_to_registrable(domain: str, expected: tuple[str, ...]) -> None:
    assert list_searchable_domains(domain, WORKSPACE, Policy()) == expected


def test_the_exact_domain_comes_before_its_parents() -> None:
    sub = mail(("From", "x@eu.byron.com"), ("To", "ann@acme.example"))
    assert chosen(decided(account(1, "byron.com", OWNER), account(2, "eu.byron.com"), of=sub)) == "0012"
    assert chosen(decided(account(1, "byron.com"), of=sub)) == "0011"


def test_an_account_passed_over_for_a_closer_domain_says_so() -> None:
    sub = mail(("From", "x@eu.byron.com"), ("To", "ann@acme.example"))
    decision = decided(account(1, "byron.com", OWNER), account(2, "eu.byron.com"), of=sub)
    assert whys(decision) == {"0011": Why.PARENT_DOMAIN}
    both = mail(("From", "x@eu.byron.com"), ("To", "ann@acme.example"), ("Cc", "y@byron.com"))
    assert whys(decided(account(1, "byron.com", OWNER), account(2, "eu.byron.com"), of=both)) == {
        "0012": Why.OWNED_BY_OTHER
    }


@pytest.mark.parametrize(("make", "prefix"), [(contact, "003"), (lead, "00Q")])
def test_a_person_passed_over_for_a_closer_address_says_so(make: Callable[..., Record], prefix: str) -> None:
    tagged = mail(("From", "ada+lamps@byron.example"), ("To", "ann@acme.example"))
    decision = decided(
        make(1, address="ada@byron.example", at=9), make(2, address="ada+lamps@byron.example"), of=tagged
    )
    assert chosen(decision) == f"{prefix}2"
    assert whys(decision) == {f"{prefix}1": Why.NOT_EXACT_ADDRESS}
    assert decision.related == ((decision.chosen,) if prefix == "003" else ())


def test_the_box_is_the_one_of_the_leads_own_domain() -> None:
    both = mail(("From", "l@eu.byron.com"), ("To", "ann@acme.example"), ("Cc", "other@byron.com"))
    someone = lead(1, "l@eu.byron.com")
    own, parent = account(1, "eu.byron.com", at=1, box=True), account(2, "byron.com", at=20)
    decision = decided(someone, own, parent, of=both)
    assert (decision.reason, whys(decision)) == (
        Reason.CONTACTS_ONLY_ACCOUNT,
        {"0011": Why.CONTACTS_ONLY, "00Q1": Why.CONTACTS_ONLY, "0012": Why.NOT_A_PERSON},
    )
    boxed_parent = (replace(own, contacts_only=False), replace(parent, contacts_only=True))
    assert decided(someone, *boxed_parent, of=both).reason is Reason.LEAD_MATCH
    twin = account(3, "eu.byron.com", OWNER)
    assert decided(someone, own, twin, of=both).reason is Reason.LEAD_MATCH


def test_accounts_behind_the_box_say_why_they_lost() -> None:
    decision = decided(account(1, at=9, box=True), account(2, at=1))
    assert whys(decision) == {"0011": Why.CONTACTS_ONLY, "0012": Why.UPDATED_EARLIER}


def test_what_would_change_it_names_addresses_and_domains() -> None:
    unknown = mail(("From", "x@eu.byron.com"), ("To", "ann@acme.example"), ("Cc", "y@gmail.com"))
    assert decided(of=unknown).would_change == ("x@eu.byron.com", "y@gmail.com", "eu.byron.com", "byron.com")
    assert decided(account(1, box=True)).would_change == ("ada@byron.example",)
    assert decided(contact(1)).would_change == ()


def test_a_domain_that_the_admin_calls_public_finds_no_company() -> None:
    assert decided(account(1), policy=Policy(public_domains=frozenset({"byron.example"}))).reason is Reason.NO_MATCH


def test_a_provider_finds_a_company_where_the_admin_calls_it_one() -> None:
    subscriber = mail(("From", "marie@mail.sfr.fr"), ("To", "ann@acme.example"))
    assert decided(account(1, "sfr.fr"), of=subscriber).reason is Reason.NO_MATCH
    policy = Policy(company_domains=frozenset({"sfr.fr"}))
    assert decided(account(1, "sfr.fr"), of=subscriber, policy=policy).reason is Reason.ACCOUNT_DOMAIN_MATCH


def test_a_tagged_address_finds_its_contact_unless_the_tagged_one_is_known() -> None:
    tagged = mail(("From", "ada+lamps@byron.example"), ("To", "ann@acme.example"))
    assert chosen(decided(contact(1), of=tagged)) == "0031"
    assert chosen(decided(contact(1, OWNER), contact(2, address="ada+lamps@byron.example"), of=tagged)) == "0032"


@pytest.mark.parametrize(
    ("headers", "users", "owner"),
    [
        ((("From", "ben@acme.example"), ("To", "ada@b.example"), ("Cc", "ann@acme.example")), "ann ben", "ben"),
        (
            (("From", "ada@b.example"), ("To", "x@b.example, ben@acme.example"), ("Cc", "ann@acme.example")),
            "ann ben",
            "ben",
        ),
        ((("From", "ada@b.example"), ("To", "ben@acme.example"), ("Cc", "ann@acme.example")), "ann", "ann"),
        ((("From", "ada@b.example"), ("To", "list@b.example")), "ann ben", "ann"),
        ((("From", "ada@b.example"), ("To", "a@acme.example")), "ann", "ann"),
        ((("From", "ada@b.example"), ("To", "ann@acme.example")), "", None),
    ],
)
def test_the_owner_is_author_then_to_then_cc_then_mailbox(
    headers: tuple[tuple[str, str], ...], users: str, owner: str | None
) -> None:
    known = {f"{u}@acme.example": CrmUser(SalesforceId(u), f"{u}@acme.example") for u in users.split()}
    user = find_owner(mail(*headers), WORKSPACE, Candidates(users=known), {}).user
    assert (user.user_id if user else None) == owner


def test_a_letter_with_an_accent_is_one_character_or_two() -> None:
    composed, decomposed = (unicodedata.normalize(form, "jörg@byron.example") for form in ("NFC", "NFD"))
    of = mail(("From", decomposed), ("To", "ann@acme.example"))
    assert {composed, decomposed} <= build_query(of, WORKSPACE, Policy(), {}).addresses
    assert chosen(decided(contact(1, address=composed), of=of)) == "0031"


DELEGATED = (("From", "ann@acme.example"), ("Sender", "ben@acme.example"), ("To", "ada@b.example"))
SHARED = (("From", "sales@acme.example"), ("To", "ada@b.example"), ("Cc", "ben@acme.example"))


@pytest.mark.parametrize(
    ("headers", "mailbox", "is_sent", "users", "owner"),
    [
        (DELEGATED, "ann", True, "ann ben", "ann"),
        (DELEGATED, "ann", True, "ben", "ben"),
        (DELEGATED, "cem", False, "ann ben", "ben"),
        (DELEGATED, "cem", False, "ann", "ann"),
        (SHARED, "ann", True, "ann ben", "ann"),
        (SHARED, "cem", True, "ben", None),
        (SHARED, "ben", False, "ben", None),
        ((("From", "ben@acme.example"), ("Sender", "x@tool.example"), ("To", "ada@b.example")), "ann", False, "ben", "ben"),
        ((("From", "web@acme.example"), ("Reply-To", "ada@b.example"), ("To", "ben@acme.example")), "ann", False, "ann ben", "ben"),
        ((("From", "web@acme.example"), ("Reply-To", "ada@b.example"), ("To", "sales@acme.example")), "ann", False, "ann", "ann"),
        ((("From", "ada@b.example"), ("Sender", "ben@acme.example"), ("To", "ann@acme.example")), "ann", False, "ann ben", "ann"),
    ],
)  # fmt: skip
def test_outbound_mail_is_the_senders_and_never_somebodys_in_cc(
    headers: tuple[tuple[str, str], ...], mailbox: str, is_sent: bool, users: str, owner: str | None
) -> None:
    known = {f"{u}@acme.example": CrmUser(SalesforceId(u), f"{u}@acme.example") for u in users.split()}
    of = mail(*headers, mailbox=f"{mailbox}@acme.example", is_sent=is_sent)
    user = find_owner(of, WORKSPACE, Candidates(users=known), {}).user
    assert (user.user_id if user else None) == owner


REPLY_TO_ALONE = (("From", "x@elsewhere.example"), ("To", "ann@acme.example"), ("Reply-To", "ada@byron.example"))


def test_who_stands_in_reply_to_alone_is_found_by_the_address_and_not_by_the_domain() -> None:
    of = mail(*REPLY_TO_ALONE)
    assert chosen(decided(contact(1), account(1), of=of)) == "0031"
    assert decided(lead(1), of=of).reason is Reason.LEAD_MATCH
    nobody = decided(account(1), of=of)
    assert nobody.reason is Reason.NO_MATCH
    assert set(nobody.would_change) == {"x@elsewhere.example", "ada@byron.example", "elsewhere.example"}


def test_the_box_on_an_account_counts_for_a_lead_in_reply_to_alone() -> None:
    decision = decided(lead(1), account(1, box=True), of=mail(*REPLY_TO_ALONE))
    assert decision.reason is Reason.CONTACTS_ONLY_ACCOUNT


def test_the_customer_of_a_form_has_a_company_and_the_customer_of_a_relay_has_none() -> None:
    form = mail(("From", "web@acme.example"), ("To", "ann@acme.example"), ("Reply-To", "ada@byron.example"))
    assert decided(account(1), of=form).reason is Reason.ACCOUNT_DOMAIN_MATCH
    for relay in ("marketplace.amazon.com", "guest.booking.com", "txt.voice.google.com"):
        stranger = mail(("From", f"x1@{relay}"), ("To", "ann@acme.example"))
        parent = relay.partition(".")[2]
        assert decided(account(1, relay), account(2, parent), of=stranger).reason is Reason.NO_MATCH
        assert decided(contact(1, address=f"x1@{relay}"), of=stranger).reason is Reason.CONTACT_MATCH
        named = mail(("From", f"x1@{relay}"), ("To", "ann@acme.example"), ("Reply-To", "ada@byron.example"))
        assert decided(account(1), of=named).reason is Reason.NO_MATCH
        assert decided(contact(1), of=named).reason is Reason.CONTACT_MATCH


def test_one_question_names_people_domains_and_owners() -> None:
    asked = build_query(
        mail(("From", "Ada+x@eu.byron.com"), ("To", "a@acme.example, z@gmail.com")), WORKSPACE, Policy(), {}
    )
    assert asked.addresses >= {"ada+x@eu.byron.com", "ada@eu.byron.com", "z@gmail.com"}
    assert asked.domains == {"eu.byron.com", "byron.com"}
    assert asked.users >= {"ann@acme.example", "a@acme.example"}
    assert list_owner_addresses(mail(), WORKSPACE, {})[0] == "ann@acme.example"


def test_a_persons_choice_beats_every_match() -> None:
    pick = contact(7)
    decision = decided(contact(1), account(1), override=Override(pick, "ann"))
    assert (decision.reason, chosen(decision)) == (Reason.THREAD_OVERRIDE, "0037")
    assert {loser.why for loser in decision.losers} == {Why.CHOICE_OF_A_PERSON}
    assert decided(override=Override(None, "ann")).reason is Reason.THREAD_OVERRIDE
    assert decided(account(1, box=True), override=Override(pick)).reason is Reason.CONTACTS_ONLY_ACCOUNT
    allowed = Policy(override_contacts_only=True)
    assert chosen(decided(account(1, box=True), override=Override(pick), policy=allowed)) == "0037"


def test_a_standing_rule_names_the_record() -> None:
    rule = StandingRule("ada@byron.example", contact(9))
    decision = decided(contact(1, OWNER), rules=(rule,))
    assert (decision.reason, chosen(decision)) == (Reason.RULE_MATCH, "0039")
    assert decided(contact(1), rules=(replace(rule, address="bob@byron.example"),)).reason is Reason.CONTACT_MATCH


def test_all_matched_people_are_related_the_chosen_one_first() -> None:
    crowd = ", ".join(f"p{i:03d}@byron.example" for i in range(60))
    people = [contact(i, address=f"p{i:03d}@byron.example", at=i) for i in range(60)]
    decision = decided(*people, of=mail(("From", "ann@acme.example"), ("To", crowd), is_sent=True))
    assert len(decision.related) == MOST_RELATED
    assert decision.related[0] == decision.chosen == people[59]
    twins = decided(contact(1, OWNER), contact(2))
    assert [r.record_id for r in twins.related] == ["0031"]


KINDS = st.sampled_from([contact, lead])
RECORDS = st.lists(
    st.one_of(
        st.builds(contact, st.integers(0, 20), st.sampled_from([OWNER, OTHER]), st.integers(0, 3)),
        st.builds(lead, st.integers(0, 20), st.just("ada@byron.example"), st.integers(0, 3)),
        st.builds(
            account, st.integers(0, 20), st.just("byron.example"), st.sampled_from([OWNER, OTHER]), st.integers(0, 3),
            box=st.booleans(),
        ),
    ),
    unique_by=lambda r: r.record_id,
    max_size=8,
)  # fmt: skip


@given(RECORDS, st.randoms(use_true_random=False))
def test_the_order_of_answers_never_matters(records: list[Record], chance: object) -> None:
    before = decided(*records)
    shuffled = list(records)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert decided(*shuffled) == before
    assert (before.outcome is Outcome.LOGGED) == (before.chosen is not None)
    losers = [loser.record for loser in before.losers]
    assert before.chosen not in losers
    assert len(losers) == len({r.record_id for r in losers})
    assert {r.record_id for r in losers} | ({before.chosen.record_id} if before.chosen else set()) == {
        r.record_id for r in records
    }
