"""Which watches of mailboxes must be renewed, and in which order. A watch lasts seven days and is renewed daily."""

from __future__ import annotations

from collections.abc import Iterable

from server.domain.mailbox import Mailbox

RENEW_AFTER = 86_400.0
"""Seconds after which a watch is renewed."""
RETRY_AFTER = 3_000.0
"""Seconds after which a mailbox that failed is tried again: once in each hourly pass."""
LOSS_WARNING = 48 * 3_600.0
"""A watch that ends within so many seconds counts as being lost."""


def select_due(mailboxes: Iterable[Mailbox], now: float) -> list[Mailbox]:
    """The mailboxes without a watch first, then those whose watch ends soonest."""
    return sorted((m for m in mailboxes if is_due(m, now)), key=lambda m: (m.watch_expires_at or 0.0, m.mailbox_id))


def is_due(mailbox: Mailbox, now: float) -> bool:
    """Not while the mailbox is paused, because its provider asked for a pause, unless its watch is being lost."""
    if not mailbox.reads or _has_failed_lately(mailbox, now):
        return False
    if mailbox.paused_until > now and not is_being_lost(mailbox, now):
        return False
    return mailbox.watched_at is None or now - mailbox.watched_at >= RENEW_AFTER or not is_alive(mailbox, now)


def select_leftovers(mailboxes: Iterable[Mailbox], now: float) -> list[Mailbox]:
    """The mailboxes that still have a watch, although their mail is no longer read."""
    return [m for m in mailboxes if not m.reads and m.watch_expires_at is not None and not _has_failed_lately(m, now)]


def is_alive(mailbox: Mailbox, now: float) -> bool:
    return mailbox.watch_expires_at is not None and mailbox.watch_expires_at > now


def is_being_lost(mailbox: Mailbox, now: float) -> bool:
    """Whether a watch ends within two days, or has ended: then five daily renewals did not happen."""
    return mailbox.watch_expires_at is not None and mailbox.watch_expires_at - now < LOSS_WARNING


def _has_failed_lately(mailbox: Mailbox, now: float) -> bool:
    return mailbox.watch_failed_at is not None and now - mailbox.watch_failed_at < RETRY_AFTER
