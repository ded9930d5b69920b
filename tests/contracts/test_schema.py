"""The schema version of the state: who may work on it, and migrations that end as one clean run, whatever happens."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from server.adapters.documents import Create, Data, Document, Documents, Replace
from server.adapters.schema.registry import FIRST, MIGRATIONS, Migration
from server.adapters.schema.schema import DOCUMENTS_PER_STEP, NEWER, RECHECK, SchemaKeeper
from server.adapters.schema.versioned import VersionedDocuments
from server.domain.errors import ConfigurationError, TransientError

MANY = 2 * DOCUMENTS_PER_STEP + 7


class Killed(BaseException):
    """Nothing of ours catches it, as nothing catches a kill."""


@dataclass
class Time:
    """Stands for the clock; sleeping moves it."""

    at: float = 1_000.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds


def rename(document: Document) -> Data | None:
    """``nick`` is called ``name`` from version 2 on."""
    if "nick" not in document.data:
        return None
    rest = {name: value for name, value in document.data.items() if name != "nick"}
    return {**rest, "name": document.data["nick"]}


def count_up(document: Document) -> Data | None:
    """Version 3 has a count; what has one is left alone."""
    return None if "count" in document.data else {**document.data, "count": 1}


STEPS = (Migration("mailboxes", rename, keeps_older=True), Migration("mailboxes", count_up, keeps_older=True))
BREAKING = (Migration("mailboxes", rename, keeps_older=False),)


def fill(documents: Documents) -> None:
    """A state of version 1, which has no document about its version."""
    for first in range(0, MANY, 100):
        numbers = range(first, min(first + 100, MANY))
        documents.commit([Create("mailboxes", f"{n:04}", {"nick": f"n{n}"}) for n in numbers])


def names(documents: Documents) -> list[tuple[str, dict[str, Any]]]:
    return [(d.key, dict(d.data)) for d in documents.scan("mailboxes")]


def schema(documents: Documents) -> dict[str, Any]:
    document = documents.get("state", "schema")
    assert document is not None
    return dict(document.data)


def keeper(documents: Documents, migrations: tuple[Migration, ...], time: Time | None = None) -> SchemaKeeper:
    time = time or Time()
    return SchemaKeeper(documents, time, time.sleep, migrations)


MIGRATED = [(f"{n:04}", {"name": f"n{n}", "count": 1}) for n in range(MANY)]


def test_a_new_state_has_the_newest_version(documents: Documents) -> None:
    keeper(documents, STEPS).open()

    assert schema(documents)["version"] == FIRST + len(STEPS)


def test_a_state_without_a_version_is_the_first_and_goes_through_every_step(documents: Documents) -> None:
    fill(documents)

    keeper(documents, STEPS).open()

    assert names(documents) == MIGRATED
    assert schema(documents) == {"version": 3, "oldest": 1, "after": "", "not_before": 0.0}


def test_the_program_of_today_opens_a_first_state_as_it_is(documents: Documents) -> None:
    fill(documents)
    before = names(documents)

    keeper(documents, MIGRATIONS).open()

    assert names(documents) == before
    assert schema(documents)["version"] == FIRST + len(MIGRATIONS)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_kill_at_any_commit_ends_as_one_clean_run(opener: Callable[[], Documents], *, after: bool) -> None:
    documents = opener()
    fill(documents)
    kills = 0
    for at in (1, 2, 2, 1, 3, 2, 1, 1):
        try:
            keeper(_Killing(documents, at, after=after), STEPS).open()
        except Killed:
            kills += 1
        documents = opener()
    keeper(documents, STEPS).open()

    assert kills >= 6
    assert names(documents) == MIGRATED


def test_what_is_done_is_not_read_again_after_a_kill(documents: Documents) -> None:
    fill(documents)
    with pytest.raises(Killed):
        keeper(_Killing(documents, 4), STEPS).open()
    looked_at: list[str] = []

    def note(document: Document) -> Data | None:
        looked_at.append(document.key)
        return rename(document)

    keeper(documents, (Migration("mailboxes", note, keeps_older=True),)).open()

    assert looked_at[0] == f"{DOCUMENTS_PER_STEP:04}"


def test_processes_that_start_together_migrate_once(opener: Callable[[], Documents]) -> None:
    first = opener()
    fill(first)
    opened = [opener() for _ in range(3)]
    errors: list[BaseException] = []

    def run(documents: Documents) -> None:
        try:
            keeper(documents, STEPS).open()
        except BaseException as error:  # noqa: BLE001  # a thread's error would be lost
            errors.append(error)

    threads = [threading.Thread(target=run, args=(one,)) for one in opened]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert names(first) == MIGRATED
    assert schema(first)["version"] == 3


def test_a_document_that_changed_meanwhile_keeps_the_change(documents: Documents) -> None:
    fill(documents)

    hands = ["one"]

    def meddle(document: Document) -> Data | None:
        if document.key == "0003" and hands:
            hands.clear()
            documents.commit([Replace("mailboxes", "0003", {**document.data, "by": "other"}, document.version)])
        return rename(document)

    keeper(documents, (Migration("mailboxes", meddle, keeps_older=True),)).open()

    assert dict(names(documents))["0003"] == {"name": "n3", "by": "other"}


def test_a_newer_state_is_refused_with_a_sentence(documents: Documents) -> None:
    keeper(documents, BREAKING).open()

    with pytest.raises(ConfigurationError) as refused:
        keeper(documents, ()).open()

    assert str(refused.value) == NEWER


def test_an_older_program_goes_on_where_the_newer_one_says_that_it_may(documents: Documents) -> None:
    fill(documents)
    keeper(documents, STEPS).open()
    before = schema(documents)

    keeper(documents, ()).open()

    assert schema(documents) == before, "the older program does not write its own version over the newer one"


def test_a_running_older_program_stops_before_the_first_document_changes(documents: Documents) -> None:
    fill(documents)
    time = Time()
    older = VersionedDocuments(documents, keeper(documents, (), time), time)
    older.open()
    seen: list[str] = []

    def sleep(seconds: float) -> None:
        time.sleep(seconds)
        with pytest.raises(ConfigurationError):
            older.get("mailboxes", "0000")
        seen.extend(name for _, data in names(documents) for name in data)

    SchemaKeeper(documents, time, sleep, BREAKING).open()

    assert time.slept == [2 * RECHECK]
    assert set(seen) == {"nick"}, "nothing was changed while an older program may have worked"
    assert names(documents)[0][1] == {"name": "n0"}


def test_what_an_older_program_writes_after_the_migration_is_read_in_the_new_form(documents: Documents) -> None:
    time = Time()
    older = VersionedDocuments(documents, keeper(documents, (), time), time)
    older.commit([Create("mailboxes", "a", {"nick": "a"})])
    newer = VersionedDocuments(documents, keeper(documents, STEPS, time), time)
    newer.open()
    older.commit([Create("mailboxes", "b", {"nick": "b"})])

    renewed = {"name": "b", "count": 1}
    document = newer.get("mailboxes", "b")
    assert document is not None
    assert document.data == renewed
    assert newer.get("mailboxes", "c") is None
    assert newer.get_many("mailboxes", ["b"])["b"].data == renewed
    assert [d.data["name"] for d in newer.query("mailboxes")] == ["a", "b"]
    assert [d.data["name"] for d in newer.scan("mailboxes")] == ["a", "b"]
    newer.commit([Replace("mailboxes", "b", {**document.data, "count": 2}, document.version)])
    assert dict(names(documents))["b"] == {"name": "b", "count": 2}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_step_that_shuts_older_programs_out_finds_nothing_older(
    opener: Callable[[], Documents], *, after: bool
) -> None:
    documents, time = opener(), Time()
    fill(documents)
    keeper(documents, STEPS[:1], time).open()
    # The older program still runs, as that step allows.
    documents.commit([Create("mailboxes", f"z{n}", {"nick": f"z{n}"}) for n in range(3)])

    def mark(document: Document) -> Data | None:
        assert "nick" not in document.data
        return None if "marked" in document.data else {**document.data, "marked": True}

    steps = (STEPS[0], Migration("mailboxes", mark, keeps_older=False))
    for at in (1, 2, 3, 1, 2, 2):
        with suppress(Killed):
            keeper(_Killing(documents, at, after=after), steps, time).open()
        documents = opener()
    keeper(documents, steps, time).open()

    assert len(names(documents)) == MANY + 3
    assert all(set(data) == {"name", "marked"} for _, data in names(documents))
    assert schema(documents) == {"version": 3, "oldest": 3, "after": "", "not_before": 0.0}


def test_nothing_is_read_before_the_version_is_known(documents: Documents) -> None:
    keeper(documents, BREAKING).open()
    older = VersionedDocuments(documents, keeper(documents, ()), Time())

    for call in (
        lambda: older.get("mailboxes", "a"),
        lambda: older.get_many("mailboxes", ["a"]),
        lambda: older.commit([Create("mailboxes", "a", {})]),
        lambda: older.query("mailboxes"),
        lambda: list(older.scan("mailboxes")),
    ):
        with pytest.raises(ConfigurationError):
            call()
    assert documents.get("mailboxes", "a") is None


def test_a_store_that_is_away_when_the_process_starts_is_asked_again(documents: Documents) -> None:
    fill(documents)
    away = _Away(documents)
    versioned = VersionedDocuments(away, keeper(away, STEPS), Time())
    with pytest.raises(TransientError):
        versioned.get("mailboxes", "0000")

    away.is_away = False

    document = versioned.get("mailboxes", "0000")
    assert document is not None
    assert document.data == {"name": "n0", "count": 1}


class _Wrapped:
    """Passes every call on."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def __getattr__(self, name: str) -> Any:
        return getattr(self._documents, name)


class _Killing(_Wrapped):
    """Dies at the n-th commit: before it, or after it and before the answer."""

    def __init__(self, documents: Documents, at: int, *, after: bool = False) -> None:
        super().__init__(documents)
        self._left = at
        self._after = after

    def commit(self, writes: Any) -> Any:
        self._left -= 1
        if self._left == 0 and not self._after:
            raise Killed
        versions = self._documents.commit(writes)
        if self._left == 0:
            raise Killed
        return versions


class _Away(_Wrapped):
    """Does not answer while ``is_away``."""

    is_away = True

    def get(self, collection: str, key: str) -> Document | None:
        if self.is_away:
            raise TransientError("The store does not answer.")
        return self._documents.get(collection, key)
