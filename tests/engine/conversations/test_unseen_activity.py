"""An activity that Salesforce took without naming its id, and hides: no choice of a rep says that it was changed."""

from __future__ import annotations

import pytest

from simulator.faults import Fault
from simulator.salesforce.switches import OrgSwitches
from tests.support.rep import Rep
from tests.support.scene import Scene, eml

ANN = "ann@acme.example"
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


def test_stopping_says_that_it_could_not_delete_it(scene: Scene, message: str) -> None:
    rep = Rep(scene, ANN, message).click("Stop logging").click("Delete and stop")
    assert "cannot see this activity" in " ".join([rep.notice, *rep.read])
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
    rep.use("001A00000000002IAA")
    assert "cannot see this activity" in " ".join([rep.notice, *rep.read])
    assert scene.tasks() == [task]
