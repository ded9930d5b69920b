"""A mailbox leaves the scope and comes back: its reading stops, its stage is not lost, and an alarm is raised once."""

from __future__ import annotations

import pytest

from server.domain.mailbox import Mailbox, Stage
from server.engine.mailboxes.status_text import describe_status
from simulator.people import People
from simulator.world import User
from tests.support.scene import MakeScene, Scene, eml, small_world

ANN, BEN = "ann@acme.example", "ben@acme.example"


@pytest.fixture
def scene(make_scene: MakeScene) -> Scene:
    world = small_world()
    world.users = tuple(
        User(u.email, u.name, u.aliases, is_admin=u.is_admin, org_unit="/Sales/North") for u in world.users
    )
    return make_scene(world, SCOPE_ORG_UNITS="/Sales")


def move(scene: Scene, unit: str) -> None:
    People(scene.universe).change({"op": "move", "email": BEN, "org_unit": unit})


def ben(scene: Scene) -> Mailbox:
    return scene.mailbox(BEN)


def alarms(scene: Scene) -> dict[str, int]:
    return {alarm.code: alarm.count for alarm in scene.services.ports.alarms.since(0)}


def test_leaving_stops_the_reading_keeps_the_stage_and_raises_one_alarm(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.sync()
    move(scene, "/Legal")
    scene.universe.calls.clear()
    scene.deliver(BEN, eml(to=BEN))
    for _ in range(3):
        assert scene.sync().mailboxes == 2
    assert (ben(scene).is_in_scope, ben(scene).stage) == (False, Stage.LIVE)
    assert alarms(scene) == {"left_scope": 1}
    assert [m for m in caplog.messages if "ALARM" in m] == [f"ALARM left_scope mailbox={ben(scene).mailbox_id}"]
    assert not [c for c in scene.universe.calls.calls("gmail") if c.mailbox == BEN]
    assert "outside the configured scope" in describe_status(ben(scene), scene.clock.now())
    move(scene, "/Sales")
    assert scene.sync().mailboxes == 3
    assert len(scene.tasks()) == 1


def test_what_waited_when_it_left_is_held_and_goes_on_when_it_is_back(scene: Scene) -> None:
    scene.restart(PUBLISH_DELAY_SECONDS="600")
    scene.deliver(BEN, eml(to=BEN, date="Mon, 21 Sep 2026 14:13:20 +0000"))
    scene.sync(patience=0)
    move(scene, "/Legal")
    scene.clock.advance(700)
    assert scene.sync().is_at_rest
    assert scene.outcomes(BEN).popitem()[1] == "held"
    assert scene.tasks() == []
    assert "out_of_scope_asked" not in alarms(scene)
    move(scene, "/Sales")
    scene.sync()
    assert len(scene.tasks()) == 1


def test_leaving_between_the_sweep_and_the_reading_is_that_mailbox_s_trouble_alone(scene: Scene) -> None:
    scene.deliver(ANN, eml())
    scene.sync()
    workspace = scene.services.workspaces.current()
    move(scene, "/Legal")
    scene.clock.advance(3600)  # what was known of it is too old
    done = scene.services.rooms.collector.collect(workspace, ben(scene).mailbox_id)
    assert done.error == "OutOfScopeError"
    assert alarms(scene) == {"out_of_scope_asked": 1}
    assert ben(scene).paused_until > scene.clock.now()
    assert scene.sync(patience=0).mailboxes == 2


def test_whoever_was_never_in_scope_has_no_row(scene: Scene) -> None:
    move(scene, "/Legal")
    scene.sync()
    assert {m.address for m in scene.services.ports.store.mailboxes()} == {ANN, "cem@acme.example"}
    assert alarms(scene) == {}


def test_a_smaller_setting_counts_as_leaving(scene: Scene) -> None:
    scene.sync()
    scene.restart(SCOPE_ORG_UNITS="", MAILBOXES=ANN)
    scene.sync()
    assert [m.address for m in scene.services.ports.store.mailboxes() if m.reads] == [ANN]
    assert [alarm.code for alarm in scene.services.ports.alarms.since(0)] == ["left_scope"] * 2
