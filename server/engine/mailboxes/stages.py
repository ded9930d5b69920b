"""Change a mailbox's stage or start, and take up again what waited for that."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import islice

from server.domain.decision import Reason
from server.domain.errors import BadInputError, ConflictError
from server.domain.ledger import Held, Row
from server.domain.mailbox import DirectoryState, Mailbox, Stage
from server.engine.ledger.rows import free_row, hold_row, is_waiting_in_shard
from server.engine.ports import Ports
from server.rules.schedule.backfill_windows import begin_backfill

AT_ONCE = 200
"""Rows changed together."""


def find_mailbox(ports: Ports, address: str) -> Mailbox:
    """By any of its addresses, of which one of a deleted person may be somebody else's now. Raises BadInputError."""
    known = ports.store.mailboxes()
    for mailbox in sorted(known, key=lambda m: m.directory_state is DirectoryState.DELETED):
        if address.lower() in mailbox.addresses:
            return mailbox
    raise BadInputError(
        f"No mailbox of this Workspace has the address {address}. Run sync once, or check the spelling."
    )


def set_stage(ports: Ports, mailbox: Mailbox, stage: Stage) -> int:
    """Returns how many waiting rows the change freed or held."""
    return realign(ports, ports.store.save_mailbox(mailbox.mailbox_id, lambda now: (now or mailbox).staged(stage)))


def realign(ports: Ports, mailbox: Mailbox) -> int:
    """Free or hold its waiting rows as its stage and scope ask; returns how many."""
    return align(ports, mailbox, ports.store.waiting_rows(mailbox.mailbox_id))


def align(ports: Ports, mailbox: Mailbox, rows: Iterable[Row]) -> int:
    """The same for these of its rows, a portion at a time; one that somebody else moved on meanwhile is theirs."""
    now = ports.clock.now()
    wanted = (after for row in rows if (after := _aligned(mailbox, row, now)))
    count = 0
    while part := list(islice(wanted, AT_ONCE)):
        count += _changed(ports, part)
    return count


def _aligned(mailbox: Mailbox, row: Row, now: float) -> Row | None:
    """None where the row stands right. Draining waits for no delay."""
    if not is_waiting_in_shard(row):
        return None
    is_held = isinstance(row.wait, Held)
    is_delayed = mailbox.stage is Stage.DRAINING and row.reason is Reason.HELD
    if mailbox.delivers and (is_held or is_delayed):
        return free_row(row, now)
    if not mailbox.delivers and not is_held:
        return hold_row(row, mailbox.hold_cause, now)
    return None


def _changed(ports: Ports, rows: list[Row]) -> int:
    try:
        return len(ports.store.change_rows(rows))
    except ConflictError:
        return sum(_changed_alone(ports, row) for row in rows)


def _changed_alone(ports: Ports, row: Row) -> bool:
    try:
        ports.store.change_rows([row])
    except ConflictError:
        return False
    return True


def set_start(ports: Ports, mailbox: Mailbox, start: int) -> None:
    """Log from ``start`` on (epoch milliseconds). An earlier one than before opens the past: backfill looks again."""
    reopens = mailbox.cursor is not None and (start < mailbox.start or start == 0)
    past = begin_backfill(ports.clock.now(), ports.mail.count_messages(mailbox), is_again=False) if reopens else None

    def change(before: Mailbox | None) -> Mailbox:
        found = before or mailbox
        return replace(found, start=start, backfill=past or found.backfill)

    ports.store.save_mailbox(mailbox.mailbox_id, change)
