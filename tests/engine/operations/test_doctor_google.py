"""What the doctor says where Google is set up wrongly: what to do, in one clear sentence, before the first sweep too."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.engine.operations.doctor.google import list_some_mailboxes
from simulator.google_switches import GoogleSwitches
from simulator.world import User
from tests.support.scene import MakeScene, Scene, eml, small_world
from tests.support.troubles import give_trouble

ANN = "ann@acme.example"
DIRECTORY = "https://www.googleapis.com/auth/admin.directory."
SCOPES = frozenset(
    {
        "https://www.googleapis.com/auth/gmail.readonly",
        f"{DIRECTORY}user.readonly",
        f"{DIRECTORY}domain.readonly",
        f"{DIRECTORY}group.readonly",
        "https://www.googleapis.com/auth/admin.reports.audit.readonly",
    }
)


@pytest.fixture
def scene(make_scene: MakeScene) -> Scene:
    return make_scene(REPORTS_WITNESS="yes")


def look(scene: Scene) -> dict[str, str]:
    """What is to be looked at, by title."""
    scene.restart()
    return {f.what: f.text for f in scene.services.rooms.doctor.examine() if not f.is_good}


def test_all_is_well_and_each_service_is_asked(scene: Scene) -> None:
    findings = {f.what: f.text for f in scene.services.rooms.doctor.examine()}

    assert findings["Gmail"] == "Gmail lets us read a mailbox."
    assert findings["Reports witness"] == "Google lets us read its record of deliveries."
    assert "Delegation" not in findings
    gmail = [(call.method, call.mailbox) for call in scene.universe.calls.calls("gmail")]
    assert gmail[0] == ("getProfile", ANN)
    assert [method for method, _ in gmail].count("getProfile") == 1


@pytest.mark.parametrize(
    ("api", "title", "checks"),
    [
        ("gmail.googleapis.com", "Gmail API", {"Gmail"}),
        ("admin.googleapis.com", "Admin SDK API", {"Google Directory", "Gmail", "Reports witness"}),
    ],
)
def test_an_api_that_is_off_is_named_with_its_link(scene: Scene, api: str, title: str, checks: set[str]) -> None:
    scene.universe.world.google = GoogleSwitches(apis_off=(api,))
    findings = look(scene)

    for check in checks:
        assert f"The {title} is not enabled" in findings[check]
        assert f"https://console.cloud.google.com/apis/library/{api}" in findings[check]
    assert "acme" not in " ".join(findings.values())


@pytest.mark.parametrize("lacking", sorted(SCOPES))
def test_the_scope_that_the_delegation_lacks_is_named_alone(scene: Scene, lacking: str) -> None:
    [account] = scene.universe.identity.accounts
    scene.universe.identity.delegated[account] = SCOPES - {lacking}
    scene.universe.identity.revoke_all()

    text = look(scene)["Delegation"]
    assert text.startswith(f"Domain-wide delegation lacks {lacking}. In the Admin console, under Security,")


def test_a_person_without_gmail_is_passed_over_and_nobody_with_it_is_told(scene: Scene) -> None:
    admin, *others = scene.universe.world.users
    off = [type(user)(**{**vars(user), "has_licence": False}) for user in (admin, *others)]
    scene.sync()
    scene.universe.world.users = (off[0], *others)
    assert "Gmail" not in look(scene)
    scene.universe.world.users = tuple(off)
    assert "no licence" in look(scene)["Gmail"]


def test_an_admin_who_is_none_is_told_which_role_lacks(scene: Scene) -> None:
    scene.source["GOOGLE_ADMIN"] = "ben@acme.example"
    findings = look(scene)

    for check in ("Google Directory", "Reports witness"):
        assert "GOOGLE_ADMIN is no admin" in findings[check]
        assert "Admin roles" in findings[check]


@pytest.mark.parametrize("kind", ["unauthorized_client", "invalid_grant"])
@pytest.mark.parametrize("troubled", ["ben@acme.example", "cem@acme.example"])
def test_one_persons_refused_token_is_not_the_domains_and_hides_no_other_lack(
    make_scene: MakeScene, kind: str, troubled: str
) -> None:
    scene = make_scene(REPORTS_WITNESS="yes", MAILBOXES="ben@acme.example,cem@acme.example")
    give_trouble(scene, kind, troubled)
    assert look(scene).keys().isdisjoint({"Delegation", "Gmail", "Google Directory", "Reports witness"})

    [account] = scene.universe.identity.accounts
    lacking = f"{DIRECTORY}group.readonly"
    scene.universe.identity.delegated[account] = SCOPES - {lacking}
    scene.universe.identity.revoke_all()
    assert look(scene)["Delegation"].startswith(f"Domain-wide delegation lacks {lacking}. In")


def test_mailboxes_without_trouble_are_tried_first(make_scene: MakeScene) -> None:
    world = small_world()
    names = [f"p{number}@acme.example" for number in range(6)]
    users = (*world.users, *(User(name) for name in names))
    scene = make_scene(replace(world, users=users), MAILBOXES=",".join(names))
    scene.sync()
    ports = scene.services.ports
    well = ports.store.mailboxes()[-1].address
    give_trouble(scene, "unauthorized_client", *(name for name in names if name != well))
    for name in names:
        scene.deliver(name, eml(message_id=f"<{name}>"))
    scene.sync()

    assert sum(bool(mailbox.troubles) for mailbox in ports.store.mailboxes()) == 5
    assert list_some_mailboxes(ports.store, scene.services.ports.directory, ports.scope)[0].address == well
    assert "Gmail" not in look(scene)
    assert "Delegation" not in look(scene)
