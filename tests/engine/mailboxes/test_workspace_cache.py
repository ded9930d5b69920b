"""The Workspace is read once an hour, by one thread, and serves the others meanwhile."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from server.domain.errors import TransientError
from server.engine.mailboxes.workspace_cache import FRESH, OLDEST, TRY_AGAIN, WorkspaceCache
from server.ports.directory import Directory
from server.ports.patience import limited
from tests.support.scene import Scene


class SlowDirectory:
    """Lists only when it is let; counts the listings, and fails those that it is told to."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self.listings = 0
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.asked = threading.Event()
        self.is_away = False

    def people(self) -> Any:
        self.listings += 1
        self.asked.set()
        assert self.may_answer.wait(20)
        if self.is_away:
            raise TransientError("It does not answer.")
        return self._directory.people()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._directory, name)


@pytest.fixture
def directory(scene: Scene) -> SlowDirectory:
    return SlowDirectory(scene.services.ports.directory)


@pytest.fixture
def cache(scene: Scene, directory: Any) -> WorkspaceCache:
    made = WorkspaceCache(directory, scene.services.ports.store, scene.clock)
    made.current()
    return made


def test_while_a_sweep_lists_everybody_else_goes_on(cache: WorkspaceCache, directory: SlowDirectory) -> None:
    before = cache.current()
    directory.may_answer.clear()
    directory.asked.clear()
    sweep = threading.Thread(target=cache.refresh, args=([],))
    sweep.start()
    assert directory.asked.wait(20)

    assert cache.current() is before

    directory.may_answer.set()
    sweep.join(20)
    assert cache.current() == before
    assert directory.listings == 2


def test_an_hour_later_one_thread_lists_and_the_others_go_on(
    scene: Scene, cache: WorkspaceCache, directory: SlowDirectory
) -> None:
    before = cache.current()
    scene.clock.advance(FRESH + 1)
    directory.may_answer.clear()
    directory.asked.clear()
    first = threading.Thread(target=cache.current)
    first.start()
    assert directory.asked.wait(20)

    assert cache.current() is before
    assert cache.current() is before

    directory.may_answer.set()
    first.join(20)
    assert cache.current() is not before
    assert directory.listings == 2


def test_a_directory_that_is_away_is_asked_once_a_minute_and_the_old_one_serves_for_a_day(
    scene: Scene, cache: WorkspaceCache, directory: SlowDirectory
) -> None:
    before = cache.current()
    directory.is_away = True
    scene.clock.advance(FRESH + 1)
    assert [cache.current() is before for _ in range(5)] == [True] * 5
    assert directory.listings == 2

    scene.clock.advance(TRY_AGAIN + 1)
    assert cache.current() is before
    assert directory.listings == 3

    scene.clock.advance(OLDEST)
    with pytest.raises(TransientError):
        cache.current()

    directory.is_away = False
    assert cache.current() == before


def test_whoever_comes_first_waits_for_one_listing(scene: Scene, directory: Any) -> None:
    fresh = WorkspaceCache(directory, scene.services.ports.store, scene.clock)
    directory.may_answer.clear()
    threads = [threading.Thread(target=fresh.current) for _ in range(4)]
    for thread in threads:
        thread.start()
    directory.may_answer.set()
    for thread in threads:
        thread.join(20)
    assert directory.listings == 1


def test_a_card_goes_on_with_the_old_one_while_a_thread_of_its_own_lists(
    scene: Scene, cache: WorkspaceCache, directory: SlowDirectory
) -> None:
    before = cache.current()
    scene.clock.advance(FRESH + 1)
    directory.may_answer.clear()
    directory.asked.clear()
    threading.Timer(3, directory.may_answer.set).start()

    begun = time.monotonic()
    with limited(begun + 0.1):
        assert cache.current() is before
        assert cache.current() is before
    assert time.monotonic() - begun < 2

    assert directory.asked.wait(20)
    directory.may_answer.set()
    for _ in range(200):
        if cache.current() is not before:
            break
        time.sleep(0.05)
    assert cache.current() is not before
    assert directory.listings == 2
