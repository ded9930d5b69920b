"""``python -m bench.authorship``: the tables, and every miss by name."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from bench.authorship import corpora
from bench.authorship.measure import Measured, machine_score, measured
from bench.authorship.naive import is_automated
from bench.authorship.samples import Sample
from server.rules.authorship.rule import AuthorKind

SHOWN = 60
"""Misses of a corpus that are listed."""


def main() -> None:
    console = Console(width=130)
    for title, samples in corpora.every(console.print):
        show(console, title, samples)


def show(console: Console, title: str, samples: Sequence[Sample]) -> None:
    found = measured(samples)
    naive = machine_score(samples, is_automated)
    table = Table("Class", "Messages", "Precision", "Recall", title=f"{title}: {len(samples)} messages")
    people = sum(not s.is_machine for s in samples)
    table.add_row(
        "machine", str(len(samples) - people), f"{found.machine.precision:.3f}", f"{found.machine.recall:.3f}"
    )
    table.add_row("  the naive rule", "", f"{naive.precision:.3f}", f"{naive.recall:.3f}")
    for kind, score in found.kinds.items():
        if score.right + score.missed or score.wrong:
            table.add_row(kind.value, str(score.right + score.missed), f"{score.precision:.3f}", f"{score.recall:.3f}")
    console.print(table)
    console.print(_confusion(found))
    if title in corpora.EXPLAINED:
        console.print(f"{len(found.misses)} misses: {corpora.EXPLAINED[title]}")
        return
    for sample, kind in found.misses[:SHOWN]:
        console.print(
            f"miss: {sample.name} is {sample.label}, taken for {kind}" + (f": {sample.miss}" if sample.miss else "")
        )
    for sample, kind in found.unkind[:SHOWN]:
        console.print(f"kind: {sample.name} is {sample.label}, taken for {kind}")


def _confusion(found: Measured) -> Table:
    kinds = [k for k in AuthorKind if any(k in pair for pair in found.confusion)]
    table = Table("is \\ taken for", *(kind.value for kind in kinds))
    for kind in kinds:
        table.add_row(kind.value, *(str(found.confusion[kind, other] or "") for other in kinds))
    return table


if __name__ == "__main__":
    main()
