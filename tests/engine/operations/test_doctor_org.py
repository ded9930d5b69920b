"""The doctor on an org: who has a User, which accounts have a domain, other tools, storage, related people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.engine.operations.doctor.registry import Finding
from simulator.salesforce.switches import OrgSwitches
from tests.support.scene import DOMAIN_FIELD, MakeScene, Scene, eml, small_world

ANN = "ann@acme.example"


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path)
    yield scene
    scene.close()


def examine(scene: Scene) -> dict[str, Finding]:
    return {finding.what: finding for finding in scene.services.rooms.doctor.examine()}


def test_mailboxes_without_a_user_are_counted_and_named(scene: Scene) -> None:
    scene.sync()

    finding = examine(scene)["Salesforce users"]

    assert finding.text.startswith(
        "2 of 3 mailboxes have an active Salesforce User. Without a User: cem@acme.example. The"
    )
    assert finding.is_good
    assert finding.is_note


def test_where_no_mailbox_has_a_user_it_is_a_fault(make_scene: MakeScene) -> None:
    scene = make_scene(small_world({"User": []}))
    scene.sync()

    finding = examine(scene)["Salesforce users"]

    assert not finding.is_good
    assert "View All Users" in finding.text


def test_where_most_mailboxes_have_no_user_it_is_a_fault(make_scene: MakeScene) -> None:
    users = [{"Id": "005A00000000001", "Email": ANN, "Username": ANN, "IsActive": True}]
    scene = make_scene(small_world({"User": users}))
    scene.sync()

    finding = examine(scene)["Salesforce users"]

    assert not finding.is_good
    assert finding.text.startswith("1 of 3 mailboxes have an active Salesforce User. Without a User: ben@")


def test_before_the_first_sync_users_are_those_of_the_people_in_scope(make_scene: MakeScene) -> None:
    scene = make_scene()
    assert scene.services.ports.store.mailboxes() == []

    assert examine(scene)["Salesforce users"].text.startswith("2 of 3 mailboxes have an active Salesforce User.")


def test_where_no_account_has_a_domain_the_command_that_fills_them_is_named(make_scene: MakeScene) -> None:
    scene = make_scene(small_world({"Account": [{"Id": "001A00000000001", "Name": "Byron Works"}]}))

    finding = examine(scene)["Account domains"]

    assert finding.is_note
    assert "Run python3 salesforce/install.py --org ALIAS again" in finding.text
    assert "Setup, Apex Jobs" in finding.text


def test_accounts_with_a_domain_are_counted(make_scene: MakeScene) -> None:
    accounts = [
        {"Id": "001A00000000001", "Name": "Byron Works", DOMAIN_FIELD: "byron.example"},
        {"Id": "001A00000000002", "Name": "Harbor", DOMAIN_FIELD: None},
        {"Id": "001A00000000003", "Name": "Nova", DOMAIN_FIELD: ""},
    ]
    scene = make_scene(small_world({"Account": accounts}))

    assert examine(scene)["Account domains"].text == "1 of 3 accounts have an email domain."


def test_an_org_of_which_accounts_may_not_be_counted_has_no_such_line(scene: Scene) -> None:
    scene.services.ports.crm.shape()
    scene.universe.org.switches = OrgSwitches(unreadable=("Account",))

    assert "Account domains" not in examine(scene)


def test_one_contact_only_is_told_with_where_to_turn_it_on(make_scene: MakeScene) -> None:
    many = make_scene()
    assert "up to 50 contacts" in examine(many)["Related people"].text
    one = make_scene(small_world({"shared_activities": False}))

    text = examine(one)["Related people"].text

    assert "Allow Users to Relate Multiple Contacts to Tasks and Events in Setup, Activity Settings" in text


def test_another_tool_that_writes_emails_is_told(make_scene: MakeScene) -> None:
    scene = make_scene(small_world({"switches": {"activity_capture": True}}))
    scene.universe.org.change("EmailMessage", {"Id": "02sA00000000001", "Source": "Einstein Activity Capture"})

    text = examine(scene)["Email capture"].text

    assert "Einstein Activity Capture is connected for 2 Users" in text
    assert "made by Einstein Activity Capture" in text
    assert "JOIN_OTHERS=yes" in text


def test_without_another_tool_or_once_it_is_joined_nothing_is_asked(make_scene: MakeScene) -> None:
    assert "Email capture" not in examine(make_scene())
    joined = make_scene(small_world({"switches": {"activity_capture": True}}), JOIN_OTHERS="yes")
    assert "Email capture" not in examine(joined)


def test_a_full_org_makes_older_mail_wait_and_new_mail_goes_on(make_scene: MakeScene) -> None:
    scene = make_scene(small_world({"switches": {"storage_used_percent": 81}}))
    old = [scene.deliver(ANN, eml(subject=f"Old {n}")) for n in range(3)]
    scene.flask("sync")
    new = scene.deliver(ANN, eml(subject="New"))

    done = scene.flask("sync")

    assert done.code == 8
    assert "Older mail waits" in " ".join(done.output.split())
    assert scene.outcomes() == {**dict.fromkeys(old, "ready"), new: "contact_match"}
    assert [task["Subject"] for task in scene.tasks()] == ["From ada@byron.example: New"]
    finding = examine(scene)["Salesforce storage"]
    assert not finding.is_good
    assert "81% of the org's 10,000 MB are used: older mail waits above 80%" in finding.text
    assert "Older mail waits" in " ".join(scene.flask("status").output.split())

    scene.universe.org.switches = OrgSwitches(storage_used_percent=79)
    scene.clock.advance(1_801)
    assert scene.flask("sync").code == 0
    assert len(scene.tasks()) == 4
    assert "fit below 80% (2 KB each)" in examine(scene)["Salesforce storage"].text


def test_the_share_is_a_setting_and_asked_once_in_half_an_hour(make_scene: MakeScene) -> None:
    world = small_world({"switches": {"storage_used_percent": 81}})
    scene = make_scene(world, SALESFORCE_STORAGE_PERCENT="90")
    for n in range(5):
        scene.deliver(ANN, eml(subject=f"Old {n}"))

    assert scene.flask("sync").code == 0

    assert len(scene.tasks()) == 5
    calls = [call.method for call in scene.universe.calls.calls("salesforce")]
    assert calls.count("limits") == 1
