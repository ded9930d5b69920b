"""The audit: what Gmail lists and the ledger does not have is found, named, read, and an alarm."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from server.domain.decision import Outcome
from server.engine.coverage.audit import measure_coverage
from tests.support.scene import START, Scene, eml, forget

ANN = "ann@acme.example"


def ann(scene: Scene) -> Any:
    return scene.mailbox(ANN)


def on(day: int, **more: Any) -> bytes:
    moment = datetime.fromtimestamp(START, UTC) - timedelta(days=day)
    return eml(date=format_datetime(moment), subject=str(day), **more)


def run(scene: Scene, **options: Any) -> Any:
    return scene.services.rooms.auditor.audit(scene.services.workspaces.current(), ann(scene), **options)


def test_an_audit_of_a_whole_ledger_finds_nothing(scene: Scene) -> None:
    for day in range(5):
        scene.deliver(ANN, on(day))
    scene.sync()
    found = run(scene)
    assert (found.messages, found.missed) == (5, ())
    assert ann(scene).last_audit_at == scene.clock.now()


def test_what_was_missed_is_named_read_and_an_alarm(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    kept, lost = scene.deliver(ANN, on(1)), scene.deliver(ANN, on(2))
    scene.sync()
    forget(scene, ANN, lost)
    with caplog.at_level(logging.ERROR):
        found = run(scene)
    assert (found.missed, found.late) == ((lost,), 1)
    assert "an audit found 1 messages without a row, 1 of them late" in caplog.text
    assert lost not in caplog.text
    scene.sync()
    assert set(scene.outcomes()) == {kept, lost}
    assert scene.outcomes()[lost] == "contact_match"
    assert len(scene.tasks()) == 2, "an activity that exists is joined, not made anew"


def test_mail_that_arrives_during_the_audit_is_not_missed(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.deliver(ANN, on(1))
    scene.sync()
    mail = type(scene.services.ports.mail)
    original = mail.list_messages
    late: list[str] = []

    def arriving(*args: Any) -> Any:
        late.append(scene.deliver(ANN, eml(subject="Just now")))
        return original(*args)

    monkeypatch.setattr(mail, "list_messages", arriving)
    assert run(scene).missed == ()
    assert late[0] in scene.outcomes()


def test_a_mailbox_whose_past_is_unread_misses_nothing(scene: Scene) -> None:

    scene.deliver(ANN, on(1))
    scene.services.rooms.sweeper.sweep()
    scene.services.rooms.collector.collect(scene.services.workspaces.current(), ann(scene).mailbox_id)
    assert run(scene).missed == ()


def test_a_nightly_audit_looks_at_three_days_and_once_a_week_at_all(scene: Scene) -> None:
    for day in range(10):
        scene.deliver(ANN, on(day))
    scene.sync()
    sizes = []
    for _night in range(8):
        sizes.append(run(scene).messages)
        scene.clock.advance(86_400)
    assert sizes[0] == 10, "the first is of everything"
    assert sizes[1:].count(10) == 1
    assert all(size < 10 for size in sizes[1:] if size != 10)


def test_coverage_by_day_dates_what_only_a_label_decided(scene: Scene) -> None:
    scene.deliver(ANN, on(1))
    scene.deliver(ANN, on(1, sender="who@nowhere.example"))
    scene.deliver(ANN, on(2), "SPAM")
    scene.deliver(ANN, on(40), "INBOX", "CATEGORY_SOCIAL")
    gone = scene.deliver(ANN, on(3))
    scene.sync()
    lost = scene.deliver(ANN, on(4))
    scene.sync()
    forget(scene, ANN, lost)
    scene.universe.mailboxes[ANN].delete(gone)

    found = measure_coverage(
        scene.services.ports.mail, scene.services.ports.store, scene.clock, ann(scene), by_day=True
    )

    def day(ago: int) -> str:
        return (datetime.fromtimestamp(START, UTC) - timedelta(days=ago)).date().isoformat()

    counts = {name: (d.gmail, d.left, d.missing, sum(d.outcomes.values())) for name, d in found.days.items()}
    assert counts == {
        day(1): (2, 0, 0, 2), day(2): (1, 0, 0, 1), day(3): (0, 1, 0, 1), day(4): (1, 0, 1, 0), day(40): (1, 0, 0, 1),
    }  # fmt: skip
    assert found.days[day(2)].outcomes[Outcome.SKIPPED] == 1
    assert [ref.message_id for ref in found.missing] == [lost]
    assert not found.is_closed


def test_a_search_that_lags_by_hours_hides_nothing_from_a_night(scene: Scene) -> None:
    kept = scene.deliver(ANN, on(5))
    scene.sync()
    while run(scene).messages:  # a night of everything
        scene.clock.advance(86_400)
    scene.universe.world.google = replace(scene.universe.world.google, search_lag=43_200)
    missed = scene.deliver(ANN, on(0))
    scene.sync()
    forget(scene, ANN, missed)

    found = [run(scene) for _ in range(2)]

    assert [audit.messages for audit in found] == [0, 0], "a search does not know it yet"
    assert [audit.missed for audit in found] == [(missed,), ()]
    scene.sync()
    assert scene.outcomes() == {kept: "contact_match", missed: "contact_match"}


def test_what_was_gone_and_is_listed_is_counted_and_read_again(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    scene.sync()
    scene.universe.world.google = replace(scene.universe.world.google, read_lag=43_200)
    late, lost = scene.deliver(ANN, on(0)), scene.deliver(ANN, on(1))
    give_up(scene)
    scene.universe.mailboxes[ANN].delete(lost)
    assert scene.outcomes() == {late: "gone", lost: "gone"}
    assert measure(scene).returned == 1
    printed = scene.flask("coverage").output
    assert f"{ANN}: 1 email that was gone is in Gmail again." in " ".join(printed.split())

    assert run(scene).returned == 1, "and it is gone once more, for Gmail does not have it yet"
    give_up(scene)
    assert scene.outcomes() == {late: "gone", lost: "gone"}
    scene.clock.advance(43_200)
    assert run(scene).returned == 1
    scene.sync()

    assert scene.outcomes() == {late: "contact_match", lost: "gone"}
    assert (run(scene).returned, measure(scene).returned) == (0, 0)
    assert late not in caplog.text


def give_up(scene: Scene) -> None:
    """A message that is not there is asked for some times before it counts as gone."""
    for _ in range(4):
        scene.sync()
        scene.clock.advance(600)


def measure(scene: Scene) -> Any:
    return measure_coverage(scene.services.ports.mail, scene.services.ports.store, scene.clock, ann(scene))
