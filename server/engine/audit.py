"""Prove that none was missed: Gmail's own list against the ledger's rows, as sets of ids."""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from server.domain.alarm import AlarmCode
from server.domain.decision import Outcome, Reason
from server.domain.history import EVERYTHING, MessageRef, Span
from server.domain.ids import GmailMessageId
from server.domain.ledger import Coverage, DayCoverage, Row
from server.domain.mailbox import Mailbox, Workspace
from server.engine.collect import collect
from server.engine.ports import Ports
from server.engine.stages import realign
from server.rules.windows import DAY

log = logging.getLogger(__name__)

RECENT = 3 * DAY
"""Seconds that a nightly audit looks back; once a week it looks at everything."""
LATE = 900.0
"""Seconds: a poll finds everything sooner, push or no push."""
WEEK = 7
OLDEST = 40 * 365
"""Days after which nobody looks for the day of a message any more."""
MONTH = 30


@dataclass(frozen=True)
class Audited:
    """``missed`` had no row although the mailbox was read to the end; ``late`` of them are older than a poll."""

    messages: int = 0
    missed: tuple[GmailMessageId, ...] = ()
    late: int = 0


def audit(ports: Ports, workspace: Workspace, mailbox: Mailbox, late_after: float = LATE) -> Audited:
    """A nightly look at one mailbox. What was missed gets a row that waits to be read; the rest is an alarm.

    The mailbox is read to its end before the list and after it, so that what arrives meanwhile is nobody's fault.
    """
    collect(ports, workspace, mailbox.mailbox_id)
    listed: dict[GmailMessageId, MessageRef] = {}
    total = 0
    for page in ports.mail.in_background().list_messages(mailbox, _span(ports, mailbox)):
        known = ports.store.known(mailbox.mailbox_id, [ref.gmail_message_id for ref in page])
        listed |= {ref.gmail_message_id: ref for ref in page if ref.gmail_message_id not in known}
        total += len(page)
    if listed:
        collect(ports, workspace, mailbox.mailbox_id)
        known = ports.store.known(mailbox.mailbox_id, list(listed))
        listed = {i: ref for i, ref in listed.items() if i not in known}
    _seen(ports, mailbox)
    if fresh := ports.store.mailbox(mailbox.mailbox_id):
        realign(ports, fresh)  # whoever died between a stage and its rows left them as they were
    if not listed or _is_unfinished(ports, mailbox):
        return Audited(total)
    enqueue(ports, mailbox, listed.values())
    collect(ports, workspace, mailbox.mailbox_id)
    found = ports.store.known(mailbox.mailbox_id, list(listed))
    oldest = (ports.clock.now() - late_after) * 1000
    late = sum(0 < row.internal_date < oldest for row in found.values())
    log.error("an audit found %d messages without a row, %d of them late", len(listed), late)
    if late:
        ports.alarms.raise_(AlarmCode.AUDIT_MISSED, mailbox.mailbox_id)
    return Audited(total, tuple(sorted(listed)), late)


def enqueue(ports: Ports, mailbox: Mailbox, refs: Iterable[MessageRef]) -> None:
    """A row for each, that waits to be read: from now on it cannot be forgotten."""
    now = ports.clock.now()
    ports.store.add_rows(
        [
            Row(
                mailbox_id=mailbox.mailbox_id,
                gmail_message_id=ref.gmail_message_id,
                gmail_thread_id=ref.gmail_thread_id,
                reason=Reason.RETRYING,
                due_at=now,
                cause="missed",
                updated_at=now,
            )
            for ref in refs
        ]
    )


def coverage(ports: Ports, mailbox: Mailbox, *, by_day: bool = False) -> Coverage:
    """Lists the mailbox anew (5 quota units a 500 messages) and compares.

    ``by_day`` adds the days (UTC, of the internal date), at another 5 units for each day on which a label alone
    decided: only a list can date such mail.
    """
    listed = {ref.gmail_message_id: ref for page in ports.mail.list_messages(mailbox) for ref in page}
    outcomes: Counter[Outcome] = Counter()
    rows: dict[GmailMessageId, tuple[Outcome, int]] = {}
    for row in ports.store.rows(mailbox.mailbox_id):
        rows[row.gmail_message_id] = (row.outcome, row.internal_date)
        outcomes[row.outcome] += 1
    _seen(ports, mailbox)
    missing = sorted(listed.keys() - rows.keys())
    return Coverage(
        gmail=len(listed),
        left=len(rows.keys() - listed.keys()),
        outcomes={outcome: outcomes[outcome] for outcome in Outcome},
        missing=tuple(listed[i] for i in missing),
        days=_days(ports, mailbox, listed, rows) if by_day else {},
    )


def covered(ports: Ports, workspace: Workspace, mailbox: Mailbox, *, by_day: bool = False) -> Coverage:
    """``coverage`` of a mailbox that is read to its end, so that what just arrived does not count as missing."""
    collect(ports, workspace, mailbox.mailbox_id)
    found = coverage(ports, mailbox, by_day=by_day)
    if found.missing and collect(ports, workspace, mailbox.mailbox_id).messages:
        found = coverage(ports, mailbox, by_day=by_day)
    return found


@dataclass
class _Day:
    gmail: int = 0
    left: int = 0
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    missing: int = 0


def _days(
    ports: Ports,
    mailbox: Mailbox,
    listed: Mapping[GmailMessageId, MessageRef],
    rows: Mapping[GmailMessageId, tuple[Outcome, int]],
) -> dict[str, DayCoverage]:
    dated = {i: _day_of(date / 1000) for i, (_, date) in rows.items() if date}
    dated |= _dated_by_lists(ports, mailbox, {i for i in listed if i not in dated})
    days: dict[str, _Day] = {}
    for message_id in listed.keys() | rows.keys():
        day = days.setdefault(dated.get(message_id, ""), _Day())
        day.gmail += message_id in listed
        day.left += message_id not in listed
        day.missing += message_id not in rows
        if message_id in rows:
            day.outcomes[rows[message_id][0]] += 1
    return {
        name: DayCoverage(day.gmail, day.left, {o: day.outcomes[o] for o in Outcome}, day.missing)
        for name, day in sorted(days.items(), reverse=True)
    }


def _dated_by_lists(ports: Ports, mailbox: Mailbox, undated: set[GmailMessageId]) -> dict[GmailMessageId, str]:
    """Month by month from today back, and within a month that holds any of them day by day."""
    found: dict[GmailMessageId, str] = {}
    end = int(ports.clock.now() // DAY + 2) * DAY
    for month in range(0, OLDEST, MONTH):
        if len(found) == len(undated):
            break
        last = end - month * DAY
        there = _listed(ports, mailbox, Span(last - MONTH * DAY, last)) & undated
        for day in range(MONTH):
            if not there - found.keys():
                break
            begins = last - (day + 1) * DAY
            of_day = _listed(ports, mailbox, Span(begins, begins + DAY)) & there
            found |= {i: _day_of(begins) for i in of_day if i not in found}
    return found


def _listed(ports: Ports, mailbox: Mailbox, span: Span) -> set[GmailMessageId]:
    return {ref.gmail_message_id for page in ports.mail.list_messages(mailbox, span) for ref in page}


def _day_of(epoch_seconds: float) -> str:
    return datetime.fromtimestamp(epoch_seconds, UTC).date().isoformat()


def _span(ports: Ports, mailbox: Mailbox) -> Span:
    today = int(ports.clock.now() // DAY)
    turn = int(hashlib.sha256(mailbox.mailbox_id.encode()).hexdigest(), 16)
    is_whole = (today + turn) % WEEK == 0 or mailbox.last_audit_at is None
    return EVERYTHING if is_whole else Span(int(ports.clock.now() - RECENT), None)


def _is_unfinished(ports: Ports, mailbox: Mailbox) -> bool:
    """Its past is still being read, or it cannot be read now: what has no row is not missed, it is not due."""
    found = ports.store.mailbox(mailbox.mailbox_id)
    return found is None or found.backfill is not None or found.paused_until > ports.clock.now()


def _seen(ports: Ports, mailbox: Mailbox) -> None:
    now = ports.clock.now()
    ports.store.save_mailbox(mailbox.mailbox_id, lambda before: replace(before or mailbox, last_audit_at=now))
