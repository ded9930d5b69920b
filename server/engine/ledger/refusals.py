"""What Salesforce refused: its sentence kept under seal, grouped by cause for an admin, and tried once more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from server.domain.decision import Reason
from server.domain.errors import ConflictError, RejectedError, SealBrokenError
from server.domain.ledger import Row
from server.domain.mailbox import Mailbox
from server.engine.collect.screening import day_of, seal_place
from server.engine.ledger.rows import reopen_row
from server.engine.ports import Ports
from server.rules.headers.header_text import clean_line

LONGEST = 500
"""Characters of a sentence that are kept."""
IN_DOUBT = "DOUBT_WITHOUT_KEY_FIELD"
"""Perhaps it is in Salesforce: never tried again unless somebody says so."""
AT_ONCE = 200
"""Rows of one mailbox that a night tries once more, the newest first."""


@dataclass(frozen=True)
class Refusals:
    """All rows of one cause. ``sentence`` is the newest one's; times are epoch seconds."""

    code: str
    count: int
    mailboxes: int
    last_at: float
    sentence: str


def seal_sentence(ports: Ports, key: str, reason: Reason, error: Exception) -> bytes | None:
    """What Salesforce said of a refused mail, for the rep and the admin: their own org wrote it."""
    if reason is not Reason.REJECTED or not isinstance(error, RejectedError) or not error.reason:
        return None
    plain = clean_line(error.reason)[:LONGEST].encode("utf-8", "replace")
    return ports.sealer.seal(plain, seal_place(ports, key, "cause"), day_of(ports.clock.now()))


def sentence_of(ports: Ports, row: Row) -> str:
    """Empty where Salesforce gave none, or where it does not open."""
    if row.sealed_cause is None:
        return ""
    try:
        return ports.sealer.open(row.sealed_cause, seal_place(ports, row.key, "cause")).decode()
    except SealBrokenError:
        return ""


def refused(ports: Ports, mailbox: Mailbox) -> Iterator[Row]:
    return (row for row in ports.store.failed_rows(mailbox.mailbox_id) if row.reason is Reason.REJECTED)


def by_cause(ports: Ports, mailboxes: Iterable[Mailbox]) -> list[Refusals]:
    """The most frequent first."""
    groups: dict[str, list[Row]] = {}
    for mailbox in mailboxes:
        for row in refused(ports, mailbox):
            groups.setdefault(row.cause or "", []).append(row)
    found = []
    for code, rows in groups.items():
        newest = max(rows, key=lambda row: (row.updated_at, row.key))
        boxes = len({row.mailbox_id for row in rows})
        found.append(Refusals(code, len(rows), boxes, newest.updated_at, sentence_of(ports, newest)))
    return sorted(found, key=lambda each: (-each.count, each.code))


def replay(ports: Ports, mailbox: Mailbox, code: str | None = None, limit: int | None = None) -> int:
    """Refused mail waits to be read anew; how many. ``code`` alone, or all but what may stand in Salesforce already.

    A row that changes at this moment is left to whoever changes it.
    """
    rows = [row for row in refused(ports, mailbox) if (row.cause == code if code else row.cause != IN_DOUBT)]
    rows.sort(key=lambda row: (-row.internal_date, row.key))
    now = ports.clock.now()
    count = 0
    for row in rows[:limit]:
        try:
            ports.store.change_rows([reopen_row(row, "replayed", now)])
        except ConflictError:
            continue
        count += 1
    return count
