"""An activity that Salesforce hides, or that left its Recycle Bin for good: no choice of a rep says that it was changed.

For both Salesforce has one answer. What is beside it in the conversation follows the choice all the same.
"""

from __future__ import annotations

from typing import Any

import pytest

from addon import texts
from server.domain.errors import TransientError, UnseenActivityError
from server.engine.conversations.carry_out import choose_news
from simulator.faults import Fault
from simulator.salesforce.errors import RecordError
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


def test_moving_says_that_it_could_not_move_it_and_moves_what_comes(scene: Scene, message: str) -> None:
    """It is not another tool's, so that the rep is not sent to look for one."""
    [task] = scene.tasks()
    rep = Rep(scene, ANN, message).click("Move").click("Search", search="Harbor")
    rep.use(HARBOR)
    assert rep.notice == f"{texts.MOVED_REPLIES.format(record='Harbor')} {texts.UNSEEN[1]}"
    assert scene.tasks() == [task]

    [root] = [task["TrulyActivity__Message_Id__c"]]
    scene.deliver(ANN, eml(subject="A reply", message_id="<2@b>", In_Reply_To=f"<{root}>"), thread=message)
    scene.sync()
    assert [t["WhatId"] for t in scene.tasks() if t["Id"] != task["Id"]] == [HARBOR]


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


@pytest.mark.parametrize("code", ["INSUFFICIENT_ACCESS_OR_READONLY", "NOT_FOUND"])
def test_whatever_the_code_what_is_beside_follows(
    scene: Scene, pair: tuple[str, str], code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Orgs, and the ways of writing, differ in how they say that a record is not there for us."""
    require = scene.universe.org._records.require  # noqa: SLF001  # the one place that has a code for it

    def refuse(identifier: str) -> Any:
        try:
            return require(identifier)
        except RecordError:
            raise RecordError(code, "not for you") from None

    monkeypatch.setattr(scene.universe.org._records, "require", refuse)  # noqa: SLF001
    _, second = pair
    rep = Rep(scene, ANN, second).click("Move").click("Search", search="Harbor").use(HARBOR)
    assert rep.notice == f"{texts.MOVED_NOW.format(record='Harbor')} {texts.UNSEEN[1]}"
    assert [task["WhatId"] for task in scene.tasks()] == [HARBOR]

    rep.click("Stop logging").click("Delete and stop")
    assert rep.notice == f"{texts.STOPPED} {texts.UNSEEN[1]}"
    assert scene.tasks() == []


def test_a_stop_names_the_failure_that_can_be_mended(
    scene: Scene, pair: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = pair
    third = scene.deliver(ANN, eml(message_id="<3@byron.example>", In_Reply_To="<1@byron.example>"), thread=first)
    scene.sync()
    [held] = [row for row in scene.services.ports.store.rows(scene.mailbox().mailbox_id) if row.message_id == second]
    assert held.activity_id
    remove = scene.universe.org.remove

    def refuse(identifier: str, **more: str) -> None:
        if identifier == held.activity_id:
            raise RecordError("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record")
        remove(identifier, **more)

    monkeypatch.setattr(scene.universe.org, "remove", refuse)

    rep = Rep(scene, ANN, second).click("Stop logging").click("Delete and stop")

    assert texts.REFUSALS["away"][0] in rep.read
    assert [task["Id"] for task in scene.tasks()] == [held.activity_id]
    assert scene.outcomes() == {first: "contact_match", second: "contact_match", third: "kept_out"}


def test_what_can_be_mended_is_the_news() -> None:
    unseen, locked = UnseenActivityError("x"), TransientError("Somebody holds it.")
    assert choose_news([unseen, locked]) is locked
    assert choose_news([unseen]) is unseen
