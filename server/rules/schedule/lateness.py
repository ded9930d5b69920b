"""How far a mailbox is behind its own mail, as far as can be known without asking Gmail. Pure."""

from __future__ import annotations

from server.domain.mailbox import Mailbox
from server.rules.schedule.polling import is_left_to_pushes

POLLED_WITHIN = 900.0
"""Seconds: a mailbox that is polled is read at least so often while all is well."""
WATCHED_WITHIN = 3_900.0
"""Seconds: one that is left to its pushes is read without a push at least so often."""


def measure_lateness(mailbox: Mailbox, now: float) -> float:
    """Seconds since the mailbox was last read, or 0 where that is as it should be.

    A mailbox that was never read counts from when the Directory said what it says.
    """
    if mailbox.last_synced_at is None:
        return max(now - mailbox.directory_since, 0.0) if mailbox.directory_since else 0.0
    age = now - mailbox.last_synced_at
    usual = WATCHED_WITHIN if is_left_to_pushes(mailbox, now) else POLLED_WITHIN
    return age if age > usual else 0.0
