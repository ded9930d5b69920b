"""How the service is doing, in figures that need no look into a mail: for the log, the metrics and the operator."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from server.domain.alarm import AlarmCode
from server.domain.errors import TrulyError
from server.domain.ids import MailboxId
from server.domain.ledger import BACKFILL, LIVE
from server.domain.mailbox import Mailbox, Stage
from server.domain.quota import find_day
from server.engine.operations.alarm_texts import count_alarms
from server.engine.operations.quota.gmail_quota import GmailQuota, PastForecast, QuotaUse
from server.engine.operations.tallying import Tallier
from server.logs.events import Event, describe
from server.ports.alarms import Alarms
from server.ports.clock import Clock
from server.ports.crm import Allowance, Crm
from server.ports.store import Store
from server.rules.schedule.day_budget import LOOKED_BACK
from server.rules.schedule.lateness import measure_lateness
from server.rules.schedule.push_proof import measure_pushes

log = logging.getLogger(__name__)

GMAIL_UNITS_A_DAY = 80_000_000
"""Google's announced threshold for one project and day. Nobody outside knows yet whether it is a cap or a price."""
HOUR = 3_600.0
BUCKETS = {"behind_over_15_min": 900.0, "behind_over_1_h": HOUR, "behind_over_1_day": 24 * HOUR}
"""Seconds. Mailboxes are counted and not told one by one: a series for each person would cost and tell more."""
ERRORS = "errors_"
"""What the counts of failures in a tally begin with; a reaction follows."""


@dataclass(frozen=True)
class Status:
    """Minutes and hours are ages at the moment of the measurement; ``today`` began at midnight, UTC.

    ``waiting_min`` is how long the next email for Salesforce has been due, ``past_waiting_min`` the same of mail out of
    the past. ``audit_age_h`` is the oldest last comparison with Gmail's own list; -1 where a mailbox had none yet.
    """

    mailboxes: int = 0
    live: int = 0
    paused: int = 0
    never_read: int = 0
    reading_past: int = 0
    watched: int = 0
    pushes_heard: int = 0
    pushes_unproven: int = 0
    behind_worst_min: float = 0.0
    behind_worst_mailbox: MailboxId | None = None
    behind: Mapping[str, int] = field(default_factory=dict)
    waiting_min: float = 0.0
    past_waiting_min: float = 0.0
    audit_age_h: float = -1.0
    missed_mailboxes: int = 0
    alarms: Mapping[str, int] = field(default_factory=dict)
    allowance: Allowance | None = None
    today: Mapping[str, int] = field(default_factory=dict)
    quota: QuotaUse | None = None
    past: PastForecast | None = None

    @property
    def salesforce_percent(self) -> float | None:
        """Of the org's calls in 24 hours, by all programs; None where the org does not say."""
        return round(100 * self.allowance.used / self.allowance.allowed, 1) if self.allowance else None

    @property
    def gmail_percent(self) -> float:
        """Of the day's budget, all processes and purposes; without one, of what Google announced for a day."""
        if self.quota and self.quota.per_day:
            return round(100 * sum(self.quota.today.values()) / self.quota.per_day, 3)
        return round(100 * self.today.get("gmail_units", 0) / GMAIL_UNITS_A_DAY, 3)

    @property
    def errors(self) -> dict[str, int]:
        """Failures of today by what they ask of us."""
        found = {key.removeprefix(ERRORS): n for key, n in self.today.items() if key.startswith(ERRORS)}
        return dict(sorted(found.items()))

    def list_figures(self) -> dict[str, int | float | str]:
        """By the names that the log, the metrics and ``status --json`` share; what is unknown is left out."""
        allowance = self.allowance
        figures: dict[str, int | float | str | None] = {
            "mailboxes": self.mailboxes,
            "live": self.live,
            "paused": self.paused,
            "never_read": self.never_read,
            "reading_past": self.reading_past,
            "watched": self.watched,
            "pushes_heard": self.pushes_heard,
            "pushes_unproven": self.pushes_unproven,
            "behind_worst_min": self.behind_worst_min,
            "behind_worst_mailbox": self.behind_worst_mailbox,
            **self.behind,
            "waiting_min": self.waiting_min,
            "past_waiting_min": self.past_waiting_min,
            "audit_age_h": self.audit_age_h,
            "missed_mailboxes": self.missed_mailboxes,
            **{f"alarm_{code}": count for code, count in sorted(self.alarms.items())},
            "salesforce_used": allowance.used if allowance else None,
            "salesforce_allowed": allowance.allowed if allowance else None,
            "salesforce_percent": self.salesforce_percent,
            "salesforce_background_percent": round(100 * allowance.share) if allowance else None,
            "salesforce_calls_today": self.today.get("salesforce_calls", 0),
            "gmail_units_today": self.today.get("gmail_units", 0),
            "gmail_percent": self.gmail_percent,
            **self._list_quota(),
            "jobs_today": self.today.get("jobs", 0),
            "late_jobs_today": self.today.get("late_jobs", 0),
            **{f"errors_{reaction}_today": count for reaction, count in self.errors.items()},
        }
        return {name: value for name, value in figures.items() if value is not None}

    def _list_quota(self) -> dict[str, int | float | None]:
        """Of the day's budget (Pacific time), and of all older mail that is being read."""
        figures: dict[str, int | float | None] = {}
        if self.quota:
            figures |= {f"quota_{purpose.word}_today": units for purpose, units in self.quota.today.items()}
            figures["quota_yesterday"] = sum(self.quota.yesterday.values())
            figures["quota_left"] = self.quota.left
        if self.past:
            days = self.past.days
            figures |= {"past_messages_left": self.past.messages, "past_units_left": round(self.past.units)}
            figures["past_days_left"] = round(days, 2) if math.isfinite(days) else None
        return figures


@dataclass(frozen=True)
class StatusReader:
    store: Store
    clock: Clock
    crm: Crm
    alarms: Alarms
    tallier: Tallier
    gmail_quota: GmailQuota

    def measure(self, mailboxes: Iterable[Mailbox], *, ask: bool = False) -> Status:
        """``mailboxes`` are those to look at; of them only those that are read count. Raises TransientError.

        ``ask``: Salesforce for its calls, where this process has heard nothing of them yet.
        """
        now = self.clock.now()
        read = [mailbox for mailbox in mailboxes if mailbox.reads]
        lateness = {mailbox.mailbox_id: measure_lateness(mailbox, now) for mailbox in read}
        worst = max(lateness, key=lambda mailbox_id: lateness[mailbox_id], default=None)
        worst_seconds = lateness[worst] if worst else 0.0
        alarms = count_alarms(self.alarms, self.clock)
        pushes = measure_pushes(read, now)
        return Status(
            mailboxes=len(read),
            live=sum(mailbox.stage is Stage.LIVE for mailbox in read),
            paused=sum(mailbox.paused_until > now for mailbox in read),
            never_read=sum(mailbox.last_synced_at is None for mailbox in read),
            reading_past=sum(mailbox.backfill is not None for mailbox in read),
            watched=pushes.watched,
            pushes_heard=pushes.heard,
            pushes_unproven=pushes.unproven,
            behind_worst_min=_to_minutes(worst_seconds),
            behind_worst_mailbox=worst if worst_seconds else None,
            behind={name: sum(s > least for s in lateness.values()) for name, least in BUCKETS.items()},
            waiting_min=self._measure_waiting(LIVE, now),
            past_waiting_min=self._measure_waiting(BACKFILL, now),
            audit_age_h=_find_oldest_audit(read, now),
            missed_mailboxes=alarms.get(AlarmCode.AUDIT_MISSED, 0) + alarms.get(AlarmCode.WITNESS_MISSED, 0),
            alarms=alarms,
            allowance=self._read_allowance(ask=ask),
            today=self.tallier.read_today(),
            quota=self.gmail_quota.measure() if self.gmail_quota.pace.per_day else None,
            past=self.gmail_quota.foresee_rest(read) if any(m.backfill for m in read) else None,
        )

    def write(self, mailboxes: Iterable[Mailbox]) -> None:
        """Write the status into the log, where the metrics find it. It hinders no work: trouble is only told."""
        try:
            figures = self.measure(mailboxes).list_figures()
            self.tallier.drop_old()
            day = find_day(self.clock.now())
            self.store.tidy_quota(day.list_days_before(LOOKED_BACK)[0], day.before)
        except TrulyError as error:
            log.warning("the status could not be measured: %s", type(error).__name__)
            return
        log.info("the service's figures", extra=describe(Event.STATUS, **figures))

    def _measure_waiting(self, shards: Sequence[int], now: float) -> float:
        """Minutes for which the row that has been due longest has waited."""
        times = [due for shard in shards if (due := self.store.next_due(shard)) is not None]
        return _to_minutes(max(now - min(times, default=now), 0.0))

    def _read_allowance(self, *, ask: bool) -> Allowance | None:
        try:
            return self.crm.allowance(ask=ask)
        except TrulyError:
            return None  # the org's own trouble is in the lines of the deliveries


def _to_minutes(seconds: float) -> float:
    return round(seconds / 60, 1)


def _find_oldest_audit(mailboxes: Sequence[Mailbox], now: float) -> float:
    """Hours since the comparison that is longest ago; -1 where some mailbox had none yet."""
    times = [mailbox.last_audit_at for mailbox in mailboxes]
    if not times or None in times:
        return -1.0
    return round((now - min(time for time in times if time is not None)) / HOUR, 1)
