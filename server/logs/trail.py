"""What one request or job did on its way: ids that every line of it carries, and figures for its last line.

A trail goes where the call goes, through contextvars: nobody hands it on. Without a trail the functions do nothing.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, Token
from types import MappingProxyType

MOST_IDS = 10
"""Ids of one kind in a line; the count says how many there were."""


class Trail:
    """Thread-safe. ``labels`` are ids: of the request, the task, the mailbox."""

    def __init__(self, labels: Mapping[str, str]) -> None:
        self._lock = threading.Lock()
        self._labels: Mapping[str, str] = MappingProxyType(dict(labels))
        self._figures: Counter[str] = Counter()
        self._ids: dict[str, list[str]] = {}

    @property
    def labels(self) -> Mapping[str, str]:
        return self._labels

    def label(self, **labels: str) -> None:
        with self._lock:
            self._labels = MappingProxyType({**self._labels, **labels})

    def add(self, figure: str, count: int) -> None:
        with self._lock:
            self._figures[figure] += count

    def name(self, kind: str, *ids: str) -> None:
        with self._lock:
            self._figures[f"{kind}_count"] += len(ids)
            kept = self._ids.setdefault(kind, [])
            kept += ids[: MOST_IDS - len(kept)]

    def fields(self) -> dict[str, int | list[str]]:
        """The figures that are not zero, and the ids."""
        with self._lock:
            figures = {key: count for key, count in self._figures.items() if count}
            return {**figures, **{kind: list(ids) for kind, ids in self._ids.items() if ids}}


_current: ContextVar[Trail | None] = ContextVar("trail", default=None)
_NONE: Mapping[str, str] = MappingProxyType({})


def begin_trail(**labels: str) -> tuple[Trail, Token[Trail | None]]:
    """For those who cannot use ``trail``: a web framework that calls one function before and another after."""
    opened = Trail({**current_labels(), **labels})
    return opened, _current.set(opened)


def end_trail(token: Token[Trail | None]) -> None:
    _current.reset(token)


@contextmanager
def trail(**labels: str) -> Iterator[Trail]:
    """A trail of its own within the block; it keeps the labels of the one around it."""
    opened, token = begin_trail(**labels)
    try:
        yield opened
    finally:
        end_trail(token)


def current_labels() -> Mapping[str, str]:
    opened = _current.get()
    return opened.labels if opened else _NONE


def label_trail(**labels: str) -> None:
    """Ids that are known only now."""
    if opened := _current.get():
        opened.label(**labels)


def count_on_trail(figure: str, count: int = 1) -> None:
    if opened := _current.get():
        opened.add(figure, count)


def name_on_trail(kind: str, *ids: str) -> None:
    """Note opaque ids: tasks that were enqueued, messages, activities. Only the first ten are kept."""
    if opened := _current.get():
        opened.name(kind, *ids)
