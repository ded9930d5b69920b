"""A seal that does not open loses nothing: waiting mail is read from Gmail again, and what is shown says less."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.domain.decision import Outcome
from server.domain.ids import KeyedHash, MessageId
from server.domain.ledger import Row
from server.domain.mailbox import Stage
from simulator.salesforce.ids import to_18
from tests.support.rep import Rep
from tests.support.scene import MakeScene, Scene, eml

ANN, BEN = "ann@acme.example", "ben@acme.example"
ACCOUNT = to_18("001A00000000001")
BROKEN = b"TW\x01\x00\x20" + bytes(32) + bytes(40)
"""In the form of a sealed value, under a DEK that no key of ours wrapped."""


@pytest.fixture
def scene(make_scene: MakeScene) -> Scene:
    scene = make_scene()
    scene.sync()
    return scene


def collect(scene: Scene) -> None:
    """Read what is new in all mailboxes; nothing is delivered."""
    for mailbox in scene.services.ports.store.mailboxes():
        scene.services.rooms.collector.collect(scene.services.workspaces.current(), mailbox.mailbox_id)


def break_seals(scene: Scene, address: str = ANN) -> int:
    """Returns how many rows waited with headers."""
    store = scene.services.ports.store
    rows = [row for row in store.rows(scene.mailbox(address).mailbox_id) if row.sealed_headers]
    store.change_rows([replace(row, sealed_headers=BROKEN) for row in rows])
    return len(rows)


def read_row(scene: Scene, message: str) -> Row:
    return scene.services.ports.store.existing_rows(scene.mailbox(ANN).mailbox_id, [MessageId(message)])[
        MessageId(message)
    ]


def list_alarms(scene: Scene) -> list[tuple[str, str | None]]:
    return [(alarm.code, alarm.mailbox_id) for alarm in scene.services.ports.alarms.since(0)]


def test_waiting_mails_whose_seal_breaks_stand_in_salesforce_in_the_end(scene: Scene) -> None:
    for number in range(5):
        scene.deliver(ANN, eml(subject=f"Lamps {number}"))
    collect(scene)
    assert break_seals(scene) == 5

    scene.sync()

    assert sorted(task["Subject"] for task in scene.tasks()) == [
        f"From ada@byron.example: Lamps {number}" for number in range(5)
    ]
    assert set(scene.outcomes().values()) == {"contact_match"}
    assert list_alarms(scene) == [("seal_broken", scene.mailbox(ANN).mailbox_id)]


def test_doctor_says_that_seals_broke(scene: Scene) -> None:
    scene.deliver(ANN, eml())
    collect(scene)
    break_seals(scene)
    scene.sync()

    output = " ".join(scene.flask("doctor").output.split())

    assert "sealed headers of waiting mail did not open, so Gmail is read again: compare the keys (1)" in output


def test_a_broken_seal_delays_no_other_mail_of_the_round(scene: Scene) -> None:
    scene.deliver(ANN, eml(subject="Broken"))
    scene.deliver(BEN, eml(to=BEN, subject="Whole"))
    collect(scene)
    break_seals(scene)

    delivered = scene.services.rooms.deliverer.deliver_next(scene.services.workspaces.current())

    while delivered.read:
        delivered = scene.services.rooms.deliverer.deliver_next(scene.services.workspaces.current())
    assert [task["Subject"] for task in scene.tasks()] == ["From ada@byron.example: Whole"]


def test_a_message_that_left_gmail_meanwhile_is_gone(scene: Scene) -> None:
    message = scene.deliver(ANN, eml())
    collect(scene)
    break_seals(scene)
    scene.universe.mailboxes[ANN].delete(message)

    scene.sync()

    assert read_row(scene, message).outcome is Outcome.GONE
    assert scene.tasks() == []


def test_a_mailbox_on_trial_keeps_its_mail_too(make_scene: MakeScene) -> None:
    scene = make_scene(NEW_MAILBOX_STAGE="dry_run")
    scene.deliver(ANN, eml())
    scene.sync()
    break_seals(scene)

    assert "They are read from Gmail again" in scene.flask("dry-run", ANN).output
    scene.sync()
    assert "1 activities would be added" in scene.flask("dry-run", ANN).output
    scene.set_stage(ANN, Stage.LIVE)
    scene.sync()
    assert len(scene.tasks()) == 1


def choose_account(scene: Scene) -> tuple[str, Rep]:
    """Ann chose Byron Works itself for the conversation."""
    message = scene.deliver(ANN, eml(message_id="<root@byron.example>"))
    scene.sync()
    rep = Rep(scene, ANN, message)
    rep.click("Move")
    rep.click("Search", search="Byron Works")
    rep.use(ACCOUNT)
    return message, rep


def test_a_choice_whose_record_does_not_open_still_holds(make_scene: MakeScene) -> None:
    scene = make_scene()
    choose_account(scene)
    store = scene.services.ports.store
    [key] = [d.key for d in scene.services.documents.query("conversations") if d.data.get("sealed_record")]
    store.save_conversation(KeyedHash(key), lambda current: replace(current, sealed_record=BROKEN))

    later = scene.deliver(ANN, eml(subject="Re: Lamps", In_Reply_To="<root@byron.example>", message_id="<b@b.example>"))
    assert scene.sync().is_at_rest

    assert scene.outcomes()[later] == "thread_override"
    assert {task["WhatId"] for task in scene.tasks()} == {ACCOUNT}
    sealed = store.conversations([KeyedHash(key)])[KeyedHash(key)].sealed_record
    assert sealed not in (None, BROKEN)


def test_a_card_whose_snapshot_does_not_open_says_less(make_scene: MakeScene) -> None:
    scene = make_scene()
    message = scene.deliver(ANN, eml())
    scene.sync()
    whole = Rep(scene, ANN, message).read
    store = scene.services.ports.store
    [row] = store.rows(scene.mailbox(ANN).mailbox_id)
    assert row.activity_key
    [activity] = store.activities([row.activity_key]).values()
    store.save_activities([replace(activity, sealed_snapshot=BROKEN)], [])

    card = Rep(scene, ANN, message)

    assert any("Ada Byron" in text for text in whole)
    assert len(card.read) > 0
    card.click("Move")
    card.click("Search", search="Byron Works")
    card.use(ACCOUNT)
    assert {task["WhatId"] for task in scene.tasks()} == {ACCOUNT}
