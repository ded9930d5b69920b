"""A start that fails because KMS is away holds nobody up for long, and the next one finds KMS again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from server.domain.errors import ConfigurationError, TransientError
from server.web.lazy_services import FAILED_SECONDS, LazyServices
from simulator.cloud.project import CloudProject
from tests.support.cloud import run_cloud_scene
from tests.support.scene import Scene


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[tuple[Scene, CloudProject]]:
    with run_cloud_scene(tmp_path) as made:
        yield made


def test_ten_callers_wait_for_one_failed_start(cloud: tuple[Scene, CloudProject]) -> None:
    scene, project = cloud
    lazy = LazyServices(scene.source)
    project.server.stop()

    def ask(_number: int) -> bool:
        with pytest.raises(TransientError, match="cannot be reached"):
            lazy.get()
        return True

    began = time.monotonic()
    with ThreadPoolExecutor(10) as pool:
        assert all(pool.map(ask, range(10)))
    assert time.monotonic() - began < 8

    project.server.start()
    time.sleep(FAILED_SECONDS)
    assert lazy.get().ports.sealer.key_name.startswith("kms:1:")
    lazy.close()


def test_a_wrong_setting_is_told_each_time(cloud: tuple[Scene, CloudProject]) -> None:
    scene, project = cloud
    lazy = LazyServices({**scene.source, "SIMULATOR_IDENTITY": "nobody@acme.example"})

    for _ in range(2):
        with pytest.raises(ConfigurationError, match="HASH_KEYS"):
            lazy.get()
    assert project.server.gate.count("secretmanager", caller="nobody@acme.example") == 2
