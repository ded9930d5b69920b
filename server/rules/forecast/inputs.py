"""What a forecast is made from: the size of an organisation, how it writes mail, and how the service is set up."""

from __future__ import annotations

from dataclasses import dataclass

from server.rules.forecast import deployment

DAY = 86_400.0
MONTH_DAYS = 30.0


@dataclass(frozen=True)
class Inputs:
    """All that the counts depend on. The defaults are those of the command ``forecast``.

    Mail comes at random within ``busy_hours`` of a day, ``peak`` times as much in the busiest hour as on average.
    ``logged_share`` of it is logged, ``unmatched_share`` is looked up in Salesforce and skipped, and the rest is
    skipped by its headers. ``changes_a_mail`` counts how often the label of a mail moves afterwards: it is read, it is
    archived, and Gmail pushes that too. ``watched`` is the share of the mailboxes with a live watch: 0 without push.

    ``audits_a_day`` and ``renewals_a_day`` (of watches) are a mailbox's; the audits of a night are spread over
    ``audit_span`` seconds.

    ``hourly_share`` is how much falls due of what is done once an hour and mailbox: 0 in a run that ends before.

    ``workers`` and ``sidebars`` count processes that are up all the time; ``worker_instances`` and
    ``sidebar_instances`` are the most that may be (as in `make deploy`), and queues and quotas follow from them.
    ``stored_messages`` is what a mailbox holds, None for ``backfill_months`` of mail. ``message_bytes`` is a raw
    message with its attachments. Requests for the same job within ``bucket_seconds`` are one job.

    ``collect_seconds`` is how long one mailbox is read, some seven calls one after the other, and ``round_seconds`` how
    long one round of delivery takes beside its mails. Both are assumed: no real Google or Salesforce was measured.
    """

    mailboxes: int
    days: float = MONTH_DAYS
    mails_a_day: float = 40.0
    logged_share: float = 0.3
    unmatched_share: float = 0.2
    changes_a_mail: float = 1.0
    busy_hours: float = 10.0
    peak: float = 2.0
    watched: float = 1.0
    poll_seconds: float = 300.0
    audits_a_day: float = 1.0
    audit_span: float = 3_600.0
    renewals_a_day: float = 1.0
    hourly_share: float = 1.0
    backfill_months: float = 12.0
    stored_messages: float | None = None
    message_bytes: float = 75_000.0
    workers: int = 2
    sidebars: int = 1
    worker_instances: int = deployment.WORKER_INSTANCES
    sidebar_instances: int = deployment.SIDEBAR_INSTANCES
    key_protection: str = deployment.KEY_PROTECTION
    backup_days: int = deployment.BACKUP_DAYS
    salesforce_calls_a_day: int | None = None
    salesforce_gigabytes: float | None = None
    salesforce_licences: int | None = None
    background_share: float = 0.8
    bucket_seconds: float = 5.0
    collect_seconds: float = 0.6
    round_seconds: float = 2.0

    @property
    def collects_a_second(self) -> float:
        """At most: the queue ``live`` runs so many at a time, and dispatches so many in a second."""
        lane = deployment.LANES["live"]
        ended = lane.count_at_a_time(self.worker_instances) / self.collect_seconds
        return min(lane.count_dispatches(self.worker_instances), ended)

    @property
    def messages_in_mailbox(self) -> float:
        if self.stored_messages is not None:
            return self.stored_messages
        return self.mails_a_day * 365.25 / 12 * self.backfill_months

    @property
    def salesforce_allowance(self) -> int:
        """Calls a day: what the org said, or Enterprise Edition's with a licence for every mailbox."""
        if self.salesforce_calls_a_day is not None:
            return self.salesforce_calls_a_day
        licences = self.mailboxes if self.salesforce_licences is None else self.salesforce_licences
        return SALESFORCE_BASE + SALESFORCE_PER_LICENCE * licences

    def in_busy_second(self, a_day: float) -> float:
        """Of what comes with mail: how much in a second of the busiest hour."""
        return a_day / (self.busy_hours * 3_600) * self.peak

    @property
    def salesforce_bytes(self) -> float:
        """Data storage of the org: what it said, or Enterprise Edition's with a licence for every mailbox."""
        if self.salesforce_gigabytes is not None:
            return self.salesforce_gigabytes * GIB
        licences = self.mailboxes if self.salesforce_licences is None else self.salesforce_licences
        return STORAGE_BASE + STORAGE_PER_LICENCE * licences


GIB = 2.0**30
STORAGE_BASE = 10.0 * GIB
"""Data storage of Enterprise Edition, before licences."""
STORAGE_PER_LICENCE = 20.0 * 2**20
SALESFORCE_BASE = 100_000
"""API calls a day of Enterprise Edition, before licences."""
SALESFORCE_PER_LICENCE = 1_000
