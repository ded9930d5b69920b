"""SalesforceCrm filing many activities: five collections a call, each record its own answer, second tries."""

import re
from types import SimpleNamespace

import pytest

from server.adapters.salesforce.activities import writer
from server.adapters.salesforce.activities.repair import repair_record
from server.adapters.salesforce.org.usage import FRESH, Usage
from server.domain.errors import DoubtError, RejectedError, StaleTargetError, ThrottledError, TransientError
from simulator.faults import Fault
from simulator.salesforce.errors import RecordError
from tests.contracts.test_crm import ADA_ID, BYRON_ID, KEY_FIELD, activity, calls, key
from tests.support.wire import listen, wrap_requests

NAMES = "TrulyActivity__Match_Type__c"


@pytest.fixture
def crm(scene):
    crm = scene.services.ports.crm
    crm.shape()
    scene.universe.calls.clear()
    return crm


def fail(scene, method, kind, times=1, **narrowed):
    scene.universe.faults.plan(Fault("salesforce", method, kind, times, **narrowed))


def refuse(scene, code, sentence="", fields=(), times=1):
    """The next inserts of a record are refused so, as the org's own rules would."""
    original = scene.universe.org.insert
    left = [times]

    def insert_(kind, record):
        if left[0]:
            left[0] -= 1
            raise RecordError(code, sentence, *fields)
        return original(kind, record)

    scene.universe.org.insert = insert_


def test_a_thousand_activities_are_one_call(scene, crm):
    activities = [activity(n) for n in range(1_000)]

    answers = crm.file(activities)

    assert [a.key for a in answers] == [a.key for a in activities]
    stored = {task["Id"]: task[KEY_FIELD] for task in scene.tasks()}
    assert [stored[a.activity_id] for a in answers] == [a.key for a in activities]
    assert [c.method for c in calls(scene)] == ["composite"]


def test_long_texts_make_more_and_smaller_collections(scene, crm, monkeypatch):
    monkeypatch.setattr(writer, "LARGEST", 10_000)

    answers = crm.file([activity(n, body="x" * 3_000) for n in range(20)])

    assert len({a.activity_id for a in answers}) == 20
    assert [c.method for c in calls(scene)] == ["composite", "composite"]


def test_a_thousand_whose_answer_is_lost_are_all_found_by_their_keys(scene, crm):
    fail(scene, "composite", "drop_answer")

    with pytest.raises(DoubtError):
        crm.file([activity(n) for n in range(1_000)])

    assert len(crm.find_by_key([key(n) for n in range(1_000)])) == len(scene.tasks()) == 1_000


def test_a_later_request_that_fails_keeps_what_the_first_answered(scene, crm, monkeypatch):
    monkeypatch.setattr(writer, "LARGEST", 1_000)

    def fail_from_the_second_on(ask):
        def asking(url, *rest):
            if calls(scene):
                raise ConnectionResetError
            return ask(url, *rest)

        return asking

    wrap_requests(scene, fail_from_the_second_on)

    answers = crm.file([activity(n, body="x" * 900) for n in range(10)])

    assert [a.activity_id is not None for a in answers] == [True] * 5 + [False] * 5
    assert all(isinstance(a.error, DoubtError) for a in answers[5:])
    assert len(scene.tasks()) == 5


def test_one_bad_record_among_a_thousand_stands_alone(scene, crm):
    activities = [activity(n, subject=f"No {n}") for n in range(1_000)]
    fail(scene, "insert", "FIELD_CUSTOM_VALIDATION_EXCEPTION:Say why", record="No 777")

    answers = crm.file(activities)

    [refused] = [a for a in answers if a.error]
    assert refused.key == key(777)
    assert isinstance(refused.error, RejectedError)
    assert (refused.error.code, refused.error.reason) == ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Say why")
    assert len(scene.tasks()) == 999


def test_a_part_that_is_refused_whole_is_halved_until_the_bad_record_is_alone(scene, crm):
    original = scene.universe.org.insert

    def insert_(kind, record):
        if record.get("Subject") == "No 450":
            raise KeyError("attributes")  # the simulator's way to call the whole request malformed
        return original(kind, record)

    scene.universe.org.insert = insert_

    answers = crm.file([activity(n, subject=f"No {n}") for n in range(600)])

    assert [a.key for a in answers if a.error] == [key(450)]
    assert len({task[KEY_FIELD] for task in scene.tasks()}) == 599


@pytest.mark.parametrize(
    ("code", "sentence", "fields", "lost"),
    [
        ("INACTIVE_OWNER_OR_USER", "owner is inactive", ("OwnerId",), "OwnerId"),
        ("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", ("OwnerId",), "OwnerId"),
        ("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", "insufficient access rights", (), "WhatId"),
        ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "bad value", (NAMES,), NAMES),
    ],
)
def test_a_record_is_filed_without_what_it_can_spare(scene, crm, code, sentence, fields, lost):
    refuse(scene, code, sentence, fields)

    (answer,) = crm.file([activity(what_id=BYRON_ID)])

    assert answer.activity_id
    (task,) = scene.tasks()
    assert task.get(lost) is None
    assert task["WhoId"] == ADA_ID
    assert task[KEY_FIELD] == key(1)
    assert len(calls(scene)) == 2


def test_a_text_is_cut_to_the_length_that_the_refusal_names(scene, crm):
    refuse(scene, "STRING_TOO_LONG", "Subject: data value too large: ... (max length=20)", ("Subject",))

    (answer,) = crm.file([activity(subject="A subject that is longer than twenty")])

    assert answer.activity_id
    assert scene.tasks()[0]["Subject"] == "A subject that is l…"


@pytest.mark.parametrize(
    ("code", "fields"),
    [
        ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", ("TrulyActivity__Message_Key__c",)),
        ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", ("Status",)),
        ("FIELD_CUSTOM_VALIDATION_EXCEPTION", (NAMES,)),
        ("STRING_TOO_LONG", ("Subject",)),
    ],
)
def test_what_cannot_be_spared_is_refused_at_once(scene, crm, code, fields):
    refuse(scene, code, "no", fields, times=9)

    (answer,) = crm.file([activity()])

    assert isinstance(answer.error, RejectedError)
    assert len(calls(scene)) == 1


def test_the_lost_answer_to_a_second_try_loses_no_other_answer(scene, crm):
    refuse(scene, "INACTIVE_OWNER_OR_USER", "", ("OwnerId",))

    def lose_the_second(_url, answer):
        if len(calls(scene)) == 2:
            answer.set_data(b"")

    listen(scene, lose_the_second)

    first, second = crm.file([activity(1), activity(2)])

    assert isinstance(first.error, DoubtError)
    assert second.activity_id
    assert set(crm.find_by_key([key(1), key(2)])) == {key(1), key(2)}


@pytest.mark.parametrize(
    ("code", "sentence", "expected"),
    [
        ("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access", TransientError),
        ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "Trig: ... UNABLE_TO_LOCK_ROW, unable to", TransientError),
        ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "Trig: ... NullPointerException", RejectedError),
        ("STORAGE_LIMIT_EXCEEDED", "storage limit exceeded", ThrottledError),
        ("ENTITY_IS_DELETED", "entity is deleted", StaleTargetError),
        ("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", "insufficient access", RejectedError),
        ("SOMETHING_NEW_NEXT_YEAR", "?", RejectedError),
    ],
)
def test_each_refusal_has_its_reaction(scene, crm, code, sentence, expected):
    refuse(scene, code, sentence, times=9)

    (answer,) = crm.file([activity()])

    assert type(answer.error) is expected


def test_a_field_that_an_admin_took_away_is_missed_once(scene, crm):
    """The request that names it is refused; the org is described again, and the mail is filed with less."""
    del scene.universe.org.schema["Task"][NAMES]

    (answer,) = crm.file([activity()])

    assert answer.activity_id
    assert NAMES not in scene.tasks()[0]
    assert f"Task.{NAMES.removeprefix('TrulyActivity__')}" in crm.shape().missing


def test_a_question_whose_connection_broke_is_asked_once_more(scene, crm):
    fail(scene, "composite", "timeout")

    assert crm.find_by_key([key(1)]) == {}


def test_an_insert_whose_connection_broke_is_never_sent_twice(scene, crm):
    fail(scene, "collections.create", "timeout")

    with pytest.raises(DoubtError):
        crm.file([activity()])

    assert len(calls(scene, "collections.create")) == 1


def test_the_allowance_is_what_the_last_answer_said(scene, crm):
    scene.universe.org.daily_limit = 50_000
    crm.find_by_key([key(1)])

    known = crm.allowance()

    assert (known.used, known.allowed, known.share) == (len(calls(scene)) + 1, 50_000, 0.8)
    assert not known.is_spent


def test_an_old_figure_that_stops_work_is_asked_for_anew(scene, crm):
    scene.universe.org.daily_limit = 3
    crm.find_by_key([key(1)])
    crm.find_by_key([key(2)])
    assert crm.allowance().is_spent
    assert "limits" not in [c.method for c in calls(scene)]

    scene.universe.org.daily_limit = 10_000
    scene.clock.advance(FRESH + 1)

    assert not crm.allowance().is_spent
    assert [c.method for c in calls(scene)].count("limits") == 1


def test_the_allowance_is_asked_for_once_where_nothing_is_known(scene):
    crm = scene.services.ports.crm
    assert crm.allowance() is None
    assert not calls(scene)

    known = crm.allowance(ask=True)

    # The org's count may come before this very call.
    assert known.used in (0, 1)
    assert known.allowed == scene.universe.org.daily_limit
    assert crm.allowance(ask=True) == known
    assert [c.method for c in calls(scene)] == ["limits"]


@pytest.mark.parametrize("header", ["", "api-usage=", "api-usage=x/y", "per-app-api-usage=1/2(appName=x)"])
def test_a_header_that_says_nothing_changes_nothing(header):
    usage = Usage(0.8)
    usage.set(5, 100)
    usage.note(SimpleNamespace(headers={"Sforce-Limit-Info": header}))

    assert (usage.allowance.used, usage.allowance.allowed) == (5, 100)


@pytest.mark.parametrize("errors", [None, [], [None], ["text"], [{}], {"statusCode": "X"}])
def test_errors_in_no_known_shape_repair_nothing(errors):
    assert repair_record({"WhoId": "003"}, errors, frozenset()) is None


def test_no_repair_touches_the_key():
    record = {KEY_FIELD: "k", "Subject": "s"}
    for code in ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "INVALID_FIELD", "STRING_TOO_LONG"):
        assert repair_record(record, [{"statusCode": code, "message": "", "fields": [KEY_FIELD]}], frozenset()) is None
    assert re.fullmatch(r"\w+__c", KEY_FIELD)


def test_two_faults_of_one_record_are_mended_one_after_the_other(scene, crm):
    org = scene.universe.org
    org.user = "005A00000000002IAA"
    org.read_only = frozenset({(org.user, BYRON_ID)})
    org.change("User", {"Id": "005A00000000001", "IsActive": False})

    [answer] = crm.file([activity(what_id=BYRON_ID)])

    assert answer.error is None
    [task] = scene.tasks()
    assert (task["WhoId"], task["WhatId"], task["OwnerId"]) == (ADA_ID, None, org.user)
    assert len(calls(scene, "collections.create")) == 3
