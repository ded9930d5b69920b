"""What somebody says in the middle of a run holds: a stage, a start, a rep's no."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from server.domain.errors import TransientError
from server.domain.history import MessageRef
from server.domain.ids import MessageId, SalesforceId, ThreadId
from server.domain.mailbox import Stage
from server.engine.mailboxes.stages import set_stage
from simulator.faults import Fault
from tests.support.scene import Scene, eml

ANN, BEN = "ann@acme.example", "ben@acme.example"


def box(scene: Scene, address: str = ANN) -> Any:
    return scene.mailbox(address)


def once_before(target: Any, name: str, act: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> None:
    original = getattr(target, name)
    done: list[bool] = []

    def interrupted(*args: Any, **kwargs: Any) -> Any:
        if not done:
            done.append(True)
            act()
        return original(*args, **kwargs)

    monkeypatch.setattr(target, name, interrupted)


@pytest.mark.parametrize("where", ["headers", "add_rows"])
def test_a_mailbox_made_live_while_it_is_read_holds_nothing_back(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    scene.restart(NEW_MAILBOX_STAGE="dry_run")
    for number in range(120):
        scene.deliver(ANN, eml(subject=str(number)))
    ports = scene.services.ports
    target = type(ports.mail) if where == "headers" else ports.store
    once_before(target, where, lambda: set_stage(ports.store, scene.clock, box(scene), Stage.LIVE), monkeypatch)
    scene.sync()
    scene.sync()
    assert set(scene.outcomes().values()) == {"contact_match"}


def stop(scene: Scene, address: str, message: str) -> None:
    ref = MessageRef(MessageId(message), ThreadId(message))
    scene.services.rooms.stopper.stop(box(scene, address), ref)


@pytest.mark.parametrize(
    ("port", "call"), [("crm", "look_up"), ("crm", "file"), ("store", "claim"), ("store", "save_activities")]
)
def test_a_rep_who_stops_a_conversation_during_its_delivery_has_the_last_word(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, port: str, call: str
) -> None:
    scene.sync()
    message = scene.deliver(ANN, eml())
    target = getattr(scene.services.ports, port)
    once_before(target, call, lambda: stop(scene, ANN, message), monkeypatch)
    scene.sync()
    scene.sync()
    assert scene.outcomes() == {message: "kept_out"}
    assert scene.tasks() == []
    assert scene.services.ports.store.writes()


@pytest.mark.parametrize(
    ("who", "outcomes", "tasks"),
    [
        (BEN, {ANN: "contact_match", BEN: "kept_out"}, 1),
        # Ann is the first recipient, so the mail is hers: what its owner stops is nobody's.
        (ANN, {ANN: "kept_out", BEN: "taken_back"}, 0),
    ],
)
def test_one_of_two_recipients_stops_it_during_the_delivery(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, who: str, outcomes: dict[str, str], tasks: int
) -> None:
    scene.sync()
    raw = eml(to=f"{ANN}, {BEN}", message_id="<both@byron.example>")
    copies = {address: scene.deliver(address, raw) for address in (ANN, BEN)}
    once_before(scene.services.ports.crm, "look_up", lambda: stop(scene, who, copies[who]), monkeypatch)
    scene.sync()
    scene.sync()
    assert {address: scene.outcomes(address)[copy] for address, copy in copies.items()} == outcomes
    assert len(scene.tasks()) == tasks


def test_a_pause_of_the_past_survives_new_mail(scene: Scene) -> None:
    """Gmail asks the past to wait an hour; reading new mail meanwhile must not ask again."""
    scene.deliver(ANN, eml())
    scene.universe.faults.plan(Fault("gmail", "messages.list", "backendError", -1, mailbox=ANN))
    scene.sync(patience=0)
    asked = scene.universe.calls.summary()["gmail"]["messages.list"]
    first = box(scene).backfill
    assert first.failures == 1
    for _ in range(20):
        scene.deliver(ANN, eml(subject="New"))
        scene.clock.advance(0.01)
        scene.sync(patience=0)
    assert scene.universe.calls.summary()["gmail"]["messages.list"] == asked
    assert box(scene).backfill == first
    assert box(scene).failures == 0


def test_a_sync_that_could_not_read_a_mailbox_is_not_at_rest(scene: Scene) -> None:
    scene.universe.faults.plan(Fault("gmail", "messages.list", "backendError", -1, mailbox=ANN))
    for number in range(5):
        scene.deliver(BEN, eml(to=BEN, subject=str(number)))
    done = scene.sync(patience=1)
    assert ANN in done.troubled
    assert not done.is_at_rest


def test_no_copy_stays_of_a_mail_that_ends_as_not_logged(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    message = scene.deliver(ANN, eml())
    crm = scene.services.ports.crm
    original = crm.file
    tries: list[int] = []

    def locked(activities: Any) -> Any:
        if not tries:
            tries.append(1)
            scene.universe.org.remove("003A00000000001")
            scene.universe.org.remove("001A00000000001")
            raise TransientError("A row is locked.", 1.0)
        return original(activities)

    monkeypatch.setattr(crm, "file", locked)
    scene.sync()
    assert scene.outcomes() == {message: "no_match"}
    copies = list(scene.services.documents.scan("copies"))
    deks = list(scene.services.documents.scan("deks"))
    assert (copies, deks) == ([], [])


def test_a_lead_that_is_converted_on_the_way_is_matched_again(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    message = scene.deliver(ANN, eml("leo@brandt.example"))
    crm = scene.services.ports.crm
    original = crm.file
    converted: list[str] = []

    def faster(activities: Any) -> Any:
        if not converted:
            converted.append(scene.universe.org.convert("00QA00000000001", "001A00000000001"))
        return original(activities)

    monkeypatch.setattr(crm, "file", faster)
    scene.sync()
    assert scene.outcomes() == {message: "contact_match"}
    [task] = scene.tasks()
    assert task["WhoId"] == converted[0]


@pytest.mark.parametrize("letters", ["\u0436" * 230_000, "x" * 900_000])
def test_one_message_with_enormous_headers_stops_no_mailbox(scene: Scene, letters: str) -> None:
    raw = f"From: ada@byron.example\nTo: {ANN}\nMessage-ID: <big@x>\nSubject: {letters}\n\nHello.\n".encode()
    big, small = scene.deliver(ANN, raw), scene.deliver(ANN, eml())
    scene.sync()
    assert scene.outcomes()[small] == "contact_match"
    assert scene.outcomes()[big] in {"contact_match", "unreadable"}


@pytest.mark.parametrize(("port", "call"), [("crm", "look_up"), ("crm", "file"), ("store", "save_activities")])
def test_a_rep_who_moves_a_conversation_during_its_delivery_has_the_last_word(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, port: str, call: str
) -> None:
    scene.sync()
    message = scene.deliver(ANN, eml())
    leo = SalesforceId("00QA00000000001MAA")
    ref = MessageRef(MessageId(message), ThreadId(message))
    monkeypatch.setattr(
        scene.services.rooms.access, "readable", lambda _mailbox, records: {r.record_id for r in records}
    )

    def move() -> None:
        scene.services.rooms.choices.move(scene.services.workspaces.current(), box(scene), ref, leo)

    once_before(getattr(scene.services.ports, port), call, move, monkeypatch)
    scene.sync()
    scene.sync()
    assert [t["WhoId"] for t in scene.tasks()] == [leo]
    assert scene.outcomes() == {message: "thread_override"}


def test_the_owner_s_stop_during_a_delivery_holds_for_everybody(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.sync()
    raw = eml(to=f"{ANN}, {BEN}", message_id="<both@byron.example>")
    hers, his = scene.deliver(ANN, raw), scene.deliver(BEN, raw)
    scene.services.rooms.access.user_of(box(scene))
    once_before(scene.services.ports.crm, "look_up", lambda: stop(scene, ANN, hers), monkeypatch)
    once_before(scene.services.ports.store, "conversations", lambda: stop(scene, ANN, hers), monkeypatch)
    scene.sync()
    scene.sync()
    assert scene.tasks() == []
    assert scene.outcomes(ANN)[hers] == "kept_out"
    assert scene.outcomes(BEN)[his] in {"kept_out", "taken_back"}


def test_who_only_had_it_first_does_not_keep_a_colleague_s_mail_out(scene: Scene) -> None:
    """Ben, to whom it went first, owns it by the rules; only Ann's copy had been read when she stopped it."""
    scene.sync()
    raw = eml(to=f"{BEN}, {ANN}", message_id="<both@byron.example>")
    hers = scene.deliver(ANN, raw)
    scene.sync()
    assert len(scene.tasks()) == 1
    stop(scene, ANN, hers)
    assert scene.tasks() == []
    his = scene.deliver(BEN, raw)
    scene.sync()
    scene.sync()
    assert scene.outcomes(BEN)[his] == "contact_match"
    assert scene.outcomes(ANN)[hers] == "kept_out"
    assert len(scene.tasks()) == 1
