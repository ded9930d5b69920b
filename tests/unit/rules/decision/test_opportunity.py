"""Which opportunity, if any."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.crm import Opportunities, Record, RecordKind
from server.rules.decision.opportunity import choose_opportunity, list_opportunity_holders

ADA = Record("003A", RecordKind.CONTACT, "ada@x.example", account_id="001A")
ALONE = Record("003B", RecordKind.CONTACT, "bo@x.example")
LEO = Record("00QA", RecordKind.LEAD, "leo@x.example", account_id="001A")
WORKS = Record("001A", RecordKind.ACCOUNT, "x.example", account_id="001A")


def found(role=(), account=()):
    return Opportunities({"003A": frozenset(role)}, {"001A": frozenset(account)})


@pytest.mark.parametrize(
    ("chosen", "role", "account", "expected"),
    [
        (ADA, ["1"], [], "1"),
        (ADA, ["1"], ["1", "2"], "1"),
        (ADA, ["1", "2"], ["1"], None),
        (ADA, [], ["1"], "1"),
        (ADA, [], ["1", "2"], None),
        (ADA, [], [], None),
        (ALONE, ["1"], ["1"], None),
        (LEO, ["1"], ["1"], None),
        (WORKS, ["2"], ["1"], "1"),
        (WORKS, [], ["1", "2"], None),
    ],
)
def test_the_only_open_one_and_never_a_guess(chosen, role, account, expected):
    assert choose_opportunity(chosen, found(role, account)) == expected


def test_contacts_and_their_accounts_are_asked_for_once():
    assert list_opportunity_holders([ADA, ADA, ALONE, LEO, WORKS]) == (["003A", "003B"], ["001A"])


@given(st.sets(st.sampled_from("abc")), st.sets(st.sampled_from("abc")))
def test_what_is_linked_was_found(role, account):
    assert choose_opportunity(ADA, found(role, account)) in {*role, *account, None}
