"""What Salesforce refuses is shown with its own words, and logged once that is mended."""

from __future__ import annotations

from typing import Any

import pytest

from server.domain.errors import ConflictError
from server.engine.ledger.refusals import IN_DOUBT, group_by_cause, read_sentence, replay_refused
from server.ports.queue import Job, JobKind
from simulator.faults import Fault
from tests.support.cards import card_of, texts
from tests.support.scene import Scene, eml

ANN = "ann@acme.example"
CODE = "FIELD_CUSTOM_VALIDATION_EXCEPTION"


def refuse(scene: Scene, sentence: str = "Region is required.", code: str = CODE, times: int = -1) -> None:
    scene.universe.faults.plan(Fault("salesforce", "insert", f"{code}:{sentence}", times))


def mailbox(scene: Scene):  # type: ignore[no-untyped-def]
    return scene.mailbox(ANN)


def opened(scene: Scene, message: str) -> str:
    return " ".join(texts(card_of(scene.ask("/addon/open", ANN, message))))


def test_the_rep_reads_what_salesforce_says(scene: Scene) -> None:
    refuse(scene)
    message = scene.deliver(ANN, eml())
    scene.sync()

    assert "It says: “Region is required.” Ask your Salesforce admin. We log it once that is fixed." in opened(
        scene, message
    )


@pytest.mark.parametrize("sentence", ["<b>x</b>\u202e" + "y" * 5_000, "\x00", "é\ud800"])
def test_a_hostile_sentence_is_inert_and_short(scene: Scene, sentence: str) -> None:
    refuse(scene, sentence)
    message = scene.deliver(ANN, eml())
    scene.sync()

    (row,) = scene.services.ports.store.failed_rows(mailbox(scene).mailbox_id)

    assert len(read_sentence(scene.services.rooms.sealing, row)) <= 500
    assert "<b>" not in opened(scene, message)


def test_no_sentence_stands_readable_in_the_state(scene: Scene) -> None:
    refuse(scene, "Ada owes 4711")
    scene.deliver(ANN, eml())
    scene.sync()

    assert b"4711" not in (scene.folder / "state.sqlite3").read_bytes()


def test_refusals_are_grouped_by_cause(scene: Scene) -> None:
    for number in range(3):
        scene.deliver(ANN, eml(subject=str(number)))
    refuse(scene, "Region is required.", times=2)
    refuse(scene, "Ask Bob.", "REQUIRED_FIELD_MISSING")
    scene.sync()

    found = group_by_cause(
        scene.services.ports.store, scene.services.rooms.sealing, scene.services.ports.store.mailboxes()
    )

    assert [(r.code, r.count, r.mailboxes, r.sentence) for r in found] == [
        (CODE, 2, 1, "Region is required."),
        ("REQUIRED_FIELD_MISSING", 1, 1, "Ask Bob."),
    ]


def test_a_mended_refusal_is_logged_by_the_night(scene: Scene) -> None:
    refuse(scene)
    message = scene.deliver(ANN, eml())
    scene.sync()
    scene.universe.faults.clear()
    services = scene.services

    services.rooms.jobs.run(Job(JobKind.AUDIT, mailbox(scene).mailbox_id), services.queue)
    scene.sync()

    assert scene.outcomes()[message] == "contact_match"
    assert len(scene.tasks()) == 1
    assert list(services.ports.store.failed_rows(mailbox(scene).mailbox_id)) == []


def test_one_that_is_refused_again_stays_refused_and_is_never_doubled(scene: Scene) -> None:
    refuse(scene)
    message = scene.deliver(ANN, eml())
    scene.sync()

    assert replay_refused(scene.services.ports.store, scene.clock, mailbox(scene)) == 1
    assert scene.sync().is_at_rest
    assert scene.outcomes()[message] == "rejected"
    assert replay_refused(scene.services.ports.store, scene.clock, mailbox(scene), "ANOTHER_CAUSE") == 0
    scene.universe.faults.clear()
    assert replay_refused(scene.services.ports.store, scene.clock, mailbox(scene), CODE) == 1
    scene.sync()
    assert replay_refused(scene.services.ports.store, scene.clock, mailbox(scene)) == 0
    assert len(scene.tasks()) == 1


def test_what_may_stand_in_salesforce_already_is_left_alone_unless_named(scene: Scene) -> None:
    refuse(scene, code=IN_DOUBT)
    scene.deliver(ANN, eml())
    scene.sync()

    assert replay_refused(scene.services.ports.store, scene.clock, mailbox(scene)) == 0
    assert replay_refused(scene.services.ports.store, scene.clock, mailbox(scene), IN_DOUBT) == 1


@pytest.mark.parametrize("is_conflicted", [False, True])
def test_a_mail_that_goes_in_by_a_later_copy_is_refused_nowhere(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, *, is_conflicted: bool
) -> None:
    refuse(scene)
    raw = eml(to="ann@acme.example, ben@acme.example")
    first = scene.deliver(ANN, raw)
    scene.sync()
    assert scene.outcomes() == {first: "rejected"}
    scene.universe.faults.clear()
    if is_conflicted:
        store = scene.services.ports.store
        original, conflicts = store.save_activities, [True]

        def save_activities(activities: Any, rows: Any) -> None:
            if rows and conflicts:
                conflicts.clear()
                raise ConflictError
            original(activities, rows)

        monkeypatch.setattr(store, "save_activities", save_activities)

    second = scene.deliver("ben@acme.example", raw)
    scene.sync()

    [task] = scene.tasks()
    assert scene.outcomes("ben@acme.example") == {second: "contact_match"}
    assert scene.outcomes() == {first: "contact_match"}
    [row] = scene.services.ports.store.rows(mailbox(scene).mailbox_id)
    assert (row.activity_id, row.cause, row.sealed_cause) == (task["Id"], None, None)
