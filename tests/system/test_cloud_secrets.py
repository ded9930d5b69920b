"""Salesforce's credentials out of Secret Manager: the service logs email with them, and says what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.bootstrap import build
from server.domain.errors import ConfigurationError, TransientError
from server.settings import Settings
from simulator.cloud.project import CloudProject
from tests.support.cloud import plan, run_cloud_scene
from tests.support.scene import PRIVATE_PEM, Scene, eml

FILES = Path("/proc/self/fd")


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[tuple[Scene, CloudProject]]:
    with run_cloud_scene(tmp_path) as made:
        yield made


def count_open_files(scene: Scene) -> int:
    """Those of the scene's folder that this process has open."""
    links = [path.readlink() for path in FILES.iterdir() if path.is_symlink()]
    return sum(link.is_relative_to(scene.folder) for link in links)


def test_salesforces_key_comes_from_a_secret(cloud: tuple[Scene, CloudProject]) -> None:
    scene, project = cloud
    version = project.add_secret("salesforce", PRIVATE_PEM.encode())
    (scene.folder / "salesforce.pem").unlink()

    scene.restart(SALESFORCE_PRIVATE_KEY_FILE=f"secret:{version}")

    scene.deliver("ann@acme.example", eml(subject="Lamps"))
    scene.sync()
    assert [task["Subject"].rpartition(": ")[2] for task in scene.tasks()] == ["Lamps"]
    # Read once, at the start.
    assert project.server.gate.count("secretmanager") == 3


def test_a_client_secret_comes_from_a_secret(cloud: tuple[Scene, CloudProject]) -> None:
    scene, project = cloud
    scene.universe.org.register({"consumer_key": "key", "secret": "s3cret"})
    version = project.add_secret("salesforce", b"s3cret\n")

    scene.restart(
        SALESFORCE_PRIVATE_KEY_FILE="", SALESFORCE_USERNAME="", SALESFORCE_CONSUMER_SECRET=f"secret:{version}"
    )

    scene.deliver("ann@acme.example", eml(subject="Lamps"))
    scene.sync()
    assert len(scene.tasks()) == 1


@pytest.mark.parametrize(
    ("setting", "payload", "sentence"),
    [
        ("SALESFORCE_PRIVATE_KEY_FILE", b"no key", "SALESFORCE_PRIVATE_KEY_FILE cannot be read as a PEM file"),
        ("SALESFORCE_PRIVATE_KEY_FILE", b"\xff\x00", "SALESFORCE_PRIVATE_KEY_FILE cannot be read as a PEM file"),
        ("SALESFORCE_CONSUMER_SECRET", b"\xff\x00", "SALESFORCE_CONSUMER_SECRET: the secret is not a text"),
    ],
)
def test_what_is_no_credential_is_told_without_its_text(
    cloud: tuple[Scene, CloudProject], setting: str, payload: bytes, sentence: str
) -> None:
    scene, project = cloud
    version = project.add_secret("salesforce", payload)

    with pytest.raises(ConfigurationError, match=sentence) as caught:
        scene.restart(**{setting: f"secret:{version}"})
    assert "no key" not in str(caught.value)
    scene.restart(**{setting: "" if setting.endswith("SECRET") else str(scene.folder / "salesforce.pem")})


@pytest.mark.skipif(not FILES.is_dir(), reason="Linux lists the open files of a process")
def test_a_start_that_fails_leaves_no_file_open(cloud: tuple[Scene, CloudProject]) -> None:
    """A process tries again and again while Google is away."""
    scene, project = cloud
    version = project.add_secret("salesforce", PRIVATE_PEM.encode())
    assert count_open_files(scene) > 0
    plan(project, "secretmanager", "*", "INTERNAL", -1)

    with pytest.raises(TransientError):
        scene.restart(SALESFORCE_PRIVATE_KEY_FILE=f"secret:{version}")
    for _ in range(3):
        with pytest.raises(TransientError):
            build(Settings.of(scene.source), transport=scene.transport, clock=scene.clock)

    assert count_open_files(scene) == 0
    scene.universe.faults.clear()
    scene.restart()
    assert scene.sync().is_at_rest
