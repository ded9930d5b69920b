"""A record that a rep chose and that went since: followed where it went, or left to the rules."""

from __future__ import annotations

import pytest

from simulator.faults import Fault
from simulator.salesforce.ids import to_18
from tests.support.rep import Rep
from tests.support.scene import MakeScene, Scene, eml, small_world

ANN = "ann@acme.example"
ROOT = "<root@byron.example>"
EVA, ZOE = to_18("003A00000000002"), to_18("003A00000000003")


def world(make_scene: MakeScene) -> Scene:
    plain = small_world()
    people = [
        *plain.org["Contact"],
        {"Id": EVA, "LastName": "Eva", "Email": "eva@byron.example", "AccountId": "001A00000000001", "OwnerId": "005A00000000001"},
        {"Id": ZOE, "LastName": "Zoe", "Email": "zoe@byron.example", "AccountId": "001A00000000001", "OwnerId": "005A00000000001"},
    ]  # fmt: skip
    scene = make_scene(small_world({"Contact": people}))
    message = scene.deliver(ANN, eml(message_id=ROOT))
    scene.sync()
    rep = Rep(scene, ANN, message)
    rep.click("Move")
    rep.click("Search", search="Eva")
    rep.use(EVA)
    assert [task["WhoId"] for task in scene.tasks()] == [EVA]
    return scene


def reply(scene: Scene) -> str:
    later = eml(subject="Re: Lamps", message_id="<later@byron.example>", In_Reply_To=ROOT, References=ROOT)
    return scene.deliver(ANN, later)


def test_later_mail_follows_a_chosen_record_into_the_one_it_was_merged_with(make_scene: MakeScene) -> None:
    scene = world(make_scene)
    scene.universe.org.merge(ZOE, EVA)
    message = reply(scene)

    assert scene.sync().is_at_rest

    assert scene.outcomes()[message] == "thread_override"
    assert {task["WhoId"] for task in scene.tasks()} == {ZOE}


def test_later_mail_of_a_chosen_record_that_is_gone_is_matched_by_the_rules(make_scene: MakeScene) -> None:
    scene = world(make_scene)
    scene.universe.org.remove(EVA)
    message = reply(scene)

    assert scene.sync().is_at_rest

    assert scene.outcomes()[message] == "thread_override"
    ada = to_18("003A00000000001")
    assert [t["WhoId"] for t in scene.tasks() if t["Subject"].endswith("Re: Lamps")] == [ada]
    assert "The record chosen for this conversation was deleted in Salesforce" in str(Rep(scene, ANN, message).card)


@pytest.mark.parametrize(
    ("code", "times"),
    [
        ("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY:insufficient access rights on cross-reference id", 2),
        ("FIELD_INTEGRITY_EXCEPTION:Name ID: id value of incorrect type", 1),
    ],
)
def test_a_chosen_record_that_the_org_does_not_know_is_left_whatever_it_answers(
    make_scene: MakeScene, code: str, times: int
) -> None:
    """As of an id of the org before: the answer hangs on the org's sharing. Without its account it is asked again."""
    scene = world(make_scene)
    scene.universe.org.remove(EVA)
    scene.universe.faults.plan(Fault("salesforce", "insert", code, times=times))
    message = reply(scene)

    scene.sync(patience=3_600)

    assert scene.outcomes()[message] == "thread_override"
    ada = to_18("003A00000000001")
    assert [t["WhoId"] for t in scene.tasks() if t["Subject"].endswith("Re: Lamps")] == [ada]


def test_a_refusal_for_another_cause_leaves_the_choice(make_scene: MakeScene) -> None:
    scene = world(make_scene)
    fault = Fault("salesforce", "insert", "FIELD_CUSTOM_VALIDATION_EXCEPTION:Region is required.", times=1)
    scene.universe.faults.plan(fault)
    refused = reply(scene)
    scene.sync(patience=3_600)
    assert scene.outcomes()[refused] == "rejected"
    assert "Region is required." in " ".join(Rep(scene, ANN, refused).read)
    later = scene.deliver(ANN, eml(subject="Re: Lamps", message_id="<last@byron.example>", References=ROOT))
    scene.sync()
    assert scene.outcomes()[later] == "thread_override"
    assert {task["WhoId"] for task in scene.tasks()} == {EVA}
