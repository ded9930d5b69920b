"""What Salesforce refused: its sentence kept under seal, grouped by cause for an admin, and tried once more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from server.domain.decision import Reason
from server.domain.errors import BrokenAutomationError, ConflictError, RejectedError, SealBrokenError
from server.domain.ledger import Row
from server.domain.mailbox import Mailbox
from server.engine.ledger.rows import reopen_row
from server.engine.ledger.sealing import Sealing
from server.ports.clock import Clock
from server.ports.store import Store
from server.rules.headers.header_text import clean_line

LONGEST = 500
"""Characters of a sentence that are kept."""
IN_DOUBT = "DOUBT_WITHOUT_KEY_FIELD"
"""The mail may stand in Salesforce: it is never tried again unless an admin says so."""
ROWS_PER_NIGHT = 200
"""Rows of one mailbox that a night tries once more, those first that were not tried for longest."""
COLLECTION, PURPOSE = "messages", "cause"


@dataclass(frozen=True)
class Refusals:
    """All rows of one cause. ``sentence`` is the newest one's; times are epoch seconds."""

    code: str
    count: int
    mailboxes: int
    last_at: float
    sentence: str


def seal_sentence(sealing: Sealing, row_key: str, error: Exception) -> bytes | None:
    """What Salesforce said of a refused mail, for the rep and the admin: their own org wrote it."""
    if not isinstance(error, RejectedError | BrokenAutomationError) or not error.reason:
        return None
    text = clean_line(error.reason)[:LONGEST].encode("utf-8", "replace")
    return sealing.seal(COLLECTION, row_key, PURPOSE, text)


def read_sentence(sealing: Sealing, row: Row) -> str:
    """Empty where Salesforce gave none, or where it does not open."""
    if row.sealed_cause is None:
        return ""
    try:
        return sealing.open(COLLECTION, row.key, PURPOSE, row.sealed_cause).decode()
    except SealBrokenError:
        return ""


def list_refused(store: Store, mailbox: Mailbox) -> Iterator[Row]:
    return (row for row in store.failed_rows(mailbox.mailbox_id) if row.reason is Reason.REJECTED)


def group_by_cause(store: Store, sealing: Sealing, mailboxes: Iterable[Mailbox]) -> list[Refusals]:
    """The most frequent cause first."""
    groups: dict[str, list[Row]] = {}
    for mailbox in mailboxes:
        for row in list_refused(store, mailbox):
            groups.setdefault(row.cause or "", []).append(row)
    refusals = []
    for code, rows in groups.items():
        newest = max(rows, key=lambda row: (row.updated_at, row.key))
        mailbox_count = len({row.mailbox_id for row in rows})
        sentence = read_sentence(sealing, newest)
        refusals.append(Refusals(code, len(rows), mailbox_count, newest.updated_at, sentence))
    return sorted(refusals, key=lambda group: (-group.count, group.code))


def replay_refused(
    store: Store, clock: Clock, mailbox: Mailbox, code: str | None = None, limit: int | None = None
) -> int:
    """Let refused mail be read and decided again; returns how many messages.

    ``code`` limits it to one cause; without it everything is tried but what may stand in Salesforce already. A row
    that another worker changes at this moment is left to that worker.
    """
    rows = [row for row in list_refused(store, mailbox) if (row.cause == code if code else row.cause != IN_DOUBT)]
    rows.sort(key=lambda row: (row.updated_at, -row.internal_date, row.key))
    now = clock.now()
    count = 0
    for row in rows[:limit]:
        try:
            store.change_rows([reopen_row(row, "replayed", now)])
        except ConflictError:
            continue
        count += 1
    return count
