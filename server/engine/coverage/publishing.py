"""The ledger's days in the CRM, where its own reports count them: counted by the nightly audit, written together."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import partial

from server.domain.errors import NotFoundError
from server.domain.ids import MailboxId
from server.domain.ledger import CoverageRow, DayCoverage
from server.domain.mailbox import Mailbox
from server.engine.coverage.audit import is_unfinished
from server.engine.coverage.days import latest
from server.engine.ports import Ports

log = logging.getLogger(__name__)

NIGHTS = 3
"""Days that a night counts anew: what waited or was refused then has its end by now."""


def count_days(ports: Ports, mailbox: Mailbox) -> int:
    """Keeps what became of the last days until it is published; how many. No day while its past is still being read."""
    if is_unfinished(ports, mailbox):
        return 0
    background = replace(ports, mail=ports.mail.in_background())
    return keep(ports, mailbox, latest(background, mailbox, NIGHTS))


def keep(ports: Ports, mailbox: Mailbox, days: tuple[DayCoverage, ...]) -> int:
    """To be published; a day that waits already is replaced."""
    names = {day.day for day in days}

    def changed(before: Mailbox | None) -> Mailbox:
        found = before or mailbox
        return replace(found, unpublished=(*(d for d in found.unpublished if d.day not in names), *days))

    ports.store.save_mailbox(mailbox.mailbox_id, changed)
    return len(days)


def publish(ports: Ports) -> int:
    """Everybody's counted days; how many rows. Without room in the org's calls they wait."""
    rows = [
        CoverageRow(mailbox.mailbox_id, mailbox.address, day)
        for mailbox in ports.store.mailboxes()
        for day in mailbox.unpublished
    ]
    allowance = ports.crm.allowance() if rows else None
    if not rows or (allowance is not None and allowance.is_spent):
        return 0
    try:
        published = publish_rows(ports, rows)
    except NotFoundError:
        log.info("the org keeps no days of the sync: the package is not installed")
        published = 0
    _forget(ports, rows)
    return published


def publish_rows(ports: Ports, rows: list[CoverageRow]) -> int:
    """In as few calls as there are; how many the org took. Raises NotFoundError where it has no object for them.

    A row that is refused is dropped and said: the next night counts the day again.
    """
    refused = [answer for answer in ports.crm.publish(rows) if answer is not None]
    if refused:
        log.error("the org refused %d of %d days: %s", len(refused), len(rows), refused[0])
    return len(rows) - len(refused)


def _forget(ports: Ports, rows: list[CoverageRow]) -> None:
    """What was counted anew meanwhile stays."""
    done: dict[MailboxId, list[DayCoverage]] = {}
    for row in rows:
        done.setdefault(row.mailbox_id, []).append(row.day)
    for mailbox_id, days in done.items():
        if found := ports.store.mailbox(mailbox_id):
            ports.store.save_mailbox(mailbox_id, partial(_without, days, found))


def _without(days: list[DayCoverage], known: Mailbox, before: Mailbox | None) -> Mailbox:
    found = before or known
    return replace(found, unpublished=tuple(day for day in found.unpublished if day not in days))
