"""Calendar mail that only its body shows: automated, with no activity and no copy, unless a person wants it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from server.domain.decision import Reason
from server.domain.ids import ActivityKey
from server.domain.ledger import Row
from tests.support.crashes import Crash
from tests.support.rep import Rep
from tests.support.scene import Scene, eml

ANN, BEN = "ann@acme.example", "ben@acme.example"
INVITATION = eml(subject="Visit", text="Ada invites you.\n\nMETHOD:REQUEST")


@pytest.fixture(autouse=True)
def _read_methods(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """A calendar part is what the text says: which parts count as one is the body's own matter."""
    for name in ("read", "read_apart"):
        read = getattr(scene.services.body_reader, name)

        def read_method(raw: bytes, read: Callable[[bytes], Any] = read) -> Any:
            body = read(raw)
            return replace(body, calendar_method=body.text.partition("METHOD:")[2])

        monkeypatch.setattr(scene.services.body_reader, name, read_method)


def rows_of(scene: Scene, address: str = ANN) -> list[Row]:
    return list(scene.services.ports.store.rows(scene.mailbox(address).mailbox_id))


def has_copy(scene: Scene, key: ActivityKey | None) -> bool:
    return key is not None and scene.services.ports.store.copy(key) is not None


def test_an_invitation_is_automated_in_every_mailbox(scene: Scene) -> None:
    for address in (ANN, BEN):
        scene.deliver(address, INVITATION)
    scene.deliver(ANN, eml(subject="Lamps"))
    assert scene.sync().is_at_rest

    [row, other] = rows_of(scene)
    [row_of_ben] = rows_of(scene, BEN)
    assert (row.reason, other.reason) == (Reason.AUTOMATED, Reason.CONTACT_MATCH)
    assert [evidence.mark for evidence in row.evidence] == ["calendar_body"]
    assert (row_of_ben.reason, row_of_ben.evidence) == (row.reason, row.evidence)
    assert [task["Subject"] for task in scene.tasks()] == ["From ada@byron.example: Lamps"]
    assert not has_copy(scene, row.activity_key)
    assert row.sealed_headers is None
    card = Rep(scene, ANN, row.message_id).read
    assert "This is an automatic message: no person started it." in card


@pytest.mark.parametrize("method", ["REQUEST", "REPLY", "CANCEL", "COUNTER"])
def test_every_method_that_asks_or_answers_is_automated(scene: Scene, method: str) -> None:
    scene.deliver(ANN, eml(text=f"METHOD:{method}"))
    scene.sync()
    assert list(scene.outcomes().values()) == ["automated"]


def test_what_a_person_publishes_is_logged(scene: Scene) -> None:
    scene.deliver(ANN, eml(text="METHOD:PUBLISH"))
    scene.sync()
    assert len(scene.tasks()) == 1


def test_a_rep_logs_an_invitation_anyway(scene: Scene) -> None:
    message = scene.deliver(ANN, INVITATION)
    scene.sync()
    Rep(scene, ANN, message).click("Log it anyway")
    assert scene.outcomes() == {message: "thread_override"}
    assert len(scene.tasks()) == 1
    assert has_copy(scene, rows_of(scene)[0].activity_key)


def test_a_copy_that_comes_later_is_automated_too(scene: Scene) -> None:
    scene.deliver(ANN, INVITATION)
    scene.sync()
    scene.deliver(BEN, INVITATION)
    assert scene.sync().is_at_rest
    assert list(scene.outcomes(BEN).values()) == ["automated"]
    assert scene.tasks() == []


def test_an_invitation_whose_first_try_died_is_automated(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.deliver(ANN, INVITATION)

    def die(_raw: bytes) -> None:
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(scene.services.body_reader, "read", die)
        with pytest.raises(Crash):
            scene.sync()
    scene.clock.advance(600)
    assert scene.sync().is_at_rest
    assert list(scene.outcomes().values()) == ["automated"]
    assert scene.tasks() == []


def test_a_copy_that_was_sealed_for_a_failed_insert_goes(scene: Scene) -> None:
    """The first reader did not see what the next version's does."""
    scene.deliver(ANN, INVITATION)
    reader: Any = scene.services.body_reader
    read_apart = reader.read_apart
    reader.read = lambda raw: replace(read_apart(raw), calendar_method="")
    store: Any = scene.services.ports.store
    keep_copies = store.keep_copies

    def keep_and_die(copies: Any) -> None:
        keep_copies(copies)
        raise Crash

    store.keep_copies = keep_and_die
    with pytest.raises(Crash):
        scene.sync()
    store.keep_copies = keep_copies
    [row] = rows_of(scene)
    assert has_copy(scene, row.activity_key)
    scene.clock.advance(600)
    scene.sync()
    assert list(scene.outcomes().values()) == ["automated"]
    assert not has_copy(scene, row.activity_key)


def test_explain_reads_the_body_of_what_would_be_logged(scene: Scene, tmp_path: Path) -> None:
    path = tmp_path / "a.eml"
    path.write_bytes(INVITATION)
    explanation = json.loads(scene.flask("explain", str(path), "--json").stdout)
    assert explanation["reason"] == "automated"
    assert explanation["evidence"] == [{"mark": "calendar_body", "header": None, "weight": 0}]


def test_a_twin_made_of_a_customers_mail_ends_alone(scene: Scene) -> None:
    """Somebody in Cc knows the Message-ID, the date and the subject, and may forge From: the key is then the same."""
    twin = eml(subject="Offer", text="METHOD:REQUEST", message_id="<one@byron.example>")
    genuine = eml(subject="Offer", text="I accept your price.", message_id="<one@byron.example>")
    ids = [scene.deliver(ANN, twin), scene.deliver(ANN, genuine)]

    assert scene.sync().is_at_rest

    assert len({row.activity_key for row in rows_of(scene)}) == 1
    assert [scene.outcomes()[message_id] for message_id in ids] == ["automated", "contact_match"]
    [text] = [task["Description"] for task in scene.tasks()]
    assert text.rpartition("\n\n")[2] == "I accept your price."
