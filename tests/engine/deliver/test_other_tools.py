"""Beside another tool that logs email (JOIN_OTHERS): one mail, one activity, and never a hand on theirs."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.salesforce.ids import to_18
from tests.support.cards import card_of, texts
from tests.support.rep import Rep
from tests.support.scene import MakeScene, Scene, eml, small_world

ANN, MESSAGE_ID = "ann@acme.example", "<One.Two@byron.example>"
THEIRS = to_18("00TX00000000001")


def world(
    make_scene: MakeScene, identifier: str = MESSAGE_ID, author: str | None = "ada@byron.example", **more: Any
) -> Scene:
    task = {"Id": "00TX00000000001", "Subject": "Theirs", "Status": "Completed"}
    email = {"Id": "02sX00000000001", "MessageIdentifier": identifier, "ActivityId": THEIRS, "FromAddress": author}
    return make_scene(small_world({"Task": [task], "EmailMessage": [email]}), **{"JOIN_OTHERS": "yes", **more})


def ours(scene: Scene) -> list[dict[str, Any]]:
    return [task for task in scene.tasks() if task["Id"] != THEIRS]


@pytest.mark.parametrize("identifier", [MESSAGE_ID, MESSAGE_ID.strip("<>")])
@pytest.mark.parametrize("author", ["ada@byron.example", "Ada@Byron.example", None])
def test_what_another_tool_logged_is_joined(make_scene: MakeScene, identifier: str, author: str | None) -> None:
    scene = world(make_scene, identifier, author)
    message = scene.deliver(ANN, eml(message_id=MESSAGE_ID))
    scene.sync()

    assert ours(scene) == []
    assert scene.outcomes()[message] == "contact_match"
    (row,) = scene.services.ports.store.rows(next(iter(scene.services.ports.store.mailboxes())).mailbox_id)
    assert row.activity_id == THEIRS
    read = texts(card_of(scene.ask("/addon/open", ANN, message)))
    assert any("Another tool put this email into Salesforce already" in text for text in read)
    assert not any("Ada" in text or "Move]" in text for text in read)
    gets = [call.method for call in scene.universe.calls.calls("gmail")]
    assert "messages.get:raw" not in gets


@pytest.mark.parametrize(
    ("identifier", "author", "setting"),
    [
        ("<another@byron.example>", "ada@byron.example", "yes"),
        (MESSAGE_ID.lower() + "x", None, "yes"),
        (MESSAGE_ID, "eve@evil.example", "yes"),
        (MESSAGE_ID, "ada@byron.example", "no"),
    ],
    ids=["another mail", "a longer id", "an id that somebody else reused", "setting off"],
)
def test_what_is_another_mail_is_logged(
    make_scene: MakeScene, identifier: str, author: str | None, setting: str
) -> None:
    scene = world(make_scene, identifier, author, JOIN_OTHERS=setting)
    scene.deliver(ANN, eml(message_id=MESSAGE_ID))
    scene.sync()

    assert len(ours(scene)) == 1


def test_theirs_is_neither_moved_nor_deleted(make_scene: MakeScene) -> None:
    scene = world(make_scene)
    message = scene.deliver(ANN, eml(message_id=MESSAGE_ID))
    scene.sync()
    rep = Rep(scene, ANN, message)

    rep.click("Stop logging")
    assert any("Nothing is deleted" in text for text in rep.read)
    rep.click("Stop")

    assert [task["Id"] for task in scene.tasks()] == [THEIRS]
    assert scene.outcomes()[message] == "kept_out"


def test_an_org_without_email_records_logs_everything_and_the_doctor_says_so(make_scene: MakeScene) -> None:
    scene = world(make_scene)
    del scene.universe.org.schema["EmailMessage"]
    scene.deliver(ANN, eml(message_id=MESSAGE_ID))
    scene.sync()

    assert len(ours(scene)) == 1


def test_a_round_asks_once_however_many_mails_it_has(make_scene: MakeScene) -> None:
    scene = world(make_scene)
    for number in range(150):
        scene.deliver(ANN, eml(subject=str(number), message_id=f"<{number}@byron.example>"))
    scene.services.ports.crm.shape()
    scene.universe.calls.clear()
    scene.sync()

    assert len(ours(scene)) == 150
    assert len(scene.universe.calls.calls("salesforce")) == 3
