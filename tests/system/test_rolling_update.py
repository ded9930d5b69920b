"""While a new version is rolled out, the one before reads what the new one wrote, and leaves it alone."""

from __future__ import annotations

from typing import Any

import pytest

from server.adapters.documents import Replace
from server.domain.decision import Outcome
from server.domain.errors import TransientError
from server.domain.ids import MessageId
from server.domain.ledger import row_key
from server.domain.mailbox import Stage
from server.engine.coverage.audit import measure_coverage
from server.engine.operations.jobs import TRIES_OF_UNKNOWN_KIND
from server.ports.queue import Job, Task
from server.runner.worker import Worker
from tests.support.scene import Scene, eml

ANN, BEN = "ann@acme.example", "ben@acme.example"


def write_as_newer(scene: Scene, collection: str, key: str, **fields: Any) -> None:
    stored = scene.services.documents.get(collection, key)
    assert stored is not None
    scene.services.documents.commit([Replace(collection, key, {**stored.data, **fields}, stored.version)])


def read(scene: Scene, collection: str, key: str) -> dict[str, Any]:
    stored = scene.services.documents.get(collection, key)
    assert stored is not None
    return dict(stored.data)


@pytest.mark.parametrize(
    ("outcome", "counted"),
    [("skipped", Outcome.SKIPPED), ("logged", Outcome.LOGGED), ("waiting", Outcome.WAITING), ("new", Outcome.WAITING)],
)
def test_a_row_with_a_reason_of_the_next_version_breaks_no_list(scene: Scene, outcome: str, counted: Outcome) -> None:
    known, unknown = (scene.deliver(ANN, eml(subject=subject)) for subject in ("Known", "Unknown"))
    scene.sync()
    key = row_key(scene.mailbox(ANN).mailbox_id, MessageId(unknown))
    write_as_newer(scene, "messages", key, reason="quarantined", outcome=outcome, shard=3, due_at=1.0)
    before = read(scene, "messages", key)

    scene.clock.advance(60)
    later = scene.deliver(ANN, eml(subject="Later"))
    assert scene.sync().is_at_rest

    assert scene.outcomes() == {known: "contact_match", unknown: "quarantined", later: "contact_match"}
    ports = scene.services.ports
    coverage = measure_coverage(ports.mail, ports.store, ports.clock, scene.mailbox(ANN), by_day=True)
    assert coverage.is_closed
    assert coverage.outcomes[counted] == (3 if counted is Outcome.LOGGED else 1)
    for command in (["sync"], ["export"], ["coverage"], ["dry-run"], ["refused"], ["doctor"]):
        result = scene.flask(*command)
        assert "this is a bug" not in result.output, command
    assert read(scene, "messages", key) == before, "the row waits for the version that wrote it"


def test_a_row_that_only_the_next_version_can_read_is_not_read(scene: Scene) -> None:
    message = scene.deliver(ANN, eml())
    scene.sync()
    key = row_key(scene.mailbox(ANN).mailbox_id, MessageId(message))
    write_as_newer(scene, "messages", key, reason="second_look", outcome="waiting", unread_at=1.0, due_at=1.0)
    before = read(scene, "messages", key)

    scene.clock.advance(3600)
    scene.sync()

    assert read(scene, "messages", key) == before


def test_a_stage_of_the_next_version_neither_reads_nor_writes_and_stays(scene: Scene) -> None:
    scene.sync()
    mailbox = scene.mailbox(ANN)
    write_as_newer(scene, "mailboxes", mailbox.mailbox_id, stage="paused_by_budget", directory_state="on_leave")
    scene.deliver(ANN, eml())
    scene.deliver(BEN, eml(to=BEN))

    scene.clock.advance(7200)
    scene.sync()

    assert read(scene, "mailboxes", mailbox.mailbox_id)["stage"] == "paused_by_budget"
    assert len(scene.tasks()) == 1, "Ben's mail is logged, Ann's waits"
    assert "only a newer version" in scene.flask("mailbox", ANN).output
    scene.set_stage(ANN, Stage.LIVE)
    scene.sync()
    assert len(scene.tasks()) == 2


def test_fields_of_the_next_version_survive_a_write_of_this_one(scene: Scene) -> None:
    scene.sync()
    mailbox = scene.mailbox(ANN)
    write_as_newer(scene, "mailboxes", mailbox.mailbox_id, budget={"units": 7})

    scene.clock.advance(60)
    scene.sync()
    scene.set_stage(ANN, Stage.DRY_RUN)

    stored = read(scene, "mailboxes", mailbox.mailbox_id)
    assert stored["budget"] == {"units": 7}
    assert stored["stage"] == "dry_run"


def test_a_job_of_the_next_version_waits_for_it(scene: Scene) -> None:
    queue = scene.services.queue
    assert queue is not None
    job = Job("second_look", "m1")
    queue.put(job, scene.clock.now())
    worker = Worker(scene.services)

    scene.clock.advance(60)
    assert worker.work_once()

    scene.clock.advance(60)
    task = queue.take(scene.clock.now())
    assert task is not None
    assert (task.job, task.attempt) == (job, 2), "the new version takes it"


def test_a_job_that_no_version_knows_is_dropped_in_the_end(scene: Scene) -> None:
    run = scene.services.rooms.jobs.run
    queue = scene.services.queue
    assert queue is not None
    with pytest.raises(TransientError):
        run(Job("gone"), queue, Task("name", Job("gone"), TRIES_OF_UNKNOWN_KIND - 1))

    run(Job("gone"), queue, Task("name", Job("gone"), TRIES_OF_UNKNOWN_KIND))
