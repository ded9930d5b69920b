"""One work DEK a day for all processes, over each backend of the store."""

from __future__ import annotations

import threading

import pytest

from server.adapters.store import DocumentStore
from server.domain.errors import TransientError
from server.vault.envelope import Place, WorkSealer
from tests.support.threads import at_once
from tests.support.work_deks import MemoryDeks, WatchedKek

PLACE = Place("acme", "messages", "m1.1", "headers")
DAY, NEXT_DAY = "2026-11-24", "2026-11-25"
PATIENCE = 10.0
"""Seconds in which a thread must come on."""


class Process:
    """A process of the service: its own connection, its own cache, the same key."""

    def __init__(self, opener, key=bytes(32), delay=lambda _wrapped: None):
        self.kek = WatchedKek(key, delay)
        self.sealer = WorkSealer(self.kek, DocumentStore(opener()), "acme")

    def seal(self, text=b"headers", day=DAY):
        return self.sealer.seal(text, PLACE, day)

    def open(self, sealed):
        return self.sealer.open(sealed, PLACE)


def wrapped_dek(sealed):
    return sealed[5 : 5 + int.from_bytes(sealed[3:5])]


def test_a_dek_is_created_once_and_never_changed(store):
    assert store.work_dek("a") is None
    assert store.add_work_dek("a", b"first") == b"first"
    assert store.add_work_dek("a", b"second") == b"first"
    assert store.work_dek("a") == b"first"


def test_two_processes_of_eight_threads_share_the_dek_of_a_day(opener):
    processes = [Process(opener), Process(opener)]

    sealed = at_once(lambda i: processes[i % 2].seal())

    assert len({wrapped_dek(value) for value in sealed}) == 1
    assert [processes[(i + 1) % 2].open(value) for i, value in enumerate(sealed)] == [b"headers"] * 8
    # The one that lost the race unwraps the winner's DEK, once; the winner has its own in clear.
    assert all(process.kek.asked.count("wrap") <= 1 for process in processes)
    assert sum(process.kek.asked.count("unwrap") for process in processes) <= 1


def test_a_process_that_comes_later_unwraps_the_dek_once(opener):
    sealed = Process(opener).seal()
    late = Process(opener)

    assert at_once(lambda i: late.open(sealed) if i % 2 else wrapped_dek(late.seal())) == [
        wrapped_dek(sealed), b"headers"
    ] * 4  # fmt: skip
    assert late.kek.asked == ["unwrap"]


def test_a_slow_unwrap_of_one_dek_delays_no_other(opener):
    slow = Process(opener).seal(day=DAY)
    quick = Process(opener).seal(day=NEXT_DAY)
    is_waiting, may_go_on = threading.Event(), threading.Event()

    def wait(wrapped):
        if wrapped == wrapped_dek(slow):
            is_waiting.set()
            assert may_go_on.wait(PATIENCE)

    process = Process(opener, delay=wait)
    opened = []
    thread = threading.Thread(target=lambda: opened.append(process.open(slow)))
    thread.start()
    assert is_waiting.wait(PATIENCE)

    assert process.open(quick) == b"headers"
    assert process.open(process.seal(day=NEXT_DAY)) == b"headers"
    assert opened == []
    may_go_on.set()
    thread.join(PATIENCE)
    assert opened == [b"headers"]


def test_eight_threads_that_want_one_dek_ask_for_it_once(opener):
    sealed = Process(opener).seal()
    all_asked = threading.Event()
    process = Process(opener, delay=lambda _wrapped: all_asked.wait(0.3))

    assert at_once(lambda _i: process.open(sealed)) == [b"headers"] * 8
    assert process.kek.asked == ["unwrap"]


def test_a_key_service_that_is_away_stops_no_sealing_of_today(opener):
    process = Process(opener)
    sealed = process.seal()
    other = Process(opener)
    process.kek.is_away = other.kek.is_away = True

    assert process.open(process.seal()) == process.open(sealed) == b"headers"
    for attempt in (lambda: process.seal(day=NEXT_DAY), other.seal, lambda: other.open(sealed)):
        with pytest.raises(TransientError):
            attempt()

    process.kek.is_away = other.kek.is_away = False
    # The failure was not remembered.
    assert other.open(sealed) == b"headers"
    assert other.open(process.seal(day=NEXT_DAY)) == b"headers"


def test_what_each_process_sealed_under_a_dek_of_its_own_opens(opener):
    """As versions before this one wrote it: the head carries the wrapped DEK, which stands in no document."""
    old = [WorkSealer(WatchedKek(), MemoryDeks(), "acme").seal(b"old", PLACE, DAY) for _ in range(30)]
    process = Process(opener)

    assert [process.open(value) for value in old * 2] == [b"old"] * 60
    assert process.kek.asked == ["unwrap"] * 30


def test_another_version_of_the_key_has_another_dek_at_once(opener):
    before = Process(opener).seal()
    after = Process(opener, key=bytes([1]) * 32).seal()

    assert wrapped_dek(before) != wrapped_dek(after)
    assert Process(opener).open(before) == Process(opener, key=bytes([1]) * 32).open(after) == b"headers"


def test_a_damaged_document_stops_no_sealing(opener):
    process = Process(opener)
    name = process.sealer._name_day(DAY)  # noqa: SLF001
    DocumentStore(opener()).add_work_dek(name, b"noise")

    assert process.open(process.seal()) == b"headers"
    assert wrapped_dek(process.seal()) == wrapped_dek(process.seal()) != b"noise"
