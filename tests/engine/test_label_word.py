"""The Gmail label "Don't log" speaks for the conversation, on a phone and through filters too."""

from __future__ import annotations

import pytest

from tests.support.scene import Scene, eml

ANN, BEN = "ann@acme.example", "ben@acme.example"
FIRST = "<first@byron.example>"


def first(scene: Scene, mailbox: str, *labels: str) -> str:
    return scene.deliver(mailbox, eml(message_id=FIRST), "INBOX", *labels)


def reply(scene: Scene, mailbox: str, number: int = 1) -> str:
    raw = eml(subject="Re: Lamps", message_id=f"<reply{number}@byron.example>", In_Reply_To=FIRST, References=FIRST)
    return scene.deliver(mailbox, raw, "INBOX")


@pytest.mark.parametrize("is_past", [True, False])
def test_a_reply_in_a_labelled_conversation_is_kept_out_too(scene: Scene, is_past: bool) -> None:
    label = scene.universe.mailboxes[ANN].label_id("Don't log")
    if not is_past:
        scene.sync()
    labelled = first(scene, ANN, label)
    scene.sync()
    later = reply(scene, ANN)
    scene.sync()
    assert scene.outcomes() == {labelled: "kept_out", later: "kept_out"}
    assert scene.tasks() == []


def test_taking_the_label_off_logs_the_whole_conversation(scene: Scene) -> None:
    label = scene.universe.mailboxes[ANN].label_id("Don't log")
    labelled = first(scene, ANN, label)
    scene.sync()
    later = reply(scene, ANN)
    scene.sync()
    scene.universe.mailboxes[ANN].relabel(labelled, set(), {label})
    scene.sync()
    scene.sync()
    assert scene.outcomes() == {labelled: "contact_match", later: "contact_match"}


def test_the_label_on_one_message_is_enough_while_it_is_on_any(scene: Scene) -> None:
    box = scene.universe.mailboxes[ANN]
    label = box.label_id("Don't log")
    one = first(scene, ANN, label)
    scene.sync()
    two = reply(scene, ANN)
    box.relabel(two, {label}, set())
    scene.sync()
    box.relabel(one, set(), {label})
    scene.sync()
    scene.sync()
    three = reply(scene, ANN, 2)
    scene.sync()
    assert scene.outcomes()[three] == "kept_out"


def test_the_label_of_one_rep_says_nothing_for_another(scene: Scene) -> None:
    label = scene.universe.mailboxes[ANN].label_id("Don't log")
    mine, hers = first(scene, ANN, label), first(scene, BEN)
    scene.sync()
    assert scene.outcomes()[mine] == "kept_out"
    assert scene.outcomes(BEN)[hers] == "contact_match"


def test_a_label_that_comes_later_deletes_nothing_and_stops_what_follows(scene: Scene) -> None:
    box = scene.universe.mailboxes[ANN]
    label = box.label_id("Don't log")
    logged = first(scene, ANN)
    scene.sync()
    box.relabel(logged, {label}, set())
    scene.sync()
    later = reply(scene, ANN)
    scene.sync()
    assert scene.outcomes() == {logged: "contact_match", later: "kept_out"}
    assert len(scene.tasks()) == 1
