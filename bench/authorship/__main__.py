"""``python -m bench.authorship``: the tables, and every miss by name."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from bench.authorship import corpora
from bench.authorship.measure import RuleScore, measure_naive_rule, measure_rule
from bench.authorship.naive import is_automated
from bench.authorship.samples import Sample
from server.rules.authorship.rule import AuthorKind

SHOWN = 60
"""Misses of a corpus that are listed."""


def main() -> None:
    console = Console(width=130)
    for title, samples in corpora.list_corpora(console.print):
        show_corpus(console, title, samples)


def show_corpus(console: Console, title: str, samples: Sequence[Sample]) -> None:
    score = measure_rule(samples)
    naive = measure_naive_rule(samples, is_automated)
    table = Table("Class", "Messages", "Precision", "Recall", title=f"{title}: {len(samples)} messages")
    people = sum(not s.is_machine for s in samples)
    table.add_row(
        "machine", str(len(samples) - people), f"{score.machine.precision:.3f}", f"{score.machine.recall:.3f}"
    )
    table.add_row("  the naive rule", "", f"{naive.precision:.3f}", f"{naive.recall:.3f}")
    for kind, of_kind in score.kinds.items():
        count = of_kind.right + of_kind.missed
        if count or of_kind.wrong:
            table.add_row(kind.value, str(count), f"{of_kind.precision:.3f}", f"{of_kind.recall:.3f}")
    console.print(table)
    console.print(_draw_confusion(score))
    if title in corpora.FIRST_READINGS:
        console.print(corpora.FIRST_READINGS[title])
    if title in corpora.EXPLANATIONS:
        console.print(f"{len(score.misses)} misses: {corpora.EXPLANATIONS[title]}")
        return
    for sample, kind in score.misses[:SHOWN]:
        console.print(
            f"miss: {sample.name} is {sample.label}, taken for {kind}" + (f": {sample.miss}" if sample.miss else "")
        )
    for sample, kind in score.unkind[:SHOWN]:
        console.print(f"kind: {sample.name} is {sample.label}, taken for {kind}")


def _draw_confusion(score: RuleScore) -> Table:
    kinds = [k for k in AuthorKind if any(k in pair for pair in score.confusion)]
    table = Table("is \\ taken for", *(kind.value for kind in kinds))
    for kind in kinds:
        table.add_row(kind.value, *(str(score.confusion[kind, judged] or "") for judged in kinds))
    return table


if __name__ == "__main__":
    main()
