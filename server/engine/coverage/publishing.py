"""Write the ledger's days to the CRM, for its reports. The nightly audits count them; one job writes them together."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from server.domain.errors import MailboxUnavailableError, NotFoundError, ReconnectRequiredError
from server.domain.ids import MailboxId
from server.domain.ledger import CoverageRow, DayCoverage
from server.domain.mailbox import Mailbox
from server.engine.coverage.audit import is_unfinished
from server.engine.coverage.days import count_latest_days
from server.engine.mailboxes.pausing import pause_mailbox
from server.ports.clock import Clock
from server.ports.crm import Crm
from server.ports.mail import MailProvider
from server.ports.store import Store

log = logging.getLogger(__name__)

NIGHTS = 3
"""Days recounted every night: by then, mail of those days that waited or was refused has its final outcome."""


@dataclass(frozen=True)
class DayPublisher:
    mail: MailProvider
    crm: Crm
    store: Store
    clock: Clock

    def count(self, mailbox: Mailbox) -> int:
        """Count the last days and keep them until they are published; returns how many days.

        No day is counted while the mailbox's older mail is still being read.
        """
        if is_unfinished(self.store, self.clock, mailbox):
            return 0
        background = self.mail.in_background()
        try:
            days = count_latest_days(background, self.store, self.clock, mailbox, NIGHTS)
        except (MailboxUnavailableError, ReconnectRequiredError) as error:
            pause_mailbox(self.store, self.clock, mailbox, error)
            return 0
        return self.keep(mailbox, days)

    def keep(self, mailbox: Mailbox, days: tuple[DayCoverage, ...]) -> int:
        """Keep these days until they are published, in place of the same days counted earlier; returns how many."""
        names = {day.day for day in days}

        def replace_days(current: Mailbox | None) -> Mailbox:
            saved = current or mailbox
            remaining = (day for day in saved.unpublished if day.day not in names)
            return replace(saved, unpublished=(*remaining, *days))

        self.store.save_mailbox(mailbox.mailbox_id, replace_days)
        return len(days)

    def publish(self) -> int:
        """Publish the kept days of all mailboxes; returns how many rows the org took.

        Where background work has used its share of the org's API calls, the days are kept for the next time.
        """
        rows = [
            CoverageRow(mailbox.mailbox_id, mailbox.address, day)
            for mailbox in self.store.mailboxes()
            for day in mailbox.unpublished
        ]
        # Asking for the allowance may cost a call, so it is asked only for rows.
        allowance = self.crm.allowance() if rows else None
        if not rows or (allowance is not None and allowance.is_spent):
            return 0
        try:
            published = publish_rows(self.crm, rows)
        except NotFoundError:
            log.info("the org has no object for days of the sync: the package is not installed")
            published = 0
        # A refused day is dropped too: the next night counts it again.
        self._drop_kept(rows)
        return published

    def _drop_kept(self, rows: Sequence[CoverageRow]) -> None:
        """Drop what was published. A day that was counted again meanwhile is another value, and stays."""
        published: dict[MailboxId, list[DayCoverage]] = {}
        for row in rows:
            published.setdefault(row.mailbox_id, []).append(row.day)
        for mailbox_id, days in published.items():
            if mailbox := self.store.mailbox(mailbox_id):
                self._drop_days(mailbox, days)

    def _drop_days(self, mailbox: Mailbox, days: Sequence[DayCoverage]) -> None:
        def drop(current: Mailbox | None) -> Mailbox:
            saved = current or mailbox
            return replace(saved, unpublished=tuple(day for day in saved.unpublished if day not in days))

        self.store.save_mailbox(mailbox.mailbox_id, drop)


def publish_rows(crm: Crm, rows: Sequence[CoverageRow]) -> int:
    """Write the rows in as few calls as possible; returns how many the org took.

    A row that the org refuses is logged and dropped: the next night counts that day again. Raises NotFoundError where
    the org has no object for days.
    """
    refusals = [error for error in crm.publish(rows) if error is not None]
    if refusals:
        log.error("the org refused %d of %d days: %s", len(refusals), len(rows), refusals[0])
    return len(rows) - len(refusals)
