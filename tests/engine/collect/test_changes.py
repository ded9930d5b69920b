"""What happens in a mailbox after the first pass: new mail, labels that move, messages that go, a history that expired."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.engine.coverage.audit import measure_coverage
from simulator.faults import Fault
from tests.support.scene import Scene, eml

ANN = "ann@acme.example"


def relabel(scene: Scene, message: str, *, add: str = "", remove: str = "") -> None:
    scene.universe.mailboxes[ANN].relabel(message, {add} - {""}, {remove} - {""})


def closed(scene: Scene) -> bool:
    return measure_coverage(
        scene.services.ports.mail,
        scene.services.ports.store,
        scene.clock,
        scene.mailbox(ANN),
    ).is_closed


def test_new_mail_comes_by_history_and_is_paid_once(scene: Scene) -> None:
    scene.deliver(ANN, eml(subject="First"))
    scene.sync()
    scene.universe.calls.clear()
    new = scene.deliver(ANN, eml(subject="Second"))
    scene.sync()
    assert scene.outcomes()[new] == "contact_match"
    gmail = scene.universe.calls.summary()["gmail"]
    assert gmail["messages.get"] == 2  # headers, then the body
    assert "messages.list" not in gmail
    assert closed(scene)


@pytest.mark.parametrize("label", ["SPAM", "CATEGORY_PROMOTIONS", "TRASH", "DRAFT"])
def test_a_label_that_goes_reopens_what_it_kept_out(scene: Scene, label: str) -> None:
    message = scene.deliver(ANN, eml(), "INBOX", label)
    scene.sync()
    assert scene.outcomes()[message] in {"not_primary", "not_mail"}
    relabel(scene, message, remove=label)
    scene.sync()
    assert scene.outcomes()[message] == "contact_match"


@pytest.mark.parametrize("label", ["SPAM", "TRASH", "CATEGORY_UPDATES"])
def test_a_label_that_comes_later_takes_nothing_back(scene: Scene, label: str) -> None:
    message = scene.deliver(ANN, eml())
    scene.sync()
    relabel(scene, message, add=label)
    scene.sync()
    assert scene.outcomes()[message] == "contact_match"
    assert len(scene.tasks()) == 1


def test_reading_a_message_costs_no_get(scene: Scene) -> None:
    message = scene.deliver(ANN, eml(sender="who@nowhere.example"), "INBOX", "UNREAD")
    scene.sync()
    scene.universe.calls.clear()
    relabel(scene, message, remove="UNREAD")
    scene.sync()
    assert "messages.get" not in scene.universe.calls.summary()["gmail"]


def test_the_label_dont_log_keeps_out_and_taking_it_off_logs(scene: Scene) -> None:
    label = scene.universe.mailboxes[ANN].label_id("don't LOG")
    message = scene.deliver(ANN, eml(), "INBOX", label)
    scene.sync()
    assert scene.outcomes()[message] == "kept_out"
    relabel(scene, message, remove=label)
    scene.sync()
    assert scene.outcomes()[message] == "contact_match"


def test_a_draft_that_is_sent_is_a_new_message(scene: Scene) -> None:
    raw = eml(sender=ANN, to="ada@byron.example")
    draft = scene.deliver(ANN, raw, "DRAFT")
    scene.sync()
    scene.universe.mailboxes[ANN].delete(draft)
    sent = scene.deliver(ANN, raw, "SENT")
    scene.sync()
    assert scene.outcomes() == {draft: "not_mail", sent: "contact_match"}
    assert closed(scene)


def test_a_message_deleted_before_delivery_is_gone(scene: Scene) -> None:
    message = scene.deliver(ANN, eml())
    scene.universe.faults.plan(Fault("salesforce", "composite", "503", times=-1))
    scene.sync(patience=0)
    scene.universe.mailboxes[ANN].delete(message)
    scene.universe.faults.clear()
    scene.sync(patience=7200)
    assert (scene.outcomes()[message], scene.tasks()) == ("gone", [])
    assert closed(scene)


def test_a_message_deleted_after_logging_stays_logged(scene: Scene) -> None:
    message = scene.deliver(ANN, eml())
    scene.sync()
    scene.universe.mailboxes[ANN].delete(message)
    scene.sync()
    assert scene.outcomes()[message] == "contact_match"
    assert closed(scene)


def test_an_expired_history_is_listed_again_and_nothing_is_missed(scene: Scene) -> None:
    kept = scene.deliver(ANN, eml(subject="Kept"))
    spam = scene.deliver(ANN, eml(subject="Spam"), "SPAM")
    scene.sync()
    missed = scene.deliver(ANN, eml(subject="Missed"))
    relabel(scene, spam, remove="SPAM")
    scene.universe.mailboxes[ANN].expire_history()
    scene.sync()
    assert scene.outcomes() == dict.fromkeys((kept, spam, missed), "contact_match")
    assert len(scene.tasks()) == 3
    assert closed(scene)


def test_mail_that_arrives_while_listing_is_not_missed(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(60):
        scene.deliver(ANN, eml(subject=f"Early {number}"))
    mail = type(scene.services.ports.mail)
    original = mail.headers
    late: list[str] = []

    def headers(*args: object) -> object:
        if not late:
            late.append(scene.deliver(ANN, eml(subject="Late")))
        return original(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(mail, "headers", headers)
    scene.sync()
    scene.sync()
    assert scene.outcomes()[late[0]] == "contact_match"
    assert len(scene.tasks()) == 61


def test_a_position_that_comes_before_its_history_loses_nothing(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.sync()
    new = scene.deliver(ANN, eml())
    mail = scene.services.ports.mail
    original = mail.history
    monkeypatch.setattr(mail, "history", lambda *args: replace(original(*args), events=()))
    scene.sync()
    monkeypatch.setattr(mail, "history", original)
    scene.sync()
    assert scene.outcomes() == {new: "contact_match"}


def test_a_quiet_mailbox_s_cursor_does_not_grow_old(scene: Scene) -> None:
    scene.sync()
    begun = scene.mailbox(ANN)
    scene.clock.advance(43_201)
    scene.sync()
    assert scene.mailbox(ANN).cursor_at > begun.cursor_at


@pytest.mark.parametrize("sender", ["ada@byron.example", "who@nowhere.example"])
def test_a_label_that_moves_after_a_crash_between_rows_and_cursor_is_seen(scene: Scene, sender: str) -> None:
    """The history still calls the message new, and its row is there: what happened since must count all the same."""
    scene.sync()
    ports = scene.services.ports
    before = scene.mailbox("ann@acme.example")
    message = scene.deliver("ann@acme.example", eml(sender=sender), "INBOX", "SPAM")
    scene.sync()
    ports.store.save_mailbox(before.mailbox_id, lambda _now: before)
    scene.universe.mailboxes["ann@acme.example"].relabel(message, set(), {"SPAM"})
    scene.sync()
    assert scene.outcomes() == {message: "contact_match" if "byron" in sender else "no_match"}
