"""One entry of the access ledger: who opened which copy, when and why."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AccessEntry:
    """``sequence`` counts from 1. Hashes are hex SHA-256; ``previous_hash`` of the first is all zeros."""

    sequence: int
    at_ms: int
    actor: str
    activity_key: str
    reason: str
    previous_hash: str
    entry_hash: str
