"""The figures that the log and the command share: how far behind, what was spent, what was met."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from server.domain.alarm import AlarmCode
from server.domain.errors import TransientError
from server.domain.mailbox import Mailbox, Stage
from server.domain.quota import Purpose, find_day
from server.engine.operations.tallying import FLUSH_EVERY, Tallier
from server.rules.schedule.backfill_windows import begin_backfill
from server.rules.schedule.day_budget import BEGAN, TAKEN, USED
from server.rules.schedule.lateness import measure_lateness
from simulator.faults import Fault
from tests.support.log_lines import record_log
from tests.support.pushing import Pushing
from tests.support.scene import MakeScene, Scene, eml

ANN, BEN = "ann@acme.example", "ben@acme.example"
NOW = 1_790_000_000.0


def read_mailbox(**changes: object) -> Mailbox:
    mailbox = Mailbox("1", (ANN,), Stage.LIVE, last_synced_at=NOW, directory_since=NOW - 9000)  # type: ignore[arg-type]
    return replace(mailbox, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "seconds"),
    [
        ({}, 0),
        ({"last_synced_at": NOW - 900}, 0),
        ({"last_synced_at": NOW - 901}, 901),
        ({"last_synced_at": NOW - 3600, "watch_expires_at": NOW + 1, "push_heard_at": NOW - 9000}, 0),
        ({"last_synced_at": NOW - 3600, "watch_expires_at": NOW - 1}, 3600),
        ({"last_synced_at": NOW - 3901, "watch_expires_at": NOW + 1, "push_heard_at": NOW - 9000}, 3901),
        # Before its first push it is polled.
        ({"last_synced_at": NOW - 3600, "watch_expires_at": NOW + 1}, 3600),
        # In trouble, pushes are of no use.
        ({"last_synced_at": NOW - 1000, "watch_expires_at": NOW + 1, "failures": 1}, 1000),
        ({"last_synced_at": None}, 9000),
        ({"last_synced_at": None, "directory_since": 0.0}, 0),
        ({"last_synced_at": NOW + 60}, 0),
    ],
)
def test_a_mailbox_is_behind_once_it_is_read_later_than_it_should_be(
    changes: dict[str, object], seconds: float
) -> None:
    assert measure_lateness(read_mailbox(**changes), NOW) == seconds


def status_of(scene: Scene) -> dict[str, object]:
    result = scene.flask("status", "--json")
    assert result.code == 0, result.output
    figures: dict[str, object] = json.loads(result.stdout)
    return figures


def test_all_is_well_when_all_is_read(scene: Scene) -> None:
    scene.deliver(ANN, eml())
    scene.sync()
    figures = status_of(scene)
    expected = {
        "mailboxes": 3, "live": 3, "paused": 0, "never_read": 0, "reading_past": 0, "behind_worst_min": 0.0,
        "behind_over_15_min": 0, "waiting_min": 0.0, "past_waiting_min": 0.0, "missed_mailboxes": 0,
    }  # fmt: skip
    assert {name: figures[name] for name in expected} == expected
    assert "behind_worst_mailbox" not in figures
    assert figures["salesforce_background_percent"] == 80


def test_a_mailbox_that_cannot_be_read_is_told_by_its_id_and_in_minutes(scene: Scene) -> None:
    pushing = Pushing(scene)
    pushing.begin()
    scene.universe.faults.plan(Fault("gmail", "*", "503", times=-1, mailbox=BEN))
    for _ in range(24):
        scene.clock.advance(300)
        pushing.worker.tick()
        pushing.work(20)
    figures = status_of(scene)
    assert figures["behind_worst_mailbox"] == scene.mailbox(BEN).mailbox_id
    assert 60 < figures["behind_worst_min"] < 140  # type: ignore[operator]
    assert figures["behind_over_1_h"] == 1
    assert figures["paused"] == 1
    assert figures["errors_try_again_today"] >= 1  # type: ignore[operator]


def test_mail_that_waits_for_salesforce_is_told_in_minutes(scene: Scene) -> None:
    pushing = Pushing(scene)
    pushing.begin()
    scene.universe.faults.plan(Fault("salesforce", "*", "503", times=-1))
    scene.deliver(ANN, eml())
    pushing.work(20)
    scene.clock.advance(1800)
    figures = status_of(scene)
    assert 20 < figures["waiting_min"] < 31  # type: ignore[operator]


def test_jobs_are_counted_over_all_processes_and_restarts(scene: Scene) -> None:
    pushing = Pushing(scene)
    pushing.begin()
    scene.deliver(ANN, eml())
    pushing.work(30)
    # Long enough for the next count to be saved, and with it what was counted since.
    scene.clock.advance(FLUSH_EVERY)
    pushing.run("deliver")
    spent = status_of(scene)
    assert spent["gmail_units_today"] >= 40  # type: ignore[operator]
    assert spent["salesforce_calls_today"] >= 2  # type: ignore[operator]
    scene.restart()
    again = status_of(scene)
    assert again["gmail_units_today"] == spent["gmail_units_today"]
    assert again["jobs_today"] >= spent["jobs_today"]  # type: ignore[operator]


def test_a_count_that_cannot_be_saved_is_saved_later(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    store, clock = scene.services.ports.store, scene.clock
    tallier = Tallier(store, clock, "one")

    def away(*_args: object) -> None:
        raise TransientError("away")

    with monkeypatch.context() as patch:
        patch.setattr(store, "add_to_tally", away)
        tallier.count({"jobs": 1})
    clock.advance(FLUSH_EVERY)
    tallier.count({"jobs": 1, "gmail_units": 20})
    Tallier(store, clock, "two").count({"jobs": 5})
    assert tallier.read_today() == {"jobs": 7, "gmail_units": 20}
    clock.advance(86_400)
    assert tallier.read_today() == {}
    tallier.drop_old()
    clock.advance(86_400)
    tallier.drop_old()
    assert list(scene.services.documents.scan("tallies")) == []


def test_every_sweep_writes_the_status_into_the_log(scene: Scene) -> None:
    pushing = Pushing(scene)
    pushing.begin()
    scene.services.ports.alarms.raise_alarm(AlarmCode.AUDIT_MISSED, scene.mailbox(ANN).mailbox_id)
    with record_log() as lines:
        pushing.run("sweep")
    [entry] = lines.entries("status")
    assert entry["mailboxes"] == 3
    assert entry["missed_mailboxes"] == 1
    assert entry["alarm_audit_missed"] == 1
    assert ANN not in lines.text


def test_a_status_that_cannot_be_measured_stops_no_sweep(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_args: object) -> None:
        raise TransientError("away")

    pushing = Pushing(scene)
    pushing.begin()
    monkeypatch.setattr(scene.services.ports.store, "tally", away)
    with record_log() as lines:
        pushing.run("sweep")
    assert "the status could not be measured: TransientError" in lines.text
    assert not lines.entries("status")


def test_the_table_has_a_line_for_each_figure(scene: Scene) -> None:
    scene.sync()
    scene.services.ports.alarms.raise_alarm(AlarmCode.WATCH_ENDS)
    scene.services.rooms.jobs.status.tallier.count({"errors_slow_down": 3})
    result = scene.flask("status")
    assert result.code == 0
    for words in (
        "Mailboxes that are read",
        "Minutes behind",
        "a Gmail watch ends soon",
        "ask for: slow down",
        "percent used of the day",
    ):
        assert words in result.stdout


def test_older_mail_that_never_ends_is_told_so(make_scene: MakeScene) -> None:
    scene = make_scene(GMAIL_UNITS_PER_DAY="1000")
    scene.sync()
    used = {BEGAN: 0, f"{TAKEN}{Purpose.LIVE.word}": 2_000, f"{USED}{Purpose.LIVE.word}": 2_000}
    scene.services.ports.store.save_quota(find_day(scene.clock.now()).before, "another process", used)
    past = begin_backfill(scene.clock.now(), 50, is_again=False)
    mailbox = scene.mailbox("ann@acme.example")
    scene.services.ports.store.save_mailbox(mailbox.mailbox_id, lambda saved: replace(saved or mailbox, backfill=past))
    shown = " ".join(scene.flask("status").stdout.split())
    assert "days for them, about never: new mail takes all units" in shown
