"""Killed anywhere and started again, the end is that of one clean run."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from simulator.demo.result import result_of
from simulator.demo.stage import Scene as Stage
from simulator.demo.stage import scene as stage_of
from tests.support.crashes import Crash, Fuse, fit, unfit
from tests.support.demo import ROOT, WORLD
from tests.support.scene import Scene, eml

BLOCKS = 8
"""The steps are shared out over so many tests, so that they run side by side."""
KILLS = 10
COPIES = ("ann@acme.example", "ben@acme.example")


def fill(scene: Scene) -> None:
    both = eml(to=", ".join(COPIES), subject="For both", text="One mail, two copies.")
    for mailbox in COPIES:
        scene.deliver(mailbox, both)
    scene.deliver("ann@acme.example", eml(sender="leo@brandt.example", subject="A lead", text="x" * 1_000_000))
    scene.deliver("ben@acme.example", eml(sender="pat@byron.example", to="ben@acme.example", subject="By domain"))
    scene.deliver("ann@acme.example", eml(sender="who@nowhere.example", subject="Nobody"))
    scene.deliver("ann@acme.example", eml(sender="ben@acme.example", subject="Inside"))
    scene.deliver("cem@acme.example", b"", "INBOX")


def end_of(scene: Scene) -> Any:
    keys = sorted((t["TrulyActivity__Message_Key__c"], t["WhoId"], t["WhatId"], t["OwnerId"]) for t in scene.tasks())
    rows = {m: sorted(scene.outcomes(m).items()) for m in (*COPIES, "cem@acme.example")}
    copies = {key: len(scene.services.ports.store.copy(key).ciphertext) for key, *_ in keys}  # type: ignore[union-attr]
    deks = len(list(scene.services.documents.scan("deks")))
    return keys, rows, copies, deks


def clean_run(folder: Path) -> tuple[Any, int]:
    scene, fuse = Scene(folder), Fuse()
    fill(scene)
    fit(scene, fuse)
    scene.sync()
    end = end_of(scene)
    scene.close()
    return end, fuse.steps


@pytest.mark.slow
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("block", range(BLOCKS))
def test_a_crash_at_any_step_loses_and_doubles_nothing(tmp_path: Path, block: int, *, after: bool) -> None:
    folder = tmp_path / "clean"
    folder.mkdir()
    expected, steps = clean_run(folder)
    assert steps > 30
    for at in range(1 + block, steps + 1, BLOCKS):
        folder = tmp_path / str(at)
        folder.mkdir()
        scene = Scene(folder)
        fill(scene)
        fit(scene, Fuse(at, after))
        with pytest.raises(Crash):
            scene.sync()
        unfit(scene)
        scene.restart()
        scene.sync()
        assert end_of(scene) == expected, f"after a crash at step {at}"
        scene.close()


def _end_of_stage(stage: Stage) -> Any:
    result = result_of(stage)
    rows = [(m["mailbox"], m["source"], m["outcome"], m["reason"], m["record"]) for m in result["messages"]]
    tasks = sorted(
        (t["TrulyActivity__Message_Key__c"], t["WhoId"], t["WhatId"], t["OwnerId"], t["Subject"])
        for t in result["salesforce"]["Task"]
    )
    return rows, tasks


def _calls(stage: Stage) -> int:
    """Over the wire: what is inside a batch came as one."""
    return sum(call["method"] != "messages.get" for call in stage.get("calls"))


def _killed(stage: Stage, calls: int) -> bool:
    """Start a sync and kill it once it has made so many calls; False when it ended by itself."""
    command = [sys.executable, "-m", "flask", "--app", "server.main", "sync"]
    end = _calls(stage) + calls
    with subprocess.Popen(
        command, env=dict(stage.env), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        while process.poll() is None and _calls(stage) < end:
            time.sleep(0.01)
        was_running = process.poll() is None
        process.send_signal(signal.SIGKILL)
    return was_running


@pytest.mark.slow
def test_ten_kills_and_a_restart_end_as_one_clean_run(tmp_path: Path) -> None:
    """A world that was finished before the tenth kill is compared, and the next one begins."""
    extra = {"PYTHONPATH": str(ROOT)}
    with stage_of(WORLD, tmp_path / "clean", extra=extra) as stage:
        stage.server("sync", quiet=True)
        expected = _end_of_stage(stage)
    seed = int(os.environ.get("SEED", "0")) or random.randrange(1, 10**6)
    chance = random.Random(seed)
    kills = worlds = 0
    while kills < KILLS and worlds < KILLS:
        worlds += 1
        with stage_of(WORLD, tmp_path / f"killed-{worlds}", extra=extra) as stage:
            stage.post("latency", {"seconds": 0.05})
            while kills < KILLS and _killed(stage, chance.randint(10, 40)):
                kills += 1
            stage.post("latency", {"seconds": 0})
            stage.server("sync", quiet=True)
            assert _end_of_stage(stage) == expected, f"SEED={seed}"
    assert kills == KILLS
