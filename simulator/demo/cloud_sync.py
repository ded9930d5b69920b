"""The demo's sync on Google Cloud: a scheduler asks, Cloud Tasks calls the worker, and the demo looks on."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any

from simulator.demo.stage import Scene, SceneError

LOOK = 1.0
"""Seconds between looks."""
LONGEST = 900.0
"""Seconds for all of it."""
SWEEP_EVERY = 60
"""Seconds: between two sweeps there must be time in which nothing is due."""
STILL = 3
"""Looks in a row at which nothing was due: between a job and the next one there may be a moment."""


def sync_in_cloud(stage: Scene) -> None:
    """Run the service until nothing is left to be done. Raises SceneError."""
    calm = replace(stage, env={**stage.env, "POLL_SECONDS": str(SWEEP_EVERY)})
    with calm.service():
        print("A scheduler asks, and Cloud Tasks calls the worker ...", flush=True)  # noqa: T201  # a program's words
        ends, still = time.monotonic() + LONGEST, 0
        while still < STILL or _is_anything_waiting(stage):
            if time.monotonic() > ends:
                raise SceneError(f"The service was not at rest after {LONGEST / 60:.0f} minutes.")
            time.sleep(LOOK)
            still = still + 1 if _is_queue_at_rest(stage) else 0


def _is_queue_at_rest(stage: Scene) -> bool:
    """The first sweep was done, and no job is due but those of the next one."""
    tasks: dict[str, Any] = stage.get("cloud")["tasks"]
    return bool(tasks["done"]) and not tasks["due_soon"]


def _is_anything_waiting(stage: Scene) -> bool:
    """What is held waits for a person, and the demo does not."""
    path = stage.folder / "waiting.json"
    stage.server("export", str(path), quiet=True)
    return any(row["reason"] in ("ready", "retrying") for row in json.loads(path.read_text())["messages"])
