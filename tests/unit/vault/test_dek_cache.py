"""One DEK is loaded by one thread for all: nobody waits past a card's end, and a card's end ends no other's wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from server.domain.errors import TransientError
from server.ports.patience import limited, shorten
from server.vault.dek_cache import DekCache


@pytest.fixture
def cache() -> DekCache[str, bytes]:
    return DekCache(4)


def begin(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_a_card_waits_for_another_threads_load_no_longer_than_its_time(cache: DekCache[str, bytes]) -> None:
    began, may_end = threading.Event(), threading.Event()

    def load() -> bytes:
        began.set()
        assert may_end.wait(3)
        return b"dek"

    worker = begin(lambda: cache.get("day", load))
    assert began.wait(20)
    threading.Timer(2, may_end.set).start()

    begun = time.monotonic()
    with limited(begun + 0.1), pytest.raises(TransientError):
        cache.get("day", load)
    assert time.monotonic() - begun < 1.5

    may_end.set()
    worker.join(20)
    assert cache.get("day", load) == b"dek"


def test_a_cards_end_is_not_the_failure_of_who_waits_for_its_load(cache: DekCache[str, bytes]) -> None:
    began, may_end = threading.Event(), threading.Event()
    got: list[bytes] = []

    def load() -> bytes:
        began.set()
        assert may_end.wait(20)
        shorten(60)  # what the key service's transport does
        return b"dek"

    def card() -> None:
        with limited(time.monotonic() + 0.05):
            got.append(cache.get("day", load))

    one = begin(card)
    assert began.wait(20)
    other = begin(lambda: got.append(cache.get("day", load)))
    time.sleep(0.2)
    may_end.set()
    one.join(20)
    other.join(20)

    assert got == [b"dek", b"dek"]


def test_a_load_that_fails_fails_for_all_who_waited_and_is_tried_anew(cache: DekCache[str, bytes]) -> None:
    def fail() -> bytes:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        cache.get("day", fail)
    assert cache.get("day", lambda: b"dek") == b"dek"
