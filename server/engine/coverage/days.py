"""Count a mailbox's mail day by day (UTC, of the internal date): how much Gmail lists, and what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from server.domain.decision import Outcome, Reason
from server.domain.history import Span
from server.domain.ids import MessageId
from server.domain.ledger import DayCoverage, Row
from server.domain.mailbox import Mailbox
from server.ports.clock import Clock
from server.ports.mail import MailProvider
from server.ports.store import Store
from server.rules.schedule.backfill_windows import DAY

OLDEST_DAYS = 40 * 365
"""How many days back lists are searched for the day of a message."""
MONTH_DAYS = 30
UNDATED = ""
"""The name of the day of messages that left Gmail before their date was known."""


class DayFacts(NamedTuple):
    """What a day's count needs of a row. ``internal_date`` (epoch milliseconds) is 0 where only a list can date it."""

    outcome: Outcome
    reason: Reason
    cause: str | None
    internal_date: int

    @classmethod
    def of(cls, row: Row) -> DayFacts:
        return cls(row.outcome, row.reason, row.cause, row.internal_date)


@dataclass
class _DayCount:
    gmail: int = 0
    left: int = 0
    missing: int = 0
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    causes: Counter[str] = field(default_factory=Counter)

    def add(self, facts: DayFacts | None, *, is_listed: bool) -> None:
        self.gmail += is_listed
        self.left += not is_listed
        if facts is None:
            self.missing += 1
            return
        self.outcomes[facts.outcome] += 1
        if facts.reason is Reason.REJECTED:
            self.causes[facts.cause or "UNKNOWN"] += 1

    def freeze(self, day: str) -> DayCoverage:
        return DayCoverage(
            day=day,
            gmail=self.gmail,
            left=self.left,
            outcomes={outcome: self.outcomes[outcome] for outcome in Outcome},
            missing=self.missing,
            causes=tuple(sorted(self.causes.items(), key=lambda item: (-item[1], item[0]))),
        )


def group_by_day(
    mail: MailProvider,
    clock: Clock,
    mailbox: Mailbox,
    listed_ids: Iterable[MessageId],
    facts: Mapping[MessageId, DayFacts],
) -> dict[str, DayCoverage]:
    """Count all messages that Gmail lists or that have a row, by day, the newest day first."""
    listed = frozenset(listed_ids)
    day_names = {i: _day_name(row.internal_date / 1000) for i, row in facts.items() if row.internal_date}
    day_names |= _find_days(mail, clock, mailbox, {i for i in listed if i not in day_names})
    counts: dict[str, _DayCount] = {}
    for message_id in listed | facts.keys():
        count = counts.setdefault(day_names.get(message_id, UNDATED), _DayCount())
        count.add(facts.get(message_id), is_listed=message_id in listed)
    return {day: count.freeze(day) for day, count in sorted(counts.items(), reverse=True)}


def count_latest_days(
    mail: MailProvider, store: Store, clock: Clock, mailbox: Mailbox, days: int
) -> tuple[DayCoverage, ...]:
    """Count the last whole days, at 5 quota units for each. Mail that left Gmail since is not counted."""
    today = int(clock.now() // DAY) * DAY
    counted = []
    for begins in range(today - days * DAY, today, DAY):
        ids = sorted(_list_ids(mail, mailbox, Span(begins, begins + DAY)))
        rows = store.existing_rows(mailbox.mailbox_id, ids)
        count = _DayCount()
        for message_id in ids:
            row = rows.get(message_id)
            count.add(DayFacts.of(row) if row else None, is_listed=True)
        counted.append(count.freeze(_day_name(begins)))
    return tuple(counted)


def _find_days(mail: MailProvider, clock: Clock, mailbox: Mailbox, undated: set[MessageId]) -> dict[MessageId, str]:
    """List month by month from today back, and day by day within a month that holds any of the messages."""
    day_names: dict[MessageId, str] = {}
    # Two days ahead, for a message may carry a date in the future.
    end = int(clock.now() // DAY + 2) * DAY
    for month in range(0, OLDEST_DAYS, MONTH_DAYS):
        if len(day_names) == len(undated):
            break
        month_end = end - month * DAY
        of_month = _list_ids(mail, mailbox, Span(month_end - MONTH_DAYS * DAY, month_end)) & undated
        for day in range(MONTH_DAYS):
            if not of_month - day_names.keys():
                break
            begins = month_end - (day + 1) * DAY
            of_day = _list_ids(mail, mailbox, Span(begins, begins + DAY)) & of_month
            day_names |= {i: _day_name(begins) for i in of_day if i not in day_names}
    return day_names


def _list_ids(mail: MailProvider, mailbox: Mailbox, span: Span) -> set[MessageId]:
    return {ref.message_id for page in mail.list_messages(mailbox, span) for ref in page}


def _day_name(epoch_seconds: float) -> str:
    return datetime.fromtimestamp(epoch_seconds, UTC).date().isoformat()
