"""Mail to one of our own groups: who owns it in Salesforce, and what is asked to know that."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from simulator.faults import Fault
from simulator.world import User
from tests.support.rep import Rep
from tests.support.scene import MakeScene, Scene, eml, small_world

ANN, BEN, CEM, DEE = (f"{name}@acme.example" for name in ("ann", "ben", "cem", "dee"))
SALES, DESK = "sales@acme.example", "desk@acme.example"
ANN_ID, BEN_ID, DEE_ID = "005A00000000001IAA", "005A00000000002IAA", "005A00000000004IAA"
MINUTE, HOUR, DAY = 60, 3_600, 86_400


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """googleapiclient waits between its own attempts."""
    monkeypatch.setattr("time.sleep", lambda _seconds: None)


def contact(number: int, owner: str, address: str = "ada@byron.example") -> dict[str, Any]:
    return {"Id": f"003A0000000000{number}", "LastName": f"C{number}", "Email": address, "AccountId": "001A00000000001",
            "OwnerId": owner}  # fmt: skip


def make(make_scene: MakeScene, *contacts: dict[str, Any], groups: Any = (), **settings: str) -> Scene:
    """Ann, Ben and Dee are Users, and Cem is none."""
    plain = small_world()
    org = {
        "User": [*plain.org["User"], {"Id": DEE_ID, "Email": DEE, "Name": "Dee", "IsActive": True}],
        "Contact": list(contacts),
    }
    world = small_world(org)
    return make_scene(replace(world, users=(*world.users, User(DEE, "Dee")), groups=groups or plain.groups), **settings)


def owners(scene: Scene) -> dict[str, str]:
    return {str(task["Subject"]).rpartition(": ")[2]: str(task["OwnerId"]) for task in scene.tasks()}


def count_listings(scene: Scene) -> int:
    return sum(call.method == "members.list" for call in scene.universe.calls.calls("directory"))


def test_the_member_who_owns_the_record_owns_the_mail_whichever_copy_came(make_scene: MakeScene) -> None:
    scene = make(
        make_scene, contact(1, ANN_ID), contact(2, BEN_ID, "bob@byron.example"), contact(3, DEE_ID, "di@byron.example")
    )
    for holder in (ANN, BEN):
        for who in ("ada", "bob", "di"):
            scene.deliver(
                holder, eml(f"{who}@byron.example", SALES, subject=f"{who} {holder[:3]}", message_id=f"<{who}{holder}>")
            )
    scene.sync()

    # Dee is no member, so that the first member by address owns what stands on Dee's contact.
    assert owners(scene) == {
        "ada ann": ANN_ID, "ada ben": ANN_ID, "bob ann": BEN_ID, "bob ben": BEN_ID, "di ann": ANN_ID, "di ben": ANN_ID,
    }  # fmt: skip


def test_a_record_of_any_member_wins_a_tie_and_the_card_says_so(make_scene: MakeScene) -> None:
    newer = {**contact(2, DEE_ID), "LastModifiedDate": "2030-01-01T00:00:00.000+0000"}
    scene = make(make_scene, contact(1, BEN_ID), newer)
    message = scene.deliver(ANN, eml(to=SALES))
    scene.sync()

    [task] = scene.tasks()
    assert (task["WhoId"], task["OwnerId"]) == ("003A00000000001IAA", BEN_ID)
    assert any("We chose the one whose owner is on this email" in line for line in Rep(scene, ANN, message).read)


def test_members_of_groups_in_the_group_count_and_each_group_is_listed_once_an_hour(make_scene: MakeScene) -> None:
    groups = (
        {"email": SALES, "members": [DESK, CEM, "partner@elsewhere.example"]},
        {"email": DESK, "members": [DEE, SALES]},
    )
    scene = make(make_scene, contact(1, DEE_ID), groups=groups)
    for number in range(5):
        scene.deliver(CEM, eml(to=SALES, subject=f"Lamp {number}", message_id=f"<{number}@b>"))
        scene.sync()
    assert set(owners(scene).values()) == {DEE_ID}
    assert count_listings(scene) == 1

    scene.clock.advance(HOUR + 1)
    scene.deliver(CEM, eml(to=SALES, subject="Lamp 9", message_id="<9@b>"))
    scene.sync()
    assert count_listings(scene) == 2


def test_in_a_group_of_everybody_all_are_members(make_scene: MakeScene) -> None:
    scene = make(make_scene, contact(1, DEE_ID), groups=({"email": SALES, "members": ["*"]},))
    scene.deliver(CEM, eml(to=SALES))
    scene.sync()
    assert owners(scene) == {"Lamps": DEE_ID}


@pytest.mark.parametrize("kind", ["503", "drop_answer", "quotaExceeded"])
def test_mail_to_a_group_waits_while_its_members_cannot_be_known_and_other_mail_goes_on(
    make_scene: MakeScene, kind: str
) -> None:
    groups = ({"email": SALES, "members": [BEN]}, {"email": DESK, "members": [DEE]})
    scene = make(make_scene, contact(1, DEE_ID), groups=groups)
    # googleapiclient asks three times.
    scene.universe.faults.plan(Fault("directory", "members.list", kind, times=3, record=SALES))
    for to in (SALES, DESK, ANN):
        scene.deliver(ANN, eml(to=to, subject=to, message_id=f"<{to}>"))
    scene.sync()
    assert owners(scene) == {DESK: DEE_ID, ANN: ANN_ID}

    scene.clock.advance(5 * MINUTE)
    scene.sync()
    assert owners(scene) == {SALES: BEN_ID, DESK: DEE_ID, ANN: ANN_ID}


@pytest.mark.parametrize(("kind", "least", "most"), [("domainPolicy", HOUR, 2 * HOUR), ("503", DAY, DAY + HOUR)])
def test_mail_does_not_wait_for_ever_for_a_group_that_cannot_be_listed(
    make_scene: MakeScene, kind: str, least: int, most: int
) -> None:
    """However young the processes are: each pass is one of its own, as where they are restarted all the time."""
    scene = make(make_scene, contact(1, DEE_ID))
    scene.universe.faults.plan(Fault("directory", "members.list", kind, times=-1, record=SALES))
    scene.deliver(ANN, eml(to=SALES, Cc=BEN))
    begun_at = scene.clock.now()
    while not scene.tasks() and scene.clock.now() < begun_at + most:
        scene.restart()
        scene.sync()
        scene.clock.advance(20 * MINUTE)

    assert owners(scene) == {"Lamps": BEN_ID}
    assert scene.clock.now() - begun_at > least


def test_other_trouble_in_between_does_not_begin_the_wait_anew(make_scene: MakeScene) -> None:
    scene = make(make_scene, contact(1, DEE_ID))
    refused = Fault("directory", "members.list", "domainPolicy", times=-1, record=SALES)
    scene.deliver(ANN, eml(to=SALES, Cc=BEN))
    for number in range(6):
        scene.universe.faults.clear()
        scene.universe.faults.plan(refused)
        scene.universe.faults.plan(Fault("salesforce", "*", "503", times=-1 if number % 2 else 0))
        scene.deliver(ANN, eml(subject=f"Other {number}", message_id=f"<{number}@b>"))
        scene.sync()
        scene.clock.advance(15 * MINUTE)
    assert owners(scene)["Lamps"] == BEN_ID


def test_doctor_names_the_group_that_cannot_be_listed(make_scene: MakeScene) -> None:
    scene = make(make_scene, contact(1, DEE_ID))
    assert not [finding for finding in scene.services.rooms.doctor.examine() if finding.what == "Groups"]
    scene.universe.faults.plan(Fault("directory", "members.list", "503", times=-1, record=SALES))
    scene.deliver(ANN, eml(to=SALES, Cc=BEN))
    scene.sync()

    [finding] = [finding for finding in scene.services.rooms.doctor.examine() if finding.what == "Groups"]
    assert not finding.is_good
    assert SALES in finding.text

    scene.universe.faults.clear()
    [finding] = [finding for finding in scene.services.rooms.doctor.examine() if finding.what == "Groups"]
    assert finding.is_good


def test_a_group_that_went_has_nobody(make_scene: MakeScene) -> None:
    scene = make(make_scene, contact(1, DEE_ID))
    scene.services.workspaces.current()
    scene.universe.world.groups = ()
    scene.deliver(ANN, eml(to=SALES, Cc=BEN))
    scene.sync()
    assert owners(scene) == {"Lamps": BEN_ID}


def test_members_of_an_hour_ago_serve_for_a_day_while_the_directory_is_away(make_scene: MakeScene) -> None:
    scene = make(make_scene, contact(1, BEN_ID))
    scene.deliver(ANN, eml(to=SALES, message_id="<1@b>"))
    scene.sync()
    scene.universe.faults.plan(Fault("directory", "members.list", "503", times=-1))
    scene.clock.advance(2 * HOUR)
    scene.deliver(ANN, eml(to=SALES, subject="Later", message_id="<2@b>"))
    scene.sync()
    assert owners(scene) == {"Lamps": BEN_ID, "Later": BEN_ID}


def test_of_a_large_group_one_question_more_finds_the_owner(make_scene: MakeScene) -> None:
    many = [f"a{number:05d}@acme.example" for number in range(600)]
    scene = make(make_scene, contact(1, DEE_ID), groups=({"email": SALES, "members": [*many, DEE, BEN]},))
    scene.universe.world = replace(scene.universe.world, users=(*scene.universe.world.users, *map(User, many)))
    for number in range(20):
        scene.deliver(CEM, eml(to=SALES, subject=f"Lamp {number}", message_id=f"<{number}@b>"))
    scene.services.ports.crm.shape()
    scene.universe.calls.clear()
    scene.sync()

    assert set(owners(scene).values()) == {DEE_ID}
    assert count_listings(scene) == 4
    assert len(scene.universe.calls.calls("salesforce")) <= 5


def test_a_stop_by_the_member_who_owns_a_groups_mail_counts_for_all_copies(make_scene: MakeScene) -> None:
    scene = make(make_scene, contact(1, BEN_ID))
    first = scene.deliver(BEN, eml(to=SALES, message_id="<1@b>"))
    scene.sync()
    rep = Rep(scene, BEN, first)
    rep.click("Stop logging").click("Delete and stop")
    answer = {"message_id": "<2@b>", "References": "<1@b>", "In_Reply_To": "<1@b>"}
    scene.deliver(ANN, eml(to=SALES, subject="Re: Lamps", **answer))
    scene.sync()
    assert owners(scene) == {}


def test_explain_says_as_whose_member_somebody_owns_a_mail(make_scene: MakeScene) -> None:
    scene = make(make_scene, contact(1, BEN_ID))
    scene.sync()
    (scene.folder / "a.eml").write_bytes(eml(to=SALES))
    (scene.folder / "b.eml").write_bytes(eml(to=ANN))
    told = scene.flask("explain", str(scene.folder / "a.eml")).stdout
    assert f"Owner: Salesforce user {BEN_ID}, as a member of {SALES}" in told
    assert "as a member" not in scene.flask("explain", str(scene.folder / "b.eml")).stdout
    as_json = json.loads(scene.flask("explain", "--json", str(scene.folder / "a.eml")).stdout)
    assert (as_json["owner"], as_json["owner_as_member_of"]) == (BEN_ID, SALES)
