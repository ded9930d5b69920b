"""What a rep says of a mail during its delivery, where Salesforce does not do it: no other mail hangs on that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from server.domain.errors import RejectedError, TransientError
from server.domain.history import MessageRef
from server.domain.ids import MessageId, SalesforceId, ThreadId
from server.domain.ledger import Row
from server.domain.mailbox import Stage
from tests.support.rep import Rep
from tests.support.scene import Scene, eml

ANN, BEN = "ann@acme.example", "ben@acme.example"
HARBOR = SalesforceId("001A00000000002IAA")
ADA, BYRON = "003A00000000001IAA", "001A00000000001IAA"
HOUR = 3_600.0

LOCKED = TransientError("A row is locked.")
REFUSED = RejectedError("DELETE_FAILED", "A trigger says no.")


def during_delivery(scene: Scene, act: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> None:
    crm = scene.services.ports.crm
    original = crm.file
    done: list[bool] = []

    def interrupted(activities: Any) -> Any:
        if not done:
            done.append(True)
            act()
        return original(activities)

    monkeypatch.setattr(crm, "file", interrupted)


def fails(scene: Scene, call: str, error: Exception, times: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The port's ``call`` fails for everything in it, so many times."""
    original = getattr(scene.services.ports.crm, call)
    left = [error] * times

    def failing(items: Sequence[Any], **options: Any) -> Any:
        return [left.pop() for _ in items[:1]] if left and items else original(items, **options)

    monkeypatch.setattr(scene.services.ports.crm, call, failing)


def stop(scene: Scene, address: str, message: str) -> None:
    ref = MessageRef(MessageId(message), ThreadId(message))
    scene.services.rooms.stopper.stop(scene.mailbox(address), ref)


def move(scene: Scene, address: str, message: str) -> None:
    ref = MessageRef(MessageId(message), ThreadId(message))
    workspace = scene.services.workspaces.current()
    scene.services.rooms.choices.move(workspace, scene.mailbox(address), ref, HARBOR)


def row_of(scene: Scene, message: str, address: str = ANN) -> Row:
    rows = scene.services.ports.store.rows(scene.mailbox(address).mailbox_id)
    return next(row for row in rows if row.message_id == message)


@pytest.fixture
def stopped(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> str:
    """A mail of Ann's that she stops during its delivery."""
    scene.sync()
    message = scene.deliver(ANN, eml(message_id="<stopped@byron.example>"))
    during_delivery(scene, lambda: stop(scene, ANN, message), monkeypatch)
    return message


@pytest.mark.parametrize("error", [LOCKED, REFUSED])
@pytest.mark.parametrize("keyless", [False, True])
def test_a_delete_that_fails_keeps_no_other_mail(
    scene: Scene, stopped: str, error: Exception, monkeypatch: pytest.MonkeyPatch, *, keyless: bool
) -> None:
    if keyless:
        fields = scene.universe.org.schema["Task"]
        for name in [name for name in fields if name.startswith("TrulyActivity__")]:
            del fields[name]
        scene.restart()
        during_delivery(scene, lambda: stop(scene, ANN, stopped), monkeypatch)
    others = [scene.deliver(BEN, eml(to=BEN, message_id=f"<{n}@byron.example>", subject=str(n))) for n in range(6)]
    fails(scene, "remove", error, 1, monkeypatch)

    done = scene.sync(patience=0)

    assert done.troubled == {}
    assert scene.outcomes(BEN) == dict.fromkeys(others, "contact_match")
    assert len(scene.tasks()) == 7


def test_a_delete_that_was_locked_is_tried_again(scene: Scene, stopped: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fails(scene, "remove", LOCKED, 3, monkeypatch)

    scene.sync(patience=0)
    waiting = row_of(scene, stopped)
    assert (waiting.reason.value, waiting.cause) == ("retrying", "TransientError")
    assert len(scene.tasks()) == 1

    scene.sync(patience=HOUR)
    assert scene.tasks() == []
    row = row_of(scene, stopped)
    assert (row.reason.value, row.activity_id, row.record_id) == ("kept_out", None, None)
    assert list(scene.services.documents.scan("copies")) == []


def test_a_delete_that_is_refused_for_good_is_said_on_the_card(
    scene: Scene, stopped: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails(scene, "remove", REFUSED, 1, monkeypatch)

    scene.sync(patience=HOUR)

    assert len(scene.tasks()) == 1
    assert scene.outcomes() == {stopped: "contact_match"}
    assert "Logged in Salesforce" in " ".join(Rep(scene, ANN, stopped).read)
    reply = scene.deliver(
        ANN, eml(message_id="<later@byron.example>", In_Reply_To="<stopped@byron.example>"), thread=stopped
    )
    scene.sync(patience=HOUR)
    assert scene.outcomes()[reply] == "kept_out"


def test_news_of_gmail_s_does_not_forget_a_delete(scene: Scene, stopped: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rep archives the mail, and then deletes it, while Salesforce is locked."""
    fails(scene, "remove", LOCKED, 4, monkeypatch)
    scene.sync(patience=0)
    box = scene.universe.mailboxes[ANN]
    box.relabel(stopped, set(), {"INBOX"})
    scene.sync(patience=0)
    assert row_of(scene, stopped).reason.value == "retrying"
    box.delete(stopped)

    scene.sync(patience=HOUR)

    assert scene.tasks() == []
    assert row_of(scene, stopped).reason.value == "kept_out"


def test_a_second_stop_deletes_it_at_once(scene: Scene, stopped: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fails(scene, "remove", LOCKED, 1, monkeypatch)
    scene.sync(patience=0)
    assert len(scene.tasks()) == 1

    stop(scene, ANN, stopped)

    assert scene.tasks() == []
    scene.sync(patience=HOUR)
    assert scene.outcomes() == {stopped: "kept_out"}


def test_who_lets_it_in_again_keeps_it(scene: Scene, stopped: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fails(scene, "remove", LOCKED, 1, monkeypatch)
    scene.sync(patience=0)
    ref = MessageRef(MessageId(stopped), ThreadId(stopped))

    scene.services.rooms.choices.log(scene.services.workspaces.current(), scene.mailbox(ANN), ref)
    scene.sync(patience=HOUR)

    assert len(scene.tasks()) == 1
    assert scene.outcomes() == {stopped: "contact_match"}


def test_an_owner_s_stop_that_fails_is_carried_out_for_all_copies(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.sync()
    raw = eml(to=f"{ANN}, {BEN}", message_id="<both@byron.example>")
    hers, his = scene.deliver(ANN, raw), scene.deliver(BEN, raw)
    during_delivery(scene, lambda: stop(scene, ANN, hers), monkeypatch)
    fails(scene, "remove", LOCKED, 2, monkeypatch)

    scene.sync(patience=0)
    assert len(scene.tasks()) == 1
    scene.sync(patience=HOUR)

    assert scene.tasks() == []
    assert (scene.outcomes(ANN)[hers], scene.outcomes(BEN)[his]) == ("kept_out", "taken_back")


@pytest.fixture
def moved(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> str:
    """A mail of Ann's that she moves to Harbor during its delivery."""
    scene.sync()
    monkeypatch.setattr(
        scene.services.rooms.access, "readable", lambda _mailbox, records: {r.record_id for r in records}
    )
    message = scene.deliver(ANN, eml(message_id="<moved@byron.example>"))
    during_delivery(scene, lambda: move(scene, ANN, message), monkeypatch)
    return message


def test_a_move_that_was_locked_is_tried_again(scene: Scene, moved: str, monkeypatch: pytest.MonkeyPatch) -> None:
    other = scene.deliver(BEN, eml(to=BEN, message_id="<other@byron.example>"))
    fails(scene, "retarget", LOCKED, 3, monkeypatch)

    done = scene.sync(patience=0)
    assert done.troubled == {}
    assert scene.outcomes(BEN) == {other: "contact_match"}
    assert row_of(scene, moved).cause == "TransientError"
    assert {task["WhatId"] for task in scene.tasks()} == {BYRON}

    scene.sync(patience=HOUR)
    assert scene.outcomes() == {moved: "thread_override"}
    assert sorted((t.get("WhoId") or "", t["WhatId"]) for t in scene.tasks()) == [("", HARBOR), (ADA, BYRON)]


def test_a_move_that_is_refused_for_good_leaves_the_card_true(
    scene: Scene, moved: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails(scene, "retarget", REFUSED, 1, monkeypatch)

    scene.sync(patience=HOUR)

    assert scene.outcomes() == {moved: "contact_match"}
    assert [task["WhatId"] for task in scene.tasks()] == [BYRON]
    assert "On Ada Byron, Byron Works" in " ".join(Rep(scene, ANN, moved).read)


def test_a_conversation_stopped_while_its_move_waits_goes(
    scene: Scene, moved: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails(scene, "retarget", LOCKED, 1, monkeypatch)
    scene.sync(patience=0)

    stop(scene, ANN, moved)
    scene.sync(patience=HOUR)

    assert scene.tasks() == []
    assert scene.outcomes() == {moved: "kept_out"}


def test_a_mailbox_that_is_switched_off_keeps_no_delete_back(
    scene: Scene, stopped: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails(scene, "remove", LOCKED, 1, monkeypatch)
    scene.sync(patience=0)
    assert len(scene.tasks()) == 1

    scene.set_stage(ANN, Stage.OFF)
    scene.sync(patience=HOUR)

    assert scene.tasks() == []
    assert scene.outcomes() == {stopped: "kept_out"}
