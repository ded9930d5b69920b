"""Commits that fit: a backend ends one at so many writes and so many bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from server.adapters.documents import MOST_WRITES, Create, Delete, Replace, Write

T = TypeVar("T")
MOST_BYTES = 3_000_000
"""Of one commit: Firestore's ends at 10 MiB and its emulator's at 4 MiB, with names and indexes counted."""
OVERHEAD = 1_000
"""Bytes of a document beside its long values."""


def weight(write: Write) -> int:
    """Bytes, about."""
    if isinstance(write, Delete):
        return OVERHEAD
    return OVERHEAD + sum(len(value) for value in write.data.values() if isinstance(value, bytes | str))


def portions(
    groups: Iterable[T], writes_of: Callable[[T], list[Write]], most_writes: int = MOST_WRITES
) -> Iterator[list[T]]:
    """Groups that stay whole, as many together as one commit takes; a larger one stands alone."""
    part: list[T] = []
    count = size = 0
    for group in groups:
        writes = writes_of(group)
        heavy = sum(weight(write) for write in writes)
        if part and (count + len(writes) > most_writes or size + heavy > MOST_BYTES):
            yield part
            part, count, size = [], 0, 0
        part.append(group)
        count += len(writes)
        size += heavy
    if part:
        yield part


def one(write: Create | Replace) -> list[Write]:
    return [write]


def commits(groups: Iterable[list[Write]]) -> Iterator[list[Any]]:
    """The writes of whole groups, one list a commit; a group that is too large for one is cut."""
    for part in portions(groups, lambda group: group):
        writes = [write for group in part for write in group]
        while len(writes) > MOST_WRITES:
            yield writes[:MOST_WRITES]
            writes = writes[MOST_WRITES:]
        yield writes
