"""``mailbox --stage`` for all, for a group and for an org unit: preview, question, change, trouble."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from server.domain.errors import TransientError
from server.domain.mailbox import Mailbox, Stage
from simulator.people import People
from simulator.world import User, World
from tests.support.scene import MakeScene, Scene, eml, small_world

ANN, BEN, CEM = "ann@acme.example", "ben@acme.example", "cem@acme.example"


def in_units() -> World:
    world = small_world()
    units = {ANN: "/", BEN: "/Sales/North", CEM: "/Salesforce"}
    return replace(world, users=tuple(replace(user, org_unit=units[user.email]) for user in world.users))


@pytest.fixture
def trial(make_scene: MakeScene) -> Scene:
    """Three mailboxes in trial mode, with one waiting message each."""
    scene = make_scene(in_units(), NEW_MAILBOX_STAGE="dry_run")
    for address in (ANN, BEN, CEM):
        scene.deliver(address, eml(to=address))
    scene.sync()
    return scene


def flat(text: str) -> str:
    return " ".join(text.split())


def stages(scene: Scene) -> dict[str, str]:
    return {mailbox.address: mailbox.stage.value for mailbox in scene.services.ports.store.mailboxes()}


def test_all_mailboxes_become_live_and_their_mail_is_logged(trial: Scene) -> None:
    result = trial.flask("mailbox", "--all", "--stage", "live", "--yes")

    assert result.code == 0
    told = flat(result.stdout)
    assert "Selected: 3 mailboxes. Would become live: 3. Already live: 0." in told
    assert "to be logged by the next sync where they match: 3 waiting messages." in told
    assert "Now live: 3 mailboxes." in told
    trial.sync()
    assert len(trial.tasks()) == 3


def test_a_preview_changes_nothing(trial: Scene) -> None:
    result = trial.flask("mailbox", "--all", "--stage", "live", "--preview")

    assert result.code == 0
    assert "Would become live: 3." in flat(result.stdout)
    assert set(stages(trial).values()) == {"dry_run"}
    trial.sync()
    assert trial.tasks() == []


def test_without_a_yes_nothing_changes(trial: Scene) -> None:
    assert trial.flask("mailbox", "--all", "--stage", "live").code == 1
    assert set(stages(trial).values()) == {"dry_run"}


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (("--group", "Sales@acme.example"), {ANN, BEN}),
        (("--org-unit", "/sales"), {BEN}),
        (("--org-unit", "/Sales/North/"), {BEN}),
        (("--org-unit", "/"), {ANN, BEN, CEM}),
    ],
)
def test_a_group_or_an_org_unit_is_changed_and_nobody_else(
    trial: Scene, choice: tuple[str, str], expected: set[str]
) -> None:
    assert trial.flask("mailbox", *choice, "--stage", "live", "--yes").code == 0

    assert {address for address, stage in stages(trial).items() if stage == "live"} == expected


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("--group", "nobody@acme.example", "--stage", "live"), 4, "nobody@acme.example is not a group"),
        (("--org-unit", "/Nowhere", "--stage", "live"), 4, "Nobody is in the org unit /Nowhere."),
        (("--org-unit", "Sales", "--stage", "live"), 4, "begins with a slash, such as /Sales: Sales"),
        (("--all", ANN, "--stage", "live"), 2, "Name one ADDRESS, or --all, --group or --org-unit."),
        ((), 2, "Name one ADDRESS"),
        (("--all",), 2, "Add --stage: of many mailboxes the stage alone can be set."),
        (("--all", "--preview"), 2, "Add --stage"),
        (("--all", "--start", "2026-09-01"), 2, "--start is for one ADDRESS."),
        ((ANN, "--stage", "live", "--include-off"), 2, "--preview, --yes and --include-off are for many mailboxes."),
    ],
)
def test_what_cannot_be_meant_is_refused(trial: Scene, arguments: tuple[str, ...], code: int, sentence: str) -> None:
    result = trial.flask("mailbox", *arguments)

    assert (result.code, sentence in flat(result.stderr)) == (code, True)
    assert set(stages(trial).values()) == {"dry_run"}


def test_one_mailboxs_trouble_stops_no_other_and_the_same_command_goes_on(
    trial: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = trial.services.ports.store
    save: Any = store.save_mailbox
    ben = trial.mailbox(BEN).mailbox_id

    def fail_for_ben(mailbox_id: Any, change: Any) -> Mailbox:
        if mailbox_id == ben and change(trial.mailbox(BEN)).stage is Stage.LIVE:
            raise TransientError("The store does not answer.")
        changed: Mailbox = save(mailbox_id, change)
        return changed

    monkeypatch.setattr(store, "save_mailbox", fail_for_ben)
    result = trial.flask("mailbox", "--all", "--stage", "live", "--yes")
    assert result.code == 8
    assert f"{BEN} could not be changed (TransientError)." in flat(result.stderr)
    assert stages(trial) == {ANN: "live", BEN: "dry_run", CEM: "live"}

    monkeypatch.undo()
    again = trial.flask("mailbox", "--all", "--stage", "live", "--yes")

    assert again.code == 0
    assert "Would become live: 1. Already live: 2." in flat(again.stdout)
    assert set(stages(trial).values()) == {"live"}


def test_a_run_that_was_killed_between_stage_and_rows_is_finished(trial: Scene) -> None:
    store = trial.services.ports.store
    ann = trial.mailbox(ANN)
    store.save_mailbox(ann.mailbox_id, lambda current: (current or ann).staged(Stage.LIVE))

    trial.flask("mailbox", "--all", "--stage", "live", "--yes")
    trial.sync()

    assert len(trial.tasks()) == 3


def test_who_left_is_not_made_live(trial: Scene) -> None:
    People(trial.universe).change({"op": "suspend", "email": BEN})

    result = trial.flask("mailbox", "--all", "--stage", "live", "--yes")

    assert "the person is suspended, archived or deleted: 1 mailbox." in flat(result.stdout)
    assert stages(trial)[BEN] != "live"


def test_the_size_of_the_past_is_told_where_it_is_known(make_scene: MakeScene) -> None:
    scene = make_scene(NEW_MAILBOX_STAGE="off")

    told = flat(scene.flask("mailbox", "--all", "--stage", "dry_run", "--yes").stdout)
    assert "Older mail to be read: 0 messages. Now" in told
    scene.sync()
    told = flat(scene.flask("mailbox", "--all", "--stage", "live", "--preview").stdout)
    assert "older mail" not in told, "all of it was read"


@pytest.mark.slow
def test_a_thousand_mailboxes_take_seconds(make_scene: MakeScene) -> None:
    world = small_world()
    crowd = tuple(User(f"p{n:04}@acme.example", f"P {n}") for n in range(1_000))
    scene = make_scene(replace(world, users=(*world.users, *crowd)), NEW_MAILBOX_STAGE="off")

    assert scene.flask("mailbox", "--all", "--stage", "live", "--yes").code == 0

    assert list(stages(scene).values()) == ["live"] * 1_003


def test_who_was_switched_off_or_drains_stays_so(trial: Scene) -> None:
    trial.set_stage(BEN, Stage.OFF)
    trial.set_stage(CEM, Stage.DRAINING)

    preview = flat(trial.flask("mailbox", "--all", "--stage", "live", "--preview").stdout)
    assert "Selected: 1 mailbox. Would become live: 1." in preview
    assert "Left as they are, because somebody set them so: 1 off, 1 draining. --include-off changes" in preview
    asked = trial.flask("mailbox", "--all", "--stage", "live")
    assert asked.code == 1
    assert "Set 1 mailbox to live? Left as they are, because somebody set them so: 1 off, 1 dr" in flat(asked.output)
    assert trial.flask("mailbox", "--org-unit", "/", "--stage", "live", "--yes").code == 0
    assert stages(trial) == {ANN: "live", BEN: "off", CEM: "draining"}

    told = flat(trial.flask("mailbox", "--all", "--stage", "live", "--include-off", "--yes").stdout)
    assert "Stages of those that would change: 1 off, 1 draining." in told
    assert set(stages(trial).values()) == {"live"}


def test_switching_off_spares_nobody_who_drains(trial: Scene) -> None:
    trial.set_stage(CEM, Stage.DRAINING)

    assert trial.flask("mailbox", "--all", "--stage", "off", "--yes").code == 0

    assert set(stages(trial).values()) == {"off"}


def test_mailboxes_that_begin_off_become_live(make_scene: MakeScene) -> None:
    scene = make_scene(in_units(), NEW_MAILBOX_STAGE="off")
    scene.sync()

    told = flat(scene.flask("mailbox", "--all", "--stage", "live", "--yes").stdout)

    assert "Would become live: 3." in told
    assert "because somebody set them so" not in told
    assert set(stages(scene).values()) == {"live"}
