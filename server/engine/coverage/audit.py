"""Prove that none was missed: Gmail's own list against the ledger's rows, as sets of ids."""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from server.domain.alarm import AlarmCode
from server.domain.decision import Outcome
from server.domain.history import EVERYTHING, MessageRef, Span
from server.domain.ids import MessageId
from server.domain.ledger import Coverage
from server.domain.mailbox import Mailbox, Workspace
from server.engine.collect.collect import collect
from server.engine.coverage.days import Settled, days_of
from server.engine.ledger.rows import MISSED, note_unread
from server.engine.mailboxes.stages import realign
from server.engine.ports import Ports
from server.rules.schedule.backfill_windows import DAY

log = logging.getLogger(__name__)

RECENT = 3 * DAY
"""Seconds that a nightly audit looks back; once a week it looks at everything."""
LATE = 900.0
"""Seconds: a poll finds everything sooner, push or no push."""
WEEK = 7


@dataclass(frozen=True)
class Audited:
    """``missed`` had no row although the mailbox was read to the end; ``late`` of them are older than a poll."""

    messages: int = 0
    missed: tuple[MessageId, ...] = ()
    late: int = 0


def audit(ports: Ports, workspace: Workspace, mailbox: Mailbox, late_after: float = LATE) -> Audited:
    """A nightly look at one mailbox. What was missed gets a row that waits to be read; the rest is an alarm.

    The mailbox is read to its end before the list and after it, so that what arrives meanwhile is nobody's fault.
    """
    collect(ports, workspace, mailbox.mailbox_id)
    listed: dict[MessageId, MessageRef] = {}
    total = 0
    for page in ports.mail.in_background().list_messages(mailbox, _span(ports, mailbox)):
        known = ports.store.existing_rows(mailbox.mailbox_id, [ref.message_id for ref in page])
        listed |= {ref.message_id: ref for ref in page if ref.message_id not in known}
        total += len(page)
    if listed:
        collect(ports, workspace, mailbox.mailbox_id)
        known = ports.store.existing_rows(mailbox.mailbox_id, list(listed))
        listed = {i: ref for i, ref in listed.items() if i not in known}
    _seen(ports, mailbox)
    if fresh := ports.store.mailbox(mailbox.mailbox_id):
        realign(ports, fresh)  # whoever died between a stage and its rows left them as they were
    if not listed or is_unfinished(ports, mailbox):
        return Audited(total)
    enqueue(ports, mailbox, listed.values())
    collect(ports, workspace, mailbox.mailbox_id)
    found = ports.store.existing_rows(mailbox.mailbox_id, list(listed))
    oldest = (ports.clock.now() - late_after) * 1000
    late = sum(0 < row.internal_date < oldest for row in found.values())
    log.error("an audit found %d messages without a row, %d of them late", len(listed), late)
    if late:
        ports.alarms.raise_alarm(AlarmCode.AUDIT_MISSED, mailbox.mailbox_id)
    return Audited(total, tuple(sorted(listed)), late)


def enqueue(ports: Ports, mailbox: Mailbox, refs: Iterable[MessageRef]) -> None:
    """A row for each, that waits to be read: from now on it cannot be forgotten."""
    now = ports.clock.now()
    ports.store.add_rows([note_unread(mailbox.mailbox_id, ref, MISSED, now) for ref in refs])


def coverage(ports: Ports, mailbox: Mailbox, *, by_day: bool = False) -> Coverage:
    """Lists the mailbox anew (5 quota units a 500 messages) and compares.

    ``by_day`` adds the days (UTC, of the internal date), at another 5 units for each day on which a label alone
    decided: only a list can date such mail.
    """
    listed = {ref.message_id: ref for page in ports.mail.list_messages(mailbox) for ref in page}
    outcomes: Counter[Outcome] = Counter()
    rows: dict[MessageId, Settled] = {}
    for row in ports.store.rows(mailbox.mailbox_id):
        rows[row.message_id] = Settled.of(row)
        outcomes[row.outcome] += 1
    _seen(ports, mailbox)
    missing = sorted(listed.keys() - rows.keys())
    return Coverage(
        gmail=len(listed),
        left=len(rows.keys() - listed.keys()),
        outcomes={outcome: outcomes[outcome] for outcome in Outcome},
        missing=tuple(listed[i] for i in missing),
        days=days_of(ports, mailbox, listed, rows) if by_day else {},
    )


def covered(ports: Ports, workspace: Workspace, mailbox: Mailbox, *, by_day: bool = False) -> Coverage:
    """``coverage`` of a mailbox that is read to its end, so that what just arrived does not count as missing."""
    collect(ports, workspace, mailbox.mailbox_id)
    found = coverage(ports, mailbox, by_day=by_day)
    if found.missing and collect(ports, workspace, mailbox.mailbox_id).messages:
        found = coverage(ports, mailbox, by_day=by_day)
    return found


def _span(ports: Ports, mailbox: Mailbox) -> Span:
    today = int(ports.clock.now() // DAY)
    turn = int(hashlib.sha256(mailbox.mailbox_id.encode()).hexdigest(), 16)
    is_whole = (today + turn) % WEEK == 0 or mailbox.last_audit_at is None
    return EVERYTHING if is_whole else Span(int(ports.clock.now() - RECENT), None)


def is_unfinished(ports: Ports, mailbox: Mailbox) -> bool:
    """Its past is still being read, or it cannot be read now: what has no row is not missed, it is not due."""
    found = ports.store.mailbox(mailbox.mailbox_id)
    return found is None or found.backfill is not None or found.paused_until > ports.clock.now()


def _seen(ports: Ports, mailbox: Mailbox) -> None:
    now = ports.clock.now()
    ports.store.save_mailbox(mailbox.mailbox_id, lambda before: replace(before or mailbox, last_audit_at=now))
