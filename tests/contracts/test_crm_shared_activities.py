"""SalesforceCrm in orgs that relate several people to one Task, and in those that show their Tasks to nobody else."""

import pytest

from server.adapters.salesforce.activities.bulk_size import BulkSize
from server.adapters.salesforce.client import OrgClient
from server.domain.crm import Target
from server.domain.errors import ReconnectRequiredError, RejectedError, StaleTargetError, TransientError
from simulator.faults import Fault
from simulator.salesforce.ids import to_18
from simulator.salesforce.switches import OrgSwitches
from tests.contracts.test_crm import ANN_ID, BYRON_ID, LEO_ID, activity, calls, contact, key
from tests.support.scene import eml, small_world

PEOPLE = tuple(to_18(f"003A0000000{n:04d}") for n in range(4))
HARBOR_ID = to_18("001A00000000002")


@pytest.fixture
def scene(make_scene):
    people = [contact(n, f"p{n}@x.example", AccountId=BYRON_ID if n < 2 else HARBOR_ID) for n in range(4)]
    return make_scene(small_world({"Contact": people}))


@pytest.fixture(params=[False, True], ids=["collections", "single records"])
def crm(scene, request):
    scene.universe.org.switches = OrgSwitches(no_people_in_collections=request.param)
    return scene.services.ports.crm


@pytest.fixture
def filed(crm):
    """On the first person, about three."""
    [answer] = crm.file([activity(who_id=PEOPLE[0], related_ids=PEOPLE[:3])])
    return answer.activity_id


def links(scene):
    [task] = scene.tasks()
    return task["WhoId"], task["WhatId"], task["AccountId"], tuple(task.get("TaskWhoIds") or ())


def test_all_people_are_related_whatever_a_collection_takes(scene, filed):
    assert links(scene) == (PEOPLE[0], None, BYRON_ID, PEOPLE[:3])


def test_people_of_many_mails_cost_no_call_each(scene, crm):
    answers = crm.file([activity(n, who_id=PEOPLE[0], related_ids=PEOPLE[:3]) for n in range(100)])

    assert all(a.activity_id for a in answers)
    assert {tuple(task["TaskWhoIds"]) for task in scene.tasks()} == {PEOPLE[:3]}
    assert len(calls(scene)) <= 6


def test_nobody_is_promoted_where_a_mail_moves_to_an_account(scene, crm, filed):
    assert crm.retarget([Target(filed, None, HARBOR_ID, "thread_override")]) == [None]
    assert links(scene) == (None, HARBOR_ID, HARBOR_ID, ())


@pytest.mark.parametrize("together", [False, True])
def test_a_move_to_a_lead_leaves_the_lead_alone(scene, crm, filed, together):
    assert crm.retarget([Target(filed, LEO_ID, None, "x", (LEO_ID,))], together=together) == [None]
    assert links(scene) == (LEO_ID, None, None, (LEO_ID,))


def test_a_move_to_another_person_keeps_the_others(scene, crm, filed):
    people = (PEOPLE[3], *PEOPLE[:3])
    assert crm.retarget([Target(filed, PEOPLE[3], HARBOR_ID, "x", people)]) == [None]
    assert links(scene) == (PEOPLE[3], HARBOR_ID, HARBOR_ID, people)


@pytest.mark.parametrize("together", [False, True])
def test_another_person_who_is_gone_does_not_hinder_a_move(scene, crm, filed, together):
    scene.universe.org.remove(PEOPLE[1], by="person")
    people = (PEOPLE[3], *PEOPLE[:3])

    assert crm.retarget([Target(filed, PEOPLE[3], HARBOR_ID, "x", people)], together=together) == [None]

    assert links(scene)[3] == (PEOPLE[3],)


def test_a_move_to_a_person_who_is_gone_is_stale(scene, crm, filed):
    scene.universe.org.remove(PEOPLE[3], by="person")
    [failure] = crm.retarget([Target(filed, PEOPLE[3], HARBOR_ID, "x", (PEOPLE[3], *PEOPLE[:3]))])
    assert isinstance(failure, StaleTargetError)


def test_single_changes_together_are_all_or_none(scene, crm):
    ids = [a.activity_id for a in crm.file([activity(n, who_id=PEOPLE[0], related_ids=PEOPLE[:2]) for n in range(3)])]
    scene.universe.org.remove(ids[2], by="person")

    results = crm.retarget([Target(i, None, HARBOR_ID, "x") for i in ids], together=True)

    assert all(results)
    assert {task["WhoId"] for task in scene.tasks()} == {PEOPLE[0]}


# activities that nobody else sees


@pytest.fixture
def private(scene):
    scene.universe.org.switches = OrgSwitches(private_activities=True)
    return scene.services.ports.crm


def test_a_duplicate_that_is_not_visible_is_there(scene, private):
    first, again = private.file([activity()]), private.file([activity()])

    assert first[0].activity_id
    assert (again[0].error, again[0].activity_id) == (None, None)
    assert private.find_by_key([key(1)]) == {}
    assert len(scene.tasks()) == 1


def test_what_is_not_visible_is_not_called_deleted(scene, private):
    [answer] = private.file([activity()])

    [failure] = private.remove([answer.activity_id])

    assert isinstance(failure, RejectedError)
    assert len(scene.tasks()) == 1


def test_a_lost_answer_makes_no_second_activity(scene, private):
    scene.universe.faults.plan(Fault("salesforce", "collections.create", "drop_answer"))
    scene.deliver("ann@acme.example", eml(sender="p0@x.example"))
    scene.sync(patience=7_200)

    assert set(scene.outcomes("ann@acme.example").values()) == {"contact_match"}
    assert [task["OwnerId"] for task in scene.tasks()] == [ANN_ID]


def people_of(scene):
    return [tuple(task.get("TaskWhoIds") or ()) for task in scene.tasks()]


@pytest.mark.parametrize("count", [3, 30])
def test_one_person_who_is_gone_takes_nobody_else_along(scene, crm, count):
    """Of one activity among many, all of which are moved or none."""
    about = [PEOPLE[:3], *[(PEOPLE[0], PEOPLE[2])] * (count - 1)]
    ids = [
        a.activity_id
        for a in crm.file([activity(n, who_id=PEOPLE[0], related_ids=people) for n, people in enumerate(about)])
    ]
    scene.universe.org.remove(PEOPLE[1], by="person")

    targets = [Target(i, PEOPLE[3], HARBOR_ID, "x", (PEOPLE[3], *people)) for i, people in zip(ids, about, strict=True)]
    assert crm.retarget(targets, together=True) == [None] * count

    assert people_of(scene)[0] == (PEOPLE[3],)
    assert set(people_of(scene)[1:]) == {(PEOPLE[3], PEOPLE[0], PEOPLE[2])}


@pytest.mark.parametrize("error", [TransientError("away"), ReconnectRequiredError("no")])
def test_what_was_moved_before_a_failure_is_told(scene, crm, monkeypatch, error):
    """Thirty go out in two requests where records are changed one by one, or where the org bears fifteen."""
    ids = [a.activity_id for a in crm.file([activity(n, who_id=PEOPLE[0]) for n in range(30)])]
    crm.retarget([Target(ids[0], PEOPLE[0], None, "x", PEOPLE[:2])])
    monkeypatch.setattr(BulkSize, "records", 15)
    original, changes = OrgClient.call, []

    def call(self, path, **more):
        changes.append(path) if more.get("is_slow") else None
        if len(changes) == 2:
            raise error
        return original(self, path, **more)

    monkeypatch.setattr(OrgClient, "call", call)
    results = crm.retarget([Target(i, None, HARBOR_ID, "x") for i in ids], together=True)

    moved = {task["Id"] for task in scene.tasks() if task["WhatId"] == HARBOR_ID}
    assert {i for i, failure in zip(ids, results, strict=True) if failure is None} == moved
    assert 0 < len(moved) < 30
