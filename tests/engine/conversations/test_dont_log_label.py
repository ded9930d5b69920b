"""The Gmail label "Don't log" speaks for the conversation, on a phone and through filters too."""

from __future__ import annotations

from typing import Any

import pytest

from server.domain.mailbox import Stage
from server.engine.collect import backfill
from simulator.faults import Fault
from tests.support.rep import Rep
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
    """The mail is Ben's, for it went to him first."""
    label = scene.universe.mailboxes[ANN].label_id("Don't log")
    raw = eml(to=f"{BEN}, {ANN}", message_id=FIRST)
    mine, hers = scene.deliver(ANN, raw, "INBOX", label), scene.deliver(BEN, raw, "INBOX")
    scene.sync()
    assert scene.outcomes()[mine] == "kept_out"
    assert scene.outcomes(BEN)[hers] == "contact_match"


@pytest.mark.parametrize("comes_first", [ANN, BEN])
@pytest.mark.parametrize("is_sent", [False, True])
def test_the_label_of_the_owner_keeps_a_colleagues_waiting_copy_out(
    scene: Scene, comes_first: str, is_sent: bool
) -> None:
    """Ann owns the mail. Ben's copy waits, for his mailbox is held, until Ann's label is read."""
    label = scene.universe.mailboxes[ANN].label_id("Sales/Don\u2019t log")
    people = {"sender": ANN, "to": "ada@byron.example", "Cc": BEN} if is_sent else {"Cc": BEN}
    raw = eml(message_id=FIRST, **people)
    scene.sync()
    scene.set_stage(BEN, Stage.DRY_RUN)
    ids = {}
    for address in (comes_first, *({ANN, BEN} - {comes_first})):
        place = "SENT" if is_sent and address == ANN else "INBOX"
        ids[address] = scene.deliver(address, raw, place, *([label] if address == ANN else []))
        scene.sync()
    scene.set_stage(BEN, Stage.LIVE)
    scene.sync()

    assert scene.tasks() == []
    assert scene.outcomes(BEN)[ids[BEN]] == "kept_out"
    text = "The colleague whose email this is stopped logging it, with a label in Gmail."
    assert text in Rep(scene, BEN, ids[BEN]).read

    scene.universe.mailboxes[ANN].relabel(ids[ANN], set(), {label})
    scene.sync()
    scene.sync()
    assert len(scene.tasks()) == 1
    assert scene.outcomes(BEN)[ids[BEN]] == "contact_match"


def test_a_label_deletes_nothing_that_a_colleague_has_logged(scene: Scene) -> None:
    label = scene.universe.mailboxes[ANN].label_id("Don't log")
    raw = eml(message_id=FIRST, Cc=BEN)
    scene.deliver(BEN, raw, "INBOX")
    scene.sync()
    scene.deliver(ANN, raw, "INBOX", label)
    scene.sync()
    assert len(scene.tasks()) == 1


@pytest.mark.parametrize("name", ["Don\u2019t log", "DON\u02bcT LOG", "Sales/Don't log", " don`t  log"])
@pytest.mark.parametrize("is_past", [True, False])
def test_the_label_counts_however_it_is_spelt(scene: Scene, name: str, is_past: bool) -> None:
    box = scene.universe.mailboxes[ANN]
    box.labels["Label_77"] = name
    if not is_past:
        scene.sync()
    labelled = first(scene, ANN, "Label_77")
    scene.sync()
    assert scene.outcomes() == {labelled: "kept_out"}
    assert scene.tasks() == []


@pytest.mark.parametrize("is_past", [True, False])
def test_several_such_labels_all_count(scene: Scene, is_past: bool) -> None:
    box = scene.universe.mailboxes[ANN]
    labels = [box.label_id(name) for name in ("Don't log", "Sales/Don\u2019t log", "Private/don't LOG")]
    if not is_past:
        scene.sync()
    for number, label in enumerate(labels):
        scene.deliver(ANN, eml(subject=str(number)), "INBOX", label)
    scene.sync()
    assert set(scene.outcomes().values()) == {"kept_out"}
    scene.restart()
    message = scene.deliver(ANN, eml(subject="new"), "INBOX", labels[-1])
    assert "Not logged" in Rep(scene, ANN, message).read


@pytest.mark.parametrize("is_on", [True, False])
def test_the_fetched_labels_decide_for_logged_mail_and_not_the_order_of_history(scene: Scene, is_on: bool) -> None:
    """The label goes on, off and on again: whichever event comes last, the message has it, or has it not."""
    box = scene.universe.mailboxes[ANN]
    label = box.label_id("Don't log")
    logged = first(scene, ANN)
    scene.sync()
    for step in range(5 if is_on else 6):
        box.relabel(logged, *(({label}, set()), (set(), {label}))[step % 2])
    box.events[-5:] = reversed(box.events[-5:])
    for event, history_id in zip(box.events[-6:], sorted(e.history_id for e in box.events[-6:]), strict=True):
        object.__setattr__(event, "history_id", history_id)
    scene.sync()
    later = reply(scene, ANN)
    scene.sync()
    assert scene.outcomes()[later] == ("kept_out" if is_on else "contact_match")


def test_the_label_stays_while_any_logged_message_of_the_conversation_has_it(scene: Scene) -> None:
    box = scene.universe.mailboxes[ANN]
    label = box.label_id("Don't log")
    one, two = first(scene, ANN), reply(scene, ANN)
    scene.sync()
    box.relabel(one, {label}, set())
    box.relabel(two, {label}, set())
    scene.sync()
    box.relabel(one, set(), {label})
    scene.sync()
    later = reply(scene, ANN, 2)
    scene.sync()
    assert scene.outcomes()[later] == "kept_out"


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


@pytest.mark.parametrize("is_past", [True, False])
def test_the_label_speaks_for_what_is_read_together_with_it(scene: Scene, is_past: bool) -> None:
    label = scene.universe.mailboxes[ANN].label_id("Don't log")
    if not is_past:
        scene.sync()
    later = reply(scene, ANN)
    thread = scene.universe.mailboxes[ANN].messages[later].thread_id
    labelled = scene.deliver(ANN, eml(message_id=FIRST), "INBOX", label, thread=thread)
    scene.sync()
    assert scene.outcomes() == {labelled: "kept_out", later: "kept_out"}


def test_a_label_that_was_put_unseen_holds_for_what_came_after_it(scene: Scene) -> None:
    """Gmail had forgotten the history of it."""
    box = scene.universe.mailboxes[ANN]
    scene.sync()
    logged = first(scene, ANN)
    scene.sync()
    box.relabel(logged, {box.label_id("Don't log")}, set())
    later = reply(scene, ANN)
    box.expire_history()
    scene.sync()
    assert scene.outcomes() == {logged: "contact_match", later: "kept_out"}


def test_a_label_that_was_put_unseen_on_waiting_mail_keeps_it_out(scene: Scene) -> None:
    box = scene.universe.mailboxes[ANN]
    scene.sync()
    waiting = first(scene, ANN)
    scene.universe.faults.plan(Fault("salesforce", "composite", "503"))
    scene.sync(patience=0)
    box.relabel(waiting, {box.label_id("Don't log")}, set())
    box.expire_history()
    scene.sync(patience=7200)
    assert scene.outcomes() == {waiting: "kept_out"}


def test_in_the_past_an_old_label_is_read_before_newer_mail_of_its_conversation(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows of a day, the newest first: the label is in the last of them."""
    monkeypatch.setattr(backfill, "TOO_MANY", 1)
    label = scene.universe.mailboxes[ANN].label_id("Don't log")
    dates = [f"{day:02d} Sep 2026 09:00:00 +0000" for day in (3, 8, 13)]
    old = scene.deliver(ANN, eml(message_id=FIRST, date=dates[0]), "INBOX", label)
    newer = [
        scene.deliver(ANN, eml(message_id=f"<n{i}@byron.example>", date=date, References=FIRST), "INBOX")
        for i, date in enumerate(dates[1:])
    ]
    scene.sync()
    assert scene.outcomes() == dict.fromkeys((old, *newer), "kept_out")


def test_a_label_holds_for_what_follows_also_where_the_delivery_was_faster(scene: Scene) -> None:
    scene.sync()
    ports, workspace = scene.services.ports, scene.services.workspaces.current()
    box, mailbox_id = scene.universe.mailboxes[ANN], scene.mailbox(ANN).mailbox_id
    logged = first(scene, ANN)
    scene.services.rooms.collector.collect(workspace, mailbox_id)
    box.relabel(logged, {box.label_id("Don't log")}, set())
    mail: Any = ports.mail
    headers = mail.headers

    def read_and_overtaken(*args: Any) -> Any:
        answer = headers(*args)
        assert scene.services.rooms.deliverer.deliver_next(workspace).logged == 1
        return answer

    mail.headers = read_and_overtaken
    scene.services.rooms.collector.collect(workspace, mailbox_id)
    mail.headers = headers
    later = reply(scene, ANN)
    scene.sync()
    assert scene.outcomes() == {logged: "contact_match", later: "kept_out"}


@pytest.mark.parametrize("place", ["on the logged mail", "on a later mail"])
def test_undoing_a_choice_in_a_labelled_conversation_deletes_nothing(scene: Scene, place: str) -> None:
    """Only the button deletes from Salesforce: a label keeps out what is to come."""
    box = scene.universe.mailboxes[ANN]
    label = box.label_id("Don't log")
    logged = first(scene, ANN)
    scene.sync()
    rep = Rep(scene, ANN, logged).click("Move").click("Search", search="leo").use("00QA00000000001MAA")
    if place == "on the logged mail":
        box.relabel(logged, {label}, set())
    else:
        scene.deliver(ANN, eml(subject="Re: Lamps", References=FIRST), "INBOX", label, thread=logged)
    scene.sync()

    rep.click("Undo")

    assert scene.outcomes(ANN)[logged] == "contact_match"
    assert [task["WhoId"] for task in scene.tasks()] == ["003A00000000001IAA"]
