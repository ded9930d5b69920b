"""Fixtures for every suite, and the closing table of what could not run here."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import jwt.algorithms
import pytest
from cryptography.hazmat.primitives import serialization
from googleapiclient import discovery
from hypothesis import settings

from deploy import choices
from server.composition import keys
from simulator.world import World
from tests.support import needs
from tests.support.scene import MakeScene, Scene

settings.register_profile("untimed", deadline=None)  # a busy machine is slow, which is no fault of the code
settings.load_profile("untimed")


@pytest.fixture(scope="session", autouse=True)
def read_keys_once() -> Iterator[None]:
    """OpenSSL proves an RSA key each time that it reads one, which took a third of the time of a test with a scene."""
    read = lru_cache(maxsize=64)(serialization.load_pem_private_key)

    def read_once(data: bytes, password: bytes | None = None, backend: object = None, **more: bool) -> object:
        return read(bytes(data), password, backend, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(serialization, "load_pem_private_key", read_once)
        for module in (jwt.algorithms, keys, choices):
            patch.setattr(module, "load_pem_private_key", read_once)
        yield


@pytest.fixture(scope="session", autouse=True)
def describe_methods_once() -> Iterator[None]:
    """googleapiclient writes all methods of an API anew for each client, which took a tenth of such a test."""
    make, made = discovery.createMethod, dict[tuple[str, str], Any]()

    def make_once(name: str, method: Any, root: Any, schema: Any) -> Any:
        key = (method["id"], root["baseUrl"])
        if key not in made:
            made[key] = make(name, method, root, schema)
        return made[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(discovery, "createMethod", make_once)
        yield


@pytest.fixture
def make_scene(tmp_path: Path) -> Iterator[MakeScene]:
    """Makes scenes of other worlds and settings; they are closed after the test."""
    scenes: list[Scene] = []

    def make(world: World | None = None, **settings: str) -> Scene:
        folder = tmp_path / f"scene{len(scenes)}"
        folder.mkdir()
        scenes.append(Scene(folder, world, **settings))
        return scenes[-1]

    yield make
    for scene in scenes:
        scene.close()


@pytest.fixture
def scene(make_scene: MakeScene) -> Scene:
    """An empty world of three people around the real server, all in this process, with a clock that tests own."""
    return make_scene()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A missing tool skips its tests. With REQUIRE_ALL=1, as CI runs, it fails them, if a package manager has it."""
    for item in items:
        for need in needs.ALL:
            must_run = need.is_package and bool(os.environ.get("REQUIRE_ALL"))
            if item.get_closest_marker(need.mark) and not need.is_here() and not must_run:
                item.add_marker(pytest.mark.skip(reason=f"{need.name} is not here: {need.how}"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    missing = [need for need in needs.ALL if not need.is_here()]
    if not missing:
        return
    terminalreporter.section("not run here")
    for need in missing:
        terminalreporter.write_line(f"{need.name:<20} {need.how}")
