"""Rows are saved together, and one by one where another worker was faster with one of them."""

from __future__ import annotations

from collections.abc import Sequence

from server.domain.errors import ConflictError
from server.domain.ledger import Row
from server.ports.store import Store


def save_changed_rows(store: Store, rows: Sequence[Row]) -> list[Row]:
    """Returns the rows that another worker changed first: those stay as that worker left them."""
    if not rows:
        return []
    try:
        store.change_rows(rows)
    except ConflictError:
        return [row for row in rows if not _save_alone(store, row)]
    return []


def _save_alone(store: Store, row: Row) -> bool:
    try:
        store.change_rows([row])
    except ConflictError:
        return False
    return True
