"""SalesforceCrm, through simple-salesforce, against the simulated org: what it finds and what it files."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.adapters.salesforce.activities.tasks import CUT, cut_to_length
from server.adapters.salesforce.matching.records import epoch_ms
from server.adapters.salesforce.org.shape import ACTIVITY, OrgShape
from server.domain.crm import Activity, Candidates, Direction, Query, RecordKind
from server.domain.errors import (
    ConfigurationError,
    InvariantError,
    RejectedError,
    StaleTargetError,
    TransientError,
)
from server.domain.ids import ActivityKey
from simulator.faults import Fault
from simulator.salesforce.ids import to_18
from tests.support.scene import small_world

ANN_ID, BEN_ID = to_18("005A00000000001"), to_18("005A00000000002")
ADA_ID, BYRON_ID, LEO_ID = to_18("003A00000000001"), to_18("001A00000000001"), to_18("00QA00000000001")
KEY_FIELD = "TrulyActivity__Message_Key__c"
HEADER = "From: ada@byron.example\nTo: ann@acme.example\nCc: a@x.example; b@x.example\nDate: 2026-09-14 09:00 UTC\n\n"
"""What stands above an email's text."""


@pytest.fixture
def crm(scene):
    return scene.services.ports.crm


@pytest.fixture
def made(make_scene):
    def make(**org):
        return make_scene(small_world(org))

    return make


def key(number):
    return ActivityKey(f"{number:064x}")


def activity(number=1, **values):
    plain = {
        "key": key(number), "subject": f"Lamps {number}", "body": "Hello.", "sent_at": 1_789_376_400_000, "day": "2026-09-14",
        "direction": Direction.INBOUND, "owner_id": ANN_ID, "who_id": ADA_ID, "what_id": None, "related_ids": (ADA_ID,),
        "from_address": "ada@byron.example", "to_addresses": ("ann@acme.example",), "cc_addresses": (),
        "rfc822_message_id": "<1@byron.example>", "thread_id": "18c2", "mailbox": "ann@acme.example",
        "match_type": "contact_match",
    }  # fmt: skip
    return Activity(**{**plain, **values})


def calls(scene, method=None):
    return [c for c in scene.universe.calls.calls("salesforce") if method in (None, c.method)]


def contact(number, email, **values):
    return {"Id": f"003A0000000{number:04d}", "LastName": f"P{number}", "Email": email, "OwnerId": ANN_ID, **values}


@pytest.mark.parametrize(
    ("org", "domain", "box", "message_key", "missing"),
    [
        (
            {}, "TrulyActivity__Email_Domain__c", "TrulyActivity__Email_Only_Sync_Contact_Matches__c",
            KEY_FIELD, (),
        ),
        (
            {"namespace": None, "Account": [{"Id": "001A00000000001", "Email_Domain__c": "x.example"}]},
            "Email_Domain__c", None, "Message_Key__c", ("Account.Email_Only_Sync_Contact_Matches__c",),
        ),
        (
            {"namespace": None, "Account": [{"Id": "001A00000000001", "truly_emailDomain__c": "x.example",
                                             "truly_emailOnlySyncContactMatches__c": True}]},
            "truly_emailDomain__c", "truly_emailOnlySyncContactMatches__c", "truly_messageKey__c", (),
        ),
    ],
    ids=["namespaced", "plain", "truly_"],
)  # fmt: skip
def test_the_shape_names_our_fields_as_this_org_does(made, org, domain, box, message_key, missing):
    scene = made(**org)
    crm = scene.services.ports.crm

    shape = crm.shape()

    assert (shape.domain_field, shape.contacts_only_field, shape.key_field) == (domain, box, message_key)
    assert shape.missing == missing
    assert shape.closed_status == "Completed"
    assert crm.shape() == shape
    assert len(calls(scene)) == 1


def test_an_org_without_our_fields_says_which_are_missing_and_is_still_searched(made):
    scene = made(namespace=None, Account=[], Contact=[contact(1, "ada@byron.example")], activity_fields=False)
    crm = scene.services.ports.crm

    shape = crm.shape()
    found = crm.look_up(Query(frozenset({"ada@byron.example"}), frozenset({"byron.example"})))

    assert (shape.domain_field, shape.contacts_only_field, shape.key_field) == (None, None, None)
    assert len(shape.missing) == 2 + len(ACTIVITY)
    assert {"Account.Email_Domain__c", "Task.Message_Key__c", "Task.Sent_At__c"} <= set(shape.missing)
    assert set(found.contacts) == {"ada@byron.example"}
    assert found.accounts == {}
    assert crm.file([activity(who_id=None, related_ids=())])[0].activity_id
    with pytest.raises(ConfigurationError, match="Message_Key__c"):
        crm.find_by_key([key(1)])


def test_one_question_finds_contacts_leads_accounts_and_users_in_one_call(scene, crm):
    crm.shape()
    before = len(calls(scene))

    found = crm.look_up(
        Query(
            frozenset({"ada@byron.example", "leo@brandt.example", "nobody@x.example"}),
            frozenset({"byron.example", "harbor.example", "x.example"}),
            frozenset({"ann@acme.example", "nobody@acme.example"}),
        )
    )

    (ada,) = found.contacts["ada@byron.example"]
    assert (ada.record_id, ada.kind, ada.name) == (ADA_ID, RecordKind.CONTACT, "Ada Byron")
    assert (ada.owner_id, ada.account_id, ada.account_name) == (ANN_ID, BYRON_ID, "Byron Works")
    assert ada.modified_at == 1_790_000_000_000
    (leo,) = found.leads["leo@brandt.example"]
    assert (leo.record_id, leo.kind, leo.account_name) == (LEO_ID, RecordKind.LEAD, "Brandt")
    assert {d: (a[0].account_id, a[0].contacts_only) for d, a in found.accounts.items()} == {
        "byron.example": (BYRON_ID, False), "harbor.example": (to_18("001A00000000002"), True),
    }  # fmt: skip
    assert {u.address: u.user_id for u in found.users.values()} == {"ann@acme.example": ANN_ID}
    assert set(found.contacts) == {"ada@byron.example"}
    assert len(calls(scene)) == before + 1


def test_addresses_are_found_whatever_their_case(made):
    org = {
        "Contact": [contact(1, "Ada@BYRON.example"), contact(2, "ADA@byron.example")],
        "User": [{"Id": "005A00000000001", "Email": "Ann@Acme.Example", "IsActive": True}],
    }
    query = Query(frozenset({"ada@byron.example"}), users=frozenset({"ann@acme.example"}))

    found = made(**org).services.ports.crm.look_up(query)

    assert len(found.contacts["ada@byron.example"]) == 2
    assert set(found.users) == {"ann@acme.example"}


@pytest.mark.parametrize("typed", ["ütf.example", "ÜTF.example", "xn--tf-wka.example", "XN--TF-WKA.example"])
def test_an_international_domain_is_found_however_it_is_typed(made, typed):
    account = {"Id": "001A00000000001", "Name": "A", "TrulyActivity__Email_Domain__c": typed}
    crm = made(Account=[account]).services.ports.crm

    found = crm.look_up(Query(domains=frozenset({"xn--tf-wka.example", "byron.example"})))

    assert {domain: len(records) for domain, records in found.accounts.items()} == {"xn--tf-wka.example": 1}


DECOMPOSED = unicodedata.normalize("NFD", "jörg")


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("anna@ütf.example", "anna@xn--tf-wka.example"),
        ("Anna@ÜTF.example", "anna@xn--tf-wka.example"),
        ("anna@XN--TF-WKA.example", "anna@xn--tf-wka.example"),
        ("anna@mail.ütf.example", "anna@mail.xn--tf-wka.example"),
        (unicodedata.normalize("NFD", "anna@ütf.example"), "anna@xn--tf-wka.example"),
        ("jörg@ütf.example", "jörg@xn--tf-wka.example"),
        ("JÖRG@xn--tf-wka.example", "jörg@xn--tf-wka.example"),
        (f"{DECOMPOSED}@ütf.example", "jörg@xn--tf-wka.example"),
        (f"{DECOMPOSED}@acme.test", "jörg@acme.test"),
    ],
)
def test_an_address_with_umlauts_is_found_however_it_is_typed(made, typed, asked):
    lead = {
        "Id": "00QA00000000007",
        "LastName": "L",
        "Company": "C",
        "Email": typed,
        "OwnerId": ANN_ID,
        "IsConverted": False,
    }
    user = {"Id": "005A00000000007", "Email": typed, "Username": typed, "Name": "U", "IsActive": True}
    crm = made(Contact=[contact(1, typed)], Lead=[lead], User=[user]).services.ports.crm

    found = crm.look_up(Query(frozenset({asked, "ada@byron.example"}), users=frozenset({asked})))

    assert list(found.contacts) == list(found.leads) == list(found.users) == [asked]


def test_salesforce_itself_compares_letters_as_they_were_typed(scene):
    scene.universe.org.change("Contact", {"LastName": "A", "Email": "anna@ütf.example", "OwnerId": ANN_ID})
    spellings = ("anna@xn--tf-wka.example", unicodedata.normalize("NFD", "anna@ütf.example"), "ANNA@ÜTF.example")

    counts = [
        len(scene.universe.org.query(f"SELECT Id FROM Contact WHERE Email = '{spelling}'")) for spelling in spellings
    ]

    assert counts == [0, 0, 1]


@pytest.mark.parametrize(
    ("written", "epoch"),
    [
        ("2026-10-01T09:00:00.000+0000", 1_790_845_200_000),
        ("2026-10-01T09:00:00Z", 1_790_845_200_000),
        ("2026-10-01T09:00:00", 1_790_845_200_000),
        ("2026-10-01", 1_790_812_800_000),
        ("soon", 0), ("", 0), (None, 0), (5, 0),
    ],
)  # fmt: skip
def test_no_moment_can_fail_a_delivery(written, epoch):
    assert epoch_ms(written) == epoch


def test_records_without_a_moment_of_their_own_are_equally_old(made):
    twins = [contact(n, "ada@byron.example") for n in (2, 1)]
    crowd = [contact(n, f"p{n}@byron.example") for n in range(3, 500)]

    found = made(Contact=[twins[0], *crowd, twins[1]]).services.ports.crm.look_up(
        Query(frozenset({"ada@byron.example"}))
    )

    assert len({c.modified_at for c in found.contacts["ada@byron.example"]}) == 1


@pytest.mark.parametrize(
    "address",
    [
        "o'brien@x.example",
        '"a\\b"@x.example',
        "a\\'b@x.example",
        '"a b"@x.example',
        "a%b_c@x.example",
        "ö+&=#?@x.example",
    ],
)
def test_no_address_can_break_out_of_the_query(made, address):
    crm = made(Contact=[contact(1, address), contact(2, "other@x.example")]).services.ports.crm

    found = crm.look_up(Query(frozenset({address, "') OR (Email != '"})))

    assert set(found.contacts) == {address}


def test_two_thousand_addresses_cost_few_calls(made):
    addresses = [f"person.with.a.name.{n:04d}@customer.example" for n in range(2_000)]
    scene = made(Contact=[contact(n, a) for n, a in enumerate(addresses)])
    crm = scene.services.ports.crm
    crm.shape()

    found = crm.look_up(Query(frozenset(addresses), frozenset({"byron.example"})))

    assert set(found.contacts) == set(addresses)
    assert found.accounts["byron.example"]
    assert len(calls(scene)) <= 1 + 3


def test_more_rows_than_a_page_holds_are_all_read(made):
    scene = made(Contact=[contact(n, "info@customer.example") for n in range(4_500)])

    found = scene.services.ports.crm.look_up(Query(frozenset({"info@customer.example"})))

    assert len({c.record_id for c in found.contacts["info@customer.example"]}) == 4_500
    assert len(calls(scene, "queryMore")) == 2


def test_converted_leads_inactive_users_and_deleted_records_are_not_found(made):
    scene = made(
        Lead=[{"Id": "00QA00000000001", "LastName": "B", "Email": "leo@brandt.example", "IsConverted": True}],
        User=[{"Id": "005A00000000001", "Email": "ann@acme.example", "IsActive": False}],
        Contact=[contact(1, "ada@byron.example")],
    )
    scene.universe.org.remove("003A00000000001")

    found = scene.services.ports.crm.look_up(
        Query(frozenset({"leo@brandt.example", "ada@byron.example"}), users=frozenset({"ann@acme.example"}))
    )

    assert found == Candidates()


def test_an_empty_question_costs_nothing(scene, crm):
    crm.shape()

    assert crm.look_up(Query()) == Candidates()
    assert crm.find_by_key([]) == {}
    assert list(crm.file([])) == []
    assert len(calls(scene)) == 1


def test_two_hundred_activities_are_filed_by_one_call_and_answered_in_order(scene, crm):
    crm.shape()
    activities = [activity(n) for n in range(200)]

    answers = crm.file(activities)

    assert [a.key for a in answers] == [a.key for a in activities]
    stored = {task["Id"]: task[KEY_FIELD] for task in scene.tasks()}
    assert [stored[a.activity_id] for a in answers] == [a.key for a in activities]
    assert len(calls(scene)) == 2
    with pytest.raises(InvariantError):
        crm.file([activity(n) for n in range(1_001)])


def test_an_activity_is_a_closed_email_task_with_all_that_we_know(scene, crm):
    crm.file(
        [
            activity(
                what_id=BYRON_ID, attachment_names=("plan.pdf", "map.png"), cc_addresses=("a@x.example", "b@x.example")
            )
        ]
    )

    (task,) = scene.tasks()
    fields = {re.sub("^TrulyActivity__|__c$", "", name): value for name, value in task.items()}
    expected = {
        "Subject": "Lamps 1", "Description": HEADER + "Hello.\n\nAttachments: plan.pdf, map.png", "ActivityDate": "2026-09-14",
        "Status": "Completed", "IsClosed": True, "TaskSubtype": "Email", "Type": "Email", "OwnerId": ANN_ID, "WhoId": ADA_ID,
        "WhatId": BYRON_ID, "Message_Key": key(1), "Message_Id": "<1@byron.example>", "Thread_Id": "18c2",
        "Direction": "Inbound", "From_Address": "ada@byron.example", "To_Addresses": "ann@acme.example",
        "Cc_Addresses": "a@x.example; b@x.example", "Sent_At": "2026-09-14T09:00:00.000+0000",
        "Mailbox": "ann@acme.example", "Match_Type": "contact_match", "Attachment_Count": 2, "Backfilled": False,
    }  # fmt: skip
    assert {name: fields[name] for name in expected} == expected


@pytest.mark.parametrize("shared", [True, False])
def test_several_people_are_related_where_the_org_can_do_that(made, shared):
    scene = made(Contact=[contact(n, f"p{n}@x.example") for n in range(3)], shared_activities=shared)
    people = tuple(to_18(f"003A0000000{n:04d}") for n in range(3))

    (answer,) = scene.services.ports.crm.file([activity(who_id=people[0], related_ids=people)])

    assert answer.error is None
    assert scene.tasks()[0].get("TaskWhoIds") == (list(people) if shared else None)


def test_a_key_that_is_there_already_counts_as_filed(scene, crm):
    (first,) = crm.file([activity(1)])

    again, new = crm.file([activity(1, subject="Changed"), activity(2)])

    assert (again.activity_id, again.error) == (first.activity_id, None)
    assert new.activity_id not in (None, first.activity_id)
    assert sorted(task["Subject"] for task in scene.tasks()) == ["Lamps 1", "Lamps 2"]


@pytest.mark.parametrize(
    ("message", "known"),
    [
        (
            f"duplicate value found: {KEY_FIELD} duplicates value on record with id: 00T5e00001AbCdE",
            to_18("00T5e00001AbCdE"),
        ),
        (f"duplicate value found: {KEY_FIELD} duplicates value on record with id: <unknown>", None),
        ("duplicate value found: <unknown> duplicates value on record with id: <unknown>", None),
    ],
)
def test_a_duplicate_without_a_readable_id_is_to_be_looked_up(scene, crm, message, known):
    scene.universe.faults.plan(Fault("salesforce", "insert", f"DUPLICATE_VALUE:{message}"))

    (answer,) = crm.file([activity()])

    assert (answer.activity_id, answer.error) == (known, None)


def test_a_duplicate_of_the_customers_own_unique_field_is_not_our_success(scene, crm):
    message = "duplicate value found: Ticket__c duplicates value on record with id: 00T5e00001AbCdE"
    scene.universe.faults.plan(Fault("salesforce", "insert", f"DUPLICATE_VALUE:{message}"))

    (answer,) = crm.file([activity()])

    assert answer.activity_id is None
    assert isinstance(answer.error, RejectedError)
    assert answer.error.code == "DUPLICATE_VALUE"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("FIELD_CUSTOM_VALIDATION_EXCEPTION", RejectedError),
        ("REQUIRED_FIELD_MISSING", RejectedError),
        ("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", RejectedError),
        ("UNABLE_TO_LOCK_ROW", TransientError),
        ("SERVER_UNAVAILABLE", TransientError),
        ("ENTITY_IS_DELETED", StaleTargetError),
        ("INVALID_CROSS_REFERENCE_KEY", StaleTargetError),
        ("CANNOT_UPDATE_CONVERTED_LEAD", StaleTargetError),
    ],
)
def test_one_records_failure_is_its_own(scene, crm, code, expected):
    scene.universe.faults.plan(
        Fault("salesforce", "insert", f"{code}:Fill in Region, ada@byron.example", record="Lamps 2")
    )

    before, refused, after = crm.file([activity(1), activity(2), activity(3)])

    assert before.activity_id
    assert after.activity_id
    assert type(refused.error) is expected
    assert refused.activity_id is None
    assert "ada@" not in str(refused.error)
    if expected is RejectedError:
        assert (refused.error.code, refused.error.reason) == (code, "Fill in Region, ada@byron.example")


def test_a_deleted_parent_is_told_and_an_inactive_owner_is_left_out(scene, crm):
    scene.universe.org.remove(ADA_ID)
    scene.universe.org.change("User", {"Id": BEN_ID, "IsActive": False})

    deleted, unknown, inactive = crm.file(
        [
            activity(1),
            activity(2, who_id=to_18("003A00000000009")),
            activity(3, who_id=None, related_ids=(), owner_id=BEN_ID),
        ]
    )

    assert isinstance(deleted.error, StaleTargetError)
    assert isinstance(unknown.error, StaleTargetError)
    assert inactive.activity_id
    (task,) = scene.tasks()
    assert task.get("OwnerId") != BEN_ID


def test_find_sees_what_stands_what_is_deleted_and_what_is_archived(scene, crm):
    ids = {}
    for start in range(0, 450, 150):
        ids |= {a.key: a.activity_id for a in crm.file([activity(n) for n in range(start, start + 150)])}
    scene.universe.org.remove(ids[key(1)])
    scene.universe.org.change("Task", {"Id": ids[key(2)], "IsArchived": True})

    found = crm.find_by_key([*ids, key(9_999)])

    assert {k: f.activity_id for k, f in found.items()} == ids
    assert {k for k, f in found.items() if f.is_deleted} == {key(1)}
    assert (found[key(3)].who_id, found[key(3)].owner_id, found[key(3)].what_id) == (ADA_ID, ANN_ID, None)


def test_of_a_deleted_and_a_standing_activity_the_standing_one_is_found(scene, crm):
    (first,) = crm.file([activity()])
    scene.universe.org.remove(first.activity_id)
    (second,) = crm.file([activity()])

    found = crm.find_by_key([key(1)])[key(1)]

    assert (found.activity_id, found.is_deleted) == (second.activity_id, False)
    assert second.activity_id != first.activity_id


@pytest.mark.parametrize("filler", ["x", "é", "\U0001f4a1", "x\U0001f4a1", "\ud83d"])
def test_nothing_is_ever_too_long_for_the_org(scene, crm, filler):
    long = filler * 40_000
    many = tuple(f"person{n}@customer.example" for n in range(200))

    (answer,) = crm.file(
        [activity(subject=long, body=long, from_address=long, to_addresses=many, rfc822_message_id=long, mailbox=long)]
    )

    assert answer.error is None
    (task,) = scene.tasks()
    assert {len(task[n].encode("utf-16-le")) // 2 for n in ("Subject", "TrulyActivity__Mailbox__c")} <= {254, 255}
    assert len(task["Description"].encode("utf-16-le")) // 2 in (31_999, 32_000)
    assert task["Subject"].endswith(CUT)


@given(st.text(), st.integers(1, 40))
def test_a_cut_is_a_beginning_that_fits_and_never_half_a_character(text, length):
    shape = OrgShape((), (), {}, {"Subject": length}, "Completed", relates_many=False, has_person_accounts=False)

    shown = cut_to_length("Subject", text, shape)

    assert len(shown.encode("utf-16-le")) // 2 <= length
    assert shown == text or (shown.endswith(CUT) and text.startswith(shown.removesuffix(CUT)))
