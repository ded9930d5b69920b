"""Tables and phrases that more than one command prints."""

from __future__ import annotations

from collections import Counter

from rich.table import Table

from server.domain.decision import Outcome


def count_noun(count: int, noun: str, plural: str = "") -> str:
    """``1 email`` or ``2 emails``; ``plural`` is for nouns that take no s."""
    return f"{count} {noun}" if count == 1 else f"{count} {plural or f'{noun}s'}"


def make_outcome_table(title: str, counts: Counter[tuple[str, str]]) -> Table:
    """``counts`` is by outcome and reason."""
    order = {outcome.value: position for position, outcome in enumerate(Outcome)}
    table = Table("Outcome", "Reason", title=title, show_footer=True)
    table.add_column("Messages", justify="right", footer=str(sum(counts.values())))
    for (outcome, reason), count in sorted(counts.items(), key=lambda item: (order[item[0][0]], -item[1])):
        table.add_row(outcome, reason, str(count))
    return table
