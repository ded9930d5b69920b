"""SalesforceCrm: what other programs wrote of the same emails, as an org that has such a program shows it."""

from dataclasses import replace

import pytest

from server.domain.crm import ForeignTask
from server.domain.errors import ConfigurationError
from simulator.salesforce.switches import OrgSwitches
from tests.contracts.test_crm import ADA_ID, LEO_ID, activity, calls

DAY = "2026-09-14"
LATER = 3 * 3_600


@pytest.fixture
def crm(scene):
    return scene.services.ports.crm


def file_beside(scene, crm, other_tool):
    """One activity of ours; the other program logs the same email three hours later."""
    scene.universe.org.switches = OrgSwitches(other_tool=other_tool, other_tool_after=LATER)
    [filed] = crm.file([activity(1)])
    return filed.activity_id


def message_id_of(scene):
    return scene.tasks()[0]["TrulyActivity__Message_Id__c"].strip("<>")


@pytest.mark.parametrize("other_tool", ["brackets", "bare"])
def test_an_email_record_is_found_by_its_message_id_in_both_forms(scene, crm, other_tool):
    own = file_beside(scene, crm, other_tool)
    message_id = message_id_of(scene)

    assert crm.foreign_activities([message_id]) == {}
    scene.clock.advance(LATER)
    found = crm.foreign_activities([message_id, "another@x"])[message_id]
    assert found.author == activity(1).from_address.lower()
    assert [t["Id"] for t in scene.tasks() if t["Id"] != own] == [found.activity_id]


@pytest.mark.parametrize(("other_tool", "is_known"), [("none", True), ("task", False)])
def test_without_a_message_id_the_email_task_is_found_by_person_and_day(scene, crm, other_tool, is_known):
    own = file_beside(scene, crm, other_tool)
    scene.clock.advance(LATER)

    assert crm.foreign_activities([message_id_of(scene)]) == {}
    [task] = crm.foreign_records([message_id_of(scene)], [ADA_ID, LEO_ID], [DAY]).tasks
    assert isinstance(task, ForeignTask)
    assert task.activity_id != own
    assert (task.who_id, task.day, task.message_ids) == (ADA_ID, DAY, frozenset())
    assert task.is_inbound is ((activity(1).direction == "Inbound") if is_known else None)


def test_only_email_tasks_of_these_people_on_these_days_that_are_not_ours(scene, crm):
    file_beside(scene, crm, "task")
    scene.clock.advance(LATER)

    assert crm.foreign_records([], [LEO_ID], [DAY]).tasks == ()
    assert crm.foreign_records([], [ADA_ID], ["2026-09-15", "2026-09-16"]).tasks == ()
    assert len(crm.foreign_records([], [ADA_ID], ["2026-09-15", "2026-09-13"]).tasks) == 1
    before = len(calls(scene))
    assert crm.foreign_records([], [], []).tasks == ()
    assert len(calls(scene)) == before


def test_emails_and_tasks_are_one_question(scene, crm):
    file_beside(scene, crm, "brackets")
    before = len(calls(scene))

    assert crm.foreign_records([f"{n}@x" for n in range(1_000)], [ADA_ID, LEO_ID], [DAY]).by_message_id == {}
    assert len(calls(scene)) == before + 1
    scene.clock.advance(LATER)
    records = crm.foreign_records([message_id_of(scene)], [ADA_ID], [DAY])
    assert {foreign.activity_id for foreign in records.by_message_id.values()} == {t.activity_id for t in records.tasks}


def test_what_stands_is_told_from_what_was_deleted(scene, crm):
    own = file_beside(scene, crm, "")
    [second] = crm.file([activity(2)])
    scene.universe.org.remove(second.activity_id)

    assert crm.standing_activities([own, second.activity_id, "00TX00000000009AAA"]) == {
        own: True,
        second.activity_id: False,
    }


def test_an_org_without_email_records_still_shows_its_tasks(scene, crm):
    file_beside(scene, crm, "brackets")
    scene.clock.advance(LATER)
    message_id = message_id_of(scene)
    scene.universe.org.switches = OrgSwitches(unreadable=("EmailMessage",))

    with pytest.raises(ConfigurationError):
        crm.foreign_activities([message_id])
    records = crm.foreign_records([message_id], [ADA_ID], [DAY])
    [task] = records.tasks
    assert not records.shows_emails
    assert (task.is_inbound, task.message_ids) == (None, frozenset())


def test_beside_theirs_stand_our_own_deleted_ones_too(scene, crm):
    own = file_beside(scene, crm, "none")
    [second] = crm.file([activity(2)])
    scene.universe.org.remove(second.activity_id)
    assert crm.foreign_records([], [ADA_ID], [DAY]).own == (), "nobody else's, so nothing to tell apart"
    scene.clock.advance(LATER)
    crm.shape()
    before = len(calls(scene))

    records = crm.foreign_records([message_id_of(scene)], [ADA_ID], [DAY])
    assert len(calls(scene)) == before + 2
    assert {(o.activity_id, o.key, o.who_id, o.day) for o in records.own} == {
        (own, activity(1).key, ADA_ID, DAY),
        (second.activity_id, activity(2).key, ADA_ID, DAY),
    }
    assert all(task.created_at == int(scene.clock.now()) * 1_000 for task in records.tasks)
    theirs = [task.activity_id for task in records.tasks]
    assert crm.foreign_tasks([*theirs, "00TX00000000009AAA"]) == replace(records, by_message_id={})


def test_theirs_are_told_where_the_org_keeps_no_email_records(scene, crm):
    own = file_beside(scene, crm, "brackets")
    scene.clock.advance(LATER)
    scene.universe.org.switches = OrgSwitches(unreadable=("EmailMessage",))
    [theirs] = [task["Id"] for task in scene.tasks() if task["Id"] != own]

    records = crm.foreign_tasks([theirs])
    assert [task.activity_id for task in records.tasks] == [theirs]
    assert [task.activity_id for task in records.own] == [own]
    assert not records.shows_emails
