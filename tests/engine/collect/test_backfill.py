"""A mailbox's past: what it costs, what it decides, and that it can stop and go on anywhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from server.domain.history import EVERYTHING
from server.engine.coverage.audit import measure_coverage
from server.engine.mailboxes.stages import set_start
from server.rules.schedule import backfill_windows as windows
from simulator.faults import Fault
from tests.support.crashes import Crash, Fuse, fit, unfit
from tests.support.scene import START, Scene, eml

ANN = "ann@acme.example"
DAY = 86_400


def days_ago(days: float) -> str:
    return format_datetime(datetime.fromtimestamp(START, UTC) - timedelta(days=days))


def old(scene: Scene, days: float, *labels: str, **mail: Any) -> str:
    return scene.deliver(ANN, eml(date=days_ago(days), **{"subject": f"{days}", **mail}), *labels)


def ann(scene: Scene) -> Any:
    return scene.mailbox(ANN)


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows of a handful of messages, so that a small mailbox has many."""
    monkeypatch.setattr(windows, "TARGET", 3)


def gets(scene: Scene) -> int:
    return int(scene.universe.calls.summary()["gmail"].get("messages.get", 0))


@pytest.mark.parametrize("label", ["DRAFT", "CHAT", "SPAM", "TRASH", "CATEGORY_PROMOTIONS", "CATEGORY_FORUMS"])
def test_what_a_label_decides_costs_no_get(scene: Scene, label: str) -> None:
    message = old(scene, 3, label, "INBOX") if label.startswith("CATEGORY") else old(scene, 3, label)
    scene.sync()
    assert scene.outcomes()[message] == ("not_mail" if label in ("DRAFT", "CHAT") else "not_primary")
    assert gets(scene) == 0


def test_a_category_does_not_decide_on_what_was_sent(scene: Scene) -> None:
    sent = old(scene, 3, "SENT", "CATEGORY_UPDATES", sender=ANN, to="ada@byron.example")
    scene.sync()
    assert scene.outcomes()[sent] == "contact_match"


def test_what_is_before_the_start_costs_no_get_and_has_a_row(scene: Scene) -> None:
    scene.services.rooms.sweeper.sweep()
    set_start(
        scene.services.ports.mail, scene.services.ports.store, scene.clock, ann(scene), int((START - 10 * DAY) * 1000)
    )
    ancient, promotion = old(scene, 400), old(scene, 401, "CATEGORY_PROMOTIONS")
    edge, new = old(scene, 10.5), old(scene, 9)
    scene.sync()
    assert scene.outcomes() == {
        ancient: "before_start", promotion: "not_primary", edge: "before_start", new: "contact_match",
    }  # fmt: skip
    assert gets(scene) == 2 + 1  # the edge and the new one, and the new one's body


def test_an_earlier_start_reopens_what_was_too_old_and_nothing_else(scene: Scene) -> None:
    scene.services.rooms.sweeper.sweep()
    set_start(
        scene.services.ports.mail, scene.services.ports.store, scene.clock, ann(scene), int((START - 10 * DAY) * 1000)
    )
    ancient, new, stranger = old(scene, 400), old(scene, 9), old(scene, 8, sender="who@nowhere.example")
    scene.sync()
    scene.universe.calls.clear()
    set_start(scene.services.ports.mail, scene.services.ports.store, scene.clock, ann(scene), 0)
    scene.sync()
    assert scene.outcomes() == {ancient: "contact_match", new: "contact_match", stranger: "no_match"}
    assert gets(scene) == 2
    assert ann(scene).backfill is None


def test_the_past_is_read_newest_first_in_windows(scene: Scene, narrow: None) -> None:
    messages = {days: old(scene, days) for days in (1, 20, 40, 200, 900, 3_000)}
    scene.services.rooms.sweeper.sweep()
    scene.services.rooms.collector.collect(scene.services.workspaces.current(), ann(scene).mailbox_id)
    known: list[int] = []
    keep = scene.services.ports.store.save_mailbox

    def listening(*args: Any) -> Any:
        known.append(len(scene.outcomes()))
        return keep(*args)

    scene.services.ports.store.save_mailbox = listening  # type: ignore[method-assign]
    done = scene.services.rooms.past_collector.collect_past(scene.services.workspaces.current(), ann(scene).mailbox_id)
    assert done.is_done
    assert set(scene.outcomes()) == set(messages.values())
    assert known == sorted(known)
    assert len(set(known)) > 2


def test_new_mail_is_logged_while_the_past_is_unread(scene: Scene, narrow: None) -> None:
    for days in range(1, 30):
        old(scene, days)
    workspace = scene.services.workspaces
    scene.services.rooms.sweeper.sweep()
    mailbox_id = ann(scene).mailbox_id
    assert scene.services.rooms.collector.collect(workspace.current(), mailbox_id).has_past
    new = scene.deliver(ANN, eml(subject="New"))
    assert scene.services.rooms.collector.collect(workspace.current(), mailbox_id).messages == 1
    assert scene.outcomes() == {new: "ready"}


def test_a_turn_ends_in_time_and_the_next_goes_on(scene: Scene, narrow: None) -> None:
    ids = {old(scene, days) for days in range(1, 200, 7)}
    workspace = scene.services.workspaces
    scene.services.rooms.sweeper.sweep()
    mailbox_id = ann(scene).mailbox_id
    scene.services.rooms.collector.collect(workspace.current(), mailbox_id)
    turns = 0
    while not scene.services.rooms.past_collector.collect_past(workspace.current(), mailbox_id, turn=0).is_done:
        turns += 1
        assert turns < 100
    assert turns > 3
    assert set(scene.outcomes()) == ids
    assert gets(scene) == len(ids), "each is read once, wherever a turn ended"


def test_search_that_misses_a_message_loses_nothing(
    scene: Scene, narrow: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = {old(scene, days) for days in range(1, 60, 5)}
    forgotten = min(ids)
    mail = type(scene.services.ports.mail)
    original = mail.list_messages

    def forgetful(self: Any, mailbox: Any, span: Any = EVERYTHING, labels: Any = ()) -> Any:
        for page in original(self, mailbox, span, labels):
            yield [r for r in page if span == EVERYTHING or r.message_id != forgotten]

    monkeypatch.setattr(mail, "list_messages", forgetful)
    scene.sync()
    assert set(scene.outcomes()) == ids


def test_killed_at_every_step_the_past_ends_the_same(tmp_path: Any, narrow: None) -> None:
    def world(folder: Any) -> Scene:
        folder.mkdir()
        made = Scene(folder)
        for days in (1, 35, 80, 300):
            old(made, days)
        old(made, 81, "SPAM")
        return made

    clean = world(tmp_path / "clean")
    fuse = Fuse()
    fit(clean, fuse)
    clean.sync()
    wanted, tasks = clean.outcomes(), len(clean.tasks())
    clean.close()
    for at in range(1, fuse.steps + 1, 3):
        made = world(tmp_path / f"{at}")
        fit(made, Fuse(at, after=bool(at % 2)))
        with pytest.raises(Crash):
            made.sync()
        unfit(made)
        made.restart()
        made.clock.advance(600)
        made.sync()
        assert made.outcomes() == wanted
        assert len(made.tasks()) == tasks
        made.close()


def test_an_expired_history_costs_lists_and_only_what_changed(scene: Scene) -> None:
    kept = [old(scene, days) for days in range(1, 30)]
    spam, draft = old(scene, 40, "SPAM"), old(scene, 41, "DRAFT")
    scene.sync()
    box = scene.universe.mailboxes[ANN]
    box.relabel(spam, set(), {"SPAM"})
    box.delete(draft)
    missed = old(scene, 0.1)
    box.expire_history()
    scene.universe.calls.clear()
    scene.sync()
    assert scene.outcomes() == {
        **dict.fromkeys((*kept, spam, missed), "contact_match"), draft: "not_mail",
    }  # fmt: skip
    assert gets(scene) == 4  # two headers, two bodies
    assert measure_coverage(scene.services.ports.mail, scene.services.ports.store, scene.clock, ann(scene)).is_closed


def test_a_mailbox_in_trouble_pauses_with_its_place_kept(scene: Scene, narrow: None) -> None:
    ids = {old(scene, days) for days in range(1, 60, 5)}
    scene.universe.faults.plan(Fault("gmail", "messages.list", "backendError", 1))
    scene.sync()
    assert set(scene.outcomes()) == ids
    assert ann(scene).last_error is None


def test_someone_who_moves_the_start_meanwhile_has_the_last_word(
    scene: Scene, narrow: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    ports, workspace = scene.services.ports, scene.services.workspaces
    scene.services.rooms.sweeper.sweep()
    set_start(ports.mail, ports.store, scene.clock, ann(scene), int((START - 10 * DAY) * 1000))
    ids = {old(scene, days) for days in (1, 5, 50, 500)}
    scene.services.rooms.collector.collect(workspace.current(), ann(scene).mailbox_id)
    mail = type(ports.mail)
    screened = mail.headers

    def moving(*args: Any) -> Any:
        if ann(scene).start:
            ports.store.save_mailbox(
                ann(scene).mailbox_id,
                lambda m: replace(m, start=0, backfill=windows.begin_backfill(START, 4, is_again=False)),  # type: ignore[type-var]
            )
        return screened(*args)

    monkeypatch.setattr(mail, "headers", moving)
    scene.sync()
    assert dict.fromkeys(ids, "contact_match") == scene.outcomes()


def test_a_history_that_expires_at_the_end_of_a_backfill_is_a_past_of_its_own(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    spam = old(scene, 3, "SPAM")
    ports, workspace = scene.services.ports, scene.services.workspaces
    scene.services.rooms.sweeper.sweep()
    scene.services.rooms.collector.collect(workspace.current(), ann(scene).mailbox_id)
    keep = ports.store.save_mailbox
    done: list[str] = []

    def expiring(mailbox_id: Any, change: Any) -> Any:
        if not done and ann(scene).backfill is not None and set(scene.outcomes()) == {spam}:
            done.append(scene.deliver(ANN, eml(subject="New")))
            box = scene.universe.mailboxes[ANN]
            box.relabel(spam, {"INBOX"}, {"SPAM"})
            box.expire_history()
            scene.services.rooms.collector.collect(workspace.current(), ann(scene).mailbox_id)
        return keep(mailbox_id, change)

    monkeypatch.setattr(ports.store, "save_mailbox", expiring)
    scene.services.rooms.past_collector.collect_past(workspace.current(), ann(scene).mailbox_id)
    scene.sync()
    assert scene.outcomes() == {spam: "contact_match", done[0]: "contact_match"}
