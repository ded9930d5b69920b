"""Commits that fit: a backend ends one at so many writes and so many bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from more_itertools import chunked

from server.adapters.documents import MOST_WRITES, Delete, Write

MOST_BYTES = 3_000_000
"""Of one commit: Firestore's ends at 10 MiB and its emulator's at 4 MiB, with names and indexes counted."""
OVERHEAD = 1_000
"""Bytes of a document beside its long values."""


def split_into_commits(groups: Iterable[Sequence[Write]], most_writes: int = MOST_WRITES) -> Iterator[list[Write]]:
    """The writes of as many whole groups as fit, one list a commit. A group too large for one commit is cut."""
    portion: list[Write] = []
    size = 0
    for group in groups:
        weight = sum(_weigh(write) for write in group)
        if portion and (len(portion) + len(group) > most_writes or size + weight > MOST_BYTES):
            yield from chunked(portion, most_writes)
            portion, size = [], 0
        portion += group
        size += weight
    yield from chunked(portion, most_writes)


def _weigh(write: Write) -> int:
    """Bytes, about."""
    if isinstance(write, Delete):
        return OVERHEAD
    return OVERHEAD + sum(len(value) for value in write.data.values() if isinstance(value, bytes | str))
