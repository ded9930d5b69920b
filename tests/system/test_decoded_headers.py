"""The demo world over a Gmail that decodes headers and knows their names by the letter: all is as before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simulator.google_switches import GoogleSwitches
from simulator.world import load
from tests.support.demo import WORLD
from tests.support.scene import START, Scene

pytestmark = pytest.mark.slow
TIMES = ("CreatedDate", "LastModifiedDate", "SystemModstamp")


def run(folder: Path, **switches: Any) -> tuple[dict[Any, Any], list[dict[str, Any]], dict[str, int]]:
    """What became of each message, with its key; what Salesforce has; and Gmail's calls."""
    folder.mkdir()
    world = load(WORLD)
    world.google = GoogleSwitches(**switches)
    admin = next(user.email for user in world.users if user.is_admin)
    scene = Scene(folder, world, START, GOOGLE_ADMIN=admin, **world.server)
    for _ in range(3):
        scene.sync()
    rows = {}
    for address, box in scene.universe.mailboxes.items():
        for row in scene.services.ports.store.rows(scene.mailbox(address).mailbox_id):
            source = box.messages[row.message_id].source
            rows[address, source] = (row.reason, row.evidence, row.activity_key, row.record_id)
    tasks = [{name: value for name, value in task.items() if name not in TIMES} for task in scene.tasks()]
    calls = scene.universe.calls.summary()["gmail"]
    scene.close()
    return rows, sorted(tasks, key=lambda task: str(task["Id"])), calls


def test_the_demo_world_is_the_same_however_gmail_shows_its_headers(tmp_path: Path) -> None:
    rows, tasks, calls = run(tmp_path / "sent")
    assert len(rows) > 60
    assert len(tasks) > 20
    for form in ("requoted", "bare"):
        shown = run(tmp_path / form, exact_header_names=True, header_form=form)
        assert shown[0] == rows
        assert shown[1] == tasks
        assert shown[2] == calls
