"""Which mailboxes a sweep reads: all of them without push, and with push those of which no push may tell. Pure."""

from __future__ import annotations

from server.domain.mailbox import Mailbox
from server.rules.schedule.push_proof import is_proven
from server.rules.schedule.watch_renewal import is_alive

WATCHED_POLL = 3_000.0
"""Seconds after which a mailbox that is left to its pushes is read although no push came. With the sweep's own
interval and the spread of its jobs (300 s each, by default) a lost push is found within the hour."""


def is_poll_due(mailbox: Mailbox, now: float) -> bool:
    """Whether the next sweep must read the mailbox.

    A push tells of new mail and of moved labels, and nothing else: a mailbox that was never read, has trouble or a
    past to read is read at every sweep. So is one whose watch may have ended, or whose pushes seem not to arrive.
    """
    has_work = mailbox.cursor is None or mailbox.backfill is not None
    if has_work or mailbox.last_synced_at is None or not is_left_to_pushes(mailbox, now):
        return True
    # A clock that is set back must not keep a mailbox from being read.
    return not 0 <= now - mailbox.last_synced_at < WATCHED_POLL


def is_left_to_pushes(mailbox: Mailbox, now: float) -> bool:
    """Whether it is read about once an hour while no push comes: that is earned by a push, and lost without."""
    return is_alive(mailbox, now) and is_proven(mailbox) and not mailbox.failures
