"""What the service answers, what Google is told of it, and the threads that sync on one machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from google.cloud.gsuiteaddons_v1 import Deployment
from google.protobuf.json_format import ParseDict

from server.engine.operations.jobs import enqueue_for_all
from server.ports.queue import JobKind
from server.runner.worker import Worker
from server.settings import Settings
from server.web.addon import deployment
from server.web.app import create_app
from simulator.faults import Fault
from tests.support.scene import Scene, eml

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def rendered() -> dict[str, object]:
    return json.loads((ROOT / "deployment.json").read_text())  # type: ignore[no-any-return]


def test_deployment_json_is_what_the_settings_render(rendered: dict[str, object], scene: Scene) -> None:
    assert rendered == deployment(Settings.of(scene.source))


def test_google_accepts_the_deployment(rendered: dict[str, object]) -> None:
    # Google's own page names this field; the schema that Google publishes is older than it.
    assert rendered["addOns"]["httpOptions"].pop("granularOauthPermissionSupport") == "OPT_IN"  # type: ignore[index]
    parsed = ParseDict(rendered, Deployment.pb(Deployment()))
    assert parsed.add_ons.common.name == "Salesforce log"
    assert len(parsed.oauth_scopes) == 4


def test_every_url_of_the_deployment_is_absolute_and_answers(rendered: dict[str, object], scene: Scene) -> None:
    client = create_app(scene.source).test_client()
    common = rendered["addOns"]["common"]  # type: ignore[index]
    logo = common["logoUrl"].removeprefix("https://truly.example")
    with client.get(logo) as answer:
        assert answer.content_type == "image/png"
    home = common["homepageTrigger"]["runFunction"].removeprefix("https://truly.example")
    card = scene.ask(home, "ann@acme.example")["action"]["navigations"][0]["pushCard"]
    assert card["header"]["title"] == "Salesforce log"
    opened = rendered["addOns"]["gmail"]["contextualTriggers"][0]["onTriggerFunction"]  # type: ignore[index]
    assert client.post(opened.removeprefix("https://truly.example"), json={}).status_code == 401


def test_health_and_unknown_paths(scene: Scene) -> None:
    app = create_app(scene.source, scene.services)
    client = app.test_client()
    assert client.get("/healthz").get_json() == {"status": "ok"}
    assert client.get("/readyz").status_code == 200
    assert client.get("/nothing").get_json() == {"error": "There is nothing here."}


def drain(scene: Scene, worker: Worker) -> int:
    jobs = 0
    for _ in range(50):
        while worker.work_once():
            jobs += 1
        scene.clock.advance(5)
    return jobs


def test_the_threads_of_the_service_sync_what_arrives(scene: Scene) -> None:
    worker = Worker(scene.services)
    scene.deliver("ann@acme.example", eml())
    enqueue_for_all(scene.services.queue, JobKind.SWEEP, scene.clock.now())
    assert drain(scene, worker) >= 5
    assert len(scene.tasks()) == 1
    scene.deliver("ann@acme.example", eml(subject="Later"))
    enqueue_for_all(scene.services.queue, JobKind.SWEEP, scene.clock.now())
    drain(scene, worker)
    assert len(scene.tasks()) == 2


def test_a_job_that_fails_is_done_later(scene: Scene) -> None:
    worker = Worker(scene.services)
    scene.deliver("ann@acme.example", eml())
    scene.universe.faults.plan(Fault("directory", "users.list", "503", times=9))
    enqueue_for_all(scene.services.queue, JobKind.SWEEP, scene.clock.now())
    drain(scene, worker)
    assert len(scene.tasks()) == 1


def test_threads_start_and_stop(scene: Scene) -> None:
    scene.restart(POLL_SECONDS="1")
    scene.deliver("ann@acme.example", eml())
    worker = Worker(scene.services)
    worker.start()
    scene.clock.advance(30)
    worker.stop()
    assert not any(thread.is_alive() for thread in worker.threads)
