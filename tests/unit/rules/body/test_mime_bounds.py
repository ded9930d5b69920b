"""The work and the memory that any mail may cost, counted in calls and bytes rather than in seconds."""

from __future__ import annotations

import sys
import time
import tracemalloc
from types import FrameType

import pytest

from server.rules.body.message_text import read_body
from tests.support.hostile_mail import HOSTILE_MAIL

LARGE = 8_000_000
"""Bytes: above every bound of what is looked at."""
MOST_CALLS = 4_000_000
MOST_MEMORY = 64_000_000
"""Bytes that reading takes beside the mail."""


def count_calls(raw: bytes) -> int:
    """Calls of functions of Python and of C."""
    count = 0

    def notice(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event.endswith("call")

    sys.setprofile(notice)
    try:
        read_body(raw)
    finally:
        sys.setprofile(None)
    return count


def measure_memory(raw: bytes) -> int:
    """Bytes at the peak."""
    tracemalloc.start()
    try:
        read_body(raw)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def measure_cpu(raw: bytes) -> float:
    start = time.process_time()
    read_body(raw)
    return time.process_time() - start


@pytest.mark.parametrize("name", HOSTILE_MAIL)
def test_calls_are_bounded(name):
    """However large the mail is."""
    assert count_calls(HOSTILE_MAIL[name](LARGE)) < MOST_CALLS


@pytest.mark.parametrize("name", HOSTILE_MAIL)
def test_memory_is_bounded(name):
    """What is read is a small part of a large mail."""
    assert measure_memory(HOSTILE_MAIL[name](LARGE)) < MOST_MEMORY


@pytest.mark.parametrize("name", HOSTILE_MAIL)
def test_time_grows_with_size_at_most(name):
    """Eight times the mail may take eight times as long, and a little for the machine, never its square."""
    small, large = HOSTILE_MAIL[name](250_000), HOSTILE_MAIL[name](2_000_000)

    assert measure_cpu(large) < 16 * measure_cpu(small) + 0.3
