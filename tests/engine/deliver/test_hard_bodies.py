"""A mail that breaks its reader, or takes too long: logged with a sentence, and nobody else's trouble."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

import pytest

from server import bootstrap
from server.adapters.body_reader.child import Bounds, ChildBodyReader
from server.domain.errors import TransientError, UnfinishedReadingError
from server.domain.ledger import BACKFILL, LIVE, SHARDS, ActivityRow
from server.domain.mail_body import UNREADABLE, MailBody
from server.engine.deliver.readings import MOST_READINGS
from tests.support.crashes import Crash
from tests.support.scene import MakeScene, Scene, eml

ANN = "ann@acme.example"
PADDING = "word " * 60_000
"""Makes a mail large enough for the child."""


@pytest.fixture
def obedient(make_scene: MakeScene, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """A scene whose child does to itself what ``X-Do`` of a large mail says."""
    bounds = Bounds(patience=1.0, seconds=4.0, cpu_seconds=1)
    monkeypatch.setattr(bootstrap, "ChildBodyReader", lambda: ChildBodyReader("tests.support.obedient_child", bounds))
    return make_scene()


def monster(deed: str, subject: str = "Monster") -> bytes:
    return eml(subject=subject, text=PADDING, X_Do=deed)


def deliver_others(scene: Scene, count: int) -> None:
    for number in range(count):
        scene.deliver(ANN, eml(subject=f"Lamp {number}", text=f"Number {number}."))


def texts_of(scene: Scene) -> dict[str, str]:
    """By subject, without who wrote it."""
    return {task["Subject"].partition(": ")[2]: task["Description"] for task in scene.tasks()}


def activity_of(scene: Scene, subject: str) -> ActivityRow:
    [task] = [task for task in scene.tasks() if task["Subject"].endswith(subject)]
    key = task["TrulyActivity__Message_Key__c"]
    return scene.services.ports.store.activities([key])[key]


def replace_reads(scene: Scene, name: str, read: Callable[[bytes, Callable[[bytes], MailBody]], MailBody]) -> None:
    """``read`` gets each mail and the reader that stands behind it."""
    reader: Any = scene.services.body_reader
    original = getattr(reader, name)
    setattr(reader, name, lambda raw: read(raw, original))


@pytest.mark.parametrize("deed", ["crash", "sleep", "spin", "eat", "boast"])
def test_one_monster_among_fifty(obedient: Scene, deed: str) -> None:
    scene = obedient
    deliver_others(scene, 25)
    scene.deliver(ANN, monster(deed))
    for number in range(25, 50):
        scene.deliver(ANN, eml(subject=f"Lamp {number}", text=f"Number {number}."))
    assert scene.sync().is_at_rest

    texts = texts_of(scene)
    assert len(texts) == len(scene.tasks()) == 51
    assert all(f"Number {number}." in texts[f"Lamp {number}"] for number in range(50))
    assert UNREADABLE in texts["Monster"]
    assert set(scene.outcomes().values()) == {"contact_match"}
    assert scene.services.ports.store.copy(activity_of(scene, "Monster").key) is not None
    assert [alarm.code for alarm in scene.services.ports.alarms.since(0)] == ["text_unreadable"]


def test_the_others_stand_in_salesforce_before_a_monster_is_read_again(obedient: Scene) -> None:
    scene = obedient
    scene.deliver(ANN, monster("crash"))
    deliver_others(scene, 20)
    tasks_before: list[int] = []

    def count_tasks(raw: bytes, read: Callable[[bytes], MailBody]) -> MailBody:
        tasks_before.append(len(scene.tasks()))
        return read(raw)

    replace_reads(scene, "read_apart", count_tasks)
    scene.sync()
    assert tasks_before == [20]
    assert len(scene.tasks()) == 21


def test_a_child_that_is_killed_in_the_middle_costs_nothing(obedient: Scene) -> None:
    """The mail is read again, by a new child."""
    scene = obedient
    pid = int(scene.services.body_reader.read_apart(eml(X_Do="pid")).text)
    scene.deliver(ANN, eml(subject="Large", text=PADDING))

    def kill_child(raw: bytes, read: Callable[[bytes], MailBody]) -> MailBody:
        os.kill(pid, signal.SIGKILL)
        return read(raw)

    replace_reads(scene, "read", kill_child)
    scene.sync()
    assert "word word" in texts_of(scene)["Large"]


def test_a_mail_that_ends_its_process_is_set_aside_after_three(scene: Scene) -> None:
    """As kill -9 in the middle of reading: the count stands in the state before each reader begins."""
    for name in ("Before", "Killer", "Zero"):
        scene.deliver(ANN, eml(subject=name, text=f"The text of {name}."))
    readings: list[str] = []

    def die_of_killer(raw: bytes, read: Callable[[bytes], MailBody]) -> MailBody:
        if b"Subject: Killer" in raw:
            readings.append("killer")
            raise Crash
        return read(raw)

    for _ in range(1 + MOST_READINGS):
        for name in ("read", "read_apart"):
            replace_reads(scene, name, die_of_killer)
        with pytest.raises(Crash):
            scene.sync()
        scene.restart()
        scene.clock.advance(600)
    for name in ("read", "read_apart"):
        replace_reads(scene, name, die_of_killer)
    assert scene.sync().is_at_rest

    assert len(readings) == 1 + MOST_READINGS
    texts = texts_of(scene)
    assert UNREADABLE in texts["Killer"]
    assert all(f"The text of {name}." in texts[name] for name in ("Before", "Zero"))
    assert len(scene.tasks()) == 3
    assert activity_of(scene, "Killer").readings == 0


def test_a_reader_that_cannot_start_is_not_the_mails_fault(scene: Scene) -> None:
    scene.deliver(ANN, eml(text="Two lamps."))

    def refuse(_raw: bytes, _read: Callable[[bytes], MailBody]) -> MailBody:
        raise UnfinishedReadingError("Slow.", retry_after=1.0)

    def fail(_raw: bytes, _read: Callable[[bytes], MailBody]) -> MailBody:
        raise TransientError("No process can be started.")

    replace_reads(scene, "read", refuse)
    replace_reads(scene, "read_apart", fail)
    for _ in range(2 * MOST_READINGS):
        scene.sync(patience=0)
        scene.clock.advance(4000)
    assert list(scene.outcomes().values()) == ["retrying"]
    scene.restart()
    scene.sync()
    [task] = scene.tasks()
    assert "Two lamps." in task["Description"]


def test_insertions_that_fail_are_no_readings(scene: Scene) -> None:
    """A mail whose text was read fine keeps it, however often Salesforce fails."""
    scene.deliver(ANN, eml(text="Two lamps."))
    crm: Any = scene.services.ports.crm
    file = crm.file

    def fail(_activities: Any) -> None:
        raise TransientError("Salesforce is away.")

    crm.file = fail
    for _ in range(3 * MOST_READINGS):
        scene.sync(patience=0)
        scene.clock.advance(4000)
    crm.file = file
    scene.sync()
    [task] = scene.tasks()
    assert "Two lamps." in task["Description"]


def test_slow_mails_are_taken_by_turns(scene: Scene) -> None:
    """A round reads for a bounded time; what is left comes in later rounds, each mail once."""
    for number in range(12):
        scene.deliver(ANN, eml(subject=f"Slow {number}", text=f"Number {number}."))
    rounds: list[int] = []
    crm: Any = scene.services.ports.crm
    file = crm.file

    def count_activities(activities: Any) -> Any:
        rounds.append(len(activities))
        return file(activities)

    def read_slowly(raw: bytes, read: Callable[[bytes], MailBody]) -> MailBody:
        scene.clock.advance(6)
        return read(raw)

    crm.file = count_activities
    for name in ("read", "read_apart"):
        replace_reads(scene, name, read_slowly)
    assert scene.sync(patience=3600).is_at_rest
    assert max(rounds) <= 4
    assert sum(rounds) == 12
    assert all(
        f"Number {number}." in text for number, text in enumerate(texts_of(scene)[f"Slow {n}"] for n in range(12))
    )


def shards_taken(scene: Scene) -> list[bool]:
    """Whether another worker could take a shard now."""
    ports, now = scene.services.ports, scene.clock.now()
    worker = f"{ports.holder}/another"
    return [ports.store.lease(f"shard/{shard}", worker, now, 1.0) for shard in (*LIVE, *BACKFILL)]


def test_a_slow_mail_does_not_lose_the_lease(scene: Scene) -> None:
    scene.deliver(ANN, eml(text="Two lamps."))
    crm: Any = scene.services.ports.crm
    file = crm.file
    free_shards: list[int] = []

    def read_slowly(raw: bytes, read: Callable[[bytes], MailBody]) -> MailBody:
        scene.clock.advance(200)
        return read(raw)

    def insert_slowly(activities: Any) -> Any:
        scene.clock.advance(200)
        free_shards.append(sum(shards_taken(scene)))
        return file(activities)

    replace_reads(scene, "read", read_slowly)
    crm.file = insert_slowly
    scene.sync()
    assert free_shards == [2 * SHARDS - 1]
    assert len(scene.tasks()) == 1


def test_a_round_that_lost_its_lease_inserts_nothing(scene: Scene) -> None:
    """The other worker has the mail now; ours looks again later, and finds it by its key."""
    scene.deliver(ANN, eml(text="Two lamps."))
    once: list[bool] = []

    def lose_lease(raw: bytes, read: Callable[[bytes], MailBody]) -> MailBody:
        body = read(raw)
        if not once:
            once.append(True)
            scene.clock.advance(400)
            assert all(shards_taken(scene))
        return body

    replace_reads(scene, "read", lose_lease)
    scene.sync(patience=0)
    assert scene.tasks() == []
    assert list(scene.outcomes().values()) == ["retrying"]
    scene.clock.advance(60)
    scene.sync()
    assert len(scene.tasks()) == 1
