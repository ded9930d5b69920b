"""Which watches of mailboxes must be renewed, and in which order. A watch lives seven days, and is renewed daily."""

from __future__ import annotations

from collections.abc import Iterable

from server.domain.mailbox import Mailbox

RENEW_AFTER = 86_400.0
"""Seconds after which a watch is renewed."""
RETRY_AFTER = 3_000.0
"""Seconds before a mailbox that failed is tried again: once in each hourly pass."""
LOSS_WARNING = 48 * 3_600.0
"""Seconds before the end of a watch from which on it counts as being lost."""


def select_due(mailboxes: Iterable[Mailbox], now: float) -> list[Mailbox]:
    """Those without a watch first, then the soonest to end: whoever is late is never behind who is not."""
    return sorted((m for m in mailboxes if is_due(m, now)), key=lambda m: (m.watch_expires_at or 0.0, m.mailbox_id))


def is_due(mailbox: Mailbox, now: float) -> bool:
    """Not while the mailbox is paused, for it asked us to be slow, unless its watch is being lost."""
    if not mailbox.reads or _failed_lately(mailbox, now):
        return False
    if mailbox.paused_until > now and not is_being_lost(mailbox, now):
        return False
    return mailbox.watched_at is None or now - mailbox.watched_at >= RENEW_AFTER or not is_alive(mailbox, now)


def select_leftovers(mailboxes: Iterable[Mailbox], now: float) -> list[Mailbox]:
    """Watched, although nobody collects there any more."""
    return [m for m in mailboxes if not m.reads and m.watch_expires_at is not None and not _failed_lately(m, now)]


def is_alive(mailbox: Mailbox, now: float) -> bool:
    return mailbox.watch_expires_at is not None and mailbox.watch_expires_at > now


def is_being_lost(mailbox: Mailbox, now: float) -> bool:
    """There was a watch, and it ends within two days, or has ended: five daily renewals did not happen."""
    return mailbox.watch_expires_at is not None and mailbox.watch_expires_at - now < LOSS_WARNING


def _failed_lately(mailbox: Mailbox, now: float) -> bool:
    return mailbox.watch_failed_at is not None and now - mailbox.watch_failed_at < RETRY_AFTER
