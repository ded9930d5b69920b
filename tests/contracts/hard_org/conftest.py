"""Each scene's org is hard. Tests that assert the contrary of a switch are skipped, each with its reason."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from simulator.salesforce.switches import OrgSwitches
from simulator.world import World
from tests.support.scene import MakeScene, Scene


@pytest.fixture
def make_scene(tmp_path: Path) -> Iterator[MakeScene]:
    scenes: list[Scene] = []

    def make(world: World | None = None, **settings: str) -> Scene:
        folder = tmp_path / f"scene{len(scenes)}"
        folder.mkdir()
        scenes.append(Scene(folder, world, **settings))
        scenes[-1].universe.org.switches = OrgSwitches.hard()
        return scenes[-1]

    yield make
    for scene in scenes:
        scene.close()
