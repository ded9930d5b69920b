"""The access ledger as a hash chain: to remove, change or move an entry breaks every later entry."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from server.domain.access import AccessEntry

NO_PREVIOUS_HASH = "0" * 64


@dataclass(frozen=True)
class ChainCheck:
    """``first_bad_sequence`` is the number that is expected where the chain breaks; None if the chain holds."""

    ok: bool
    first_bad_sequence: int | None = None
    why: str = ""


def make_next_entry(last: AccessEntry | None, at_ms: int, actor: str, activity_key: str, reason: str) -> AccessEntry:
    sequence = last.sequence + 1 if last else 1
    previous = last.entry_hash if last else NO_PREVIOUS_HASH
    return AccessEntry(
        sequence, at_ms, actor, activity_key, reason, previous,
        _digest(sequence, at_ms, actor, activity_key, reason, previous),
    )  # fmt: skip


def verify_chain(entries: Sequence[AccessEntry], highest: int = 0) -> ChainCheck:
    """Checks the whole ledger from entry 1. ``highest`` is the highest number that was noted elsewhere.

    Who can rewrite that note too can cut off the end unseen: compare the ledger with a last hash that you kept.
    """
    previous = NO_PREVIOUS_HASH
    for expected, entry in enumerate(entries, 1):
        if entry.sequence != expected:
            return ChainCheck(ok=False, first_bad_sequence=expected, why="an entry is missing")
        if entry.previous_hash != previous:
            return ChainCheck(ok=False, first_bad_sequence=expected, why="it does not follow the previous entry")
        if entry.entry_hash != _digest(
            entry.sequence, entry.at_ms, entry.actor, entry.activity_key, entry.reason, entry.previous_hash
        ):
            return ChainCheck(ok=False, first_bad_sequence=expected, why="its text was changed")
        previous = entry.entry_hash
    if len(entries) < highest:
        return ChainCheck(ok=False, first_bad_sequence=len(entries) + 1, why="entries were cut off its end")
    return ChainCheck(ok=True)


def _digest(sequence: int, at_ms: int, actor: str, activity_key: str, reason: str, previous: str) -> str:
    canonical = json.dumps([sequence, at_ms, actor, activity_key, reason, previous], separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
