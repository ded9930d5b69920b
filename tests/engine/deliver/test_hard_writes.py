"""Mail reaches an org whose automation, locks and rights are against it; situations that users of others reported."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from server.domain.errors import RejectedError
from server.engine.conversations.carry_out import ActivityEditor
from server.engine.ledger.refusals import read_sentence
from simulator.faults import Fault
from simulator.salesforce.errors import RecordError
from simulator.salesforce.switches import OrgSwitches
from tests.support.scene import MakeScene, Scene, eml, small_world

ANN = "ann@acme.example"
DIRECTION = "TrulyActivity__Direction__c"
LOCK = "UNABLE_TO_LOCK_ROW: unable to obtain exclusive access to this record or 1 records: 001A00000000001."
MINUTES = 600
HOUR = 3_600


def switch(scene: Scene, **switches: Any) -> None:
    scene.universe.org.switches = OrgSwitches(**switches)


def deliver(scene: Scene, *subjects: str) -> None:
    for subject in subjects:
        scene.deliver(ANN, eml(subject=subject, message_id=f"<{subject.replace(' ', '-')}@x>"))


def editor_of(scene: Scene) -> ActivityEditor:
    ports = scene.services.ports
    return ActivityEditor(ports.crm, ports.store, scene.services.rooms.sealing, ports.clock)


@pytest.mark.parametrize("bears", [1, 25])
def test_all_mail_goes_in_where_the_orgs_trigger_bears_few(scene: Scene, bears: int) -> None:
    """DLRS 615, ActionPlansV4 172: every admin's answer is to lower the batch size."""
    switch(scene, automation_bears=bears)
    deliver(scene, *(f"Lamp {i}" for i in range(60)))

    assert scene.sync(patience=MINUTES).is_at_rest

    assert len(scene.tasks()) == 60
    assert set(scene.outcomes().values()) == {"contact_match"}


@pytest.mark.parametrize("code", ["CANNOT_EXECUTE_FLOW_TRIGGER", "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "NEW_ONE"])
def test_a_lock_in_a_flow_is_tried_again_within_minutes(scene: Scene, code: str) -> None:
    """Summit-Events 646, DLRS 1241."""
    scene.universe.faults.plan(
        Fault("salesforce", "insert", f"{code}:The Email rollup process failed. {LOCK}", times=2)
    )
    deliver(scene, "one")

    scene.sync(patience=MINUTES)

    assert len(scene.tasks()) == 1


def test_a_field_made_read_only_stops_no_mail(scene: Scene) -> None:
    deliver(scene, "one")
    scene.sync()
    fields = scene.universe.org.schema["Task"]
    fields[DIRECTION] = replace(fields[DIRECTION], is_writable=False)
    deliver(scene, "two")
    scene.sync(patience=MINUTES)
    scene.restart()
    deliver(scene, "three")
    scene.sync(patience=MINUTES)

    assert len(scene.tasks()) == 3


@pytest.mark.parametrize("how", ["read_only_fields", "unreadable"])
@pytest.mark.parametrize("name", ["ActivityDate", "Description", "WhoId", "WhatId", "TrulyActivity__Message_Key__c"])
def test_mail_waits_for_a_right_and_goes_in_once_it_is_given(scene: Scene, name: str, how: str) -> None:
    deliver(scene, "one")
    scene.sync()
    switch(scene, **{how: (f"Task.{name}",)})
    scene.universe.faults.plan(Fault("salesforce", "collections.create", "503"))  # its end is in doubt
    deliver(scene, "two", "three")
    scene.sync(patience=HOUR)

    assert set(scene.outcomes().values()) <= {"contact_match", "retrying"}
    assert len(scene.tasks()) == 1

    switch(scene)
    scene.clock.advance(24 * HOUR)
    scene.sync(patience=24 * HOUR)
    assert sorted(task["Subject"].split()[-1] for task in scene.tasks()) == ["one", "three", "two"]


def test_a_rep_s_move_that_went_half_way_is_put_right(scene: Scene) -> None:
    """All of a conversation or none: the org bears one change at once, and refuses the second."""
    org = scene.universe.org
    first = eml(subject="Lamp", message_id="<a@x>")
    answers = [
        eml(subject="Re: Lamp", message_id=f"<b{i}@x>", References="<a@x>", In_Reply_To="<a@x>") for i in range(2)
    ]
    scene.deliver(ANN, first, thread="t1")
    for answer in answers:
        scene.deliver(ANN, answer, thread="t1")
    scene.sync()
    assert len(scene.tasks()) == 3
    switch(scene, automation_bears=1)
    bad = scene.tasks()[2]["Id"]
    original = org.update

    def update(identifier: str, record: Any, **more: Any) -> None:
        if identifier == bad and record.get("WhatId") != "001A00000000001IAA":
            raise RecordError("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Not there.")
        original(identifier, record, **more)

    org.update = update  # type: ignore[method-assign]
    keys = [task["TrulyActivity__Message_Key__c"] for task in scene.tasks()]
    activities = list(scene.services.ports.store.activities(keys).values())
    record = scene.services.ports.crm.record("001A00000000002IAA")  # type: ignore[arg-type]
    with pytest.raises(RejectedError):
        editor_of(scene).move_together(activities, record)
    assert {task["WhatId"] for task in scene.tasks()} == {"001A00000000001IAA"}


@pytest.mark.parametrize("is_on", [True, False])
def test_partners_on_another_account_are_related_by_setting(make_scene: MakeScene, is_on: bool) -> None:
    people = [
        {"Id": "003A00000000001", "LastName": "Byron", "Email": "ada@byron.example", "AccountId": "001A00000000001",
         "OwnerId": "005A00000000001"},
        {"Id": "003A00000000002", "LastName": "Colleague", "Email": "col@byron.example", "AccountId": "001A00000000001"},
        {"Id": "003A00000000003", "LastName": "Partner", "Email": "pat@harbor.example", "AccountId": "001A00000000002"},
    ]  # fmt: skip
    scene = make_scene(small_world({"Contact": people}), RELATE_OTHER_ACCOUNTS="yes" if is_on else "no")
    scene.deliver(ANN, eml(Cc="col@byron.example, pat@harbor.example"))

    scene.sync()

    [task] = scene.tasks()
    assert [person[14] for person in task["TaskWhoIds"]] == (["1", "2", "3"] if is_on else ["1", "2"])
    [activity] = scene.services.ports.store.activities([task["TrulyActivity__Message_Key__c"]]).values()
    assert list(activity.related_ids) == task["TaskWhoIds"]


def test_an_activity_that_is_not_visible_stays_in_the_ledger(scene: Scene) -> None:
    """A move that Salesforce refuses for what it does not show us is no deletion by a person."""
    deliver(scene, "one")
    scene.sync()
    switch(scene, private_activities=True)
    [task] = scene.tasks()
    [activity] = scene.services.ports.store.activities([task["TrulyActivity__Message_Key__c"]]).values()
    record = scene.services.ports.crm.record("001A00000000002IAA")  # type: ignore[arg-type]

    assert editor_of(scene).move_together([activity], record) == 1
    assert set(scene.outcomes().values()) == {"contact_match"}


FLOW = "CANNOT_EXECUTE_FLOW_TRIGGER:The Email rollup process failed."


@pytest.mark.parametrize("count", [1, 60])
def test_mail_waits_while_the_orgs_automation_is_broken_for_an_hour(scene: Scene, count: int) -> None:
    scene.universe.faults.plan(Fault("salesforce", "insert", FLOW, -1))
    deliver(scene, *(f"Lamp {i}" for i in range(count)))
    scene.sync(patience=HOUR)
    assert set(scene.outcomes().values()) == {"retrying"}
    scene.universe.faults.clear()

    scene.sync(patience=3 * HOUR)

    assert len(scene.tasks()) == count
    assert set(scene.outcomes().values()) == {"contact_match"}


def test_what_a_flow_refuses_for_a_night_is_refused_with_its_sentence(scene: Scene) -> None:
    scene.universe.faults.plan(Fault("salesforce", "insert", FLOW, -1))
    deliver(scene, "one")

    scene.sync(patience=5 * HOUR)
    assert set(scene.outcomes().values()) == {"retrying"}
    scene.sync(patience=24 * HOUR)

    [row] = scene.services.ports.store.failed_rows(scene.mailbox().mailbox_id)
    assert (row.reason.value, row.cause) == ("rejected", "CANNOT_EXECUTE_FLOW_TRIGGER")
    assert read_sentence(scene.services.rooms.sealing, row) == "The Email rollup process failed."


def test_a_record_type_that_may_not_be_used_any_more_stops_no_mail(make_scene: MakeScene) -> None:
    """Salesforce names the field by its label, in the user's language, and the id."""
    scene = make_scene(small_world(), TASK_FIELDS="Priority=Low")
    sentence = "Priorität: dieser ID-Wert ist für den Benutzer nicht gültig: 012A00000000001"
    original = scene.universe.org.insert

    def insert(kind: str, record: Any) -> str:
        if kind == "Task" and record.get("Priority"):
            raise RecordError("INVALID_CROSS_REFERENCE_KEY", sentence, "Priority")
        return original(kind, record)

    scene.universe.org.insert = insert  # type: ignore[method-assign]
    deliver(scene, "one")

    scene.sync()

    assert set(scene.outcomes().values()) == {"contact_match"}
    assert len(scene.tasks()) == 1


def people_of(scene: Scene, subject: str) -> list[str]:
    [task] = [task for task in scene.tasks() if subject in task["Subject"]]
    return task.get("TaskWhoIds") or [task["WhoId"]]


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("restarts", [False, True])
def test_a_lost_answer_loses_none_of_the_people(scene: Scene, apart: bool, restarts: bool) -> None:
    """Where a collection takes one person, the others are related by a call that the lost one never came to."""
    scene.universe.org.insert("Contact", {"LastName": "Two", "Email": "two@byron.example"})
    switch(scene, no_people_in_collections=apart)
    scene.deliver(ANN, eml(subject="First", message_id="<first@x>", Cc="two@byron.example"))
    scene.sync()
    scene.universe.faults.plan(Fault("salesforce", "collections.create", "drop_answer"))
    scene.deliver(ANN, eml(subject="Both", message_id="<both@x>", Cc="two@byron.example"))
    scene.sync(patience=0)
    if restarts:
        scene.restart()

    scene.sync(patience=2 * HOUR)

    assert len(scene.tasks()) == 2
    assert sorted(people_of(scene, "Both")) == sorted(people_of(scene, "First"))
    assert len(set(people_of(scene, "Both"))) == len(people_of(scene, "Both")) == 2


def test_a_right_that_is_given_back_is_used_within_the_hour(scene: Scene) -> None:
    fields = scene.universe.org.schema["Task"]
    direction = fields.pop(DIRECTION)
    scene.restart()
    deliver(scene, "one")
    scene.sync()
    fields[DIRECTION] = direction
    scene.clock.advance(HOUR + 60)

    deliver(scene, "two")
    scene.sync()

    assert {task["Subject"].split()[-1]: bool(task.get(DIRECTION)) for task in scene.tasks()} == {
        "one": False,
        "two": True,
    }
