"""A mailbox's mail day by day (UTC, of the internal date): how much Gmail lists, and what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from server.domain.decision import OUTCOME_OF, Outcome, Reason
from server.domain.history import Span
from server.domain.ids import MessageId
from server.domain.ledger import DayCoverage, Row
from server.domain.mailbox import Mailbox
from server.engine.ports import Ports
from server.rules.schedule.backfill_windows import DAY

OLDEST = 40 * 365
"""Days after which nobody looks for the day of a message any more."""
MONTH = 30


class Settled(NamedTuple):
    """What a day needs to know of a row; ``internal_date`` is 0 where only a list can date it."""

    reason: Reason
    cause: str | None
    internal_date: int

    @classmethod
    def of(cls, row: Row) -> Settled:
        return cls(row.reason, row.cause, row.internal_date)


@dataclass
class _Day:
    gmail: int = 0
    left: int = 0
    missing: int = 0
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    causes: Counter[str] = field(default_factory=Counter)

    def add(self, row: Settled | None, *, is_listed: bool) -> None:
        self.gmail += is_listed
        self.left += not is_listed
        if row is None:
            self.missing += 1
            return
        self.outcomes[OUTCOME_OF[row.reason]] += 1
        if row.reason is Reason.REJECTED:
            self.causes[row.cause or "UNKNOWN"] += 1

    def counted(self, name: str) -> DayCoverage:
        return DayCoverage(
            day=name,
            gmail=self.gmail,
            left=self.left,
            outcomes={outcome: self.outcomes[outcome] for outcome in Outcome},
            missing=self.missing,
            causes=tuple(sorted(self.causes.items(), key=lambda each: (-each[1], each[0]))),
        )


def days_of(
    ports: Ports, mailbox: Mailbox, listed: Iterable[MessageId], rows: Mapping[MessageId, Settled]
) -> dict[str, DayCoverage]:
    """All of them, the newest first; an empty name for what left Gmail undated."""
    here = frozenset(listed)
    dated = {i: _day_of(row.internal_date / 1000) for i, row in rows.items() if row.internal_date}
    dated |= _dated_by_lists(ports, mailbox, {i for i in here if i not in dated})
    days: dict[str, _Day] = {}
    for message_id in here | rows.keys():
        day = days.setdefault(dated.get(message_id, ""), _Day())
        day.add(rows.get(message_id), is_listed=message_id in here)
    return {name: day.counted(name) for name, day in sorted(days.items(), reverse=True)}


def latest(ports: Ports, mailbox: Mailbox, count: int) -> tuple[DayCoverage, ...]:
    """The last whole days, at 5 quota units each, and without what left Gmail since."""
    today = int(ports.clock.now() // DAY) * DAY
    found = []
    for begins in range(today - count * DAY, today, DAY):
        ids = sorted(_listed(ports, mailbox, Span(begins, begins + DAY)))
        rows = ports.store.existing_rows(mailbox.mailbox_id, ids)
        day = _Day()
        for message_id in ids:
            row = rows.get(message_id)
            day.add(Settled.of(row) if row else None, is_listed=True)
        found.append(day.counted(_day_of(begins)))
    return tuple(found)


def _dated_by_lists(ports: Ports, mailbox: Mailbox, undated: set[MessageId]) -> dict[MessageId, str]:
    """Month by month from today back, and within a month that holds any of them day by day."""
    found: dict[MessageId, str] = {}
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


def _listed(ports: Ports, mailbox: Mailbox, span: Span) -> set[MessageId]:
    return {ref.message_id for page in ports.mail.list_messages(mailbox, span) for ref in page}


def _day_of(epoch_seconds: float) -> str:
    return datetime.fromtimestamp(epoch_seconds, UTC).date().isoformat()
