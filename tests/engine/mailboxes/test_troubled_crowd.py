"""200 people of whom 20 have a trouble: 180 are read, 20 say why, and Google is asked no more than usual."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from server.domain.alarm import AlarmCode
from server.domain.mailbox import DirectoryState, Stage
from server.domain.trouble import PersonStep, TroubleCode
from server.engine.mailboxes.status_text import DIRECTORY_SENTENCES, STEP_SENTENCES, describe_status, describe_trouble
from simulator.people import People
from simulator.world import User
from tests.support.scene import Scene, eml, small_world
from tests.support.troubles import CODES, give_trouble

HOUR = 3600.0
PEOPLE = [f"p{number:03}@acme.example" for number in range(199)]
TROUBLED = PEOPLE[:20]
"""They stand first in every turn."""
WRITTEN_TO = [*TROUBLED, *PEOPLE[20::10]]
OF_DIRECTORY = ("users.list", "domains.list", "groups.list")
"""Asked once by each sweep."""
ASKED_SOON = {TroubleCode.CONFLICT: 40, TroubleCode.NO_GMAIL: 20}
"""Calls of the next sweep: a busy mailbox is tried again by both steps, a first word of no Gmail is asked about once."""
LIVE = "This mailbox is live."


class Crowd:
    """A scene in which all 200 have been read once, and may be again after a test has troubled some."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.mails = 0
        scene.sync(patience=0)
        self.usual = self.live_an_hour("usual", WRITTEN_TO)

    def live_an_hour(self, subject: str, recipients: list[str]) -> int:
        """Mail for these people, and the sweep and the reading of an hour later; returns what Google was asked."""
        for email in recipients:
            message = eml(to=email, subject=subject, message_id=f"<{self.mails}.{email}>")
            self.scene.deliver(email, message)
        self.mails += 1
        return self.run_pass(HOUR)

    def run_pass(self, wait: float) -> int:
        self.scene.clock.advance(wait)
        self.scene.universe.calls.clear()
        self.scene.sync(patience=0)
        return sum(len(self.scene.universe.calls.calls(s)) for s in ("gmail", "directory", "google_token"))

    def tell(self, email: str) -> str:
        return describe_status(self.scene.mailbox(email), self.scene.clock.now())

    def count_tasks(self) -> int:
        return len(self.scene.tasks())

    def list_alarms(self, since: float) -> list[str]:
        return [alarm.code for alarm in self.scene.services.ports.alarms.since(since)]


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    world = small_world()
    world = replace(world, users=(world.users[0], *(User(email) for email in PEOPLE)))
    scene = Scene(tmp_path_factory.mktemp("crowd"), world)
    yield Crowd(scene)
    scene.close()


@pytest.fixture
def crowd(settled: Crowd) -> Iterator[Crowd]:
    yield settled
    give_trouble(settled.scene, "", *TROUBLED)
    settled.run_pass(HOUR + 1)


@pytest.mark.parametrize("kind", CODES)
def test_180_are_read_and_20_say_why_within_the_usual_calls(crowd: Crowd, kind: str) -> None:
    before, code, begun_at = crowd.count_tasks(), CODES[kind], crowd.scene.clock.now() + 1
    give_trouble(crowd.scene, kind, *TROUBLED)
    calls = crowd.live_an_hour(kind, WRITTEN_TO)

    assert crowd.count_tasks() == before + len(WRITTEN_TO) - 20
    # A token that Gmail refuses is renewed once, by each of the two steps.
    most = crowd.usual + (60 if kind == "auth_error" else 0)
    assert calls <= most
    assert all(describe_trouble(code) in crowd.tell(email) for email in TROUBLED)
    assert [crowd.tell(email) for email in PEOPLE[20:]] == [LIVE] * 179
    doctor = {finding.text for finding in crowd.scene.services.rooms.doctor.examine() if finding.what == "Mailboxes"}
    alarms = crowd.list_alarms(begun_at)
    if code in (TroubleCode.NO_GMAIL, TroubleCode.CONFLICT):  # nobody need act at once
        assert alarms == []
    else:
        assert alarms == [AlarmCode.MAILBOX_REFUSED] * 20
        [text] = doctor
        assert f"{TROUBLED[9]} and 10 more: {describe_trouble(code)} All others are read." in text

    # Five minutes later all others are polled, and nobody who was refused is asked for again.
    assert crowd.run_pass(300.0) == 180 + len(OF_DIRECTORY) + ASKED_SOON.get(code, 0)

    give_trouble(crowd.scene, "", *TROUBLED)
    crowd.run_pass(HOUR + 1)
    assert crowd.count_tasks() == before + len(WRITTEN_TO)
    # Once they are read again, the next sweep asks for their addresses.
    crowd.run_pass(300.0)
    assert {crowd.tell(email) for email in PEOPLE} == {LIVE}


@pytest.mark.parametrize("kind", ["directory_refused", "directory_broken"])
def test_20_of_whom_the_directory_tells_nothing_are_read_on(
    crowd: Crowd, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """They are missing in a listing, and asked for alone."""
    before = crowd.count_tasks()
    directory: Any = crowd.scene.services.ports.directory
    people = directory.people
    give_trouble(crowd.scene, kind, *TROUBLED)
    with monkeypatch.context() as patch:
        patch.setattr(directory, "people", lambda: [p for p in people() if p.address not in TROUBLED])
        calls = [crowd.live_an_hour(f"{kind} {number}", WRITTEN_TO) for number in range(2)]

        assert crowd.count_tasks() == before + 2 * len(WRITTEN_TO)
        assert max(calls) <= crowd.usual + 40
        assert {crowd.scene.mailbox(email).stage for email in TROUBLED} == {Stage.LIVE}
        if kind == "directory_refused":
            assert all(STEP_SENTENCES[PersonStep.DIRECTORY] in crowd.tell(email) for email in TROUBLED)
        assert crowd.run_pass(1.0) == 200 + len(OF_DIRECTORY)


def test_20_deleted_people_drain_and_180_are_read(crowd: Crowd) -> None:
    """The last of these tests: nobody brings them back."""
    before, begun_at = crowd.count_tasks(), crowd.scene.clock.now() + 1
    for email in TROUBLED:
        People(crowd.scene.universe).change({"op": "delete", "email": email})
    calls = crowd.live_an_hour("deleted", WRITTEN_TO)

    assert crowd.count_tasks() == before + len(WRITTEN_TO) - 20
    assert calls <= crowd.usual
    for email in TROUBLED:
        mailbox = crowd.scene.mailbox(email)
        assert (mailbox.directory_state, mailbox.stage) == (DirectoryState.DELETED, Stage.DRAINING)
        assert DIRECTORY_SENTENCES[DirectoryState.DELETED] in crowd.tell(email)
    assert crowd.list_alarms(begun_at) == []
    crowd.run_pass(300.0)
    assert "users.get" not in crowd.scene.universe.calls.summary()["directory"]
