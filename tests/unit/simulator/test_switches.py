"""Each switch makes the simulated org as hard as real ones are."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from simulator.clock import Clock
from simulator.salesforce.errors import ApiError
from simulator.salesforce.org import Org
from simulator.salesforce.switches import OrgSwitches
from simulator.world_checks import WorldError, google, org
from tests.support.scene import START, small_world


def test_automation_that_bears_few_tasks_refuses_every_record_of_a_larger_transaction() -> None:
    switches = OrgSwitches.of({"automation_bears": 25})
    assert switches.refuse_transaction(25) is None
    refusal = switches.refuse_transaction(26)
    assert refusal is not None
    assert refusal.code == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
    assert "Too many SOQL queries: 101" in refusal.message


@pytest.mark.parametrize(
    "section",
    [
        [],
        {"automation_bear": 25},
        {"automation_bears": 0},
        {"automation_bears": True},
        {"login_refused": 1},
        {"generic_audience": "yes"},
        {"unreadable": "Lead"},
        {"unfilterable": [1]},
        {"private_users": 1},
        {"query_bears": 0},
    ],
)
def test_a_wrong_switch_is_a_sentence(section: Any) -> None:
    with pytest.raises(WorldError, match=r"salesforce\.switches"):
        org({"switches": section})


def make_org(**switches: Any) -> Org:
    world = small_world({"switches": switches, "integration_user": "005A00000000001"})
    return Org.of(world.org, Clock(START, frozen=True))


@pytest.mark.parametrize(
    ("switches", "question", "code"),
    [
        ({"unreadable": ["Lead"]}, "SELECT Id FROM Lead WHERE Email IN ('a@b.example')", "INVALID_TYPE"),
        ({"unreadable": ["Contact.AccountId"]}, "SELECT Account.Name FROM Contact WHERE Id = '1'", "INVALID_FIELD"),
        ({"unreadable": ["Account.Name"]}, "SELECT Account.Name FROM Contact WHERE Id = '1'", "INVALID_FIELD"),
        ({"unfilterable": ["Contact.Email"]}, "SELECT Email FROM Contact WHERE Email IN ('a')", "INVALID_FIELD"),
        ({"query_bears": 2}, "SELECT Id FROM Contact WHERE Email IN ('a', 'b') OR Name LIKE 'c%'", "QUERY_TOO_COMPLICATED"),
    ],
)  # fmt: skip
def test_what_may_not_be_read_or_is_too_much_is_refused(switches: Any, question: str, code: str) -> None:
    Org.of(small_world().org, Clock(START, frozen=True)).query(question)
    with pytest.raises(ApiError) as refused:
        make_org(**switches).query(question)
    assert refused.value.code == code


def test_describe_has_only_what_may_be_read() -> None:
    org = make_org(unreadable=["Lead", "Contact.AccountId"], unfilterable=["Contact.Email"])
    fields = {field["name"]: field["filterable"] for field in org.describe("Contact")["fields"]}
    assert "AccountId" not in fields
    assert (fields["Email"], fields["Name"]) == (False, True)
    with pytest.raises(ApiError, match="NOT_FOUND"):
        org.describe("Lead")


def test_where_users_are_private_the_api_sees_itself_alone() -> None:
    question = "SELECT Id, Owner.Name FROM Account WHERE OwnerId != null ORDER BY Id"
    assert [row["Owner"] is None for row in make_org().query(question)] == [False, False]
    assert [row["Owner"] is None for row in make_org(private_users=True).query(question)] == [False, True]
    assert len(make_org(private_users=True).query("SELECT Id FROM User WHERE IsActive = true")) == 1


FIND = "FIND {%s} IN EMAIL FIELDS RETURNING Contact(Id, Email), Lead(Id WHERE IsConverted = false LIMIT 5)"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (r'"ada@byron.example"', ["003"]),
        (r'"ADA@byron.example" OR "leo@brandt.example"', ["003", "00Q"]),
        (r'"ada@byron"', ["003"]),
        (r'"byron@ada.example"', []),
        (r'"Ada Byron"', ["003"]),
        ('"x@x.example" OR ' * 250 + '"ada@byron.example"', []),
    ],
)
def test_a_search_finds_words_side_by_side_in_email_fields(text: str, found: list[str]) -> None:
    assert [row["Id"][:3] for row in make_org().search(FIND % text)] == found


@pytest.mark.parametrize("text", ["", '"', '"a+b@c.example"', '"a@b.example" AND "c@d.example"', "x OR", '"a"'])
def test_a_search_that_is_not_written_rightly_is_refused(text: str) -> None:
    with pytest.raises(ApiError, match="MALFORMED_SEARCH"):
        make_org().search(FIND % text)


def test_a_hard_org_has_all_switches_but_those_that_end_the_work_or_make_more_of_it() -> None:
    easy, hard = OrgSwitches(), OrgSwitches.hard()
    off = {field.name for field in fields(OrgSwitches) if getattr(easy, field.name) == getattr(hard, field.name)}
    assert off == {"login_refused", "unfilterable", "other_tool", "other_tool_after"}


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"apis_off": ["gmail"]}, "apis_off knows no gmail: it knows admin.googleapis.com"),
        ({"unlistable_groups": ["sales@acme.example"]}, "must be an address and one of 400, 403, 404"),
        ({"unlistable_groups": ["sales@acme.example 500"]}, "must be an address and one of 400, 403, 404"),
        ({"unlistable_groups": ["nobody@acme.example 403"]}, "nobody@acme.example, which is no group of this world"),
    ],
)
def test_a_switch_of_google_that_would_do_nothing_is_a_sentence(section: Any, words: str) -> None:
    with pytest.raises(WorldError, match=words):
        google(section, ["sales@acme.example"])
    assert google({"unlistable_groups": ["sales@acme.example 403"]}, ["Sales@acme.example"]).unlistable_groups
