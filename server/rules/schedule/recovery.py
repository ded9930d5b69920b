"""Which failure asks for which reaction. Code matches on classes, never on texts."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from server.domain.decision import Reason
from server.domain.errors import (
    NotFoundError,
    RejectedError,
    SealBrokenError,
    StaleTargetError,
    TransientError,
    UnreadableError,
)

GONE_AFTER = (3.0, 30.0, 300.0)
"""Seconds between the looks for a message that Gmail listed and then did not know: lag or an autosaved draft."""
LONGEST_WAIT = 3600.0
MATCHED_AGAIN = 3
"""Tries before a record that keeps disappearing counts as refused."""
ENDING = (NotFoundError, StaleTargetError)
"""Failures that end a message when they come too often; the others only make it wait."""


@dataclass(frozen=True)
class Reaction:
    """What becomes of a message: a reason that ends it, or another try at ``due_at`` (epoch seconds)."""

    reason: Reason
    due_at: float | None
    cause: str


def count_tries(error: Exception, attempts: int, cause: str | None) -> int:
    """The tries that count, this one included, after ``attempts`` of which the last failed for ``cause``.

    What ends a message is counted from its own first time: a storm before must not use up the patience with it.
    """
    return 1 if isinstance(error, ENDING) and cause != cause_of(error) else attempts + 1


def cause_of(error: Exception) -> str:
    return error.code if isinstance(error, RejectedError) else type(error).__name__


def choose_reaction(error: Exception, attempts: int, now: float) -> Reaction:
    """``attempts`` counts the tries so far, this one included."""
    cause = cause_of(error)
    if isinstance(error, NotFoundError):
        if attempts > len(GONE_AFTER):
            return Reaction(Reason.GONE, None, cause)
        return Reaction(Reason.RETRYING, now + GONE_AFTER[attempts - 1], cause)
    if isinstance(error, UnreadableError | SealBrokenError):
        return Reaction(Reason.UNREADABLE, None, cause)
    if isinstance(error, RejectedError) or (isinstance(error, StaleTargetError) and attempts > MATCHED_AGAIN):
        return Reaction(Reason.REJECTED, None, cause)
    if isinstance(error, TransientError) and error.retry_after is not None:
        return Reaction(Reason.RETRYING, now + error.retry_after, cause)
    return Reaction(Reason.RETRYING, now + compute_backoff(attempts), cause)


def spread_wait(key: str, attempts: int, wait: float) -> float:
    """Up to half as long again, another share for each mail and try: what collided once does not meet again."""
    share = int.from_bytes(hashlib.sha256(f"{key}.{attempts}".encode()).digest()[:2], "big") / 0xFFFF
    return wait * (1 + share / 2)


def compute_backoff(attempts: int) -> float:
    """Seconds: 1, 2, 4 ... up to an hour. Unknown failures are tried again too: nothing is lost for want of a class."""
    return float(min(2 ** min(attempts - 1, 12), LONGEST_WAIT))
