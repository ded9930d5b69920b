"""Whether a contact of a shared address is plainly another person than the one whose name stands in the header."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.domain.crm import Record
from server.domain.decision import Reason, Why
from server.domain.policy import LeadOrder, Policy
from server.rules.decision.names import are_two_people, fits, list_other_people, read_words
from tests.unit.rules.decision.test_decide import OTHER, OWNER, account, chosen, contact, decided, lead, mail, whys

CARL, ADA = "Carl Cole", "Ada Byron"


def named(number: int, name: str, owner: str = OTHER, at: int = 0) -> Record:
    return replace(contact(number, owner, at, "info@byron.example"), name=name)


def list_out(header: str, *names: str) -> list[str]:
    records = [named(number, name) for number, name in enumerate(names)]
    return [record.name for record in list_other_people({header}, records)]


@pytest.mark.parametrize(
    "header",
    [
        "Carl Cole", "carl cole", "Cole, Carl", "COLE Carl", "Dr. Carl Cole", "Carl M. Cole", "C. Cole", "Cárl Cole",
        "Carl Cole (Byron Works)", "Carl Cole | Byron Works", "carl.cole@byron.example", "'Carl Cole'",
    ],
)  # fmt: skip
def test_the_other_person_of_a_shared_address_is_out(header: str) -> None:
    assert list_out(header, ADA, CARL) == [ADA]


@pytest.mark.parametrize(
    ("header", "names"),
    [
        ("", (ADA, CARL)),
        ("info", (ADA, CARL)),
        ("Carl", (ADA, CARL)),
        ("Byron Works", (ADA, CARL)),
        ("Byron Works Accounting", ("Grace Hopper", CARL)),
        ("Dora Dale", (ADA, CARL)),
        ("Carl Cole", (ADA, "Bea Byron")),
        ("Carl Cole", ("Cole", "Byron")),
        ("Carl Cole", ("Ada Cole", CARL)),
        ("Carl Cole", ("Carl Byron", CARL)),
        ("Carl Cole", ("Carla Byron-Cole", CARL)),
        ("Carl Cole", ("Byron", CARL)),
        ("Carl Cole", ("C. Byron", CARL)),
        ("Carl Cole", ("Карл Коул", CARL)),
        ("Jan van Dijk", ("van den Berg", "Jan van Dijk")),
        ("Bill Smith", ("William Smith", "Bill Smith")),
        ("Carl Cole", (CARL,)),
        ("Info Desk", ("Info Desk", "Ada Info")),
    ],
)
def test_what_is_not_plain_puts_nobody_out(header: str, names: tuple[str, ...]) -> None:
    assert list_out(header, *names) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Jörg Müller", "Joerg Mueller"), ("Søren Ødegård", "Soren Odegard"), ("François L'Écuyer", "Francois Lecuyer"),
        ("Łukasz Żak", "Lukasz Zak"), ("Anne-Marie O'Brien", "Anne Marie OBrien"), ("Weiß, Karl", "Karl Weiss"),
        ("Prof. Dr. Eva von Stein", "Eva Stein"),
    ],
)  # fmt: skip
def test_one_name_has_many_spellings(one: str, other: str) -> None:
    assert fits(read_words(one), read_words(other))
    assert not are_two_people(read_words(one), read_words(other))


def test_particles_and_titles_are_shared_by_many() -> None:
    assert list_out("Dr. Jan van Dijk", "Dr. Piet van Loon", "Jan van Dijk") == ["Dr. Piet van Loon"]


NAME = st.one_of(
    st.text(max_size=30),
    st.lists(st.sampled_from(["Ada", "Carl", "Cole", "B.", "van", "Müller", "Карл"]), max_size=4).map(" ".join),
)


@settings(deadline=None)
@given(NAME, NAME)
def test_a_name_is_never_another_persons_than_its_own(one: str, other: str) -> None:
    words, others = read_words(one), read_words(other)
    assert not are_two_people(words, words)
    assert are_two_people(words, others) == are_two_people(others, words)
    assert fits(words, others) == fits(others, words)
    assert not (fits(words, others) and are_two_people(words, others))
    assert read_words(one.upper()) == read_words(one.upper().casefold())


@settings(deadline=None)
@given(st.sets(NAME, max_size=3), st.lists(NAME, max_size=5), st.randoms(use_true_random=False))
def test_somebody_always_stays_and_the_order_never_matters(headers: set[str], names: list[str], chance: object) -> None:
    records = [named(number, name) for number, name in enumerate(names)]
    out = list_other_people(headers, records)
    assert not records or len(out) < len(records)
    chance.shuffle(records)  # type: ignore[attr-defined]
    assert set(list_other_people(headers, records)) == set(out)


FROM_CARL = (("From", f"{CARL} <info@byron.example>"), ("To", "ann@acme.example"))


def test_the_name_counts_before_owner_and_last_change() -> None:
    decision = decided(named(1, ADA, OWNER, 9), named(2, CARL), of=mail(*FROM_CARL))
    assert (decision.reason, chosen(decision)) == (Reason.CONTACT_MATCH, "0032")
    assert whys(decision) == {"0031": Why.OTHER_NAME}
    assert [record.record_id for record in decision.related] == ["0032"]


def test_of_several_who_have_the_name_the_tie_rule_chooses() -> None:
    decision = decided(named(1, ADA, OWNER, 9), named(2, CARL, at=1), named(3, "Cole, C.", at=2), of=mail(*FROM_CARL))
    assert chosen(decision) == "0033"
    assert whys(decision) == {"0031": Why.OTHER_NAME, "0032": Why.UPDATED_EARLIER}


def test_a_name_anywhere_beside_the_address_counts() -> None:
    both = mail(("From", f"{CARL} <info@byron.example>"), ("To", f"ann@acme.example, {ADA} <info@byron.example>"))
    assert chosen(decided(named(1, ADA, OWNER), named(2, CARL), of=both)) == "0031"
    sent = mail(("From", "ann@acme.example"), ("To", f"{CARL} <info@byron.example>"), is_sent=True)
    assert chosen(decided(named(1, ADA, OWNER), named(2, CARL), of=sent)) == "0032"


def test_who_is_out_for_one_address_may_have_another_on_the_mail() -> None:
    of = mail(*FROM_CARL, ("Cc", "ada@byron.example"))
    ada = named(1, ADA, OWNER)
    decision = decided(ada, replace(ada, found_by="ada@byron.example"), named(2, CARL), of=of)
    assert chosen(decision) == "0031"
    assert whys(decision) == {"0032": Why.OWNED_BY_OTHER}


def test_leads_of_a_shared_address_likewise() -> None:
    leads = (replace(lead(1, "info@byron.example", 9), name=ADA), replace(lead(2, "info@byron.example"), name=CARL))
    decision = decided(*leads, of=mail(*FROM_CARL))
    assert chosen(decision) == "00Q2"
    assert whys(decision) == {"00Q1": Why.OTHER_NAME}


# --- leads before or after accounts ------------------------------------------------------------------------------------

AFTER = Policy(leads=LeadOrder.AFTER)


def test_a_lead_after_the_accounts_takes_no_mail_off_them() -> None:
    decision = decided(lead(1), account(1), policy=AFTER)
    assert (decision.reason, chosen(decision)) == (Reason.ACCOUNT_DOMAIN_MATCH, "0011")
    assert whys(decision) == {"00Q1": Why.NOT_AN_ACCOUNT}
    assert decided(lead(1), policy=AFTER).reason is Reason.LEAD_MATCH
    assert decided(lead(1), account(1, "other.example"), policy=AFTER).reason is Reason.LEAD_MATCH
    assert decided(contact(1), lead(1), account(1), policy=AFTER).reason is Reason.CONTACT_MATCH
    assert decided(lead(1), account(1, box=True), policy=AFTER).reason is Reason.CONTACTS_ONLY_ACCOUNT
