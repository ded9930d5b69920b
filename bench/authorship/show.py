"""The tables: per corpus and class, what is confused with what, and every miss by name."""

from __future__ import annotations

from rich.console import Console, Group, RenderableType
from rich.table import Table

from bench.authorship import score
from bench.authorship.sample import Sample
from server.rules.authorship import AuthorKind


def shown(samples: list[Sample]) -> RenderableType:
    return Group(_overall(samples), _classes(samples), _confusion(samples), _misses(samples))


def by_corpus(samples: list[Sample]) -> dict[str, list[Sample]]:
    found: dict[str, list[Sample]] = {}
    for sample in samples:
        found.setdefault(sample.corpus, []).append(sample)
    return found


def _overall(samples: list[Sample]) -> Table:
    table = Table("Corpus", "Mails", "Precision", "Recall", "Of people, lost", "Peer's precision", "Peer's recall",
                  title="Machine-written, or a person")  # fmt: skip
    for name, part in {**by_corpus(samples), "all": samples}.items():
        mine, peer = score.ours(part), score.peer(part)
        values = (mine.precision, mine.recall, score.people_lost(part), peer.precision, peer.recall)
        table.add_row(name, str(len(part)), *(f"{v:.3f}" for v in values))
    return table


def _classes(samples: list[Sample]) -> Table:
    table = Table("Class", "Mails", "Precision", "Recall", title="Each class against all others")
    for kind, found in score.by_class(samples).items():
        table.add_row(kind, str(found.hits + found.misses), f"{found.precision:.3f}", f"{found.recall:.3f}")
    return table


def _confusion(samples: list[Sample]) -> Table:
    counts = score.confusion(samples)
    table = Table("Label \\ verdict", *AuthorKind, title="Confusion")
    for label in AuthorKind:
        table.add_row(label, *(str(counts[label, verdict] or "") for verdict in AuthorKind))
    return table


def _misses(samples: list[Sample]) -> Table:
    table = Table("Mail", "Label", "Verdict", "Evidence", "Known", title="Every wrong word on person or machine")
    for sample in samples:
        if sample.is_wrong:
            marks = ", ".join(f"{e.mark} {e.weight}" for e in sample.verdict.evidence)
            table.add_row(sample.name, sample.kind, sample.verdict.kind, marks, sample.known_miss)
    return table


def show(samples: list[Sample]) -> None:
    Console(width=180).print(shown(samples))
