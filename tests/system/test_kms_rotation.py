"""`keys rotate` with the keys in Cloud KMS: a new version at once, and everything from before opens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from server.adapters.pinned_wrap import RECHECK
from server.domain.errors import ConfigurationError
from server.domain.ids import ActivityKey
from server.web.app import create_app
from simulator.cloud.kms_keys import Key, State, Version
from simulator.cloud.project import CloudProject
from tests.support.cloud import make_rsa_key, plan, run_cloud, run_cloud_scene
from tests.support.scene import CommandResult, Scene, eml

ANN = "ann@acme.example"


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[tuple[Scene, CloudProject]]:
    with run_cloud_scene(tmp_path) as made:
        yield made


def run(scene: Scene, project: CloudProject, account: str, *args: str) -> CommandResult:
    """The command as a process of its own runs it, under another account."""
    app = create_app({**scene.source, **project.settings(project.account(account))})
    done = app.test_cli_runner().invoke(args=args)
    return CommandResult(done.exit_code, " ".join(done.output.split()), done.stdout, done.stderr)


def find_key(project: CloudProject, name: str) -> Key:
    key = project.kms.keys.find_key(project.key(name))
    assert key
    return key


def find_version(project: CloudProject, name: str, number: int) -> Version:
    return find_key(project, name).list_versions()[number - 1]


def log_email(scene: Scene, subject: str) -> ActivityKey:
    scene.deliver(ANN, eml(subject=subject))
    scene.sync()
    [task] = [task for task in scene.tasks() if task["Subject"].endswith(subject)]
    return ActivityKey(task["TrulyActivity__Message_Key__c"])


def wait_with_mail(scene: Scene, subject: str) -> None:
    """A message that is read and not delivered yet."""
    scene.deliver(ANN, eml(subject=subject))
    scene.services.rooms.collector.collect(scene.services.workspaces.current(), scene.mailbox(ANN).mailbox_id)


def open_copies(scene: Scene, project: CloudProject, *keys: ActivityKey) -> list[bytes]:
    scene.restart(**project.settings(project.break_glass), MAY_OPEN_COPIES="yes")
    return [scene.services.rooms.opener.open_copy(key, "ann", "test") for key in keys]


def test_copies_of_both_versions_of_vault_open(cloud: tuple[Scene, CloudProject]) -> None:
    scene, project = cloud
    before = log_email(scene, "Before")

    rotated = run(scene, project, "operator", "keys", "rotate", "vault")
    assert rotated.code == 0, rotated.output
    assert "The new version of the vault key is in Cloud KMS, version 2." in rotated.output
    meanwhile = log_email(scene, "Meanwhile")
    scene.restart()
    after = log_email(scene, "After")

    store = scene.services.ports.store
    names = [copy.kek_name[:6] for key in (before, meanwhile, after) if (copy := store.copy(key))]
    assert names == ["kms:1:", "kms:1:", "kms:2:"]
    opened = open_copies(scene, project, before, meanwhile, after)
    subjects = [b"Subject: Before", b"Subject: Meanwhile", b"Subject: After"]
    assert all(subject in raw for subject, raw in zip(subjects, opened, strict=True))


def test_a_running_process_takes_the_new_version_and_seals_nothing_under_the_earlier(
    cloud: tuple[Scene, CloudProject],
) -> None:
    scene, project = cloud
    before = log_email(scene, "Before")
    assert run(scene, project, "operator", "keys", "rotate", "vault").code == 0
    scene.clock.advance(RECHECK)
    plan(project, "kms", "GetPublicKey", "UNAVAILABLE", 10_000)  # however fast it is asked
    scene.deliver(ANN, eml(subject="Meanwhile"))
    scene.sync()
    assert len(scene.tasks()) == 1
    project.server.gate.universe.faults.clear()
    scene.clock.advance(3_600)

    after = log_email(scene, "After")

    store = scene.services.ports.store
    assert len(scene.tasks()) == 3
    assert [copy.kek_name[:6] for key in (before, after) if (copy := store.copy(key))] == ["kms:1:", "kms:2:"]
    assert sorted(dek.kek_name[:6] for dek in store.wrapped_deks()) == ["kms:1:", "kms:2:", "kms:2:"]


def test_what_waits_under_the_earlier_version_of_work_is_logged(cloud: tuple[Scene, CloudProject]) -> None:
    scene, project = cloud
    scene.sync()
    wait_with_mail(scene, "Waiting")

    assert run(scene, project, "operator", "keys", "rotate", "work").code == 0
    scene.restart()
    log_email(scene, "After")

    assert sorted(task["Subject"].rpartition(": ")[2] for task in scene.tasks()) == ["After", "Waiting"]
    identity = scene.services.ports.store.identity()
    assert identity
    assert [name[:6] for name in identity.work_keys] == ["kms:1:", "kms:2:"]
    assert scene.services.ports.sealer.key_name == identity.work_keys[-1]


def test_a_running_process_seals_under_the_new_version_of_work_on_the_next_day(
    cloud: tuple[Scene, CloudProject],
) -> None:
    """Without a restart; what it seals then opens without the version before."""
    scene, project = cloud
    log_email(scene, "Before")
    rotated = run(scene, project, "operator", "keys", "rotate", "work")
    assert "Running processes use it from the next day (UTC) on, restarted ones at once." in rotated.output
    scene.clock.advance(86_400)
    wait_with_mail(scene, "Next day")

    find_version(project, "work", 1).set_state(State(State.DISABLED))
    scene.restart()
    scene.sync()

    assert sorted(task["Subject"].rpartition(": ")[2] for task in scene.tasks()) == ["Before", "Next day"]


def test_a_rotation_that_kms_makes_of_its_own_accord_is_no_other_key(cloud: tuple[Scene, CloudProject]) -> None:
    scene, project = cloud
    log_email(scene, "Before")
    work = find_key(project, "work")
    work.set_primary(work.add_version())

    scene.restart()

    identity = scene.services.ports.store.identity()
    assert identity
    assert [name[:6] for name in identity.work_keys] == ["kms:1:", "kms:2:"]
    log_email(scene, "After")
    assert "LOOK  Keys of this state" not in scene.flask("doctor").output


@pytest.mark.parametrize("account", ["worker", "sidebar", "break-glass"])
def test_only_who_administers_keys_rotates_them(cloud: tuple[Scene, CloudProject], account: str) -> None:
    scene, project = cloud

    refused = run(scene, project, account, "keys", "rotate", "vault")

    assert (refused.code, "Log in as a person with the role Cloud KMS Admin" in refused.output) == (3, True)
    assert "Give that role to no account of the service." in refused.output
    identity = scene.services.ports.store.identity()
    assert identity
    assert len(identity.vault_keys) == 1


def test_a_rotation_that_fails_before_its_end_changes_nothing(cloud: tuple[Scene, CloudProject]) -> None:
    scene, project = cloud
    plan(project, "kms", "CreateCryptoKeyVersion", "drop_answer")
    assert run(scene, project, "operator", "keys", "rotate", "vault").code == 6
    plan(project, "kms", "UpdateCryptoKeyPrimaryVersion", "UNAVAILABLE", 50)
    assert run(scene, project, "operator", "keys", "rotate", "work").code == 6
    project.server.gate.universe.faults.clear()

    scene.restart()
    before = log_email(scene, "Before")
    assert run(scene, project, "operator", "keys", "rotate", "vault").code == 0
    scene.restart()
    after = log_email(scene, "After")

    assert len(open_copies(scene, project, before, after)) == 2


def test_another_key_ring_is_refused_by_name(cloud: tuple[Scene, CloudProject]) -> None:
    scene, project = cloud
    log_email(scene, "Before")
    with run_cloud(name="other-email", vault=make_rsa_key(2)) as other:
        with pytest.raises(ConfigurationError, match=r"Name this state's key ring in KEYS") as caught:
            scene.restart(**other.settings(other.worker))
        assert len(caught.value.problems) == 3
        scene.restart(**project.settings(project.worker))


def test_key_files_are_not_made_for_kms(cloud: tuple[Scene, CloudProject]) -> None:
    scene, project = cloud

    assert "There are no files to make" in run(scene, project, "operator", "keys").output


def test_rewrapped_copies_outlive_the_earlier_version(cloud: tuple[Scene, CloudProject]) -> None:
    scene, project = cloud
    before = log_email(scene, "Before")
    assert run(scene, project, "operator", "keys", "rotate", "vault").code == 0
    scene.restart(**project.settings(project.break_glass), MAY_OPEN_COPIES="yes")

    done = scene.flask("vault", "rewrap", "--reason", "rotation")

    assert done.code == 0, done.output
    find_version(project, "vault", 1).set_state(State(State.DESTROY_SCHEDULED))
    assert b"Subject: Before" in open_copies(scene, project, before)[0]
    assert project.server.gate.count("kms", "AsymmetricDecrypt", caller=project.worker) == 0


@pytest.mark.parametrize("is_rotated", [False, True])
def test_a_pin_whose_fingerprint_no_key_has_seals_nothing(
    cloud: tuple[Scene, CloudProject], is_rotated: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """Somebody who can write into the state names an earlier version, with a fingerprint that hides it."""
    scene, project = cloud
    log_email(scene, "Before")
    if is_rotated:
        assert run(scene, project, "operator", "keys", "rotate", "vault").code == 0
    store, stray = scene.services.ports.store, "kms:1:" + 32 * "f"
    pinned = store.identity()
    assert pinned
    store.save_identity(lambda _: replace(pinned, vault_keys=(*pinned.vault_keys, stray)))
    scene.clock.advance(RECHECK)
    sealed = sorted(dek.kek_name for dek in store.wrapped_deks())

    scene.deliver(ANN, eml(subject="Meanwhile"))
    scene.sync()

    assert len(scene.tasks()) == 1
    assert sorted(dek.kek_name for dek in store.wrapped_deks()) == sealed
    assert "the state was changed" in caplog.text
    with pytest.raises(ConfigurationError, match=f"{stray} as its newest vault key.* keys rotate vault"):
        scene.restart()

    assert run(scene, project, "operator", "keys", "rotate", "vault").code == 0
    scene.restart()
    scene.clock.advance(3_600)
    after = log_email(scene, "After")
    assert len(scene.tasks()) == 3
    copy = store.copy(after)
    assert copy
    assert copy.kek_name.startswith("kms:3:" if is_rotated else "kms:2:")


def test_a_pin_of_a_key_that_was_never_pinned_is_refused_at_the_start(
    cloud: tuple[Scene, CloudProject], monkeypatch: pytest.MonkeyPatch
) -> None:
    scene, project = cloud
    log_email(scene, "Before")
    monkeypatch.setattr("simulator.cloud.kms_keys.GENERATION", 0)
    find_key(project, "vault").add_version()
    stray = "kms:2:" + 32 * "f"
    scene.services.ports.store.save_identity(lambda i: replace(i, vault_keys=(*i.vault_keys, stray)) if i else i)

    with pytest.raises(ConfigurationError, match=rf"is not this state's \({stray}\)"):
        scene.restart()


def test_a_worker_rewraps_nothing(cloud: tuple[Scene, CloudProject]) -> None:
    scene, project = cloud
    log_email(scene, "Before")
    assert run(scene, project, "operator", "keys", "rotate", "vault").code == 0
    scene.restart(MAY_OPEN_COPIES="yes")

    done = scene.flask("vault", "rewrap", "--reason", "curious")

    assert (done.code, "This identity may not open copies" in done.output) == (5, True), done.output
    assert project.server.gate.count("kms", "AsymmetricDecrypt", status="OK") == 0
    assert project.server.gate.count("kms", "AsymmetricDecrypt", status="PERMISSION_DENIED") == 1
