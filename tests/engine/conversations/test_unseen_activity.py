"""An activity that Salesforce hides, or that left its Recycle Bin for good: no choice of a rep says that it was changed.

For both Salesforce has one answer. What is beside it in the conversation follows the choice all the same.
"""

from __future__ import annotations

import pytest

from addon import texts
from simulator.faults import Fault
from simulator.salesforce.switches import OrgSwitches
from tests.support.rep import Rep
from tests.support.scene import Scene, eml

ANN = "ann@acme.example"
HARBOR = "001A00000000002IAA"
HOURS = 7_200


@pytest.fixture
def message(scene: Scene) -> str:
    """Logged by a second insert, which the unique key refused: the first one's answer was lost."""
    scene.universe.org.switches = OrgSwitches(private_activities=True)
    scene.universe.faults.plan(Fault("salesforce", "collections.create", "drop_answer"))
    message = scene.deliver(ANN, eml())
    scene.sync(patience=HOURS)
    assert scene.outcomes() == {message: "contact_match"}
    return message


@pytest.fixture
def pair(scene: Scene) -> tuple[str, str]:
    """Two emails of one conversation. A person deleted the first one's activity more than 15 days ago."""
    first = scene.deliver(ANN, eml(message_id="<1@byron.example>"))
    second = scene.deliver(ANN, eml(message_id="<2@byron.example>", In_Reply_To="<1@byron.example>"), thread=first)
    scene.sync()
    [purged] = [row for row in scene.services.ports.store.rows(scene.mailbox().mailbox_id) if row.message_id == first]
    assert purged.activity_id
    scene.universe.org.remove(purged.activity_id, by="person")
    scene.universe.org.purge(purged.activity_id)
    return first, second


def test_stopping_says_that_it_could_not_delete_it(scene: Scene, message: str) -> None:
    rep = Rep(scene, ANN, message).click("Stop logging").click("Delete and stop")
    assert rep.notice == f"{texts.STOPPED} {texts.UNSEEN[1]}"
    assert len(scene.tasks()) == 1
    assert scene.outcomes() == {message: "contact_match"}


def test_once_salesforce_shows_it_stopping_deletes_it(scene: Scene, message: str) -> None:
    scene.universe.org.switches = OrgSwitches()
    Rep(scene, ANN, message).click("Stop logging").click("Delete and stop")
    assert scene.tasks() == []
    assert scene.outcomes() == {message: "kept_out"}


def test_moving_says_that_it_could_not_move_it(scene: Scene, message: str) -> None:
    """It is not another tool's, so that the rep is not sent to look for one."""
    [task] = scene.tasks()
    rep = Rep(scene, ANN, message).click("Move").click("Search", search="Harbor")
    rep.use(HARBOR)
    assert "cannot see this activity" in " ".join([rep.notice, *rep.read])
    assert scene.tasks() == [task]


def test_stopping_deletes_what_is_beside_a_purged_activity(scene: Scene, pair: tuple[str, str]) -> None:
    first, second = pair
    rep = Rep(scene, ANN, second).click("Stop logging").click("Delete and stop")
    assert rep.notice == f"{texts.STOPPED} {texts.UNSEEN[1]}"
    assert scene.tasks() == []
    assert scene.outcomes() == {first: "contact_match", second: "kept_out"}


def test_moving_moves_what_is_beside_a_purged_activity(scene: Scene, pair: tuple[str, str]) -> None:
    first, second = pair
    rep = Rep(scene, ANN, second).click("Move").click("Search", search="Harbor")
    rep.use(HARBOR)
    assert rep.notice == f"{texts.MOVED_NOW.format(record='Harbor')} {texts.UNSEEN[1]}"
    assert [task["WhatId"] for task in scene.tasks()] == [HARBOR]
    assert scene.outcomes() == {first: "contact_match", second: "thread_override"}


def test_taking_a_move_back_moves_what_is_beside_a_purged_activity(scene: Scene, pair: tuple[str, str]) -> None:
    first, second = pair
    third = scene.deliver(ANN, eml(message_id="<3@byron.example>", In_Reply_To="<1@byron.example>"), thread=first)
    scene.sync()
    [ada] = {task["WhoId"] for task in scene.tasks()}
    rep = Rep(scene, ANN, second).click("Move").click("Search", search="Harbor").use(HARBOR)
    [row] = [row for row in scene.services.ports.store.rows(scene.mailbox().mailbox_id) if row.message_id == second]
    assert row.activity_id
    scene.universe.org.remove(row.activity_id, by="person")
    scene.universe.org.purge(row.activity_id)

    rep.click("Undo")

    assert "cannot see this activity" in " ".join([rep.notice, *rep.read])
    assert [task["WhoId"] for task in scene.tasks()] == [ada]
    assert scene.outcomes() == {first: "contact_match", second: "thread_override", third: "contact_match"}
