"""A start that fails because KMS is away holds nobody up for long, and the next one finds KMS again."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from addon import texts
from addon.codes import Refusal
from server.domain.errors import ConfigurationError, TransientError
from server.web import lazy_services
from server.web.app import create_app
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


def test_a_wrong_setting_is_told_each_time_and_looked_at_once(
    cloud: tuple[Scene, CloudProject], monkeypatch: pytest.MonkeyPatch
) -> None:
    scene, project = cloud
    lazy = LazyServices({**scene.source, "SIMULATOR_IDENTITY": "nobody@acme.example"})

    for _ in range(2):
        with pytest.raises(ConfigurationError, match="HASH_KEYS"):
            lazy.get()
    client = create_app({**scene.source, "SIMULATOR_IDENTITY": "stranger@acme.example"}).test_client()
    for _ in range(20):
        assert client.get("/_ah/warmup").status_code == 503
        assert client.post("/jobs/collect").status_code == 503
        card = json.dumps(client.post("/addon/home").get_json(), ensure_ascii=False)
        assert all(text in card for text in texts.REFUSALS[Refusal.NOT_SET_UP])
    for caller in ("nobody", "stranger"):
        assert project.server.gate.count("secretmanager", caller=f"{caller}@acme.example") == 1

    monkeypatch.setattr(lazy_services, "WRONG_SECONDS", 0.0)
    lazy = LazyServices({**scene.source, "SIMULATOR_IDENTITY": "third@acme.example"})
    for _ in range(2):
        with pytest.raises(ConfigurationError, match="HASH_KEYS"):
            lazy.get()
    assert project.server.gate.count("secretmanager", caller="third@acme.example") == 2
