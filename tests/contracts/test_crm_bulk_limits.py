"""SalesforceCrm in an org whose own automation refuses all records of a collection for the fault of one, or of size."""

import pytest

from server.adapters.salesforce.activities import bulk_size, writer
from server.adapters.salesforce.activities.bulk_size import BulkSize
from server.adapters.salesforce.activities.refusals import may_be_anothers_fault
from server.domain.crm import Target
from server.domain.errors import BrokenAutomationError, RejectedError, TransientError
from simulator.salesforce.errors import RecordError
from simulator.salesforce.switches import AUTOMATION, OrgSwitches
from tests.contracts.test_crm import ADA_ID, KEY_FIELD, activity, calls, key
from tests.contracts.test_crm_inserts import refuse
from tests.support.scene import small_world

GUILTY = {"kind": "trigger", "for_all": True, "when": {"Subject": "No 777 "}}
CALM = 2
"""Calls for each thousand of a calm org."""


@pytest.fixture
def crm(scene):
    crm = scene.services.ports.crm
    crm.shape()
    scene.universe.calls.clear()
    return crm


def switch(scene, **switches):
    scene.universe.org.switches = OrgSwitches(**switches)


def thousand(first=0):
    return [activity(n, subject=f"No {n} of all") for n in range(first, first + 1_000)]


def written(scene):
    return len(calls(scene))


@pytest.mark.parametrize("fails_with", sorted(AUTOMATION))
@pytest.mark.parametrize("bears", [1, 7, 25, 60, 199])
def test_a_thousand_go_in_whatever_the_automation_bears(scene, crm, bears, fails_with):
    switch(scene, automation_bears=bears, automation_fails_with=fails_with)

    answers = crm.file(thousand())

    assert all(a.activity_id for a in answers)
    assert len({task[KEY_FIELD] for task in scene.tasks()}) == 1_000
    assert written(scene) <= 2 * (CALM + 1_000 / (5 * bears)) + 8  # to find out takes some calls, once


@pytest.mark.parametrize("bears", [1, 7, 25, 60, 199])
def test_what_the_org_bears_is_remembered(scene, crm, bears):
    switch(scene, automation_bears=bears)
    crm.file(thousand())
    before = written(scene)

    for number in range(1, 6):
        crm.file(thousand(number * 1_000))

    assert (written(scene) - before) / 5 <= 2 * (CALM + 1_000 / (5 * bears))
    assert len(scene.tasks()) == 6_000


def test_an_org_that_bears_more_again_is_found_out_slowly(scene, crm):
    switch(scene, automation_bears=25)
    crm.file(thousand())
    switch(scene)

    for number in range(1, 9):
        crm.file(thousand(number * 1_000))
    scene.universe.calls.clear()
    crm.file(thousand(9_000))

    assert written(scene) == 1


@pytest.mark.parametrize("bears", [None, 25])
@pytest.mark.parametrize("fails_with", ["trigger", "flow", "request"])
def test_one_mail_for_which_a_trigger_throws_is_refused_alone(scene, crm, bears, fails_with):
    switch(scene, automation_bears=bears, automation_fails_with=fails_with)
    scene.universe.org.rules.append(GUILTY)

    answers = crm.file(thousand())

    [refused] = [a for a in answers if a.error]
    assert refused.key == key(777)
    assert isinstance(refused.error, RejectedError)
    assert len(scene.tasks()) == 999
    assert written(scene) <= (5 if bears is None else 20)


def test_a_guilty_mail_does_not_make_the_next_collections_small(scene, crm):
    scene.universe.org.rules.append(GUILTY)
    crm.file(thousand()[770:780])
    scene.universe.calls.clear()

    crm.file(thousand(1_000))

    assert written(scene) == 1


def test_automation_that_is_broken_for_all_costs_few_calls(scene, crm):
    scene.universe.org.rules.append({**GUILTY, "when": {}})

    answers = crm.file(thousand())

    assert {type(a.error) for a in answers} == {BrokenAutomationError, TransientError}
    assert sum(isinstance(a.error, BrokenAutomationError) for a in answers) >= writer.MOST_REFUSED_ALONE
    assert written(scene) < 20
    assert scene.tasks() == []


BROKEN = {
    "CANNOT_EXECUTE_FLOW_TRIGGER": "The Email rollup process failed.",
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": "T: execution of BeforeInsert caused by: System.NullPointerException: x",
    "APEX_ERROR": "System.LimitException: Apex CPU time limit exceeded",
}


@pytest.mark.parametrize("code", BROKEN)
def test_what_a_broken_automation_refuses_alone_waits_where_nothing_went_in(scene, crm, code):
    refuse(scene, code, BROKEN[code], times=99)

    answers = crm.file([activity(n) for n in range(2)])

    assert {(type(a.error), a.error.code, a.error.reason) for a in answers} == {
        (BrokenAutomationError, code, BROKEN[code])
    }
    assert BROKEN[code] not in str(answers[0].error)


def test_automation_that_breaks_in_the_middle_makes_the_rest_wait(scene, crm, monkeypatch):
    insert, seen = scene.universe.org.insert, []

    def break_down(kind, record, **more):
        if kind == "Task" and len(seen) >= 5:
            raise RecordError("CANNOT_EXECUTE_FLOW_TRIGGER", "The Email rollup process failed.")
        seen.append(record)
        return insert(kind, record, **more)

    monkeypatch.setattr(scene.universe.org, "insert", break_down)

    answers = crm.file([activity(n) for n in range(60)])

    assert [type(a.error) for a in answers[:5]] == [type(None)] * 5
    assert {type(a.error) for a in answers[5:]} == {BrokenAutomationError, TransientError}


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Region is required."),
        ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "No mail on this account, please."),
        ("REQUIRED_FIELD_MISSING", "Required fields are missing: [Region__c]"),
    ],
)
def test_what_the_org_refuses_on_purpose_is_refused_at_once(scene, crm, code, sentence):
    refuse(scene, code, sentence, times=99)

    answers = crm.file([activity(n) for n in range(2)])

    assert {type(a.error) for a in answers} == {RejectedError}


def test_a_flow_that_breaks_on_one_mail_of_many_refuses_that_one(scene, crm):
    switch(scene, automation_fails_with="flow")
    scene.universe.org.rules.append(GUILTY)

    answers = crm.file(thousand()[770:790])

    assert [type(a.error) for a in answers if a.error] == [RejectedError]


def test_moves_and_removals_are_cut_as_inserts_are(scene, crm):
    activities = [a.activity_id for a in crm.file(thousand()[:400])]
    switch(scene, automation_bears=25)

    moved = crm.retarget([Target(i, ADA_ID, None, "rule_match") for i in activities])
    assert set(moved) == {None}
    assert {task["TrulyActivity__Match_Type__c"] for task in scene.tasks()} == {"rule_match"}

    assert set(crm.remove(activities)) == {None}
    assert scene.tasks() == []


def test_a_change_together_goes_in_parts_where_the_automation_bears_no_more(scene, crm):
    activities = [a.activity_id for a in crm.file(thousand()[:60])]
    switch(scene, automation_bears=25)

    assert set(crm.retarget([Target(i, ADA_ID, None, "rule_match") for i in activities], together=True)) == {None}
    assert {task["TrulyActivity__Match_Type__c"] for task in scene.tasks()} == {"rule_match"}


def test_a_lock_in_a_flow_of_all_records_is_no_refusal(make_scene):
    sentence = "UNABLE_TO_LOCK_ROW: unable to obtain exclusive access to this record or 1 records: 001A00000000001."
    scene = make_scene(small_world())
    crm = scene.services.ports.crm
    for code in ("CANNOT_EXECUTE_FLOW_TRIGGER", "SOMETHING_NEW_NEXT_YEAR"):
        refuse(scene, code, f"The Email rollup process failed. {sentence}", times=99)
        answers = crm.file([activity(n) for n in range(3)])
        assert {type(a.error) for a in answers} == {TransientError}


def test_a_write_that_takes_minutes_makes_the_next_ones_smaller(scene, crm, monkeypatch):
    """The clock of the writer goes on by half a second with each Task."""
    monkeypatch.setattr(writer, "monotonic", lambda: len(scene.tasks()) / 2)

    crm.file(thousand()[:600])
    scene.universe.calls.clear()
    crm.file(thousand(1_000)[:240])

    assert written(scene) == 2
    assert len(scene.tasks()) == 840


def test_writing_ends_before_the_lease_of_the_mails_does(scene, crm, monkeypatch):
    monkeypatch.setattr(writer, "monotonic", lambda: len(scene.tasks()))
    switch(scene, automation_bears=25)

    answers = crm.file(thousand())

    late = [a for a in answers if a.error]
    assert {type(a.error) for a in late} == {TransientError}
    assert 300 <= len(scene.tasks()) < 500
    assert len(late) + len(scene.tasks()) == 1_000


def test_the_size_grows_by_full_collections_alone_and_ever_more_slowly():
    size = BulkSize()
    size.shrink(25)
    for _ in range(1_000):
        size.note_borne(24)
    assert size.records == 25
    for _ in range(bulk_size.GROW_AFTER):
        size.note_borne(25)
    assert size.records == 50
    size.shrink(25)
    for _ in range(bulk_size.GROW_AFTER * 2 - 1):
        size.note_borne(25)
    assert size.records == 25


@pytest.mark.parametrize(
    ("error", "may_be"),
    [
        ({"statusCode": "CANNOT_EXECUTE_FLOW_TRIGGER", "message": "?"}, True),
        ({"statusCode": "UNKNOWN_EXCEPTION", "message": "Too many batch retries in the presence of ..."}, True),
        ({"statusCode": "UNKNOWN_EXCEPTION", "message": "An unexpected error occurred."}, False),
        ({"statusCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "message": "Say why"}, False),
        ({"statusCode": "UNABLE_TO_LOCK_ROW", "message": "unable to obtain exclusive access"}, False),
    ],
)
def test_only_automation_refuses_for_anothers_fault(error, may_be):
    assert may_be_anothers_fault([error]) is may_be
