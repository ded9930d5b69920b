"""The command keys: no key is lost without a word, a lost one costs what it says, and a rotation costs nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.adapters import local_key_files
from server.adapters.local_key_files import create_keys
from server.domain.errors import ConfigurationError
from server.domain.ids import ActivityKey
from server.web.app import create_app
from tests.support.rep import Rep
from tests.support.scene import CommandResult, MakeScene, Scene, eml

ANN = "ann@acme.example"


@pytest.fixture
def scene(make_scene: MakeScene) -> Scene:
    scene = make_scene()
    scene.sync()
    return scene


def run(scene: Scene, *args: str, answer: str | None = None) -> CommandResult:
    """The command as a process of its own runs it, which builds no services where a key is missing."""
    done = create_app(scene.source).test_cli_runner().invoke(args=args, input=answer)
    return CommandResult(done.exit_code, " ".join(done.output.split()), done.stdout, done.stderr)


def read_files(scene: Scene) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (scene.folder / "keys").iterdir()}


def lose(scene: Scene, name: str) -> None:
    scene.services.close()
    (scene.folder / "keys" / name).unlink()


def wait_with_mail(scene: Scene, count: int = 5) -> None:
    """Messages that are read and not delivered yet."""
    for number in range(count):
        scene.deliver(ANN, eml(subject=f"Lamps {number}"))
    scene.services.rooms.collector.collect(scene.services.workspaces.current(), scene.mailbox(ANN).mailbox_id)
    assert scene.tasks() == []


def find_key(scene: Scene, subject: str) -> ActivityKey:
    [task] = [task for task in scene.tasks() if task["Subject"].endswith(subject)]
    return ActivityKey(task["TrulyActivity__Message_Key__c"])


def test_where_there_is_no_state_the_keys_are_made(tmp_path: Path, scene: Scene) -> None:
    scene.source |= {"STATE": f"sqlite:{tmp_path / 'none.sqlite3'}", "KEYS": str(tmp_path / "fresh")}

    assert run(scene, "keys").code == 0

    assert sorted(path.name for path in (tmp_path / "fresh").iterdir()) == [
        "hash.key", "vault.private.pem", "vault.public.pem", "work.key",
    ]  # fmt: skip
    assert not (tmp_path / "none.sqlite3").exists()
    assert run(scene, "keys", "rotate", "vault").code == 4
    assert run(scene, "keys", "--new").code == 4


@pytest.mark.parametrize("name", ["vault.public.pem", "work.key", "hash.key"])
def test_no_key_is_made_over_a_ledger(scene: Scene, name: str) -> None:
    if name == "vault.public.pem":
        (scene.folder / "keys" / "vault.private.pem").unlink()
    lose(scene, name)
    before = read_files(scene)

    done = run(scene, "keys")

    assert done.code == 3
    assert f"Missing: {name}." in done.output
    assert "keys --new" in done.output
    assert read_files(scene) == before


def test_new_keys_need_a_yes(scene: Scene) -> None:
    lose(scene, "work.key")
    before = read_files(scene)

    done = run(scene, "keys", "--new", answer="n\n")

    assert done.code == 1
    assert "mail that waits is read from Gmail again" in done.output
    assert "copies" not in done.output
    assert read_files(scene) == before
    assert run(scene, "keys").code == 3


def test_a_lost_work_key_loses_no_mail(scene: Scene) -> None:
    wait_with_mail(scene)
    lost = scene.services.ports.sealer.key_name
    lose(scene, "work.key")

    assert run(scene, "keys", "--new", "--yes").code == 0
    scene.restart()
    scene.sync()

    assert sorted(task["Subject"][-7:] for task in scene.tasks()) == [f"Lamps {number}" for number in range(5)]
    assert set(scene.outcomes().values()) == {"contact_match"}
    doctor = " ".join(scene.flask("doctor").output.split())
    assert f"Known as lost: {lost}." in doctor
    assert "sealed headers of waiting mail did not open" in doctor
    assert run(scene, "keys", "--new").output.startswith("All keys are there")


def test_a_replaced_work_key_is_refused_and_then_loses_no_mail(scene: Scene) -> None:
    """Somebody made new files elsewhere and copied one over."""
    wait_with_mail(scene)
    scene.services.close()
    create_keys(scene.folder / "other")
    (scene.folder / "keys" / "work.key").write_bytes((scene.folder / "other" / "work.key").read_bytes())

    with pytest.raises(ConfigurationError, match=r"Put this state's work\.key back"):
        scene.restart()
    assert run(scene, "keys", "--new", "--yes").code == 0
    scene.restart()
    scene.sync()

    assert len(scene.tasks()) == 5
    assert set(scene.outcomes().values()) == {"contact_match"}


def test_new_keys_do_not_help_another_organisation(scene: Scene) -> None:
    lose(scene, "work.key")
    scene.source["ORGANISATION"] = "byron"

    done = run(scene, "keys", "--new", "--yes")

    assert done.code == 3
    assert "Set ORGANISATION=acme" in done.output
    assert "work.key" not in read_files(scene)


def test_a_rotated_work_key_is_used_at_once_and_opens_what_was_sealed_before(scene: Scene) -> None:
    wait_with_mail(scene)
    before = scene.services.ports.sealer.key_name

    assert run(scene, "keys", "rotate", "work").code == 0
    scene.restart()

    assert scene.services.ports.sealer.key_name != before
    sealed = scene.services.rooms.sealing.seal("messages", "k", "headers", b"new")
    scene.sync()
    assert len(scene.tasks()) == 5
    assert scene.services.ports.alarms.since(0) == []
    # Without the older version the new value opens: nothing of it hangs on the key before.
    path = scene.folder / "keys" / "work.key"
    path.write_text(f"{path.read_text().splitlines()[-1]}\n")
    scene.restart()
    assert scene.services.rooms.sealing.open("messages", "k", "headers", sealed) == b"new"


@pytest.mark.parametrize(("kind", "file"), [("work", "work.key"), ("vault", "vault.public.pem")])
def test_a_rotation_that_was_killed_is_run_again_as_the_doctor_says(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, kind: str, file: str
) -> None:
    write = local_key_files._write  # noqa: SLF001  # a kill has no other place between the name and the file

    def die(path: Path, content: bytes, mode: int) -> None:
        if path.name == file:
            raise SystemExit(9)
        write(path, content, mode)

    with monkeypatch.context() as patch:
        patch.setattr(local_key_files, "_write", die)
        assert run(scene, "keys", "rotate", kind).code == 9
    scene.restart()
    advice = run(scene, "doctor").output
    assert f"If it is nowhere, its rotation was cut short: run `flask --app server.main keys rotate {kind}`" in advice

    assert run(scene, "keys", "rotate", kind).code == 0
    scene.restart()
    assert "is an older version than" not in run(scene, "doctor").output


def test_a_process_from_before_a_rotation_works_beside_one_from_after(scene: Scene) -> None:
    old = scene.services
    assert run(scene, "keys", "rotate", "work").code == 0
    scene.services = scene._built()  # noqa: SLF001  # a second process over the same state
    wait_with_mail(scene, 3)

    result = old.rooms.syncer.sync(workers=1)

    assert result.logged == len(scene.tasks()) == 3
    assert old.ports.alarms.since(0) == []
    old.close()


def test_copies_from_before_and_after_a_rotation_open(scene: Scene) -> None:
    scene.deliver(ANN, eml(subject="Before"))
    scene.sync()

    done = run(scene, "keys", "rotate", "vault")
    assert done.code == 0
    assert "vault.private.2.pem" in done.output
    scene.restart(MAY_OPEN_COPIES="yes")
    scene.deliver(ANN, eml(subject="After"))
    scene.sync()

    opener, store = scene.services.rooms.opener, scene.services.ports.store
    copies = [store.copy(find_key(scene, subject)) for subject in ("Before", "After")]
    identity = store.identity()
    assert identity is not None
    assert [copy.kek_name for copy in copies if copy] == list(identity.vault_keys)
    for subject in ("Before", "After"):
        assert subject.encode() in opener.open_copy(find_key(scene, subject), "ann", "a test")


def test_a_card_of_mail_from_before_a_lost_key_says_less_and_works(scene: Scene) -> None:
    message = scene.deliver(ANN, eml())
    scene.sync()
    lose(scene, "work.key")
    assert run(scene, "keys", "--new", "--yes").code == 0
    scene.restart()

    card = Rep(scene, ANN, message)

    assert card.read
    assert scene.outcomes()[message] == "contact_match"
