"""SalesforceCrm in an org that hides objects and fields, bears few conditions, and ends long answers early."""

from __future__ import annotations

from typing import Any

import pytest

from server.domain.crm import Query
from server.domain.errors import ConfigurationError
from server.domain.ids import SalesforceId
from simulator.salesforce.errors import ApiError
from simulator.salesforce.ids import to_18
from simulator.salesforce.switches import OrgSwitches
from tests.contracts.test_crm import ANN_ID, calls, contact
from tests.contracts.test_crm_matching import account, looked_up, user
from tests.support.scene import DOMAIN_FIELD, Scene, eml, small_world

ADA = "ada@byron.example"
LEO = "leo@brandt.example"
ANN = "ann@acme.example"


@pytest.fixture
def hard(make_scene):
    """A scene of the small org, with switches and other records."""

    def make(org: dict[str, Any] | None = None, /, settings: dict[str, str] | None = None, **switches: Any) -> Scene:
        return make_scene(small_world({**(org or {}), "switches": switches}), **(settings or {}))

    return make


def said(scene: Scene) -> str:
    shape = scene.services.ports.crm.shape()
    return " ".join((*shape.unusable, *shape.advice))


# --- what may not be read -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("unreadable", "words"),
    [
        (["Lead"], "cannot read leads"),
        (["Lead.Email"], "Lead.Email is hidden"),
        (["Account"], "cannot read accounts"),
        (["User"], "View All Users"),
        (["User.FederationIdentifier"], "FederationIdentifier cannot be read"),
        (["User.UserType", "User.TimeZoneSidKey"], ""),
        (["Contact.AccountId", "Lead.Company"], "cannot read Contact.AccountId, Lead.Company"),
        (["Contact.MasterRecordId", "Lead.ConvertedContactId"], ""),
        (["Lead", "Account", "User.FederationIdentifier", "User.UserType", "Contact.AccountId"], "cannot read leads"),
    ],
)
def test_what_is_hidden_is_left_out_and_said(hard, unreadable: list[str], words: str) -> None:
    scene = hard(unreadable=unreadable)
    scene.deliver(ANN, eml(sender=ADA))
    scene.sync()

    [task] = scene.tasks()
    assert task["WhoId"] == to_18("003A00000000001")
    assert task["OwnerId"] == (None if "User" in unreadable else ANN_ID)
    assert words in said(scene)
    assert bool(words) == bool(said(scene))
    crm = scene.services.ports.crm
    assert [record.name for record in crm.search("ada")] == ["Ada Byron"]
    assert crm.record(SalesforceId(to_18("003A00000000001"))).name == "Ada Byron"


@pytest.mark.parametrize(("setting", "is_wrong"), [("yes", True), ("after", True), ("no", False)])
def test_leads_that_nobody_wants_are_no_fault(hard, setting: str, is_wrong: bool) -> None:
    shape = hard(None, {"MATCH_LEADS": setting}, unreadable=["Lead"]).services.ports.crm.shape()
    assert any("cannot read leads" in sentence for sentence in shape.unusable) == is_wrong
    assert any("cannot read leads" in sentence for sentence in shape.advice) != is_wrong


@pytest.mark.parametrize("switches", [{"unreadable": ["Account.Website"]}, {"unfilterable": ["Account.Website"]}])
def test_websites_that_cannot_be_asked_for_are_left_out_and_said(hard, switches: dict[str, Any]) -> None:
    scene = hard({"Account": [account(1, Website="byron.example")]}, {"ACCOUNT_WEBSITE": "yes"}, **switches)
    assert looked_up(scene, ADA, domains=("byron.example",)).accounts == {}
    assert "ACCOUNT_WEBSITE is yes, but" in said(scene)


def test_all_of_it_at_once(hard) -> None:
    """Mail of a person in a searched field, of a company by a typed domain, and of a namesake finds its record."""
    users = [
        user(1, "ann@acme.example.invalid", Username="ann@acme.example.uat"),
        user(3, ANN, UserType="CsnOnly"),
        user(9, "ann@acme.example.invalid", Username="sync@acme.example"),
    ]
    people = [
        contact(1, ADA, npe01__HomeEmail__c="ada@home.example"),
        contact(2, "info@byron.example", FirstName="Grace", LastName="Hopper"),
        contact(3, "info@byron.example", FirstName="Carl", LastName="Cole"),
    ]
    scene = hard(
        {"User": users, "Contact": people, "Account": [account(1, **{DOMAIN_FIELD: "https://www.harbor.example/"})],
         "integration_user": "005A00000000009"},
        unreadable=["Lead", "User.FederationIdentifier", "Contact.AccountId"], unfilterable=["Contact.Email"],
        query_bears=20, rows_in_page=1, open_cursors=1,
    )  # fmt: skip
    senders = ("ada@home.example", "x@harbor.example", "Carl Cole <info@byron.example>")
    for sender in senders:
        scene.deliver(ANN, eml(sender=sender, subject=sender))
    scene.sync()

    owners = {task["WhoId"] or task["WhatId"]: task["OwnerId"] for task in scene.tasks()}
    records = ("003A00000000001", "001A00000000001", "003A00000000003")
    assert owners == dict.fromkeys(map(to_18, records), ANN_ID)


def test_leads_and_accounts_are_found_again_once_they_may_be_read(hard) -> None:
    scene = hard(unreadable=["Lead", "Account"])
    assert looked_up(scene, LEO, domains=("byron.example",)).leads == {}
    scene.universe.org.switches = OrgSwitches()
    scene.restart()

    found = looked_up(scene, LEO, domains=("byron.example",))

    assert (list(found.leads), list(found.accounts)) == ([LEO], ["byron.example"])


def test_a_field_that_is_hidden_while_the_service_runs_is_left_out(hard) -> None:
    scene = hard()
    assert list(looked_up(scene, ADA, LEO).leads) == [LEO]
    scene.universe.org.switches = OrgSwitches(unreadable=("Lead", "Contact.AccountId"))

    found = looked_up(scene, ADA, LEO)

    assert (list(found.contacts), found.leads) == ([ADA], {})


@pytest.mark.parametrize("kind", ["Contact", "Lead"])
def test_an_encrypted_email_is_searched(hard, kind: str) -> None:
    scene = hard(unfilterable=[f"{kind}.Email"])

    found = looked_up(scene, ADA, LEO, "ada@byron.example.com")

    assert (list(found.contacts), list(found.leads)) == ([ADA], [LEO])
    assert f"{kind}.Email cannot be filtered by" in said(scene)


@pytest.mark.parametrize("unreadable", ["Contact", "Contact.Email"])
def test_without_contacts_mail_waits_and_doctor_says_what_to_do(hard, unreadable: str) -> None:
    scene = hard(unreadable=[unreadable])
    scene.deliver(ANN, eml(sender=ADA))
    with pytest.raises(ConfigurationError, match=rf"cannot read {unreadable} in Salesforce"):
        scene.sync()

    assert scene.tasks() == []
    assert list(scene.outcomes().values()) == ["ready"]
    assert "cannot read Contact" in scene.flask("doctor").output

    scene.universe.org.switches = OrgSwitches()
    scene.clock.advance(86_400)
    scene.sync()
    assert len(scene.tasks()) == 1


OPPORTUNITY = {
    "Id": "006A00000000001", "Name": "Deal", "AccountId": "001A00000000001", "StageName": "S", "IsClosed": False,
    "OwnerId": ANN_ID,
}  # fmt: skip
ROLE = {"Id": "00KA00000000001", "OpportunityId": to_18("006A00000000001"), "ContactId": to_18("003A00000000001")}


@pytest.mark.parametrize(
    ("unreadable", "linked", "words"),
    [
        (["Opportunity.AccountId"], True, "Opportunity.AccountId"),
        (["OpportunityContactRole"], True, "OpportunityContactRole"),
        (["Opportunity", "OpportunityContactRole"], False, "cannot read Opportunity and OpportunityContactRole"),
    ],
)
def test_opportunities_are_found_by_what_may_be_read(hard, unreadable: list[str], linked: bool, words: str) -> None:
    org = {"Opportunity": [OPPORTUNITY], "OpportunityContactRole": [ROLE]}
    scene = hard(org, {"OPPORTUNITIES": "yes"}, unreadable=unreadable)
    scene.deliver(ANN, eml(sender=ADA))
    scene.sync()

    assert [task["WhatId"] for task in scene.tasks()] == ([to_18("006A00000000001")] if linked else [])
    assert words in " ".join(scene.flask("doctor").output.split())


# --- questions and answers ----------------------------------------------------------------------------------------


def people(count: int) -> list[dict[str, Any]]:
    return [contact(n, f"p{n}@byron.example") for n in range(1, count + 1)]


@pytest.mark.parametrize("bears", [4, 7, 40])
def test_a_question_that_is_too_complicated_is_asked_in_halves(hard, bears: int) -> None:
    scene = hard({"Contact": people(50)}, {"ACCOUNT_WEBSITE": "yes"}, query_bears=bears)
    addresses = [f"p{n}@byron.example" for n in range(1, 51)]

    found = looked_up(scene, *addresses, domains=("byron.example",), users=(ANN, "ben@acme.example"))

    assert sorted(found.contacts) == sorted(addresses)
    assert (list(found.accounts), sorted(found.users)) == (["byron.example"], [ANN, "ben@acme.example"])
    before = len(calls(scene))
    looked_up(scene, *addresses)
    again = len(calls(scene)) - before
    before = len(calls(scene))
    looked_up(scene, *addresses)
    assert len(calls(scene)) - before == again, "what the org bears is remembered"


def test_an_answer_whose_pages_end_is_begun_again(hard) -> None:
    org = {"Contact": people(30), "Lead": [{**lead, "Id": f"00QA0000000{n:04d}", "Email": f"p{n}@byron.example"}
           for n in range(1, 31) for lead in small_world().org["Lead"]]}  # fmt: skip
    scene = hard(org, rows_in_page=10, open_cursors=1)
    addresses = [f"p{n}@byron.example" for n in range(1, 31)]

    found = looked_up(scene, *addresses)

    assert sorted(found.contacts) == sorted(found.leads) == sorted(addresses)


# --- Users ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("users", "expected"),
    [
        ([user(1, ANN, UserType="CsnOnly"), user(2, ANN)], 2),
        ([user(1, ANN, UserType="PowerCustomerSuccess")], None),
        ([user(1, ANN, Username="integration@acme.example.api"), user(2, ANN, Username=ANN)], 2),
        ([user(1, ANN, Username="integration@acme.example.api"), user(2, ANN, Username="ann@acme.example.crm")], 2),
        ([user(1, "ann@acme.example.invalid", Username="ann@acme.example.uat")], 1),
        ([user(1, "x@x.example", Username="ann@acme.example.uat")], 1),
        ([user(1, "other@x.example.invalid", Username="Ann@Acme.Example.UAT")], 1),
        ([user(1, "ann@acme.example.invalid"), user(2, ANN)], 2),
        ([user(1, "x@x.example", Username="ann@acme.example.uat"), user(2, "ann@acme.example.invalid")], 2),
        ([user(1, "x@x.example", Username="ann@acme.example.uat"), user(2, ANN)], 2),
        ([user(1, "x@x.example", Username="ann@acme.example.com.br")], None),
        ([user(1, "ann@acme.example.de", Username="ann@acme.example.de")], None),
        ([user(1, "annette@acme.example.de.invalid", Username="ann@acme.example.de")], None),
        ([user(1, "x@x.example", Username="ann@acme.example.uat@x")], None),
        ([user(1, "x@x.example", Username="ann@acme.exampleXuat")], None),
        ([user(1, "x@x.example", Username="ann@acme.example.uat", UserType="Guest")], None),
        ([user(1, ANN, Username="sync@acme.example"), user(2, ANN, Username="ann.b@acme.example")], 2),
        ([user(1, ANN, Username="Sync@acme.example")], None),
    ],
)  # fmt: skip
def test_a_mailbox_is_a_standard_user_in_every_spelling(
    hard, users: list[dict[str, Any]], expected: int | None
) -> None:
    found = looked_up(hard({"User": users}), users=(ANN,)).users

    wanted = {ANN: to_18(f"005A0000000{expected:04d}")} if expected else {}
    assert {address: each.user_id for address, each in found.items()} == wanted


def test_the_apis_own_user_is_no_rep_however_it_is_named(hard) -> None:
    scene = hard(
        {
            "User": [user(1, ANN), user(2, "x@x.example", Username="ann@acme.example.uat")],
            "integration_user": "005A00000000001",
        }
    )

    assert looked_up(scene, users=(ANN,)).users[ANN].user_id == to_18("005A00000000002")


def test_a_name_with_marks_of_a_pattern_is_only_itself(hard) -> None:
    scene = hard({"User": [user(1, "x@x.example", Username="annXb@acme.example.uat")]})
    assert looked_up(scene, users=("ann_b@acme.example", "ann%@acme.example")).users == {}


def test_sandbox_spellings_cost_no_call_of_their_own_and_are_asked_once_an_hour(hard) -> None:
    scene = hard()
    looked_up(scene, users=("nobody@acme.example",))
    for _ in range(2):
        before = len(calls(scene))
        looked_up(scene, ADA, domains=("byron.example",), users=("nobody@acme.example", ANN))
        assert len(calls(scene)) == before + 1


def test_where_users_are_private_nobody_owns_and_mail_is_logged_all_the_same(hard) -> None:
    scene = hard(
        {"integration_user": "005A00000000009", "User": [user(9, "sync@acme.example"), user(1, ANN)]},
        private_users=True,
    )
    assert scene.services.ports.crm.look_up(Query(users=frozenset({ANN}))).users == {}
    scene.deliver(ANN, eml(sender=ADA))
    scene.sync()
    [task] = scene.tasks()
    assert task["OwnerId"] == to_18("005A00000000009")


# --- email fields without an index ---------------------------------------------------------------------------------

HOME = "ada.b+x@home.example"


@pytest.mark.parametrize(
    ("fields", "settings", "found"),
    [
        ({"npe01__HomeEmail__c": "Ada.B+x@home.example"}, {}, True),
        ({"npe01__HomeEmail__c": "z-ada.b+x@home.example.org"}, {}, False),
        ({"Other_Email__c": HOME}, {}, False),
        ({"Other_Email__c": HOME}, {"CONTACT_EMAIL_FIELDS": "other_email__c"}, True),
        ({"npe01__Email_Note__c": HOME}, {}, False),
    ],
)
def test_an_email_field_without_an_index_is_searched(hard, fields: Any, settings: Any, found: bool) -> None:
    scene = hard({"Contact": [contact(1, ADA, **fields), contact(2, "bo@byron.example")]}, settings)
    crm = scene.services.ports.crm
    assert any("own search" in sentence for sentence in crm.shape().advice) == any("Note" not in f for f in fields) * (
        bool(settings) or "npe01__HomeEmail__c" in fields
    )
    before = len(calls(scene))

    assert list(looked_up(scene, ADA).contacts) == [ADA]
    assert len(calls(scene)) == before + 1, "whoever is found costs no search"
    assert list(looked_up(scene, HOME).contacts) == ([HOME] if found else [])


def test_an_org_without_such_fields_is_never_searched(hard) -> None:
    scene = hard()
    looked_up(scene, "nobody@x.example")
    assert "search" not in [call.method for call in calls(scene)]


def test_many_unknown_people_are_searched_in_few_calls(hard) -> None:
    held = [contact(n, f"p{n}@byron.example", pkg__Private_Email__c=f"o'p-{n}@home.example") for n in range(1, 301)]
    scene = hard({"Contact": held})
    asked = [f"o'p-{n}@home.example" for n in range(1, 301)]

    assert sorted(looked_up(scene, *asked).contacts) == sorted(asked)
    assert [call.method for call in calls(scene)].count("search") <= 5


def test_a_refused_search_stops_nothing(hard, monkeypatch) -> None:
    def refuse(_statement: str) -> None:
        raise ApiError(400, "MALFORMED_SEARCH", "The entity is not searchable.")

    scene = hard({"Contact": [contact(1, ADA, npe01__HomeEmail__c=HOME)]})
    monkeypatch.setattr(scene.universe.org, "search", refuse)

    assert [list(looked_up(scene, each).contacts) for each in (ADA, HOME)] == [[ADA], []]


# --- domains as people type them -----------------------------------------------------------------------------------

TYPED = [
    "byron.example", "@byron.example", "www.byron.example", "https://byron.example/", "http://www.Byron.Example",
    "HTTPS://WWW.BYRON.EXAMPLE/", "byron.example.", " byron.example", "byron.example/", "*.byron.example",
]  # fmt: skip


@pytest.mark.parametrize("typed", TYPED)
@pytest.mark.parametrize("domain", ["byron.example", "eu.byron.example"])
def test_a_domain_is_found_however_it_was_typed(hard, typed: str, domain: str) -> None:
    scene = hard({"Account": [account(1, **{DOMAIN_FIELD: typed})], "Contact": []})
    scene.deliver(ANN, eml(sender=f"bob@{domain}"))
    scene.sync()

    [task] = scene.tasks()
    assert task["WhatId"] == to_18("001A00000000001")


@pytest.mark.parametrize(
    "typed",
    ["other.example; @byron.example", "https://www.byron.example/, other.example", "@other.example www.byron.example."],
)
def test_so_is_one_of_a_list(hard, typed: str) -> None:
    scene = hard({"Account": [account(1, **{DOMAIN_FIELD: typed})]}, {"ACCOUNT_DOMAIN_LISTS": "yes"})
    assert sorted(looked_up(scene, domains=("byron.example", "other.example")).accounts) == [
        "byron.example",
        "other.example",
    ]


@pytest.mark.parametrize("typed", ["notbyron.example", "byron.example.com", "@byron.example.com", "www.byronxexample"])
def test_another_companys_is_not(hard, typed: str) -> None:
    scene = hard(
        {"Account": [account(1, Website=typed), account(2, **{DOMAIN_FIELD: typed})]}, {"ACCOUNT_WEBSITE": "yes"}
    )
    assert looked_up(scene, domains=("byron.example",)).accounts == {}


@pytest.mark.parametrize(
    "site",
    [
        "https://www.byron.example/en/", "http://byron.example:8080", "BYRON.example/Shop?x=1#y", "www.byron.example",
        "https://byron.example?utm=1", "byron.example", "https://www.byron.example#top", "HTTPS://BYRON.EXAMPLE/",
    ],
)  # fmt: skip
def test_a_website_is_found_by_its_host(hard, site: str) -> None:
    scene = hard({"Account": [account(1, Website=site)]}, {"ACCOUNT_WEBSITE": "yes"})
    assert list(looked_up(scene, domains=("byron.example",)).accounts) == ["byron.example"]
