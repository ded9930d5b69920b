"""The worlds of tests/cases: each is run once, however many tests look at it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from server.domain.ledger import Row
from simulator.world import load
from tests.support.scene import Scene

NOW = 1_796_000_000.0
"""Epoch seconds of a day in November 2026: later than all mail of the cases."""
CASES = Path(__file__).parent.parent / "cases"


@dataclass(frozen=True)
class CaseResult:
    """``rows`` by mailbox and file name. ``tasks``: what Salesforce has, without the prefix of the package."""

    rows: dict[tuple[str, str], Row]
    activity_ids: dict[tuple[str, str], str | None]
    tasks: dict[str, dict[str, Any]]

    def task_of(self, mailbox: str, source: str) -> dict[str, Any]:
        """Empty where the message has no activity."""
        activity_id = self.activity_ids.get((mailbox, source))
        return self.tasks.get(activity_id, {}) if activity_id else {}


def read_case(folder: Path) -> dict[str, Any]:
    case: dict[str, Any] = json.loads((folder / "case.json").read_text(encoding="utf-8"))
    return case


def read_world(folder: Path) -> dict[str, Any]:
    world: dict[str, Any] = json.loads((folder / "world.json").read_text(encoding="utf-8"))
    return world


def run_case(folder: Path, state: Path) -> CaseResult:
    """Syncs the world of a case to rest. ``state`` is an empty folder."""
    world = load(folder)
    admin = next(user.email for user in world.users if user.is_admin)
    scene = Scene(state, world, NOW, **{"GOOGLE_ADMIN": admin, **world.server})
    try:
        assert scene.sync().is_at_rest
        return _collect_result(scene)
    finally:
        scene.close()


def _collect_result(scene: Scene) -> CaseResult:
    store = scene.services.ports.store
    rows: dict[tuple[str, str], Row] = {}
    activity_ids: dict[tuple[str, str], str | None] = {}
    for mailbox in store.mailboxes():
        sources = {m.message_id: m.source for m in scene.universe.mailboxes[mailbox.address].messages.values()}
        for row in store.rows(mailbox.mailbox_id):
            place = (mailbox.address, sources[row.message_id])
            rows[place] = row
            activities = store.activities([row.activity_key] if row.activity_key else [])
            activity_ids[place] = next((activity.activity_id for activity in activities.values()), None)
    tasks = {t["Id"]: {k.removeprefix("TrulyActivity__"): v for k, v in t.items()} for t in scene.tasks()}
    return CaseResult(rows, activity_ids, tasks)


def join_words(text: str | None) -> str:
    """With single spaces: where lines break says nothing of what is told."""
    return re.sub(r"\s+", " ", text or "")
