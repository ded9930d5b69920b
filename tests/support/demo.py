"""The demo world around the real server, in this process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from server.engine.mailboxes.stages import find_mailbox, set_start
from simulator.world import load
from tests.support.scene import Scene

ROOT = Path(__file__).parent.parent.parent
WORLD = ROOT / "simulator" / "worlds" / "demo"
EXPECTED: dict[str, dict[str, list[str]]] = json.loads((ROOT / "tests" / "system" / "demo_outcomes.json").read_text())
"""By mailbox and file name: the reason, and for logged mail the record. Read by a person, message by message."""
INES_STARTS = 1_788_566_400_000
"""Epoch milliseconds of 2026-09-05, as world.json says."""


def demo_scene(folder: Path, **settings: str) -> Scene:
    """Ines's mailbox starts on the day that world.json names."""
    world = load(WORLD)
    made = Scene(folder, world, **{"GOOGLE_ADMIN": "ines@northlight.example", **world.server, **settings})
    begin(made)
    return made


def begin(scene: Scene) -> None:
    ports = scene.services.ports
    scene.services.rooms.sweeper.sweep()
    set_start(ports.mail, ports.store, ports.clock, find_mailbox(ports.store, "ines@northlight.example"), INES_STARTS)


def end_state(scene: Scene) -> dict[str, Any]:
    """What must be the same however a run went: outcomes, records and activities, without the ids that Salesforce gave."""
    sources = {
        (a, m.message_id): m.source for a, box in scene.universe.mailboxes.items() for m in box.messages.values()
    }
    rows: dict[str, dict[str, list[str]]] = {}
    for mailbox in scene.services.ports.store.mailboxes():
        for row in scene.services.ports.store.rows(mailbox.mailbox_id):
            found = [row.reason.value, *([row.record_id] if row.record_id else [])]
            rows.setdefault(mailbox.address, {})[sources[mailbox.address, row.message_id]] = found
    tasks = [{k: v for k, v in t.items() if k not in VARYING} for t in scene.tasks()]
    return {"rows": rows, "tasks": sorted(tasks, key=lambda t: str(t["TrulyActivity__Message_Key__c"]))}


VARYING = frozenset({"Id", "CreatedDate", "LastModifiedDate", "SystemModstamp", "CompletedDateTime"})
