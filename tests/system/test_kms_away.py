"""Cloud KMS is away for a while: mail waits, nothing is lost, nobody waits long, and all is logged when it is back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.adapters.cloud.cloud_kms import AWAY_SECONDS
from simulator.cloud.project import CloudProject
from tests.support.cloud import plan, run_cloud_scene
from tests.support.scene import Scene, eml

ANN = "ann@acme.example"
DAY = 86_400.0


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[tuple[Scene, CloudProject]]:
    with run_cloud_scene(tmp_path) as made:
        yield made


def deliver(scene: Scene, count: int) -> None:
    known = len(scene.universe.mailboxes[ANN].messages)
    for number in range(count):
        scene.deliver(ANN, eml(subject=f"Lamps {known + number}"))


def test_a_day_that_has_its_key_goes_on_without_kms(cloud: tuple[Scene, CloudProject]) -> None:
    scene, project = cloud
    deliver(scene, 1)
    scene.sync()
    project.server.stop()

    deliver(scene, 5)
    scene.sync()

    assert len(scene.tasks()) == 6


def test_a_day_that_begins_without_kms_waits_and_catches_up(cloud: tuple[Scene, CloudProject]) -> None:
    scene, project = cloud
    deliver(scene, 1)
    scene.sync()
    scene.clock.advance(DAY)
    project.server.stop()
    deliver(scene, 40)
    collector = scene.services.rooms.collector

    began = time.monotonic()
    collector.collect(scene.services.workspaces.current(), scene.mailbox(ANN).mailbox_id)
    # Each message with a deadline of its own would take two minutes.
    assert time.monotonic() - began < 30

    outcomes = scene.outcomes(ANN)
    assert sorted(outcomes.values()).count("retrying") == 40
    project.server.start()
    time.sleep(AWAY_SECONDS)
    scene.clock.advance(DAY / 24)
    scene.sync()
    assert len(scene.tasks()) == 41
    assert set(scene.outcomes(ANN).values()) == {"contact_match"}


@pytest.mark.parametrize("kind", ["INTERNAL", "stray_answer", "unverified", "RESOURCE_EXHAUSTED", "drop_answer"])
def test_no_answer_of_kms_loses_an_email(cloud: tuple[Scene, CloudProject], kind: str) -> None:
    scene, project = cloud
    plan(project, "kms", "Encrypt", kind, 4)
    deliver(scene, 3)

    ends = time.monotonic() + 60
    while len(scene.tasks()) < 3 and time.monotonic() < ends:
        scene.sync()
        scene.clock.advance(DAY / 24)
        time.sleep(AWAY_SECONDS / 4)

    assert len(scene.tasks()) == 3
