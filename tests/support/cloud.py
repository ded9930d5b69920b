"""A simulated Google Cloud for one test, and clients that call it as one of its accounts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from server.adapters.cloud.channels import CloudChannels
from simulator.clock import Clock
from simulator.cloud.project import PROJECT, CloudProject
from simulator.faults import Fault
from simulator.universe import Universe
from tests.support.scene import START, Scene, small_world


@lru_cache(maxsize=4)
def make_rsa_key(number: int = 0) -> rsa.RSAPrivateKey:
    """The same key for the same number, in one process: making one takes longer than most tests."""
    return rsa.generate_private_key(65537, 3072)


def write_private_pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


@contextmanager
def run_cloud(
    universe: Universe | None = None, vault: rsa.RSAPrivateKey | None = None, name: str = PROJECT
) -> Iterator[CloudProject]:
    universe = universe or Universe.of(small_world(), Clock(START, frozen=True))
    project = CloudProject(universe, name, vault=vault or make_rsa_key())
    project.server.start()
    try:
        yield project
    finally:
        project.server.stop()


@contextmanager
def call_as(project: CloudProject, account: str) -> Iterator[CloudChannels]:
    channels = CloudChannels(project.server.address, account)
    try:
        yield channels
    finally:
        channels.close()


def plan(project: CloudProject, service: str, method: str, kind: str, times: int = 1, **more: Any) -> None:
    project.server.gate.universe.faults.plan(Fault(service, method, kind, times, **more))


@contextmanager
def run_cloud_scene(folder: Path, account: str = "worker", **settings: str) -> Iterator[tuple[Scene, CloudProject]]:
    """The service in this process over SQLite, with its keys in the simulated KMS."""
    state = settings.pop("STATE", f"sqlite:{folder / 'cloud.sqlite3'}")
    scene = Scene(folder, **settings)
    try:
        with run_cloud(scene.universe) as project:
            scene.simulator.cloud = project
            # The scene's transport stands for the URL, and nobody listens there.
            simulated = {"STATE": state, "ENVIRONMENT": "simulator", "SIMULATOR_URL": "http://127.0.0.1:9"}
            scene.restart(**simulated, **project.settings(project.account(account)))
            yield scene, project
    finally:
        scene.close()
