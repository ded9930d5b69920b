"""The demo world on an org that has its custom fields from the package's own source, with and without a namespace."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from server.adapters.salesforce.org.shape import ACTIVITY
from simulator.world import load
from tests.support.demo import EXPECTED, WORLD, begin
from tests.support.package import PROJECT
from tests.support.scene import MakeScene, Scene

DEMO = "TrulyActivity"


@pytest.mark.slow
@pytest.mark.parametrize("namespace", [DEMO, "Other", None])
def test_the_whole_sync_runs_on_the_packages_fields(make_scene: MakeScene, namespace: str | None) -> None:
    world = load(WORLD)
    prefix = f"{namespace}__" if namespace else ""
    org = json.loads(json.dumps(world.org).replace(f"{DEMO}__", prefix))
    world = replace(world, org={**org, "namespace": namespace, "package": str(PROJECT)})
    scene = make_scene(world, **{"GOOGLE_ADMIN": "ines@northlight.example", **world.server})
    begin(scene)
    assert scene.sync().is_at_rest
    assert _reasons(scene) == {a: {s: found[0] for s, found in rows.items()} for a, rows in EXPECTED.items()}
    tasks = scene.tasks()
    written = {f"{prefix}{names[0]}" for ours, names in ACTIVITY.items() if ours != "response_minutes"}
    assert tasks
    assert written <= {name for task in tasks for name in task}


def _reasons(scene: Scene) -> dict[str, dict[str, str]]:
    sources = {
        (a, m.message_id): m.source for a, box in scene.universe.mailboxes.items() for m in box.messages.values()
    }
    store = scene.services.ports.store
    return {
        mailbox.address: {
            sources[mailbox.address, row.message_id]: row.reason.value for row in store.rows(mailbox.mailbox_id)
        }
        for mailbox in store.mailboxes()
    }
