"""A subscription that is gone: mail is late once, a person is told, and pushes that return are trusted again."""

from __future__ import annotations

import json

import pytest

from server.commands.running import ExitCode
from server.domain.alarm import AlarmCode
from server.rules.schedule.push_proof import is_proven
from simulator.faults import Fault
from tests.support.pushing import ACCOUNT, TOPIC, URL, Pushing
from tests.support.scene import Scene, eml

ANN = "ann@acme.example"
POLL = 300
SLACK = 90
"""Seconds that the queue and the spread of a sweep's jobs may add."""


@pytest.fixture
def pushing(scene: Scene) -> Pushing:
    pushing = Pushing(scene)
    pushing.begin()
    return pushing


def run_for(pushing: Pushing, seconds: int) -> None:
    """The service works as it does: looks every 15 seconds."""
    for _ in range(0, seconds, 15):
        pushing.scene.clock.advance(15)
        pushing.pump()
        pushing.worker.tick()
        while pushing.worker.work_once():
            pass


def measure_delay(pushing: Pushing, address: str, subject: str) -> float:
    """Seconds from a mail's arrival to its row."""
    scene = pushing.scene
    message, arrived_at = scene.deliver(address, eml(to=address, subject=subject)), scene.clock.now()
    while message not in scene.outcomes(address):
        run_for(pushing, 15)
        assert scene.clock.now() - arrived_at <= 3_700
    return scene.clock.now() - arrived_at


def find_mailboxes(scene: Scene) -> list[str]:
    return [mailbox.address for mailbox in scene.services.ports.store.mailboxes() if mailbox.reads]


def count_alarms(scene: Scene) -> int:
    return sum(alarm.code == AlarmCode.PUSHES_MISSING for alarm in scene.services.ports.alarms.since(0))


def test_without_a_subscription_mail_is_late_once_and_a_person_is_told(scene: Scene, pushing: Pushing) -> None:
    addresses = find_mailboxes(scene)
    assert len(addresses) == 3
    run_for(pushing, POLL)
    scene.universe.pubsub.subscriptions.clear()

    for address in addresses:
        scene.deliver(address, eml(to=address, subject="first"))
    run_for(pushing, 3_600)
    assert not any(is_proven(pushing.mailbox(address)) for address in addresses)
    assert count_alarms(scene) == 0

    assert max(measure_delay(pushing, address, "second") for address in addresses) <= POLL + SLACK
    run_for(pushing, POLL + SLACK)
    assert count_alarms(scene) == 1
    doctor = scene.flask("doctor")
    assert doctor.code == ExitCode.UNWELL
    assert "Gmail's pushes do not arrive: check the subscription and PUSH_SERVICE_ACCOUNT" in " ".join(
        doctor.output.split()
    )
    figures = json.loads(scene.flask("status", "--json").stdout)
    assert (figures["watched"], figures["pushes_unproven"], figures["alarm_pushes_missing"]) == (3, 3, 1)


def test_pushes_that_return_earn_hourly_polls_again(scene: Scene, pushing: Pushing) -> None:
    scene.universe.pubsub.subscriptions.clear()
    measure_delay(pushing, ANN, "first")
    assert not is_proven(pushing.mailbox(ANN))

    scene.universe.pubsub.subscribe(TOPIC, URL, ACCOUNT)
    assert measure_delay(pushing, ANN, "heard") <= 30
    run_for(pushing, 60)
    assert is_proven(pushing.mailbox(ANN))
    synced_at = pushing.mailbox(ANN).last_synced_at
    run_for(pushing, 2_400)
    assert pushing.mailbox(ANN).last_synced_at == synced_at


def test_one_lost_push_costs_its_mail_an_hour_and_nothing_else(scene: Scene, pushing: Pushing) -> None:
    scene.universe.faults.plan(Fault("pubsub", "publish", "drop", mailbox=ANN))
    assert measure_delay(pushing, ANN, "lost") > POLL
    assert measure_delay(pushing, ANN, "next") <= 30
    run_for(pushing, 60)
    assert is_proven(pushing.mailbox(ANN))
    assert count_alarms(scene) == 0


def test_a_new_watch_is_polled_until_its_first_push(scene: Scene) -> None:
    pushing = Pushing(scene)
    scene.universe.pubsub.subscriptions.clear()
    pushing.begin()
    assert pushing.mailbox(ANN).push_heard_at is None
    run_for(pushing, POLL)
    assert measure_delay(pushing, ANN, "first") <= POLL + SLACK
