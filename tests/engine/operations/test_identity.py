"""A state belongs to one organisation and to its keys. Others are refused at the start, and nothing is changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from server.adapters.documents import Delete, Document
from server.adapters.local_key_files import create_keys
from server.adapters.sqlite.documents import SqliteDocuments
from server.domain.errors import ConfigurationError
from server.web.app import create_app
from tests.support.scene import MakeScene, Scene, eml


def replace_key(scene: Scene, name: str) -> None:
    """As if somebody had lost the file and made another one."""
    other = scene.folder / "other"
    create_keys(other)
    (scene.folder / "keys" / name).write_bytes((other / name).read_bytes())


def forget_pins(scene: Scene) -> None:
    scene.services.documents.commit([Delete("state", "identity", None)])


@pytest.fixture
def scene(make_scene: MakeScene) -> Scene:
    return make_scene()


def refused(scene: Scene, **settings: str) -> str:
    """The sentences with which the service and every command are refused."""
    with pytest.raises(ConfigurationError) as error:
        scene.restart(**settings)
    return str(error.value)


def test_the_first_start_pins(scene: Scene) -> None:
    ports = scene.services.ports
    identity = ports.store.identity()

    assert identity is not None
    assert identity.organisation == "acme"
    assert identity.vault_keys == (ports.wrap.name,)
    assert identity.work_keys == (ports.sealer.key_name,)
    assert identity.hash_keys == ports.hasher.names
    scene.restart()
    assert scene.services.ports.store.identity() == identity


def test_a_start_reads_the_identity_once_and_writes_none(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[str] = []
    get_many = SqliteDocuments.get_many

    def read(self: SqliteDocuments, collection: str, keys: list[str]) -> dict[str, Document]:
        reads.extend(f"{collection}/{key}" for key in keys)
        return get_many(self, collection, keys)

    monkeypatch.setattr(SqliteDocuments, "get_many", read)

    scene.restart()

    assert reads == ["state/schema", "state/identity"]
    assert dict(scene.services.ports.store.writes()) == {}


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("vault.public.pem", "Put this state's vault.public.pem back."),
        ("work.key", "Put this state's work.key back."),
        ("hash.key", "Put this state's hash.key back."),
    ],
)
def test_another_key_is_refused_with_what_to_do(scene: Scene, name: str, sentence: str) -> None:
    before = scene.services.ports.store.identity()
    kept = (scene.folder / "keys" / name).read_bytes()
    replace_key(scene, name)

    words = refused(scene)

    assert sentence in words
    assert "keys --new" in words
    assert len(words.splitlines()) == 1
    (scene.folder / "keys" / name).write_bytes(kept)
    scene.restart()
    assert scene.services.ports.store.identity() == before


def test_another_organisation_is_refused(scene: Scene) -> None:
    words = refused(scene, ORGANISATION="byron")

    assert "Set ORGANISATION=acme" in words
    assert len(words.splitlines()) == 1
    scene.restart(ORGANISATION="acme")


def test_all_differences_are_named_together(scene: Scene) -> None:
    for name in ("vault.public.pem", "work.key", "hash.key"):
        replace_key(scene, name)

    assert len(refused(scene, ORGANISATION="byron").splitlines()) == 4


def test_a_further_hash_key_is_a_rotation(scene: Scene) -> None:
    path = scene.folder / "keys" / "hash.key"
    path.write_text(f"{path.read_text()}2 {'ab' * 32}\n")

    scene.restart()

    identity = scene.services.ports.store.identity()
    assert identity is not None
    assert [name.split(":")[0] for name in identity.hash_keys] == ["1", "2"]
    path.write_text(f"2 {'ab' * 32}\n")
    assert "Hash key 1 is not this state's, or is missing" in refused(scene)


def test_a_state_without_pins_is_pinned_by_what_opens_it(scene: Scene) -> None:
    """An earlier version wrote it."""
    scene.deliver("ann@acme.example", eml())
    scene.sync()
    forget_pins(scene)

    assert "Nothing that is sealed in this state opens" in refused(scene, ORGANISATION="byron")
    scene.restart(ORGANISATION="acme")
    forget_pins(scene)
    kept = Path(scene.folder / "keys" / "work.key").read_bytes()
    replace_key(scene, "work.key")
    assert "Put the right work.key back" in refused(scene)
    (scene.folder / "keys" / "work.key").write_bytes(kept)
    replace_key(scene, "vault.public.pem")
    assert "sealed under another vault key" in refused(scene)
    assert scene.services.settings.organisation == "acme"


def test_an_empty_state_without_pins_is_pinned_with_any_keys(scene: Scene) -> None:
    forget_pins(scene)
    replace_key(scene, "work.key")

    scene.restart()

    assert scene.services.ports.store.identity() is not None


def test_doctor_and_every_command_refuse_as_the_service_does(scene: Scene) -> None:
    replace_key(scene, "work.key")
    scene.services.close()

    for command in ("doctor", "sync", "coverage"):
        done = create_app(scene.source).test_cli_runner().invoke(args=[command])
        assert done.exit_code == 3
        assert "Put this state's work.key back." in " ".join(done.stderr.split())


def test_doctor_shows_what_is_pinned(scene: Scene) -> None:
    output = " ".join(scene.flask("doctor").output.split())

    assert f"Pinned for acme: vault {scene.services.ports.wrap.name};" in output
    assert scene.services.ports.sealer.key_name in output


def test_another_workspace_is_refused_before_a_mailbox_is_made(scene: Scene) -> None:
    scene.sync()
    identity = scene.services.ports.store.identity()
    assert identity is not None
    assert identity.google_customer == "C01"
    before = scene.services.ports.store.mailboxes()
    scene.universe.world = replace(scene.universe.world, customer="C02")
    scene.restart()

    done = scene.flask("sync")

    assert done.code == 3
    assert "The Google Workspace is C02, but this state belongs to C01." in " ".join(done.stderr.split())
    assert scene.services.ports.store.mailboxes() == before


def test_another_org_is_refused_before_anything_is_asked_of_it(scene: Scene) -> None:
    scene.deliver("ann@acme.example", eml())
    scene.sync()
    identity = scene.services.ports.store.identity()
    assert identity is not None
    assert identity.salesforce_org == scene.universe.org.id
    scene.services.ports.store.save_identity(lambda current: replace(current or identity, salesforce_org="00DX"))
    scene.deliver("ann@acme.example", eml(subject="Later"))
    scene.restart()

    done = scene.flask("doctor")

    assert f"The Salesforce org is {scene.universe.org.id}, but this state belongs to 00DX." in " ".join(
        done.output.split()
    )
    scene.flask("sync")
    assert len(scene.tasks()) == 1
