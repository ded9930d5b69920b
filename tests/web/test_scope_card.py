"""A rep whose mailbox is out of scope reads that it isn't included, whatever the ledger knows, and nothing is read."""

import pytest

from server.domain.mailbox import Stage
from simulator.people import People
from simulator.world import User
from tests.support.cards import card_of, texts
from tests.support.scene import eml, small_world

BEN = "ben@acme.example"
OPEN, ACT = "/addon/open", "/addon/act"
NOT_INCLUDED = [
    "Salesforce log",
    "Your mailbox isn't included",
    "Nothing here is read or logged. Ask your Google Workspace admin.",
]


@pytest.fixture
def scene(make_scene):
    world = small_world()
    world.users = tuple(User(u.email, u.name, u.aliases, is_admin=u.is_admin, org_unit="/Sales") for u in world.users)
    return make_scene(world, SCOPE_ORG_UNITS="/Sales")


def move(scene, unit):
    People(scene.universe).change({"op": "move", "email": BEN, "org_unit": unit})


def opened(scene, message):
    return texts(card_of(scene.ask(OPEN, BEN, message)))


def test_in_scope_the_conversation_is_shown(scene):
    message = scene.deliver(BEN, eml(to=BEN))
    scene.sync()

    assert opened(scene, message)[1] == "Logged in Salesforce"


@pytest.mark.parametrize("is_known", [True, False])
def test_out_of_scope_a_known_conversation_is_shown_no_more_than_an_unknown_one(scene, is_known):
    message = scene.deliver(BEN, eml(to=BEN))
    scene.sync()
    if not is_known:
        message = scene.deliver(BEN, eml(to=BEN, subject="New"))
    move(scene, "/Legal")
    scene.sync()
    scene.universe.calls.clear()

    assert opened(scene, message) == NOT_INCLUDED
    assert scene.universe.calls.calls("gmail") + scene.universe.calls.calls("salesforce") == []


def test_a_click_on_a_card_of_before_is_refused_alike(scene):
    message = scene.deliver(BEN, eml(to=BEN))
    scene.sync()
    [stop] = [
        button["onClick"]["action"]["parameters"]
        for section in card_of(scene.ask(OPEN, BEN, message))["sections"]
        for widget in section["widgets"]
        for button in widget.get("buttonList", {}).get("buttons", ())
        if button["text"] == "Stop logging"
    ]
    move(scene, "/Legal")
    scene.sync()

    answer = scene.ask(ACT, BEN, message, parameters={p["key"]: p["value"] for p in stop})

    assert texts(card_of(answer)) == NOT_INCLUDED
    assert len(scene.tasks()) == 1


def test_who_was_never_in_scope_reads_the_same(scene):
    move(scene, "/Legal")
    scene.sync()

    assert opened(scene, scene.deliver(BEN, eml(to=BEN))) == NOT_INCLUDED


def test_a_draining_mailbox_shows_what_the_ledger_has_and_promises_nothing_more(scene):
    known = scene.deliver(BEN, eml(to=BEN))
    scene.sync()
    scene.set_stage(BEN, Stage.DRAINING)
    fresh = scene.deliver(BEN, eml(to=BEN, subject="New"))
    scene.clock.advance(7200)

    assert opened(scene, known)[1] == "Logged in Salesforce"
    assert opened(scene, fresh)[1:] == [
        "New mail isn't logged any more",
        "Your mailbox is complete up to 14:13 UTC: every earlier email is logged or accounted for. Ask your Google Workspace admin.",
    ]


def test_a_mailbox_that_leaves_before_the_next_sweep_is_refused_by_the_mint(scene):
    scene.sync()
    move(scene, "/Legal")
    scene.clock.advance(3600)

    assert opened(scene, scene.deliver(BEN, eml(to=BEN))) == NOT_INCLUDED
