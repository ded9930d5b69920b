"""Own mail that Gmail marks neither as sent nor as a draft: scheduled, or sent by another program.

Gmail gives mail that waits to be sent no label. Mail that a migration imported, or that a mail program appended after
it sent it through another server, has none either. Only its age and Gmail's own list of scheduled mail tell them apart.
"""

from __future__ import annotations

from collections.abc import Collection

from server.domain.message import Header, Message
from server.rules.headers.addresses import read_participants
from server.rules.headers.dates import parse_date

UNMARKED = "not_sent_yet"
"""The mark of own mail that may still be waiting to be sent."""
SETTLED_AFTER = 7 * 86_400.0
"""Seconds after its date at which own mail that is not scheduled counts as sent."""
LONGEST_WAIT = 365 * 86_400.0
"""Seconds after which own mail is looked at again, however far in the future its date lies."""
_PLACED = frozenset({"SENT", "INBOX", "SPAM", "TRASH", "DRAFT", "CHAT", "SCHEDULED"})
_ARRIVED = ("Delivered-To", "Return-Path")


def is_unmarked(message: Message, own_addresses: Collection[str]) -> bool:
    """Whether the mail is from this mailbox, yet neither marked as sent nor delivered anywhere."""
    if message.label_ids & _PLACED or any(message.headers.has(name) for name in _ARRIVED):
        return False
    senders = (p for p in read_participants(message.headers) if p.header is Header.FROM)
    sender = next(senders, None)
    return sender is not None and sender.address in own_addresses


def find_settled_at(message: Message) -> float:
    """When the mail is too old to be on its way out (epoch seconds), by the later of its Date and its arrival."""
    stated = parse_date(message.headers.first("Date"))
    dates = [message.internal_date / 1000, stated.timestamp() if stated else 0.0]
    return max(dates) + SETTLED_AFTER


def choose_next_look(message: Message, now: float) -> float:
    """When mail that is not known to be sent is looked at again (epoch seconds). Scheduled mail may wait for years."""
    settled_at = find_settled_at(message)
    return min(settled_at if settled_at > now else now + SETTLED_AFTER, now + LONGEST_WAIT)
