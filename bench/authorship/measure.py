"""Verdicts counted: precision and recall of each class and of machine against person, and a confusion table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench.authorship.samples import PEOPLE, Sample
from server.domain.message import Headers
from server.rules.authorship.rule import AuthorKind, judge_authorship


@dataclass
class Score:
    """Of one class: found and right, found and wrong, not found."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0


@dataclass
class Measured:
    """``machine`` is the class that matters: not a person. ``misses`` are wrong about that, or about the kind."""

    machine: Score = field(default_factory=Score)
    kinds: dict[AuthorKind, Score] = field(default_factory=lambda: {kind: Score() for kind in AuthorKind})
    confusion: Counter[tuple[AuthorKind, AuthorKind]] = field(default_factory=Counter)
    misses: list[tuple[Sample, AuthorKind]] = field(default_factory=list)
    unkind: list[tuple[Sample, AuthorKind]] = field(default_factory=list)


def measured(samples: Sequence[Sample]) -> Measured:
    """``misses`` take a person for a machine or the other way; ``unkind`` took one machine for another."""
    found = Measured()
    for sample in samples:
        kind = verdict(sample)
        credited = kind if kind in sample.kinds else sample.label
        found.confusion[credited, kind] += 1
        _count(found.machine, expected=sample.is_machine, said=kind not in PEOPLE)
        for each, score in found.kinds.items():
            _count(score, expected=each is credited, said=each is kind)
        if (kind in PEOPLE) is sample.is_machine:
            found.misses.append((sample, kind))
        elif kind not in sample.kinds:
            found.unkind.append((sample, kind))
    return found


def machine_score(samples: Sequence[Sample], rule: Callable[[Headers], bool]) -> Score:
    """Of another rule, which knows only machine and person."""
    score = Score()
    for sample in samples:
        _count(score, expected=sample.is_machine, said=rule(sample.headers))
    return score


def verdict(sample: Sample) -> AuthorKind:
    return judge_authorship(
        sample.headers, is_outbound=sample.is_outbound, own_group=sample.own_group, label_ids=sample.label_ids
    ).kind


def _count(score: Score, *, expected: bool, said: bool) -> None:
    score.right += expected and said
    score.wrong += said and not expected
    score.missed += expected and not said
