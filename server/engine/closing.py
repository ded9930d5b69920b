"""The end of a row."""

from __future__ import annotations

from dataclasses import replace

from server.domain.decision import Reason
from server.domain.ledger import Row


def closed(row: Row, reason: Reason, now: float) -> Row:
    """The row with nothing left of what it needed while it waited."""
    return replace(
        row, reason=reason, shard=None, due_at=None, sealed_headers=None, cause=None, hashes=(), updated_at=now
    )
