"""How a message goes on after a failure. The code looks at the class of a failure, never at its text."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from server.domain.decision import Reason
from server.domain.errors import (
    BrokenAutomationError,
    NotFoundError,
    RejectedError,
    StaleTargetError,
    TransientError,
    UnlistedGroupError,
    UnreadableError,
)

GONE_AFTER = (3.0, 30.0, 300.0)
"""Seconds between the tries for a message that was listed and then not found: lag, or an autosaved draft."""
LONGEST_WAIT = 3600.0
MATCHED_AGAIN = 3
"""Tries after which a record that keeps disappearing counts as refused."""
BROKEN_TRIES = 20
"""Tries, over nine hours, after which the refusals of an org's automation are taken for the mail's own."""
WAITS_FOR_GROUP = 86_400.0
"""Seconds after which mail goes on without the people of a group that cannot be listed."""
WAITS_FOR_REFUSED_GROUP = 3_600.0
"""The same, where the Directory refuses to list it."""
ENDING = (NotFoundError, StaleTargetError, BrokenAutomationError)
"""Failures that end a message when they come too often; the others only make it wait."""


@dataclass(frozen=True)
class Reaction:
    """``due_at`` is the time of the next try in epoch seconds; None: ``reason`` ends the message."""

    reason: Reason
    due_at: float | None
    cause: str


def count_tries(error: Exception, attempts: int, cause: str | None) -> int:
    """The tries that count, this one included, after ``attempts`` tries of which the last failed for ``cause``.

    A failure that can end a message is counted from its own first time: other failures must not use up its tries.
    """
    return 1 if isinstance(error, ENDING) and cause != cause_of(error) else attempts + 1


def cause_of(error: Exception) -> str:
    return error.code if isinstance(error, RejectedError) else type(error).__name__


def choose_reaction(error: Exception, attempts: int, now: float) -> Reaction:
    """``attempts`` counts the tries up to now, this one included. ``now`` is epoch seconds."""
    cause = cause_of(error)
    if isinstance(error, NotFoundError):
        if attempts > len(GONE_AFTER):
            return Reaction(Reason.GONE, None, cause)
        return Reaction(Reason.RETRYING, now + GONE_AFTER[attempts - 1], cause)
    if isinstance(error, UnreadableError):
        return Reaction(Reason.UNREADABLE, None, cause)
    if isinstance(error, RejectedError) or (isinstance(error, StaleTargetError) and attempts > MATCHED_AGAIN):
        return Reaction(Reason.REJECTED, None, cause)
    if isinstance(error, BrokenAutomationError) and attempts > BROKEN_TRIES:
        return Reaction(Reason.REJECTED, None, error.code)
    if isinstance(error, TransientError) and error.retry_after is not None:
        return Reaction(Reason.RETRYING, now + error.retry_after, cause)
    # A failure of an unknown class is tried again too: nothing is lost because a class is missing here.
    return Reaction(Reason.RETRYING, now + compute_backoff(attempts), cause)


def goes_without_group(error: UnlistedGroupError, since: float, now: float) -> bool:
    """Whether mail that waits for a group since then (epoch seconds; 0 for not yet) has waited long enough."""
    most = WAITS_FOR_REFUSED_GROUP if error.is_refused else WAITS_FOR_GROUP
    return since > 0 and now - since > most


def spread_wait(key: str, attempts: int, wait: float) -> float:
    """``wait`` and up to half as much again, by mail and try, so that mails that collided once do not meet again."""
    return wait * (1 + choose_share(f"{key}.{attempts}") / 2)


def choose_share(subject: str) -> float:
    """From 0 to below 1, always the same: where in a span the turn of this mailbox is."""
    return int.from_bytes(hashlib.sha256(subject.encode()).digest()[:4], "big") / 2**32


def compute_backoff(attempts: int) -> float:
    """Seconds: 1, 2, 4 ... up to an hour."""
    return float(min(2 ** min(attempts - 1, 12), LONGEST_WAIT))
