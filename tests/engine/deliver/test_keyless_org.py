"""An org without the field for our key: no look tells whether a mail stands there, so its claim must."""

from __future__ import annotations

from typing import Any

import pytest

from server.adapters.salesforce.activities.bulk_size import BulkSize
from server.adapters.salesforce.client import OrgClient
from server.domain.errors import UnansweredError
from server.ports.queue import Job, JobKind
from simulator.faults import Fault
from tests.support.scene import Scene, eml

ANN = "ann@acme.example"
HOUR = 3_600


@pytest.fixture
def keyless(scene: Scene) -> Scene:
    fields = scene.universe.org.schema["Task"]
    for name in [name for name in fields if name.startswith("TrulyActivity__")]:
        del fields[name]
    return scene


def audit(scene: Scene) -> None:
    """A night: what was refused is tried once more."""
    scene.services.rooms.jobs.run(Job(JobKind.AUDIT, scene.mailbox().mailbox_id), scene.services.queue)
    scene.sync(patience=HOUR)


def causes(scene: Scene) -> set[str | None]:
    return {row.cause for row in scene.services.ports.store.failed_rows(scene.mailbox().mailbox_id)}


@pytest.mark.parametrize(
    ("service", "method", "kind"),
    [
        ("salesforce", "insert", "UNABLE_TO_LOCK_ROW:later"),
        ("salesforce", "insert", "STORAGE_LIMIT_EXCEEDED:full"),
        ("salesforce", "collections.create", "REQUEST_LIMIT_EXCEEDED"),
        ("gmail", "messages.get_raw", "503"),
        ("gmail", "messages.get", "503"),
    ],
)
def test_a_failure_that_passes_leaves_no_doubt(keyless: Scene, service: str, method: str, kind: str) -> None:
    keyless.universe.faults.plan(Fault(service, method, kind, times=2))
    keyless.deliver(ANN, eml())

    keyless.sync(patience=3 * HOUR)

    assert causes(keyless) == set()
    assert len(keyless.tasks()) == 1
    assert set(keyless.outcomes().values()) == {"contact_match"}


def test_a_mail_that_was_refused_goes_in_with_the_night(keyless: Scene) -> None:
    keyless.universe.faults.plan(Fault("salesforce", "insert", "FIELD_CUSTOM_VALIDATION_EXCEPTION:Region.", times=1))
    keyless.deliver(ANN, eml())
    keyless.sync()
    assert causes(keyless) == {"FIELD_CUSTOM_VALIDATION_EXCEPTION"}

    audit(keyless)

    assert len(keyless.tasks()) == 1


@pytest.mark.parametrize("kind", ["drop_answer", "500"])
def test_a_lost_answer_stays_a_doubt_even_after_other_failures(keyless: Scene, kind: str) -> None:
    keyless.universe.faults.plan(Fault("salesforce", "insert", "UNABLE_TO_LOCK_ROW:later", times=1))
    keyless.deliver(ANN, eml())
    keyless.sync(patience=0)
    keyless.universe.faults.plan(Fault("salesforce", "collections.create", kind, times=1))

    keyless.sync(patience=3 * HOUR)
    audit(keyless)

    assert causes(keyless) == {"DOUBT_WITHOUT_KEY_FIELD"}
    assert len(keyless.tasks()) <= 1


def test_a_process_that_ends_in_the_insert_leaves_a_doubt(keyless: Scene) -> None:
    keyless.universe.faults.plan(Fault("salesforce", "insert", "UNABLE_TO_LOCK_ROW:later", times=1))
    keyless.deliver(ANN, eml())
    keyless.sync(patience=0)
    crm = keyless.services.ports.crm
    file = crm.file

    def die(activities):  # type: ignore[no-untyped-def]
        file(activities)
        raise KeyboardInterrupt

    crm.file = die  # type: ignore[method-assign]
    keyless.clock.advance(HOUR)
    with pytest.raises(KeyboardInterrupt):
        keyless.sync(patience=HOUR)
    keyless.restart()
    keyless.sync(patience=3 * HOUR)

    assert causes(keyless) == {"DOUBT_WITHOUT_KEY_FIELD"}
    assert len(keyless.tasks()) == 1


def test_only_what_was_sent_is_in_doubt(keyless: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BulkSize, "records", 1)
    original, lost = OrgClient.call, [True]

    def call(self: OrgClient, path: str, **more: Any) -> Any:
        answer = original(self, path, **more)
        if more.get("writes") and lost:
            lost.clear()
            raise UnansweredError("Salesforce did not answer a write.")
        return answer

    monkeypatch.setattr(OrgClient, "call", call)
    for number in range(12):
        keyless.deliver(ANN, eml(subject=f"Lamp {number}", message_id=f"<{number}@x>"))

    keyless.sync(patience=3 * HOUR)

    assert len(list(keyless.services.ports.store.failed_rows(keyless.mailbox().mailbox_id))) == 5
    assert len({task["Subject"] for task in keyless.tasks()}) == len(keyless.tasks()) == 12
