"""A label "Don't log" counts for the thread that it is on, and not for all that names the same first email."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from server.domain.mailbox import Stage
from tests.support.rep import Rep
from tests.support.scene import Scene, eml

ANN, BEN = "ann@acme.example", "ben@acme.example"
FIRST = "<first@byron.example>"
APART = "abcdef0123456789"
DAY = 86_400
OF_A_COLLEAGUE = "The colleague whose email this is stopped logging it, with a label in Gmail."


def answer(name: str, subject: str = "Re: Lamps", after: str = FIRST, **headers: str) -> bytes:
    ids = {"In_Reply_To": after, "References": FIRST if after == FIRST else f"{FIRST} {after}"}
    return eml(subject=subject, message_id=f"<{name}@byron.example>", **ids, **headers)


def label_in(scene: Scene, address: str = ANN) -> tuple[Any, str]:
    box = scene.universe.mailboxes[address]
    return box, box.label_id("Don't log")


def test_a_label_on_a_strangers_thread_keeps_nothing_else_out(scene: Scene) -> None:
    """Whoever got one email can name it in References. Gmail puts what they send into a thread of its own."""
    box, label = label_in(scene)
    scene.sync()
    first = scene.deliver(ANN, eml(message_id=FIRST, Cc="eve@nowhere.example"))
    scene.sync()
    thread = box.messages[first].thread_id
    raw = eml(sender="eve@nowhere.example", subject="Buy now", message_id="<buy@nowhere.example>", References=FIRST)
    scene.deliver(ANN, raw, "INBOX", label, thread=APART)
    scene.sync()
    received = scene.deliver(ANN, answer("r"), "INBOX", thread=thread)
    raw = eml(
        sender=ANN, to="ada@byron.example", subject="Re: Lamps", message_id="<s@acme.example>",
        In_Reply_To=FIRST, References=FIRST,
    )  # fmt: skip
    sent = scene.deliver(ANN, raw, "SENT", thread=thread)
    scene.sync()

    assert [scene.outcomes()[i] for i in (first, received, sent)] == ["contact_match"] * 3
    assert len(scene.tasks()) == 3


def test_a_reply_with_another_subject_that_is_labelled_leaves_the_first_thread_alone(scene: Scene) -> None:
    box, label = label_in(scene)
    scene.sync()
    first = scene.deliver(ANN, eml(message_id=FIRST))
    scene.sync()
    private = scene.deliver(ANN, answer("p", "Lunch, private"), "INBOX", label, thread=APART)
    scene.sync()
    reply = scene.deliver(ANN, answer("r"), "INBOX", thread=box.messages[first].thread_id)
    scene.sync()
    assert scene.outcomes() == {first: "contact_match", private: "kept_out", reply: "contact_match"}

    box.relabel(private, set(), {label})
    scene.sync()
    scene.sync()
    assert scene.outcomes()[private] == "contact_match"


def test_a_label_that_comes_off_one_thread_stays_on_another(scene: Scene) -> None:
    box, label = label_in(scene)
    scene.sync()
    first = scene.deliver(ANN, eml(message_id=FIRST), "INBOX", label)
    second = scene.deliver(ANN, answer("p", "Lunch, private"), "INBOX", label, thread=APART)
    scene.sync()
    box.relabel(second, set(), {label})
    scene.sync()
    raw = answer("r", Cc=BEN)
    own = scene.deliver(ANN, raw, "INBOX", thread=box.messages[first].thread_id)
    copy = scene.deliver(BEN, raw)
    scene.sync()

    assert (scene.outcomes()[own], scene.outcomes(BEN)[copy]) == ("kept_out", "kept_out")
    assert OF_A_COLLEAGUE in Rep(scene, BEN, copy).read
    assert [task["Subject"] for task in scene.tasks() if "Re: Lamps" in task["Subject"]] == []


def collect(scene: Scene, address: str) -> None:
    workspace = scene.services.workspaces.current()
    scene.services.rooms.collector.collect(workspace, scene.mailbox(address).mailbox_id)


def test_a_colleagues_copy_goes_by_the_labelled_thread_before_the_owners_copy_is_read(scene: Scene) -> None:
    """The email that it answers stands in a labelled thread, in the mailbox of the person whose email it is."""
    box, label = label_in(scene)
    scene.sync()
    first = scene.deliver(ANN, eml(message_id=FIRST))
    scene.sync()
    box.relabel(first, {label}, set())
    scene.sync()
    raw = answer("r", Cc=BEN)
    copy = scene.deliver(BEN, raw)
    collect(scene, BEN)
    scene.services.rooms.deliverer.deliver_next(scene.services.workspaces.current())
    assert scene.outcomes(BEN)[copy] == "kept_out"

    box.relabel(first, set(), {label})
    scene.sync()
    scene.sync()
    assert scene.outcomes(BEN)[copy] == "contact_match"


def test_a_colleagues_copy_of_another_thread_is_logged_before_the_owners_copy_is_read(scene: Scene) -> None:
    _, label = label_in(scene)
    scene.sync()
    scene.deliver(ANN, eml(message_id=FIRST))
    scene.deliver(ANN, answer("p", "Lunch, private"), "INBOX", label, thread=APART)
    scene.sync()
    copy = scene.deliver(BEN, answer("r", Cc=BEN))
    collect(scene, BEN)
    scene.services.rooms.deliverer.deliver_next(scene.services.workspaces.current())
    assert scene.outcomes(BEN)[copy] == "contact_match"


def test_a_colleagues_copy_comes_back_where_the_owners_is_in_a_category(scene: Scene) -> None:
    box, label = label_in(scene)
    scene.sync()
    first = scene.deliver(ANN, eml(message_id=FIRST), "INBOX", label)
    scene.sync()
    raw = answer("r", Cc=BEN)
    scene.deliver(ANN, raw, "INBOX", "CATEGORY_UPDATES")
    scene.sync()
    copy = scene.deliver(BEN, raw)
    scene.sync()
    assert scene.outcomes(BEN)[copy] == "kept_out"

    box.relabel(first, set(), {label})
    scene.sync()
    scene.sync()
    assert scene.outcomes(BEN)[copy] == "contact_match"


def test_the_labellers_own_waiting_copy_says_that_its_conversation_has_the_label(scene: Scene) -> None:
    box, label = label_in(scene)
    scene.sync()
    first = scene.deliver(ANN, eml(message_id=FIRST))
    scene.sync()
    scene.set_stage(ANN, Stage.DRY_RUN)
    reply = scene.deliver(ANN, answer("r"))
    scene.sync()
    box.relabel(first, {label}, set())
    scene.sync()
    scene.set_stage(ANN, Stage.LIVE)
    scene.sync()

    assert scene.outcomes()[reply] == "kept_out"
    read = Rep(scene, ANN, reply).read
    assert OF_A_COLLEAGUE not in read
    assert any("This conversation has the label that stops logging." in text for text in read)


@pytest.mark.parametrize("way", ["deleted", "deleted without a word", "renamed"])
@pytest.mark.parametrize("is_logged", [True, False])
def test_a_label_that_is_deleted_or_renamed_keeps_nothing_out(scene: Scene, way: str, is_logged: bool) -> None:
    box = scene.universe.mailboxes[ANN]
    label = box.label_id("Customers/Don't log")
    scene.sync()
    first = scene.deliver(ANN, eml(message_id=FIRST), "INBOX", *([] if is_logged else [label]))
    scene.sync()
    if is_logged:
        box.relabel(first, {label}, set())
        scene.sync()
    if way == "deleted":
        box.relabel(first, set(), {label})
    elif way == "deleted without a word":
        message = box.messages[first]
        box.messages[first] = replace(message, label_ids=message.label_ids - {label})
    if way == "renamed":
        box.labels[label] = "Customers/Old"
    else:
        del box.labels[label]
    reply = scene.deliver(ANN, answer("r"))
    scene.sync()
    scene.sync()
    assert scene.outcomes() == {first: "contact_match", reply: "contact_match"}
