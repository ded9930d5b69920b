"""From a push to a task in Salesforce; and whatever becomes of pushes, the end is the same, for polling finds it."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.domain.errors import ConfigurationError
from server.ports.queue import Job, JobKind
from server.rules.schedule.polling import WATCHED_POLL
from simulator.faults import Fault
from tests.support.pushing import Pushing
from tests.support.scene import Scene, eml

ANN, BEN = "ann@acme.example", "ben@acme.example"


@pytest.fixture
def pushing(scene):
    made = Pushing(scene)
    made.begin()
    return made


def history_calls(scene):
    return scene.universe.calls.summary()["gmail"].get("history.list", 0)


def test_a_mail_that_gmail_tells_of_is_in_salesforce_within_seconds(scene, pushing):
    scene.deliver(ANN, eml())

    pushing.work(20)

    assert len(scene.tasks()) == 1
    assert set(pushing.statuses) == {204}


def test_a_push_reads_from_our_own_cursor_whatever_id_it_names(scene, pushing):
    """The id in a push is younger than the mail that it tells of."""
    scene.deliver(ANN, eml(subject="One"))
    scene.deliver(ANN, eml(subject="Two"))
    scene.universe.mailboxes[ANN].label_id("later")

    pushing.work(20)

    assert len(scene.tasks()) == 2


def test_an_empty_delta_after_a_push_is_looked_at_once_more(scene, pushing):
    ann = pushing.mailbox(ANN).mailbox_id
    scene.universe.calls.clear()
    pushing.jobs()

    pushing.run(JobKind.PUSHED, ann)
    [again] = pushing.jobs()
    pushing.run(again.kind, again.subject)

    assert again == Job(JobKind.COLLECT, ann)
    assert history_calls(scene) == 2
    assert pushing.jobs() == []


def test_the_second_look_comes_about_five_seconds_later(scene, pushing):
    pushing.jobs()
    pushing.run(JobKind.PUSHED, pushing.mailbox(ANN).mailbox_id)
    queue, now = scene.services.queue, scene.clock.now()

    assert queue.take(now + 4.9) is None
    assert queue.take(now + 12).job.kind == JobKind.COLLECT


def test_a_delta_with_mail_is_not_looked_at_again(scene, pushing):
    pushing.jobs()
    scene.deliver(ANN, eml())

    pushing.run(JobKind.PUSHED, pushing.mailbox(ANN).mailbox_id)

    assert JobKind.COLLECT not in [job.kind for job in pushing.jobs()]


def test_gmail_s_history_that_lags_behind_its_push_is_found_by_the_second_look(scene, pushing, monkeypatch):
    box = scene.universe.mailboxes[ANN]
    scene.deliver(ANN, eml())
    hidden, box.events, shown = box.events, [], box.history_id
    box.history_id = pushing.mailbox(ANN).cursor
    pushing.pump()
    pushing.work(5)
    assert scene.tasks() == []
    box.events, box.history_id = hidden, shown

    pushing.work(15)

    assert len(scene.tasks()) == 1


def test_a_push_for_a_mailbox_that_somebody_else_reads_comes_again(scene, pushing, monkeypatch):
    ann = pushing.mailbox(ANN).mailbox_id
    pushing.jobs()
    monkeypatch.setattr(scene.services.ports.store, "lease", lambda *_args: False)

    pushing.run(JobKind.PUSHED, ann)

    assert pushing.jobs() == [Job(JobKind.PUSHED, ann)]


def test_a_mailbox_in_trouble_is_left_to_its_pause(scene, pushing):
    pushing.jobs()
    scene.universe.faults.plan(Fault("gmail", "history.list", "503"))

    pushing.run(JobKind.PUSHED, pushing.mailbox(ANN).mailbox_id)

    assert pushing.jobs() == []


def test_a_wrong_setting_is_the_sweep_s_to_say_and_makes_no_pile_of_pushes(scene, pushing, monkeypatch):
    def refused(*_args):
        raise ConfigurationError("A setting is wrong.")

    monkeypatch.setattr(scene.services.ports.mail, "history", refused)
    ann = pushing.mailbox(ANN).mailbox_id
    pushing.jobs()

    pushing.run(JobKind.PUSHED, ann)
    with pytest.raises(ConfigurationError):
        pushing.run(JobKind.COLLECT, ann)

    assert pushing.jobs() == []


def test_a_hundred_changes_within_seconds_are_few_jobs(scene, pushing):
    scene.universe.calls.clear()
    for n in range(100):
        scene.clock.advance(0.04)
        scene.deliver(ANN, eml(subject=f"Lamp {n}"))
        pushing.pump()
    pushing.work(30)

    assert len(scene.tasks()) == 100
    assert history_calls(scene) <= 4


def test_a_service_that_was_away_hears_what_it_missed(scene, pushing):
    scene.clock.advance(2)
    pushing.is_away = True
    scene.deliver(ANN, eml())
    pushing.pump()
    pushing.is_away = False

    pushing.work(60)

    assert len(scene.tasks()) == 1


def test_a_watch_that_ended_costs_time_and_no_mail(scene, pushing):
    scene.clock.advance(8 * 86_400)
    scene.deliver(ANN, eml())
    pushing.work(20)
    assert scene.tasks() == []

    pushing.run(JobKind.SWEEP)
    pushing.work(20)

    assert len(scene.tasks()) == 1


def sweep_every_five_minutes(pushing, seconds):
    """As cron does; the queue's work is done as it falls due."""
    for _ in range(int(seconds // 300)):
        pushing.run(JobKind.SWEEP)
        pushing.work(20)
        pushing.scene.clock.advance(280)


def test_a_lost_push_is_found_within_the_hour(scene, pushing):
    sweep_every_five_minutes(pushing, 600)
    scene.universe.faults.plan(Fault("pubsub", "publish", "drop", mailbox=ANN))
    scene.deliver(ANN, eml())

    sweep_every_five_minutes(pushing, 1_200)
    assert scene.tasks() == []
    sweep_every_five_minutes(pushing, 2_400)

    assert len(scene.tasks()) == 1


def test_a_watched_mailbox_without_news_is_read_once_an_hour(scene, pushing):
    sweep_every_five_minutes(pushing, 3_600)
    scene.universe.calls.clear()

    sweep_every_five_minutes(pushing, 6 * 3_600)

    assert history_calls(scene) <= 7 * len(scene.universe.mailboxes)


def test_without_push_every_sweep_reads_every_mailbox(scene):
    scene.sync()
    queue, jobs = scene.services.queue, scene.services.rooms.jobs

    jobs.run(Job(JobKind.SWEEP), queue)

    tasks = [queue.take(scene.clock.now() + 600) for _ in range(6)]
    assert sum(task is not None and task.job.kind == JobKind.COLLECT for task in tasks) == 3


def test_mail_that_gmail_did_not_give_is_read_again_when_it_is_due(scene, pushing):
    scene.universe.faults.plan(Fault("gmail", "messages.get", "500", times=1))
    scene.deliver(ANN, eml())
    pushing.work(20)
    assert set(scene.outcomes(ANN).values()) == {"retrying"}
    assert scene.tasks() == []

    sweep_every_five_minutes(pushing, 900)

    assert len(scene.tasks()) == 1


def test_a_moved_label_that_changes_nothing_is_looked_at_once(scene, pushing):
    message = scene.deliver(ANN, eml(), "INBOX", "UNREAD")
    pushing.work(30)
    scene.universe.calls.clear()

    scene.universe.mailboxes[ANN].relabel(message, set(), {"UNREAD"})
    pushing.work(30)

    assert history_calls(scene) == 1


faults = st.sampled_from(["", "drop", "duplicate", "reorder", "delay:7", "delay:400"])


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(st.sampled_from([ANN, BEN]), faults, st.sampled_from([0.0, 0.3, 2.0, 11.0])), max_size=12))
def test_lost_doubled_late_and_swapped_pushes_change_nothing_in_the_end(tmp_path_factory, arrivals):
    scene = Scene(tmp_path_factory.mktemp("pushes"))
    pushing = Pushing(scene)
    pushing.begin()
    sent = Counter()
    for number, (mailbox, fault, pause) in enumerate(arrivals):
        if fault:
            scene.universe.faults.plan(Fault("pubsub", "publish", fault, mailbox=mailbox))
        scene.deliver(mailbox, eml(to=mailbox, subject=f"Lamp {number}"))
        sent[mailbox] += 1
        pushing.pump()
        pushing.work(int(pause))
        scene.clock.advance(pause % 1)
    scene.clock.advance(WATCHED_POLL)
    pushing.run(JobKind.SWEEP)
    pushing.work(30)
    pushing.pump_all()
    pushing.work(30)
    outcomes = {mailbox: Counter(scene.outcomes(mailbox).values()) for mailbox in (ANN, BEN)}
    tasks = len(scene.tasks())
    scene.close()

    assert outcomes == {
        mailbox: Counter({"contact_match": sent[mailbox]} if sent[mailbox] else {}) for mailbox in (ANN, BEN)
    }
    assert tasks == len(arrivals)
    assert set(pushing.statuses) <= {204}
