"""Every night the ledger's last days are written to the org, where the package's reports count them."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from server.domain.mailbox import Mailbox
from server.engine.coverage.publishing import NIGHTS
from server.engine.operations.jobs import PUBLISH_EVERY
from server.ports.queue import Job, JobKind
from simulator.faults import Fault
from tests.support import package
from tests.support.scene import START, MakeScene, Scene, eml, forget, small_world, tell_share_of_calls

ANN = "ann@acme.example"
KIND = "TrulyActivity__Sync_Coverage__c"
DAYS = tuple((datetime.fromtimestamp(START, UTC) - timedelta(days=back)).date().isoformat() for back in (3, 2, 1))


@pytest.fixture
def scene(make_scene: MakeScene) -> Scene:
    return make_scene(small_world({"package": str(package.PROJECT)}))


class Asked:
    """A queue that keeps what it is asked for."""

    def __init__(self) -> None:
        self.jobs: list[tuple[Job, float]] = []

    def put(self, job: Job, now: float, delay: float = 0.0, *, after: object = None) -> bool:
        self.jobs.append((job, now + delay))
        return True


def deliver(scene: Scene, back: int, **more: Any) -> str:
    """A mail of that many days ago."""
    moment = datetime.fromtimestamp(START, UTC) - timedelta(days=back)
    box = scene.universe.mailboxes[ANN]
    message = scene.deliver(ANN, eml(date=format_datetime(moment), subject=f"{back} {more}", **more))
    box.messages[message].internal_date = int(moment.timestamp() * 1000)
    return message


def mailbox(scene: Scene) -> Mailbox:
    return scene.mailbox(ANN)


def night(scene: Scene) -> Asked:
    asked = Asked()
    scene.services.rooms.jobs.run(Job(JobKind.AUDIT, mailbox(scene).mailbox_id), asked)
    for job, _ in list(asked.jobs):
        if job.kind == JobKind.PUBLISH:
            scene.services.rooms.jobs.run(job, asked)
    return asked


def rows(scene: Scene) -> dict[str, dict[str, Any]]:
    """By day."""
    found = scene.universe.org.everything(KIND)
    return {
        row["TrulyActivity__Day__c"]: {k.removeprefix("TrulyActivity__"): v for k, v in row.items()} for row in found
    }


def counts(row: dict[str, Any]) -> tuple[int, ...]:
    return tuple(row[f"{name}__c"] for name in ("Seen", "Logged", "Skipped", "Refused", "Waiting"))


def test_each_of_the_last_days_has_its_row(scene: Scene) -> None:
    deliver(scene, 1)
    deliver(scene, 1, sender="ben@acme.example")
    deliver(scene, 2)
    deliver(scene, 5)
    scene.sync()

    night(scene)

    assert {day: counts(row) for day, row in rows(scene).items()} == {
        DAYS[2]: (2, 1, 1, 0, 0), DAYS[1]: (1, 1, 0, 0, 0), DAYS[0]: (0, 0, 0, 0, 0)
    }  # fmt: skip
    assert {row["Mailbox__c"] for row in rows(scene).values()} == {ANN}
    assert mailbox(scene).unpublished == ()


def test_audits_of_one_time_share_one_job_that_needs_two_calls(scene: Scene) -> None:
    scene.sync()
    asked = Asked()
    for one in scene.services.ports.store.mailboxes():
        scene.services.rooms.jobs.run(Job(JobKind.AUDIT, one.mailbox_id), asked)
    due = {at for job, at in asked.jobs if job.kind == JobKind.PUBLISH}
    assert len(due) == 1
    assert due.pop() % PUBLISH_EVERY == 0
    scene.services.ports.crm.shape()
    before = len(scene.universe.calls.calls("salesforce"))

    assert scene.services.rooms.days.publish() == 3 * NIGHTS
    assert len(scene.universe.calls.calls("salesforce")) - before == 2
    assert scene.services.rooms.days.publish() == 0
    assert len(scene.universe.calls.calls("salesforce")) - before == 2, "nothing is left to be told"


def test_what_is_refused_tonight_is_told_with_its_causes_and_mended_tomorrow(scene: Scene) -> None:
    scene.universe.faults.plan(Fault("salesforce", "insert", "FIELD_CUSTOM_VALIDATION_EXCEPTION:Region?", -1))
    deliver(scene, 1)
    scene.sync()

    night(scene)

    told = rows(scene)[DAYS[2]]
    assert counts(told) == (1, 0, 0, 1, 0)
    assert told["Refusal_Causes__c"] == "FIELD_CUSTOM_VALIDATION_EXCEPTION 1"
    scene.universe.faults.clear()
    scene.sync()
    night(scene)
    assert counts(rows(scene)[DAYS[2]]) == (1, 1, 0, 0, 0)
    assert not rows(scene)[DAYS[2]]["Refusal_Causes__c"]


def test_what_was_missed_is_found_before_it_is_told(scene: Scene) -> None:
    lost = deliver(scene, 1)
    scene.sync()
    forget(scene, ANN, lost)
    night(scene)
    assert counts(rows(scene)[DAYS[2]])[0] == 1
    assert sum(counts(rows(scene)[DAYS[2]])[1:]) == 1, "it has a row again, that waits"


def test_without_room_in_the_orgs_calls_the_days_wait(scene: Scene) -> None:
    deliver(scene, 1)
    scene.sync()
    tell_share_of_calls(scene, 0.9)
    night(scene)
    assert rows(scene) == {}
    assert len(mailbox(scene).unpublished) == NIGHTS
    tell_share_of_calls(scene, 0.1)
    assert scene.services.rooms.days.publish() == NIGHTS


def test_days_that_wait_are_counted_anew_not_twice(scene: Scene) -> None:
    scene.sync()
    scene.universe.faults.plan(Fault("salesforce", "collections.upsert", "503", -1))
    for _ in range(2):
        with pytest.raises(Exception, match="503"):
            night(scene)
    assert [day.day for day in mailbox(scene).unpublished] == list(DAYS)
    scene.universe.faults.clear()
    night(scene)
    assert sorted(rows(scene)) == sorted(DAYS)


def test_a_day_counted_again_while_it_was_on_its_way_stays_to_be_told(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.sync()
    ports = scene.services.ports
    scene.services.rooms.jobs.run(Job(JobKind.AUDIT, mailbox(scene).mailbox_id), Asked())
    told = type(ports.crm).publish

    def meanwhile(self: Any, days: Any) -> Any:
        answers = told(self, days)
        box = mailbox(scene)
        first, *others = box.unpublished
        newer = (replace(first, gmail=first.gmail + 1), *others)
        ports.store.save_mailbox(box.mailbox_id, lambda before: replace(before or box, unpublished=newer))
        return answers

    monkeypatch.setattr(type(ports.crm), "publish", meanwhile)
    scene.services.rooms.days.publish()
    assert [day.day for day in mailbox(scene).unpublished] == [DAYS[0]]


def test_a_mailbox_whose_past_is_being_read_tells_nothing_yet(scene: Scene) -> None:
    deliver(scene, 1)
    scene.sync()
    box = mailbox(scene)
    scene.services.ports.store.save_mailbox(
        box.mailbox_id, lambda before: replace(before or box, paused_until=scene.clock.now() + 999)
    )
    night(scene)
    assert rows(scene) == {}


def test_an_org_without_the_object_forgets_them(make_scene: MakeScene, caplog: pytest.LogCaptureFixture) -> None:
    scene = make_scene()
    scene.sync()
    with caplog.at_level(logging.INFO):
        night(scene)
    assert "the package is not installed" in caplog.text
    assert mailbox(scene).unpublished == ()


def test_a_refused_day_is_said_and_dropped(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    scene.sync()
    scene.universe.faults.plan(Fault("salesforce", "upsert", "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY:secret words", 1))
    night(scene)
    assert "the org refused 1 of 3 days" in caplog.text
    assert "secret" not in caplog.text
    assert ANN not in caplog.text
    assert len(rows(scene)) == 2
    assert mailbox(scene).unpublished == ()
