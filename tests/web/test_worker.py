"""The local thread that asks by time: sweeps, watches, the nightly audit, all through the queue."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from server.domain.errors import ConfigurationError, TransientError
from server.ports.queue import JobKind
from server.rules.schedule.nightly import find_next_nightly_run
from server.runner.worker import Worker
from tests.support.pushing import Pushing


def asked(pushing, hours, step=300):
    """Kinds of jobs as they fall due while the thread ticks; nobody does the work."""
    queue, clock = pushing.scene.services.queue, pushing.scene.clock
    found = []
    for _ in range(int(hours * 3600 / step)):
        pushing.worker.tick()
        clock.advance(step)
        while task := queue.take(clock.now()):
            queue.finish(task, clock.now())
            found.append(task.job.kind)
    return found


def test_sweeps_come_as_set_watches_hourly_and_one_audit_a_night(scene):
    pushing = Pushing(scene)

    found = asked(pushing, hours=48)

    assert found.count(JobKind.SWEEP) == 48 * 12
    assert found.count(JobKind.WATCH) == 48
    assert found.count(JobKind.AUDIT) == 2


def test_without_a_topic_nothing_is_watched(scene):
    pushing = Pushing(scene)
    scene.restart(PUBSUB_TOPIC="")
    pushing.worker = Worker(scene.services)

    assert set(asked(pushing, hours=2)) <= {JobKind.SWEEP, JobKind.AUDIT}


def test_an_audit_that_fell_into_a_standstill_is_done_afterwards_once(scene):
    pushing = Pushing(scene)
    pushing.worker.tick()
    at = find_next_nightly_run("acme", scene.clock.now())
    scene.clock.advance(at - scene.clock.now() + 3600)
    pushing.worker = Worker(scene.services)
    pushing.worker.tick()

    kinds = [job.kind for job in pushing.jobs()]
    assert kinds.count(JobKind.AUDIT) == 1


def test_what_could_not_be_asked_for_is_asked_for_at_the_next_tick(scene, monkeypatch):
    pushing = Pushing(scene, POLL_SECONDS="1")
    worker = Worker(scene.services, threads=0)
    tries = threading.Semaphore(0)

    def away(*_args):
        tries.release()
        raise TransientError("away")

    with monkeypatch.context() as patch:
        patch.setattr(scene.services.queue, "put", away)
        with pytest.raises(TransientError):
            worker.tick()
        assert tries.acquire(timeout=10)
        worker.start()
        # A thread that tries twice outlived its first failure.
        assert tries.acquire(timeout=10)
        assert tries.acquire(timeout=10)
        worker.stop()
    assert {JobKind.SWEEP, JobKind.WATCH} <= set(asked(pushing, hours=0.1))


def test_without_a_queue_there_is_no_worker(scene):
    with pytest.raises(ConfigurationError, match="SQLite"):
        Worker(replace(scene.services, local_queue=None))
