"""The simulated Workspace while it runs: what an admin does to people, by way of the control endpoint."""

import json
from dataclasses import replace

import pytest
from werkzeug.test import Client

from simulator.world import WorldError, load
from tests.support.scene import eml

BEN = "ben@acme.example"


@pytest.fixture
def change(scene):
    client = Client(scene.simulator)

    def ask(op, email=BEN, **more):
        return client.post("/_simulator/directory", json={"op": op, "email": email, **more}).status_code

    return ask


def user(scene, email=BEN):
    return scene.universe.user(email)


def test_a_rename_keeps_id_mail_and_alias(scene, change):
    before, message = user(scene).user_id, scene.deliver(BEN, eml())

    assert change("rename", to="Benno@acme.example") == 200

    assert user(scene, "benno@acme.example").user_id == before == user(scene, BEN).user_id
    assert message in scene.universe.mailboxes["benno@acme.example"].messages
    assert BEN not in scene.universe.mailboxes
    change("rename", "benno@acme.example", to="b3@acme.example")
    assert user(scene, "b3@acme.example").user_id == before


def test_flags_go_on_and_off(scene, change):
    for on, off, name in (
        ("suspend", "unsuspend", "is_suspended"),
        ("archive", "unarchive", "is_archived"),
        ("give_licence", "take_licence", "has_licence"),
        ("set_up_mailbox", "unset_mailbox", "is_set_up"),
    ):
        change(on)
        assert getattr(user(scene), name)
        change(off)
        assert not getattr(user(scene), name)


def test_a_deleted_user_comes_back_with_mail_and_id(scene, change):
    before, message = user(scene).user_id, scene.deliver(BEN, eml())
    change("delete")
    assert user(scene) is None

    change("undelete")
    assert user(scene).user_id == before
    assert message in scene.universe.mailbox(BEN).messages


def test_a_newcomer_at_an_old_address_is_another_person(scene, change):
    before = user(scene).user_id
    change("rename", to="benno@acme.example", keep_alias=False)
    change("create", name="Another Ben")

    assert user(scene).user_id != before
    assert scene.universe.mailbox(BEN).messages == {}


@pytest.mark.parametrize(("op", "email"), [("fly", BEN), ("suspend", "zoe@acme.example"), ("undelete", BEN)])
def test_what_cannot_be_done_is_400(change, op, email):
    assert change(op, email) == 400


def test_world_json_says_what_a_user_is(tmp_path):
    users = [
        {
            "email": "a@acme.example",
            "orgUnit": "/Sales",
            "archived": True,
            "mailboxSetup": False,
            "licence": False,
            "guest": True,
        },
        {"email": "b@acme.example"},
    ]
    (tmp_path / "mail").mkdir()
    (tmp_path / "world.json").write_text(
        json.dumps({"name": "w", "workspace": {"domains": [], "users": users, "groups": []}, "salesforce": {}})
    )

    first, second = load(tmp_path).users

    assert (first.org_unit, first.is_archived, first.is_set_up, first.has_licence, first.is_guest) == (
        "/Sales",
        True,
        False,
        False,
        True,
    )
    assert replace(second, email="") == replace(type(second)(""), settings={})
    with pytest.raises(WorldError):
        load(tmp_path / "none")


def test_who_has_no_licence_has_no_gmail(scene, change):
    change("take_licence")

    assert scene.universe.mailbox(BEN) is None
    assert scene.universe.mailboxes[BEN] is not None
