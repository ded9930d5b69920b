"""How the threads of one machine end."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from server.engine.operations.jobs import JobRunner
from server.ports.queue import Job
from server.runner.worker import Worker
from tests.support.scene import Scene


def start_with_a_job(scene: Scene, monkeypatch: pytest.MonkeyPatch, until: threading.Event) -> tuple[Worker, Job]:
    """A worker whose only job runs until the event is set."""
    begun = threading.Event()

    def run(*_arguments: Any) -> None:
        begun.set()
        until.wait(30)

    monkeypatch.setattr(JobRunner, "run", run)
    worker, job = Worker(scene.services, threads=1), Job("collect", "m1")
    scene.services.queue.put(job, scene.clock.now())
    scene.clock.advance(60)
    monkeypatch.setattr(worker, "tick", lambda: False)
    worker.start()
    assert begun.wait(10)
    return worker, job


def test_the_job_at_hand_is_finished(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    until = threading.Event()
    worker, _job = start_with_a_job(scene, monkeypatch, until)
    threading.Timer(0.3, until.set).start()

    assert worker.stop(timeout=10)

    scene.clock.advance(86_000)
    assert scene.services.local_queue is not None
    assert scene.services.local_queue.take(scene.clock.now()) is None, "it is done"


def test_a_job_that_does_not_end_is_put_back_at_once(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    until = threading.Event()
    worker, job = start_with_a_job(scene, monkeypatch, until)

    assert not worker.stop(timeout=0.2)

    assert scene.services.local_queue is not None
    task = scene.services.local_queue.take(scene.clock.now())
    assert task is not None
    assert task.job == job
    until.set()
