"""Watches of all mailboxes: in order, one's trouble its own, stopped where nobody collects, and alarms in time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.domain.errors import ConfigurationError
from server.domain.mailbox import DirectoryState, Stage
from simulator.faults import Fault
from tests.support.pushing import TOPIC, Pushing

ANN, BEN, CEM = "ann@acme.example", "ben@acme.example", "cem@acme.example"
EVERYBODY = [ANN, BEN, CEM]
HOUR, DAY = 3_600.0, 86_400.0
OTHER = "projects/simulated/topics/other"


@pytest.fixture
def pushing(scene):
    made = Pushing(scene)
    scene.sync()
    return made


def watches(scene):
    return {w["mailbox"]: w["topic"] for w in scene.universe.watches.as_json()}


def asked(scene, method="watch"):
    """Whom Gmail was asked for since the last time, in order."""
    found = [c.mailbox for c in scene.universe.calls.calls("gmail") if c.method == method]
    scene.universe.calls.clear()
    return found


def alarms(caplog):
    return [r.getMessage() for r in caplog.records if r.getMessage().startswith("ALARM")]


def push_finding(scene):
    return next(f for f in scene.services.rooms.doctor.examine() if f.what == "Push")


def test_everybody_who_collects_is_watched_once_a_day(scene, pushing):
    done = scene.services.rooms.watches.renew()

    assert (done.renewed, done.stopped, done.troubled, done.is_done) == (3, 0, {}, True)
    ann = pushing.mailbox(ANN)
    assert (ann.watched_at, ann.watch_expires_at) == (scene.clock.now(), scene.clock.now() + 7 * DAY)
    assert sorted(asked(scene)) == EVERYBODY
    for hours, calls in ((0, 0), (23, 0), (1, 3), (1, 0)):
        scene.clock.advance(hours * HOUR)
        scene.services.rooms.watches.renew()
        assert len(asked(scene)) == calls


def test_whoever_has_no_watch_comes_first_then_the_soonest_to_end(scene, pushing):
    now, store = scene.clock.now(), scene.services.ports.store
    for address, days in ((ANN, 3.0), (BEN, 1.0)):
        store.save_mailbox(
            pushing.mailbox(address).mailbox_id,
            lambda m, days=days: replace(m, watched_at=now - 2 * DAY, watch_expires_at=now + days * DAY),
        )

    scene.services.rooms.watches.renew()

    assert asked(scene) == [CEM, BEN, ANN]


@pytest.mark.parametrize("kind", ["503", "rateLimitExceeded", "failedPrecondition", "domainPolicy", "drop_answer"])
def test_one_mailbox_s_trouble_is_its_own(scene, pushing, kind):
    scene.universe.faults.plan(Fault("gmail", "watch", kind, times=-1, mailbox=ANN))

    done = scene.services.rooms.watches.renew()

    assert list(done.troubled) == [pushing.mailbox(ANN).mailbox_id]
    assert {BEN, CEM} <= set(watches(scene))
    assert pushing.mailbox(ANN).paused_until == 0  # reading goes on


def test_a_bug_in_one_mailbox_s_renewal_stops_no_other(scene, pushing, monkeypatch, caplog):
    watch = scene.services.ports.watch
    original = watch.start
    monkeypatch.setattr(watch, "start", lambda m: original(m) if m.address != BEN else {}["ben@acme.example"])

    done = scene.services.rooms.watches.renew()

    assert list(done.troubled.values()) == ["KeyError"]
    assert sorted(watches(scene)) == [ANN, CEM]
    assert BEN not in caplog.text


def test_whoever_failed_is_tried_once_in_an_hour_and_then_heals(scene, pushing):
    scene.universe.faults.plan(Fault("gmail", "watch", "503", times=2, mailbox=ANN))
    scene.services.rooms.watches.renew()
    scene.services.rooms.watches.renew()
    assert asked(scene).count(ANN) == 1
    for calls in ([ANN], [ANN], []):
        scene.clock.advance(HOUR)
        scene.services.rooms.watches.renew()
        assert asked(scene) == calls
    assert pushing.mailbox(ANN).watch_failed_at is None


def test_a_pass_that_takes_too_long_leaves_the_rest_to_the_next(scene, pushing, monkeypatch):
    watch = scene.services.ports.watch
    original = watch.start
    monkeypatch.setattr(watch, "start", lambda m: (scene.clock.advance(200), original(m))[1])

    assert not scene.services.rooms.watches.renew().is_done
    assert len(watches(scene)) == 2
    pushing.run("watch")
    pushing.work(20)
    assert len(watches(scene)) == 3


def test_a_job_enqueues_the_rest_of_a_long_pass(scene, pushing, monkeypatch):
    watch = scene.services.ports.watch
    original = watch.start
    monkeypatch.setattr(watch, "start", lambda m: (scene.clock.advance(300), original(m))[1])

    pushing.run("watch")
    assert len(watches(scene)) == 1
    pushing.work(40)
    assert len(watches(scene)) == 3


def test_a_watch_for_a_foreign_topic_is_taken_over(scene, pushing):
    scene.universe.pubsub.create_topic(OTHER)
    scene.universe.watches.start(scene.universe.mailboxes[ANN], "simulated", {"topicName": OTHER})

    assert scene.services.rooms.watches.renew().renewed == 3
    assert watches(scene) == dict.fromkeys(EVERYBODY, TOPIC)


def test_a_new_topic_in_the_settings_is_used_from_the_next_renewal_on(scene, pushing):
    scene.services.rooms.watches.renew()
    scene.universe.pubsub.create_topic(OTHER)
    scene.restart(PUBSUB_TOPIC=OTHER)
    scene.clock.advance(DAY)

    assert scene.services.rooms.watches.renew().renewed == 3
    assert set(watches(scene).values()) == {OTHER}


def test_a_mailbox_that_no_longer_collects_is_stopped_once(scene, pushing):
    scene.services.rooms.watches.renew()
    scene.set_stage(ANN, Stage.OFF)
    for stopped in (1, 0, 0):
        assert scene.services.rooms.watches.renew().stopped == stopped
        scene.clock.advance(HOUR)
    assert asked(scene, "stop") == [ANN]
    assert sorted(watches(scene)) == [BEN, CEM]
    scene.set_stage(ANN, Stage.LIVE)
    assert scene.services.rooms.watches.renew().renewed == 1


def test_whoever_left_the_scope_or_the_company_is_left_to_lapse(scene, pushing):
    scene.services.rooms.watches.renew()
    asked(scene)
    store = scene.services.ports.store
    store.save_mailbox(pushing.mailbox(ANN).mailbox_id, lambda m: replace(m, is_in_scope=False))
    store.save_mailbox(pushing.mailbox(BEN).mailbox_id, lambda m: m.seen(DirectoryState.DELETED, scene.clock.now()))
    scene.universe.faults.plan(Fault("gmail", "stop", "failedPrecondition", mailbox=BEN))
    scene.clock.advance(2 * DAY)

    done = scene.services.rooms.watches.renew()

    assert (done.renewed, done.stopped, done.troubled) == (1, 2, {})
    assert asked(scene, "stop") == [BEN]


def test_stopping_is_tried_again_in_an_hour_and_given_up_where_nobody_is_there(scene, pushing):
    scene.services.rooms.watches.renew()
    for address in (ANN, BEN):
        scene.set_stage(address, Stage.OFF)
    scene.universe.faults.plan(Fault("gmail", "stop", "503", mailbox=ANN))
    scene.universe.faults.plan(Fault("gmail", "stop", "failedPrecondition", mailbox=BEN))
    assert scene.services.rooms.watches.renew().stopped == 1
    scene.clock.advance(HOUR)
    assert scene.services.rooms.watches.renew().stopped == 1
    assert asked(scene, "stop") == [ANN, BEN, ANN]


def test_an_alarm_is_raised_two_days_before_a_watch_ends_while_renewal_keeps_failing(scene, pushing, caplog):
    scene.services.rooms.watches.renew()
    scene.universe.faults.plan(Fault("gmail", "watch", "503", times=-1, mailbox=ANN))
    for day in range(1, 9):
        scene.clock.advance(DAY)
        caplog.clear()
        scene.services.rooms.watches.renew()
        expected = [f"ALARM watch_ends mailbox={pushing.mailbox(ANN).mailbox_id}"]
        assert alarms(caplog) == (expected if day > 5 else [])
    assert ANN not in caplog.text
    scene.universe.faults.clear()
    caplog.clear()
    scene.clock.advance(HOUR)
    scene.services.rooms.watches.renew()
    assert alarms(caplog) == []


def test_a_person_without_gmail_is_no_alarm(scene, pushing, caplog):
    scene.services.rooms.watches.renew()
    scene.universe.faults.plan(Fault("gmail", "watch", "failedPrecondition", times=-1, mailbox=ANN))
    scene.clock.advance(8 * DAY)
    scene.services.rooms.watches.renew()
    assert alarms(caplog) == []


def test_a_topic_that_gmail_cannot_use_is_said_once_a_pass_and_not_forty_times(scene, pushing, caplog):
    scene.universe.pubsub.create_topic(TOPIC, [])
    with pytest.raises(ConfigurationError):
        scene.services.rooms.watches.renew()
    asked(scene)
    pushing.run("watch")
    assert alarms(caplog) == ["ALARM watch_setting mailbox=-"]
    assert "gmail-api-push@system.gserviceaccount.com" in caplog.text
    assert len(asked(scene)) == 1
    assert [job.kind for job in pushing.jobs()] == []


def test_a_sweep_has_new_mailboxes_watched_without_waiting_for_the_hour(scene, pushing):
    pushing.run("sweep")
    assert "watch" in [job.kind for job in pushing.jobs()]
    pushing.run("watch")
    scene.clock.advance(60)
    pushing.run("sweep")
    assert "watch" not in [job.kind for job in pushing.jobs()]


def test_without_a_topic_nothing_is_asked(scene):
    scene.sync()
    assert scene.services.rooms.watches.renew().renewed == 0
    assert asked(scene) == []
    assert push_finding(scene).is_good
    assert push_finding(scene).text.startswith("Off")


def test_the_doctor_counts_the_watches_that_live(scene, pushing):
    assert not push_finding(scene).is_good
    assert push_finding(scene).text.startswith("On: 0 of 3 mailboxes")
    scene.universe.faults.plan(Fault("gmail", "watch", "503", times=-1, mailbox=ANN))
    scene.services.rooms.watches.renew()
    assert push_finding(scene).text.startswith("On: 2 of 3 mailboxes")
    scene.universe.faults.clear()
    scene.clock.advance(HOUR)
    scene.services.rooms.watches.renew()
    assert push_finding(scene).is_good
    scene.clock.advance(8 * DAY)
    assert not push_finding(scene).is_good


def test_what_was_stored_before_there_were_watches_is_still_read(scene, pushing):
    ann = pushing.mailbox(ANN)
    assert (ann.watched_at, ann.watch_expires_at, ann.watch_failed_at) == (None, None, None)
    scene.services.rooms.watches.renew()
    scene.restart()
    assert pushing.mailbox(ANN).watch_expires_at == scene.clock.now() + 7 * DAY
