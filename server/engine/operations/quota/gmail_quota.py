"""What was used of Gmail's units of a day, and what older mail will cost before a unit of it is used."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from more_itertools import chunked

from server.domain.errors import TrulyError
from server.domain.history import EVERYTHING, MessageRef, Span
from server.domain.ids import MessageId
from server.domain.mailbox import Mailbox
from server.domain.quota import Purpose, QuotaDay, find_day
from server.engine.collect.backfill import ROWS_PER_LOOKUP, list_marks, list_present_labels, was_too_old
from server.engine.operations.quota.day_budget import read_usual
from server.engine.operations.tallying import name_day
from server.logs.events import Event, describe
from server.ports.clock import Clock
from server.ports.mail import MailProvider
from server.ports.store import Store
from server.rules.forecast.counts import count_day
from server.rules.forecast.inputs import Inputs
from server.rules.forecast.past_price import LOGGED, Pace, PastSize, count_days, price_past
from server.rules.schedule.backfill_windows import DAY
from server.rules.schedule.day_budget import TAKEN, USED, count_free, read_purposes

log = logging.getLogger(__name__)

LOOKED_BACK = 14
"""Days of new mail that are counted to know what a usual day brings."""
ENOUGH = 1_000
"""Messages that our jobs read in two days, from which on their share of logged mail is believed."""
AUDITED = "nightly audit"
"""The part of a day's forecast that is not live work."""


@dataclass(frozen=True)
class QuotaUse:
    """Units of today and yesterday by purpose; ``free_for_past`` may yet be used for older mail today."""

    day: QuotaDay
    per_day: int
    today: Mapping[Purpose, int]
    yesterday: Mapping[Purpose, int]
    free_for_past: int

    @property
    def left(self) -> int:
        return max(self.per_day - sum(self.today.values()), 0)


@dataclass(frozen=True)
class PastLook:
    """What a mailbox has to be read, and how many new messages a day it gets."""

    size: PastSize
    mails_a_day: float


@dataclass(frozen=True)
class PastForecast:
    """``days`` is infinite where other work leaves nothing. ``logged_share`` of all mail is taken to be logged."""

    messages: int
    units: float
    days: float
    logged_share: float


@dataclass(frozen=True)
class GmailQuota:
    """Thread-safe. ``poll_seconds`` lie between two polls of a mailbox; ``watched`` is 1 with pushes and 0 without."""

    mail: MailProvider
    store: Store
    clock: Clock
    pace: Pace
    poll_seconds: float
    watched: float

    def measure(self) -> QuotaUse:
        """Raises TransientError."""
        now = self.clock.now()
        day = find_day(now)
        today, yesterday = self.store.quota(day.name), self.store.quota(day.before)
        usual = read_usual(self.store, day, self.pace.per_day)
        taken = read_purposes(today, TAKEN)
        free = count_free(self.pace.per_day, Purpose.PAST, taken, usual, day.compute_rest(now))
        return QuotaUse(
            day, self.pace.per_day, read_purposes(today, USED), read_purposes(yesterday, USED), max(free, 0)
        )

    def look(self, mailbox: Mailbox, start_ms: int) -> PastLook:
        """List what is to be read from ``start_ms`` on, as the planner will: 15 units for a thousand messages.

        Raises what the mail provider raises.
        """
        mail = self.mail.in_background()
        floor = start_ms // 1000 - DAY
        span = Span(floor, None) if floor > 0 else EVERYTHING
        refs = {ref.message_id: ref for page in mail.list_messages(mailbox, span) for ref in page}
        since = Span(int(self.clock.now()) - LOOKED_BACK * DAY, None)
        recent = sum(len(page) for page in mail.list_messages(mailbox, since))
        decided = list_marks(mail, mailbox, span, list_present_labels(mail, mailbox))
        unread = self._list_unread(mailbox, refs, start_ms)
        known = len(refs) - len(unread)
        return PastLook(PastSize.of(unread, decided, known), recent / LOOKED_BACK)

    def _list_unread(self, mailbox: Mailbox, refs: Mapping[MessageId, MessageRef], start_ms: int) -> list[MessageRef]:
        """Those that the walk will look at: without a row, or too old until now."""
        unread: list[MessageRef] = []
        for ids in chunked(refs, ROWS_PER_LOOKUP):
            rows = self.store.existing_rows(mailbox.mailbox_id, ids)
            unread += [refs[i] for i in ids if i not in rows or was_too_old(rows[i], start_ms)]
        return unread

    def foresee(
        self, looks: Sequence[PastLook], mailboxes: int | None = None, *, is_trial: bool = False
    ) -> PastForecast:
        """The price of reading so much, and its days beside the live work of ``mailboxes`` in all.

        In trial mode (``is_trial``) no body is read. Raises TransientError.
        """
        now, share = self.clock.now(), 0.0 if is_trial else self._measure_logged_share()
        units = [price_past(look.size, share) for look in looks]
        day = find_day(now)
        today = read_purposes(self.store.quota(day.name), TAKEN)
        busiest = read_usual(self.store, day, self.pace.per_day)
        count = max(mailboxes or len(looks), len(looks))
        mails = sum(look.mails_a_day for look in looks) / max(len(looks), 1)
        usual = self._foresee_usual(count, mails, share, busiest)
        days = count_days(units, self.pace, now, today, busiest, usual)
        return PastForecast(sum(look.size.messages for look in looks), sum(units), days, share)

    def foresee_rest(self, mailboxes: Iterable[Mailbox]) -> PastForecast:
        """Of what is left of all older mail that is being read; nobody is asked, so each message counts alone."""
        pasts = [m.backfill for m in mailboxes if m.reads and m.backfill]
        looks = [PastLook(PastSize.guess(max(past.size - past.seen, 0)), 0.0) for past in pasts]
        return self.foresee(looks)

    def tell(self, messages: int) -> None:
        """Write into the log what the older mail of a mailbox will cost, before it begins. It hinders no work."""
        try:
            foreseen = self.foresee([PastLook(PastSize.guess(messages), 0.0)])
        except TrulyError as error:
            log.warning("the price of older mail could not be foreseen: %s", type(error).__name__)
            return
        days = round(foreseen.days, 2) if math.isfinite(foreseen.days) else None
        fields = describe(Event.PAST_BEGINS, past_messages=messages, past_units=round(foreseen.units), past_days=days)
        log.info("older mail of a mailbox begins to be read", extra=fields)

    def _foresee_usual(
        self, mailboxes: int, mails_a_day: float, logged_share: float, busiest: Mapping[Purpose, int]
    ) -> dict[Purpose, int]:
        """Of a day, whichever is more: what the forecast says for this size, or the busiest of the last days took."""
        inputs = Inputs(mailboxes, mails_a_day=mails_a_day, logged_share=min(logged_share, 0.8), watched=self.watched)
        parts = count_day(replace(inputs, poll_seconds=self.poll_seconds, stored_messages=0.0))
        audit = parts[AUDITED].gmail_units
        live = sum(part.gmail_units for part in parts.values()) - audit
        usual = {Purpose.LIVE: int(live), Purpose.AUDIT: int(audit)}
        return {purpose: max(units, busiest.get(purpose, 0)) for purpose, units in usual.items()}

    def _measure_logged_share(self) -> float:
        now = self.clock.now()
        figures = self.store.tally(name_day(now)) + self.store.tally(name_day(now - DAY))
        read = figures["messages_count"]
        return min(figures["activities_count"] / read, 1.0) if read >= ENOUGH else LOGGED
