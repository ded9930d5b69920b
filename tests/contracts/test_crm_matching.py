"""SalesforceCrm: where records are looked for besides Contact.Email, Lead.Email, User.Email and our domain field."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.adapters.salesforce import soql as queries
from server.adapters.salesforce.matching.domain_lists import FRESH, PAUSE, DomainLists
from server.adapters.salesforce.org.shape import EmailFields, OrgShape
from server.domain.crm import Query
from server.domain.errors import NotFoundError, TransientError
from server.domain.ids import SalesforceId
from simulator.salesforce import soql
from simulator.salesforce.ids import to_18
from tests.contracts.test_crm import ANN_ID, BEN_ID, calls, contact
from tests.support.scene import DOMAIN_FIELD, Scene, eml, small_world

ADA = "ada@byron.example"


@pytest.fixture
def made(make_scene):
    def make(org: dict[str, Any], **values: str) -> Scene:
        return make_scene(small_world(org), **values)

    return make


def looked_up(scene: Scene, *addresses: str, domains: tuple[str, ...] = (), users: tuple[str, ...] = ()):
    return scene.services.ports.crm.look_up(Query(frozenset(addresses), frozenset(domains), frozenset(users)))


def account(number: int, **values: Any) -> dict[str, Any]:
    return {"Id": f"001A0000000{number:04d}", "Name": f"A{number}", "OwnerId": ANN_ID, **values}


def test_owners_of_records_are_known_by_id_with_all_their_addresses(made) -> None:
    ben = {
        "Id": BEN_ID,
        "Email": "ben@acme.example",
        "Username": "Ben.B@Acme.example.crm",
        "Name": "Ben",
        "IsActive": True,
    }
    gone = {"Id": to_18("005A00000000009"), "Email": "old@acme.example", "Name": "Old", "IsActive": False}
    scene = made({"User": [*small_world().org["User"][:1], ben, gone]})

    found = scene.services.ports.crm.look_up(Query(owners=frozenset({SalesforceId(BEN_ID), SalesforceId(gone["Id"])})))

    [(user_id, owner)] = found.owners.items()
    assert user_id == owner.user.user_id == BEN_ID
    assert owner.addresses == {"ben@acme.example", "ben.b@acme.example.crm", "ben.b@acme.example"}
    assert found.users == {}


# --- further email fields ---------------------------------------------------------------------------------------------


def test_a_contact_is_found_by_each_of_its_email_fields(made):
    scene = made(
        {
            "Contact": [
                contact(1, "ada@home.example", Other_Email__c="Ada@Byron.example"),
                contact(2, "bo@byron.example"),
            ],
            "external_ids": ["Contact.Other_Email__c"],
        },
        CONTACT_EMAIL_FIELDS="other_email__c",
    )
    crm = scene.services.ports.crm
    assert crm.shape().unusable == ()
    before = len(calls(scene))

    found = looked_up(scene, ADA, "ada@home.example", "bo@byron.example")

    assert {a: [r.record_id for r in records] for a, records in found.contacts.items()} == {
        ADA: [to_18("003A00000000001")],
        "ada@home.example": [to_18("003A00000000001")],
        "bo@byron.example": [to_18("003A00000000002")],
    }
    assert len(calls(scene)) == before + 1


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("Nothing__c", "is not there"),
        ("Phone", "must be an email or a text"),
        ("Plain__c", "make it an External ID"),
    ],
)
def test_a_field_that_cannot_be_searched_is_left_out_and_told(made, field, words):
    scene = made({"Contact": [contact(1, ADA, Plain__c="x", Other_Email__c="x@x.example")]}, CONTACT_EMAIL_FIELDS=field)

    shape = scene.services.ports.crm.shape()

    assert words in " ".join(shape.unusable)
    assert set(looked_up(scene, ADA).contacts) == {ADA}


# --- users -----------------------------------------------------------------------------------------------------------


def user(number: int, email: str, *, active: bool = True, **values: Any) -> dict[str, Any]:
    return {"Id": f"005A0000000{number:04d}", "Email": email, "Name": f"U{number}", "IsActive": active, **values}


@pytest.mark.parametrize(
    ("users", "expected"),
    [
        ([user(1, "ann@acme.example"), user(2, "x@x.example", Username="ann@acme.example")], 2),
        ([user(1, "x@x.example", Username="ann@acme.example"), user(2, "x@x.example", FederationIdentifier="ann@acme.example")], 1),
        ([user(1, "ann@acme.example", active=False), user(2, "x@x.example", Username="Ann@Acme.example")], 2),
        ([user(3, "ann@acme.example"), user(2, "ann@acme.example")], 2),
        ([user(1, "x@x.example")], None),
    ],
)  # fmt: skip
def test_a_mailbox_is_a_user_by_email_federation_id_or_username(made, users, expected):
    found = looked_up(made({"User": users}), users=("ann@acme.example",)).users

    wanted = {"ann@acme.example": to_18(f"005A0000000{expected:04d}")} if expected else {}
    assert {address: each.user_id for address, each in found.items()} == wanted


def test_the_table_has_the_last_word_and_asks_nothing(made):
    scene = made({}, SALESFORCE_USERS=f"ann@acme.example={BEN_ID}")
    scene.services.ports.crm.shape()
    before = len(calls(scene))

    found = looked_up(scene, users=("ann@acme.example",)).users

    assert found["ann@acme.example"].user_id == BEN_ID
    assert len(calls(scene)) == before


@pytest.mark.parametrize("named", [to_18("005A00000000099"), BEN_ID])
def test_a_line_of_the_table_that_names_no_active_user_is_told_and_left_out(made, named):
    users = [user(1, "ann@acme.example"), user(2, "ben@acme.example", active=False)]
    scene = made({"User": users}, SALESFORCE_USERS=f"ann@acme.example={named}")

    assert scene.services.ports.crm.shape().unusable == (f"SALESFORCE_USERS names {named}, which is no active User.",)
    found = looked_up(scene, users=("ann@acme.example",)).users
    assert found["ann@acme.example"].user_id == ANN_ID


WEST = "America/Los_Angeles"


def test_a_user_works_in_a_time_zone(made):
    scene = made({"User": [user(1, "ann@acme.example", TimeZoneSidKey=WEST), user(2, "ben@acme.example")]})

    found = looked_up(scene, users=("ann@acme.example", "ben@acme.example")).users

    assert {each.address: each.time_zone for each in found.values()} == {
        "ann@acme.example": WEST,
        "ben@acme.example": "",
    }


def test_so_does_a_user_of_the_table(made):
    users = [user(1, "ann@acme.example"), user(2, "ben@acme.example", TimeZoneSidKey=WEST)]
    scene = made({"User": users}, SALESFORCE_USERS=f"ann@acme.example={BEN_ID}")

    assert looked_up(scene, users=("ann@acme.example",)).users["ann@acme.example"].time_zone == WEST


@pytest.mark.parametrize("table", ["", f"ann@acme.example={BEN_ID}"])
def test_an_org_that_hides_time_zones_is_asked_for_none(made, table):
    scene = made({"User": [user(1, "ann@acme.example"), user(2, "ben@acme.example")]}, SALESFORCE_USERS=table)
    del scene.universe.org.schema["User"]["TimeZoneSidKey"]

    found = looked_up(scene, users=("ann@acme.example",)).users

    assert found["ann@acme.example"].time_zone == ""


def test_a_mail_of_a_californian_evening_stands_under_that_day(made):
    scene = made({"User": [user(1, "ann@acme.example", TimeZoneSidKey=WEST)]})
    scene.deliver("ann@acme.example", eml(date="Tue, 15 Sep 2026 03:30:00 +0000"))
    scene.sync()

    (task,) = scene.tasks()

    assert (task["ActivityDate"], task["TrulyActivity__Sent_At__c"][:16]) == ("2026-09-14", "2026-09-15T03:30")


# --- leads that were converted, people who were merged -------------------------------------------------------------


def converted(email: str, contact_id: str | None) -> dict[str, Any]:
    return {
        "Id": "00QA00000000001", "LastName": "L", "Company": "Brandt", "Email": email, "OwnerId": ANN_ID,
        "IsConverted": True, "ConvertedContactId": contact_id,
    }  # fmt: skip


def test_a_converted_lead_is_its_contact(made):
    scene = made(
        {
            "Contact": [contact(1, "leo@private.example")],
            "Lead": [converted("leo@brandt.example", to_18("003A00000000001"))],
        }
    )

    found = looked_up(scene, "leo@brandt.example")

    assert found.leads == {}
    (leo,) = found.contacts["leo@brandt.example"]
    assert (leo.record_id, leo.owner_id) == (to_18("003A00000000001"), ANN_ID)


def test_the_address_itself_is_nearer_than_the_lead_of_before(made):
    scene = made(
        {
            "Contact": [contact(1, "leo@private.example"), contact(2, "leo@brandt.example")],
            "Lead": [converted("leo@brandt.example", to_18("003A00000000001"))],
        }
    )

    assert [r.record_id for r in looked_up(scene, "leo@brandt.example").contacts["leo@brandt.example"]] == [
        to_18("003A00000000002")
    ]


def test_a_converted_lead_whose_contact_is_gone_is_nobody(made):
    found = looked_up(made({"Lead": [converted("leo@brandt.example", None)]}), "leo@brandt.example")

    assert (found.contacts, found.leads) == ({}, {})


def test_a_converted_lead_follows_its_contact_through_a_merge_and_into_the_bin(made):
    """Whether or not the lead itself was pointed at the winner."""
    scene = made(
        {
            "Contact": [contact(1, "leo@private.example"), contact(2, "x@x.example")],
            "Lead": [converted("leo@brandt.example", to_18("003A00000000001"))],
        }
    )
    scene.universe.org.merge(to_18("003A00000000002"), to_18("003A00000000001"))

    (leo,) = looked_up(scene, "leo@brandt.example").contacts["leo@brandt.example"]
    assert leo.record_id == to_18("003A00000000002")

    scene.universe.org.remove(to_18("003A00000000002"))
    assert looked_up(scene, "leo@brandt.example").contacts == {}


def test_a_record_that_was_merged_or_converted_is_followed(made):
    scene = made(
        {
            "Contact": [contact(n, f"p{n}@x.example") for n in (1, 2, 3)],
            "Lead": [converted("l@x.example", to_18("003A00000000001"))],
        }
    )
    one, two, three = (to_18(f"003A0000000{n:04d}") for n in (1, 2, 3))
    scene.universe.org.merge(two, one)
    scene.universe.org.merge(three, two)
    crm = scene.services.ports.crm

    assert crm.record(one).record_id == three
    scene.universe.org.remove(three)
    for gone in (one, three):
        with pytest.raises(NotFoundError):
            crm.record(gone)


# --- owners, for mail of nobody who is a User ------------------------------------------------------------------------


def test_whether_its_owner_can_own_an_activity_comes_with_each_record(made):
    queue = to_18("00GA00000000001")
    scene = made(
        {
            "User": [user(1, "ann@acme.example"), user(2, "ben@acme.example", active=False)],
            "Contact": [contact(1, ADA), contact(2, ADA, OwnerId=BEN_ID), contact(3, "leo@private.example")],
            "Lead": [
                {"Id": "00QA00000000002", "LastName": "Q", "Company": "C", "Email": "q@x.example", "OwnerId": queue},
                converted("leo@brandt.example", to_18("003A00000000003")),
            ],
            "Account": [account(1, **{DOMAIN_FIELD: "a.example"}), account(2, OwnerId=BEN_ID, **{DOMAIN_FIELD: "b.example"})],
        }
    )  # fmt: skip

    found = looked_up(scene, ADA, "q@x.example", "leo@brandt.example", domains=("a.example", "b.example"))

    records = [r for group in (found.contacts, found.leads, found.accounts) for each in group.values() for r in each]
    assert {(r.record_id[:15], r.is_owner_active) for r in records} == {
        ("003A00000000001", True), ("003A00000000002", False), ("003A00000000003", True), ("00QA00000000002", False),
        ("001A00000000001", True), ("001A00000000002", False),
    }  # fmt: skip


# --- person accounts ---------------------------------------------------------------------------------------------------


def test_a_person_account_is_a_contact_and_never_a_company(made):
    person = account(1, IsPersonAccount=True, **{DOMAIN_FIELD: "byron.example"})
    scene = made(
        {
            "Account": [person, account(2, IsPersonAccount=False, Website="harbor.example")],
            "Contact": [contact(1, ADA, AccountId="001A00000000001")],
        }
    )
    scene.deliver("ann@acme.example", eml(sender=ADA, subject="to the person"))
    scene.deliver("ann@acme.example", eml(sender="new@byron.example", subject="a stranger at a person's domain"))
    scene.sync()

    (task,) = scene.tasks()
    assert (task["WhoId"], task["WhatId"]) == (to_18("003A00000000001"), None)
    assert sorted(scene.outcomes().values()) == ["contact_match", "no_match"]


# --- accounts ----------------------------------------------------------------------------------------------------------


def test_a_website_speaks_for_a_domain_that_no_account_names(made):
    sites = [
        "https://www.one.example/",
        "two.example",
        "HTTP://Three.example",
        "https://four.example/about",
        "http://xn--tf-wka.example",
    ]
    accounts = [account(n, Website=site) for n, site in enumerate(sites)]
    accounts += [account(10, Website="five.example", **{DOMAIN_FIELD: "other.example"})]
    accounts += [account(11, **{DOMAIN_FIELD: "two.example"})]
    domains = ("one.example", "two.example", "three.example", "four.example", "five.example", "xn--tf-wka.example")
    scene = made({"Account": accounts}, ACCOUNT_WEBSITE="yes")

    found = looked_up(scene, domains=domains).accounts

    assert {d: [r.name for r in records] for d, records in found.items()} == {
        "one.example": ["A0"], "two.example": ["A11"], "three.example": ["A2"], "four.example": ["A3"], "xn--tf-wka.example": ["A4"],
    }  # fmt: skip
    assert looked_up(made({"Account": accounts}), domains=("one.example",)).accounts == {}


def test_nobody_asks_again_right_after_a_failure():
    """The question reads every account: what makes it fail must not be made worse."""
    now, asked = [0.0], [0]

    def read() -> list[Any]:
        asked[0] += 1
        if asked[0] == 1:
            raise TransientError("away")
        return [{"Id": "1", "D__c": "\u00fctf.example;b.example"}]

    lists = DomainLists(lambda: now[0])
    for _ in range(5):
        with pytest.raises(TransientError):
            lists.rows({"b.example"}, read)
    assert asked[0] == 1
    now[0] = PAUSE
    assert [row["Id"] for row in lists.rows({"xn--tf-wka.example"}, read)] == ["1"]


@pytest.mark.parametrize("written", ["a.example, b.example", "a.example;b.example", "B.example  a.example"])
def test_a_domain_field_may_hold_a_list_where_an_admin_says_so(made, written):
    org = {"Account": [account(1, **{DOMAIN_FIELD: written}), account(2, **{DOMAIN_FIELD: "a.example"})]}

    found = looked_up(made(org, ACCOUNT_DOMAIN_LISTS="yes"), domains=("a.example", "b.example")).accounts

    assert {d: sorted(r.name for r in records) for d, records in found.items()} == {
        "a.example": ["A1", "A2"], "b.example": ["A1"],
    }  # fmt: skip
    assert set(looked_up(made(org), domains=("a.example", "b.example")).accounts) == {"a.example"}


def test_lists_are_asked_for_once_an_hour_and_outlive_a_failure():
    now, rows, asked = [0.0], [{"Id": "1", "D__c": "a.example, b.example"}], [0]

    def read() -> list[Any]:
        asked[0] += 1
        if asked[0] == 3:
            raise TransientError("away")
        return rows

    lists = DomainLists(lambda: now[0])
    for moment in (0.0, FRESH - 1, FRESH + 1, 3 * FRESH):
        now[0] = moment
        assert lists.rows({"a.example", "b.example"}, read) == rows
    assert asked[0] == 3


def test_a_domain_field_that_cannot_be_searched_stops_nothing(made):
    scene = made({"Contact": [contact(1, ADA)]})
    fields = scene.universe.org.schema["Account"]
    fields[DOMAIN_FIELD] = replace(fields[DOMAIN_FIELD], type="textarea", is_filterable=False)

    shape = scene.services.ports.crm.shape()

    assert shape.domain_field is None
    assert shape.unusable == (f"Account.{DOMAIN_FIELD} cannot be searched: make it a text.",)
    assert set(looked_up(scene, ADA, domains=("byron.example",)).contacts) == {ADA}


def test_what_would_be_slow_in_a_large_org_is_told(made):
    scene = made({}, ACCOUNT_WEBSITE="yes")
    fields = scene.universe.org.schema["Account"]
    fields[DOMAIN_FIELD] = replace(fields[DOMAIN_FIELD], is_external_id=False)

    advice = scene.services.ports.crm.shape().advice

    assert [("External ID" in each, "Website" in each) for each in advice] == [(True, False), (False, True)]
    assert looked_up(scene, domains=("byron.example",)).accounts != {}


# --- what is asked -------------------------------------------------------------------------------------------------------

SHAPE = OrgShape((), (), {}, {}, "Completed", relates_many=False, has_person_accounts=False)
ODD = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@settings(deadline=None)
@given(st.sets(ODD, min_size=1, max_size=20), ODD)
def test_no_value_changes_what_is_asked(values, other):
    """Read by a parser, each statement is true of a record with one of just these values, in each field by itself."""
    shape = replace(SHAPE, contact_emails=EmailFields(("Email", "Other__c")))
    for fields, statement in (
        (("Email", "Other__c"), queries.contacts(shape, sorted(values))),
        (queries.USER_FIELDS, queries.users(shape, sorted(values))),
    ):
        test = soql.parse(statement).test
        assert test is not None
        for name in fields:
            for value in (*values, other):
                row = {name: value, "IsActive": True, "UserType": "Standard"}
                expected = value.lower() in {v.lower() for v in values} or (value == "" and "" in values)
                assert test(row.get) is (expected or ("" in values))


@given(st.lists(ODD, max_size=200), st.integers(1, 12))
def test_parts_hold_everything_once_and_fit(values, times):
    parts = list(queries.chunks(values, times))

    assert sorted(v for part in parts for v in part) == sorted(values)
    assert all(len(part) == 1 or times * len(str(part)) < 4 * queries.LONGEST_LIST for part in parts)


def test_ten_thousand_addresses_are_a_few_statements_that_salesforce_takes(made):
    addresses = [f"person.with.a.name.{n:05d}@customer.example" for n in range(10_000)]
    scene = made({"Contact": [contact(1, addresses[7_777])]})
    scene.services.ports.crm.shape()
    before = len(calls(scene))

    found = looked_up(scene, *addresses)

    assert set(found.contacts) == {addresses[7_777]}
    assert len(calls(scene)) - before <= 4
    assert all(len(queries.contacts(SHAPE, part)) < 100_000 for part in queries.chunks(addresses))
