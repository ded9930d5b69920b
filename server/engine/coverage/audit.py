"""Prove that no message was missed: compare Gmail's own list with the ledger's rows, as sets of ids."""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from server.domain.alarm import AlarmCode
from server.domain.decision import Outcome, Reason
from server.domain.errors import MailboxUnavailableError, ReconnectRequiredError
from server.domain.history import EVERYTHING, MessageRef, Span
from server.domain.ids import MessageId
from server.domain.ledger import Coverage, Row
from server.domain.mailbox import Mailbox, Workspace
from server.engine.collect.collect import Collector
from server.engine.coverage.days import DayFacts, group_by_day
from server.engine.ledger.categories import InCategory, find_place
from server.engine.ledger.rows import MISSED, RETURNED, look_again, note_unread, reopen_row
from server.engine.ledger.saving import save_changed_rows
from server.engine.mailboxes.pausing import is_parked, pause_mailbox
from server.engine.mailboxes.stages import align_mailbox
from server.logs.events import Event, describe
from server.ports.alarms import Alarms
from server.ports.clock import Clock
from server.ports.mail import MailProvider
from server.ports.store import Store
from server.rules.authorship.own_mail import UNMARKED
from server.rules.schedule.backfill_windows import DAY

log = logging.getLogger(__name__)

RECENT = 3 * DAY
"""Seconds that a nightly audit looks back; once a week it looks at all mail."""
LATE_AFTER = 900.0
"""Seconds: a poll finds every message sooner, with or without pushes."""
WEEK = 7
PLAIN_PAGES = 2
"""Pages of 500 of the plain list that are read beside a search: Gmail's search has been seen to lag by hours."""


@dataclass(frozen=True)
class Audit:
    """What an audit found.

    ``missed`` had no row although the mailbox was read to the end; ``late`` counts those that are older than a poll.
    ``returned`` counts messages that Gmail once did not give us, and lists: they are read again.
    """

    messages: int = 0
    missed: tuple[MessageId, ...] = ()
    late: int = 0
    returned: int = 0


@dataclass
class _Listing:
    """``total`` is how many messages the audited span has; ``unrecorded`` have no row, ``returned`` one that is gone.

    The first pages of the plain list are in the two latter, and not in ``total``.
    """

    total: int = 0
    unrecorded: dict[MessageId, MessageRef] = field(default_factory=dict)
    returned: dict[MessageId, Row] = field(default_factory=dict)


@dataclass(frozen=True)
class Auditor:
    mail: MailProvider
    alarms: Alarms
    store: Store
    clock: Clock
    collector: Collector

    def audit(self, workspace: Workspace, mailbox: Mailbox, late_after: float = LATE_AFTER) -> Audit:
        """Audit one mailbox for the night.

        A message without a row gets one that waits to be read. A message without a row that is older than
        ``late_after`` seconds raises an alarm. The mailbox is read to its end before and after the listing, so that
        mail which arrives meanwhile does not count as missed. A mailbox that Google refuses is parked, and not audited.
        """
        try:
            return self._audit(workspace, mailbox, late_after)
        except (MailboxUnavailableError, ReconnectRequiredError) as error:
            self.park(mailbox, error)
            return Audit()

    def park(self, mailbox: Mailbox, error: Exception) -> None:
        """Pause the mailbox with the cause, unless collecting has just done so."""
        current = self.store.mailbox(mailbox.mailbox_id) or mailbox
        if current.paused_until <= self.clock.now():
            pause_mailbox(self.store, self.clock, current, error)

    def _audit(self, workspace: Workspace, mailbox: Mailbox, late_after: float) -> Audit:
        self._collect(workspace, mailbox)
        if is_parked(self.store.mailbox(mailbox.mailbox_id) or mailbox, self.clock.now()):
            return Audit()
        listing = self._list_messages(mailbox)
        total, unrecorded = listing.total, listing.unrecorded
        self._read_again(listing.returned.values())
        if unrecorded or listing.returned:
            # What arrived during the listing has no row yet, and was not missed.
            self._collect(workspace, mailbox)
            unrecorded = self._drop_recorded(mailbox, unrecorded)
        store, clock = self.store, self.clock
        record_audit(store, clock, mailbox)
        if current := store.mailbox(mailbox.mailbox_id):
            # A process that died between saving a stage and changing the rows left the rows as they were.
            align_mailbox(store, clock, current)
        if not unrecorded or is_unfinished(store, clock, mailbox):
            return Audit(total, returned=len(listing.returned))
        add_missed_rows(store, clock, mailbox, unrecorded.values())
        # Only the message itself has the date that tells whether it is late.
        self._collect(workspace, mailbox)
        late_count = self._count_late(mailbox, list(unrecorded), late_after)
        fields = describe(
            Event.AUDIT, mailbox=mailbox.mailbox_id, messages=total, missed=len(unrecorded), late=late_count
        )
        text = "an audit found %d messages without a row, %d of them late"
        log.error(text, len(unrecorded), late_count, extra=fields)
        if late_count:
            self.alarms.raise_alarm(AlarmCode.AUDIT_MISSED, mailbox.mailbox_id)
        return Audit(total, tuple(sorted(unrecorded)), late_count, len(listing.returned))

    def measure(self, workspace: Workspace, mailbox: Mailbox, *, by_day: bool = False) -> Coverage:
        """Read the mailbox to its end, then measure its coverage: mail that just arrived does not count as missing."""
        mail, store, clock = self.mail.in_background(), self.store, self.clock
        self._collect(workspace, mailbox)
        coverage = measure_coverage(mail, store, clock, mailbox, by_day=by_day)
        if coverage.missing and self._collect(workspace, mailbox):
            coverage = measure_coverage(mail, store, clock, mailbox, by_day=by_day)
        return coverage

    def _collect(self, workspace: Workspace, mailbox: Mailbox) -> int:
        return self.collector.collect(workspace, mailbox.mailbox_id).messages

    def _list_messages(self, mailbox: Mailbox) -> _Listing:
        listing = _Listing()
        span = _choose_span(self.clock.now(), mailbox)
        # In the background: a nightly listing must not slow down new mail.
        mail = self.mail.in_background()
        for page in mail.list_messages(mailbox, span):
            listing.total += len(page)
            self._compare(mailbox, page, listing)
        if span != EVERYTHING:
            for page in islice(mail.list_messages(mailbox), PLAIN_PAGES):
                self._compare(mailbox, page, listing)
        return listing

    def _compare(self, mailbox: Mailbox, page: Sequence[MessageRef], listing: _Listing) -> None:
        rows = self.store.existing_rows(mailbox.mailbox_id, [ref.message_id for ref in page])
        listing.unrecorded |= {ref.message_id: ref for ref in page if ref.message_id not in rows}
        listing.returned |= {i: row for i, row in rows.items() if row.outcome is Outcome.GONE}
        # The version before gave own mail that may be scheduled no time to be looked at again.
        timeless = [look_again(row, self.clock.now()) for row in rows.values() if _is_timeless(row)]
        if timeless:
            save_changed_rows(self.store, timeless)

    def _read_again(self, rows: Collection[Row]) -> None:
        """What counts as gone and is listed: Gmail did not have it for a while, or said so."""
        if rows:
            now = self.clock.now()
            save_changed_rows(self.store, [reopen_row(row, RETURNED, now) for row in rows])
            log.warning("an audit found %d messages that were gone and are listed", len(rows))

    def _drop_recorded(self, mailbox: Mailbox, refs: Mapping[MessageId, MessageRef]) -> dict[MessageId, MessageRef]:
        rows = self.store.existing_rows(mailbox.mailbox_id, list(refs))
        return {message_id: ref for message_id, ref in refs.items() if message_id not in rows}

    def _count_late(self, mailbox: Mailbox, ids: list[MessageId], late_after: float) -> int:
        rows = self.store.existing_rows(mailbox.mailbox_id, ids)
        latest_ms = (self.clock.now() - late_after) * 1000
        return sum(0 < row.internal_date < latest_ms for row in rows.values())


def _is_timeless(row: Row) -> bool:
    return row.wait is None and row.reason is Reason.NOT_MAIL and any(e.mark == UNMARKED for e in row.evidence)


def add_missed_rows(store: Store, clock: Clock, mailbox: Mailbox, refs: Iterable[MessageRef]) -> None:
    """Add a row that waits to be read for each message: from now on the message cannot be forgotten."""
    now = clock.now()
    store.add_rows([note_unread(mailbox.mailbox_id, ref, MISSED, now) for ref in refs])


def measure_coverage(
    mail: MailProvider, store: Store, clock: Clock, mailbox: Mailbox, *, by_day: bool = False
) -> Coverage:
    """List the mailbox anew (5 quota units for 500 messages) and compare the list with the rows.

    ``by_day`` adds the days (UTC, of the internal date), at another 5 units for each day on which a label alone
    decided about a message: only a list can date such mail.
    """
    listed = {ref.message_id: ref for page in mail.list_messages(mailbox) for ref in page}
    outcomes: Counter[Outcome] = Counter()
    facts: dict[MessageId, DayFacts] = {}
    unrelated = returned = 0
    places: Counter[InCategory | None] = Counter()
    for row in store.rows(mailbox.mailbox_id):
        unrelated += row.unrelated
        returned += row.outcome is Outcome.GONE and row.message_id in listed
        places[find_place(row)] += 1
        facts[row.message_id] = DayFacts.of(row)
        outcomes[row.outcome] += 1
    record_audit(store, clock, mailbox)
    missing = sorted(listed.keys() - facts.keys())
    return Coverage(
        gmail=len(listed),
        left=len(facts.keys() - listed.keys()),
        outcomes={outcome: outcomes[outcome] for outcome in Outcome},
        missing=tuple(listed[message_id] for message_id in missing),
        days=group_by_day(mail, clock, mailbox, listed, facts) if by_day else {},
        unrelated=unrelated,
        returned=returned,
        people_left_out=places[InCategory.BY_PERSON],
        unread_left_out=places[InCategory.UNREAD],
        from_categories=places[InCategory.LOGGED],
    )


def is_unfinished(store: Store, clock: Clock, mailbox: Mailbox) -> bool:
    """Older mail is still being read, or the mailbox cannot be read now: messages without a row are not due yet."""
    current = store.mailbox(mailbox.mailbox_id)
    return current is None or current.backfill is not None or current.paused_until > clock.now()


def record_audit(store: Store, clock: Clock, mailbox: Mailbox) -> None:
    """Store that the mailbox was compared now."""
    now = clock.now()
    store.save_mailbox(mailbox.mailbox_id, lambda current: replace(current or mailbox, last_audit_at=now))


def _choose_span(now: float, mailbox: Mailbox) -> Span:
    """The last days, or once a week all mail. Each mailbox has its own day of the week, by a hash of its id."""
    today = int(now // DAY)
    weekday = int(hashlib.sha256(mailbox.mailbox_id.encode()).hexdigest(), 16)
    is_whole = (today + weekday) % WEEK == 0 or mailbox.last_audit_at is None
    return EVERYTHING if is_whole else Span(int(now - RECENT), None)
