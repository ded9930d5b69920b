"""Counts verdicts: precision and recall of each class and of machine against person, and a confusion table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench.authorship.samples import PEOPLE, Sample
from server.domain.message import Headers
from server.rules.authorship.rule import AuthorKind, judge_authorship


@dataclass
class ClassScore:
    """Counts for one class: rightly named, wrongly named, missed."""

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
class RuleScore:
    """``machine`` is the class that matters: not a person. ``misses`` are wrong about that, or about the kind."""

    machine: ClassScore = field(default_factory=ClassScore)
    kinds: dict[AuthorKind, ClassScore] = field(default_factory=lambda: {kind: ClassScore() for kind in AuthorKind})
    confusion: Counter[tuple[AuthorKind, AuthorKind]] = field(default_factory=Counter)
    misses: list[tuple[Sample, AuthorKind]] = field(default_factory=list)
    unkind: list[tuple[Sample, AuthorKind]] = field(default_factory=list)


def measure_rule(samples: Sequence[Sample]) -> RuleScore:
    """``misses`` take a person for a machine or the other way; ``unkind`` took one machine for another."""
    score = RuleScore()
    for sample in samples:
        kind = judge_sample(sample)
        credited = kind if kind in sample.kinds else sample.label
        score.confusion[credited, kind] += 1
        _count(score.machine, expected=sample.is_machine, actual=kind not in PEOPLE)
        for tried, class_score in score.kinds.items():
            _count(class_score, expected=tried is credited, actual=tried is kind)
        if (kind in PEOPLE) is sample.is_machine:
            score.misses.append((sample, kind))
        elif kind not in sample.kinds:
            score.unkind.append((sample, kind))
    return score


def measure_naive_rule(samples: Sequence[Sample], rule: Callable[[Headers], bool]) -> ClassScore:
    """The score of another rule, which tells only machine from person."""
    score = ClassScore()
    for sample in samples:
        _count(score, expected=sample.is_machine, actual=rule(sample.headers))
    return score


def judge_sample(sample: Sample) -> AuthorKind:
    return judge_authorship(
        sample.headers, is_outbound=sample.is_outbound, own_group=sample.own_group, label_ids=sample.label_ids
    ).kind


def _count(score: ClassScore, *, expected: bool, actual: bool) -> None:
    score.right += expected and actual
    score.wrong += actual and not expected
    score.missed += expected and not actual
