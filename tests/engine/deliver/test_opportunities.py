"""Activities on opportunities, where an admin wants that."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.salesforce.ids import to_18
from tests.support.cards import card_of, texts
from tests.support.rep import Rep
from tests.support.scene import MakeScene, Scene, eml, small_world

ANN = "ann@acme.example"
ADA, BYRON = to_18("003A00000000001"), to_18("001A00000000001")
ONE, TWO = to_18("006A00000000001"), to_18("006A00000000002")


def scene_of(
    make_scene: MakeScene, opportunities: list[str], roles: list[str], *, closed: str = "", on: str = "yes"
) -> Scene:
    org: dict[str, Any] = {
        "Opportunity": [{"Id": i, "Name": i, "AccountId": BYRON, "IsClosed": i == closed} for i in opportunities],
        "OpportunityContactRole": [
            {"Id": f"00KA0000000{n:04d}", "OpportunityId": i, "ContactId": ADA} for n, i in enumerate(roles)
        ],
    }
    return make_scene(small_world(org), OPPORTUNITIES=on)


@pytest.mark.parametrize(
    ("opportunities", "roles", "closed", "on", "expected"),
    [
        ([ONE, TWO], [TWO], "", "yes", TWO),
        ([ONE, TWO], [], "", "yes", BYRON),
        ([ONE, TWO], [], TWO, "yes", ONE),
        ([ONE, TWO], [TWO], TWO, "yes", ONE),
        ([ONE], [ONE], "", "no", BYRON),
        ([], [], "", "yes", BYRON),
    ],
)
def test_an_activity_is_on_the_only_open_opportunity(
    make_scene: MakeScene, opportunities: list[str], roles: list[str], closed: str, on: str, expected: str
) -> None:
    scene = scene_of(make_scene, opportunities, roles, closed=closed, on=on)
    message = scene.deliver(ANN, eml())
    scene.sync()

    (task,) = scene.tasks()
    assert (task["WhoId"], task["WhatId"]) == (ADA, expected)
    read = " ".join(texts(card_of(scene.ask("/addon/open", ANN, message))))
    assert ("It is also on the only open opportunity." in read) is (expected in (ONE, TWO))


def test_a_move_takes_it_off_the_opportunity(make_scene: MakeScene) -> None:
    scene = scene_of(make_scene, [ONE], [])
    rep = Rep(scene, ANN, scene.deliver(ANN, eml()))
    scene.sync()
    rep.open().click("Move")
    rep.click("Search", search="Byron Works")
    rep.use(BYRON)

    assert scene.tasks()[0]["WhatId"] == BYRON
    assert not any("opportunity" in text for text in rep.read)
