"""Salesforce, our own state or Cloud KMS is away for an hour: work waits, nothing is asked all the time, and all of it catches up."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from addon import texts
from addon.codes import ReasonCode, Refusal
from server.adapters.cloud.cloud_kms import AWAY_SECONDS
from server.domain.errors import StateAwayError, TrulyError
from server.runner.worker import Worker
from simulator.faults import Fault
from tests.support.cloud import run_cloud_scene
from tests.support.rep import Rep
from tests.support.scene import Scene, eml

ANN = "ann@acme.example"
STEP = 5.0
"""Seconds of the world's clock between two looks into the queue."""
MOST_CALLS = 400
"""To Salesforce in an hour for one shard of waiting mail: about one for each poll."""


def run(step: Callable[[], bool]) -> bool:
    """As the worker's threads do: a state that is away ends no thread."""
    try:
        return step()
    except TrulyError:
        return False


def work(scene: Scene, worker: Worker, seconds: float) -> None:
    ends = scene.clock.now() + seconds
    while scene.clock.now() < ends:
        scene.clock.advance(STEP)
        run(worker.tick)
        for _ in range(20):
            if not run(worker.work_once):
                break
        else:
            pytest.fail("the queue is never empty: a job comes again at once")


@contextmanager
def away(scene: Scene, what: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """Counts the calls that are made all the same."""
    calls: Counter[str] = Counter()
    if what == "salesforce":
        scene.universe.faults.plan(Fault("salesforce", "*", "503", times=-1))
        before = scene.universe.calls.summary()["salesforce"]["requests"]
        yield calls
        calls["salesforce"] = scene.universe.calls.summary()["salesforce"]["requests"] - before
        scene.universe.faults.clear()
        return

    def fail(*_arguments: Any, **_more: Any) -> Any:
        calls["state"] += 1
        raise StateAwayError("It does not answer.")

    with monkeypatch.context() as patch:
        for name in ("get", "get_many", "query", "scan", "commit"):
            patch.setattr(scene.services.documents, name, fail)
        yield calls


@pytest.mark.parametrize("what", ["salesforce", "state"])
def test_work_waits_for_an_hour_and_catches_up(scene: Scene, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    worker = Worker(scene.services)
    before = scene.deliver(ANN, eml(subject="before"))
    work(scene, worker, 300)
    assert Rep(scene, ANN, before).read[1] == texts.LOGGED

    with away(scene, what, monkeypatch) as calls:
        during = [scene.deliver(ANN, eml(subject=f"during {n}")) for n in range(3)]
        work(scene, worker, 3_600)
        shown = Rep(scene, ANN, during[0]).read
        if what == "state":
            assert shown[1:] == list(texts.REFUSALS[Refusal.STATE_AWAY])
        else:
            assert shown[1] == texts.WAITING
            assert shown[2].startswith(texts.SENTENCES[ReasonCode.RETRYING].partition(".")[0])

    assert 0 < calls[what] < MOST_CALLS * (1 if what == "salesforce" else 20)
    work(scene, worker, 3_700)

    assert Rep(scene, ANN, during[0]).read[1] == texts.LOGGED
    logged = Counter(task["Subject"].partition(": ")[2] for task in scene.universe.org.everything("Task"))
    assert logged == Counter(["before", "during 0", "during 1", "during 2"])


def test_a_day_that_begins_while_kms_is_away_for_an_hour_catches_up(tmp_path: Path) -> None:
    """Nothing can be sealed that was not read before, and no mail may be kept unsealed until it can."""
    with run_cloud_scene(tmp_path) as (scene, _):
        worker = Worker(scene.services)
        before = scene.deliver(ANN, eml(subject="before"))
        work(scene, worker, 300)
        assert Rep(scene, ANN, before).read[1] == texts.LOGGED
        scene.clock.advance(86_400)

        scene.universe.faults.plan(Fault("kms", "*", "INTERNAL", times=-1))
        during = [scene.deliver(ANN, eml(subject=f"during {n}")) for n in range(3)]
        work(scene, worker, 3_600)
        shown = Rep(scene, ANN, during[0]).read
        assert shown[1] == texts.WAITING
        assert shown[2].startswith(texts.SENTENCES[ReasonCode.RETRYING].partition(".")[0])
        assert set(scene.outcomes(ANN).values()) == {"contact_match", "retrying"}

        scene.universe.faults.clear()
        time.sleep(AWAY_SECONDS)
        work(scene, worker, 3_700)

        assert Rep(scene, ANN, during[0]).read[1] == texts.LOGGED
        logged = Counter(task["Subject"].partition(": ")[2] for task in scene.universe.org.everything("Task"))
        assert logged == Counter(["before", "during 0", "during 1", "during 2"])
