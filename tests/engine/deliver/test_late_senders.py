"""Whose mail it is does not hang on which copy came first, also where many people send from one address."""

from __future__ import annotations

from functools import partial
from itertools import permutations

import pytest

from simulator.faults import Fault
from tests.support.rep import Rep
from tests.support.scene import MakeScene, Scene, eml, small_world

ANN, BEN, CEM = "ann@acme.example", "ben@acme.example", "cem@acme.example"
ANN_ID, BEN_ID = "005A00000000001IAA", "005A00000000002IAA"
SHARED = "hello@acme.example"
ADA = "ada@byron.example"


def share_address(scene: Scene) -> None:
    for box in (ANN, BEN):
        scene.universe.mailboxes[box].send_as = (box, SHARED)
    scene.sync()
    scene.clock.advance(4_000)


def read_owner(scene: Scene) -> str:
    [task] = scene.tasks()
    return str(task["OwnerId"])


def deliver(scene: Scene, holder: str, sender: str, written: str = SHARED, **headers: str) -> str:
    raw = eml(sender=written, to=ADA, Cc=f"{BEN}, {CEM}, {ANN}", message_id="<1@acme.example>", **headers)
    return scene.deliver(holder, raw, *(["SENT"] if holder == sender else []))


def test_two_reps_with_one_address_own_what_each_of_them_sent(scene: Scene) -> None:
    share_address(scene)
    scene.deliver(ANN, eml(sender=SHARED, to=ADA, subject="by Ann", message_id="<1@a>"), "SENT")
    scene.deliver(BEN, eml(sender=SHARED, to=ADA, subject="by Ben", message_id="<2@a>"), "SENT")
    scene.sync()
    assert {task["Subject"]: task["OwnerId"] for task in scene.tasks()} == {"by Ann": ANN_ID, "by Ben": BEN_ID}


@pytest.mark.parametrize("written", [SHARED, "sales@acme.example"])
@pytest.mark.parametrize("order", list(permutations([ANN, BEN, CEM])))
def test_the_sender_owns_the_mail_in_whatever_order_the_copies_come(
    scene: Scene, order: tuple[str, ...], written: str
) -> None:
    share_address(scene)
    for holder in order:
        deliver(scene, holder, ANN, written)
        scene.sync()
    assert read_owner(scene) == ANN_ID
    [activity] = scene.services.ports.store.activities_of(
        next(
            row.conversation
            for row in scene.services.ports.store.rows(scene.mailbox(ANN).mailbox_id)
            if row.conversation
        )
    )
    assert activity.owner_id == ANN_ID


def test_a_delegates_mail_goes_to_the_one_in_whose_mailbox_it_was_sent(scene: Scene) -> None:
    deliver(scene, CEM, ANN, ANN, Sender=BEN)
    scene.sync()
    assert read_owner(scene) == BEN_ID
    deliver(scene, ANN, ANN, ANN, Sender=BEN)
    scene.sync()
    assert read_owner(scene) == ANN_ID


def test_mail_that_says_who_sent_it_asks_nothing_when_its_sent_copy_comes(scene: Scene) -> None:
    deliver(scene, BEN, ANN, ANN)
    scene.sync()
    scene.universe.calls.clear()
    deliver(scene, ANN, ANN, ANN)
    scene.sync()
    assert read_owner(scene) == ANN_ID
    assert scene.universe.calls.calls("salesforce") == []


def test_what_somebody_gave_to_another_owner_in_salesforce_stays(scene: Scene) -> None:
    deliver(scene, CEM, ANN, ANN, Sender=BEN)
    scene.sync()
    other = scene.universe.org.insert("User", {"Email": "boss@acme.example", "Name": "Boss", "IsActive": True})
    [task] = scene.tasks()
    scene.universe.org.update(task["Id"], {"OwnerId": other})
    deliver(scene, ANN, ANN, ANN, Sender=BEN)
    scene.sync()
    assert read_owner(scene) == other


@pytest.mark.parametrize("kind", ["UNABLE_TO_LOCK_ROW", "503"])
def test_it_is_tried_again_where_salesforce_cannot_do_it_now(scene: Scene, kind: str) -> None:
    share_address(scene)
    deliver(scene, BEN, ANN)
    scene.sync()
    fault = Fault("salesforce", "update" if kind != "503" else "*", kind, times=2)
    scene.universe.faults.plan(fault)
    message = deliver(scene, ANN, ANN)
    for _ in range(3):
        scene.sync()
        scene.clock.advance(600)
    assert fault.times == 0
    assert read_owner(scene) == ANN_ID
    assert scene.outcomes(ANN)[message] == "contact_match"


def test_of_a_large_round_all_are_given_in_three_calls(make_scene: MakeScene) -> None:
    scene = make_scene(small_world())
    share_address(scene)
    for labels, holder in (((), BEN), (("SENT",), ANN)):
        for number in range(30):
            scene.deliver(
                holder, eml(sender=SHARED, to=ADA, Cc=BEN, text=str(number), message_id=f"<{number}@a>"), *labels
            )
        scene.universe.calls.clear()
        scene.sync()
    assert {task["OwnerId"] for task in scene.tasks()} == {ANN_ID}
    assert len(scene.universe.calls.calls("salesforce")) == 3


@pytest.mark.parametrize("is_given", [False, True])
def test_the_integration_users_mail_goes_to_its_sender_unless_somebody_gave_it_away(
    scene: Scene, is_given: bool
) -> None:
    add_user = partial(scene.universe.org.insert, "User")
    scene.universe.org.user = add_user({"Username": "sync@acme.example", "Name": "Sync", "IsActive": True})
    boss = add_user({"Username": "boss@acme.example", "Name": "Boss", "IsActive": True})
    share_address(scene)
    deliver(scene, CEM, ANN)
    scene.sync()
    assert read_owner(scene) == scene.universe.org.user
    if is_given:
        scene.universe.org.update(scene.tasks()[0]["Id"], {"OwnerId": boss})
    deliver(scene, ANN, ANN)
    scene.sync()
    assert read_owner(scene) == (boss if is_given else ANN_ID)


def test_mail_that_cannot_be_given_to_its_sender_stays_logged(scene: Scene) -> None:
    share_address(scene)
    deliver(scene, CEM, ANN)
    scene.sync()
    [task] = scene.tasks()
    fault = Fault("salesforce", "update", "INVALID_CROSS_REFERENCE_KEY:invalid cross reference id", times=-1)
    scene.universe.faults.plan(fault)
    message = deliver(scene, ANN, ANN)
    scene.sync(patience=4 * 3_600)
    assert scene.outcomes(ANN) == {message: "contact_match"}
    assert scene.tasks() == [task]
    assert Rep(scene, ANN, message).read[1] == "Logged in Salesforce"


@pytest.mark.parametrize("first", ["ann@acme.example", "ben@acme.example"])
def test_the_activity_names_no_mailbox_of_a_blind_copy(scene: Scene, first: str) -> None:
    """Ada wrote to Ann, and to Ben where nobody sees it."""
    shown, blind = "ann@acme.example", "ben@acme.example"
    for mailbox in (first, blind if first == shown else shown):
        scene.deliver(mailbox, eml(to=shown))
        scene.clock.advance(5)
    scene.sync()

    [task] = scene.tasks()
    assert task["TrulyActivity__Mailbox__c"] == shown
    assert blind not in {value for name, value in task.items() if isinstance(value, str)}
