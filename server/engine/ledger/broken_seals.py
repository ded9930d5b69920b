"""Waiting rows whose sealed headers do not open: they are read from Gmail again, and somebody looks at the keys."""

from __future__ import annotations

from collections.abc import Iterable

from server.domain.alarm import AlarmCode
from server.domain.errors import SealBrokenError
from server.domain.ledger import Row
from server.engine.ledger.rows import reopen_row
from server.ports.alarms import Alarms

CAUSE = "seal_broken"


def is_seal_broken(error: Exception) -> bool:
    return isinstance(error, SealBrokenError)


def read_again(alarms: Alarms, rows: Iterable[Row], now: float) -> list[Row]:
    """The rows as they wait for the next reading of their mailboxes. A broken seal is never an outcome.

    The message itself lies in Gmail: nothing is lost but the work of a reading.
    """
    reopened = [reopen_row(row, CAUSE, now) for row in rows]
    for mailbox_id in sorted({row.mailbox_id for row in reopened}):
        alarms.raise_alarm(AlarmCode.SEAL_BROKEN, mailbox_id)
    return reopened
