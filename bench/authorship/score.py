"""Precision and recall, all together and by class, and what is confused with what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bench.authorship.sample import Sample, naive
from server.rules.authorship import AuthorKind


@dataclass(frozen=True)
class Score:
    """``precision`` of an empty answer and ``recall`` of an empty question are 1."""

    hits: int
    false_alarms: int
    misses: int

    @property
    def precision(self) -> float:
        return self.hits / found if (found := self.hits + self.false_alarms) else 1.0

    @property
    def recall(self) -> float:
        return self.hits / wanted if (wanted := self.hits + self.misses) else 1.0


def _score(samples: Iterable[Sample], is_meant: Callable[[Sample], bool], is_said: Callable[[Sample], bool]) -> Score:
    counts = Counter((is_meant(s), is_said(s)) for s in samples)
    return Score(counts[True, True], counts[False, True], counts[True, False])


def ours(samples: Iterable[Sample]) -> Score:
    """Machine-written is the positive class."""
    return _score(samples, lambda s: s.is_automated, lambda s: s.verdict.is_automated)


def peer(samples: Iterable[Sample]) -> Score:
    return _score(samples, lambda s: s.is_automated, naive)


def by_class(samples: Iterable[Sample]) -> dict[AuthorKind, Score]:
    """How well each class is told from every other one."""
    kept = list(samples)
    return {
        kind: _score(kept, lambda s, k=kind: s.kind is k, lambda s, k=kind: s.verdict.kind is k)  # type: ignore[misc]
        for kind in AuthorKind
    }


def people_lost(samples: Iterable[Sample]) -> float:
    """The share of people's mail that is taken for a machine's: the worse of the two mistakes."""
    people = [s for s in samples if not s.is_automated]
    return sum(s.is_wrong for s in people) / len(people) if people else 0.0


def confusion(samples: Iterable[Sample]) -> Counter[tuple[AuthorKind, AuthorKind]]:
    """Counts by (label, verdict)."""
    return Counter((s.kind, s.verdict.kind) for s in samples)
