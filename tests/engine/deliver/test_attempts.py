"""Tries that failed for another cause do not use up the patience of this one."""

from __future__ import annotations

import pytest

from simulator.faults import Fault
from tests.support.scene import Scene, eml


def pass_by_pass(scene: Scene, passes: int) -> None:
    """As polls do it: each failure costs a row one try."""
    for _ in range(passes):
        scene.sync(patience=0)
        scene.clock.advance(4000)


@pytest.mark.parametrize("failures", [3, 5])
def test_a_message_that_lags_once_after_a_storm_is_not_gone(scene: Scene, failures: int) -> None:
    scene.sync()
    message = scene.deliver("ann@acme.example", eml())
    scene.universe.faults.plan(Fault("gmail", "messages.get", "503", times=failures, record=message))
    scene.universe.faults.plan(Fault("gmail", "messages.get", "404", record=message))
    pass_by_pass(scene, failures + 3)
    assert scene.outcomes() == {message: "contact_match"}


def test_a_body_that_lags_once_after_a_storm_is_not_gone(scene: Scene) -> None:
    message = scene.deliver("ann@acme.example", eml())
    scene.universe.faults.plan(Fault("salesforce", "composite", "503", times=4))
    pass_by_pass(scene, 1)
    scene.universe.faults.plan(Fault("gmail", "messages.get", "404", record=message))
    pass_by_pass(scene, 8)
    assert scene.outcomes() == {message: "contact_match"}


def test_a_record_that_goes_once_after_a_storm_is_matched_again(scene: Scene) -> None:
    message = scene.deliver("ann@acme.example", eml())
    scene.universe.faults.plan(Fault("salesforce", "insert", "UNABLE_TO_LOCK_ROW", times=3))
    scene.universe.faults.plan(Fault("salesforce", "insert", "ENTITY_IS_DELETED"))
    pass_by_pass(scene, 6)
    assert scene.outcomes() == {message: "contact_match"}
