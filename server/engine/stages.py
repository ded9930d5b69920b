"""Change a mailbox's stage or start, and take up again what waited for that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice

from server.domain.decision import Reason
from server.domain.errors import BadInputError, ConflictError
from server.domain.ledger import Row
from server.domain.mailbox import Mailbox, Stage
from server.engine.ports import Ports
from server.engine.screening import NEVER
from server.rules.windows import begun

AT_ONCE = 200
"""Rows changed together."""


def find_mailbox(ports: Ports, address: str) -> Mailbox:
    """By any of its addresses. Raises BadInputError."""
    for mailbox in ports.store.mailboxes():
        if address.lower() in mailbox.addresses:
            return mailbox
    raise BadInputError(
        f"No mailbox of this Workspace has the address {address}. Run sync once, or check the spelling."
    )


def set_stage(ports: Ports, mailbox: Mailbox, stage: Stage) -> int:
    """Returns how many waiting rows the change freed or held."""
    ports.store.save_mailbox(mailbox.mailbox_id, lambda before: replace(before or mailbox, stage=stage))
    waiting = ports.store.held(mailbox.mailbox_id)
    return free(ports, waiting) if stage.delivers else _hold(ports, waiting, stage)


def free(ports: Ports, rows: Iterable[Row]) -> int:
    """What waited for a person waits no longer. Returns how many."""
    now = ports.clock.now()
    held = (row for row in rows if row.shard is not None and row.due_at == NEVER)
    return _changed(ports, (replace(r, reason=Reason.READY, due_at=now, cause=None, updated_at=now) for r in held))


def _hold(ports: Ports, rows: Iterable[Row], stage: Stage) -> int:
    now = ports.clock.now()
    due = (row for row in rows if row.shard is not None and row.due_at != NEVER)
    return _changed(
        ports, (replace(r, reason=Reason.HELD, due_at=NEVER, cause=stage.value, updated_at=now) for r in due)
    )


def _changed(ports: Ports, rows: Iterator[Row]) -> int:
    """A portion at a time; a row that somebody else moved on meanwhile is theirs."""
    count = 0
    while part := list(islice(rows, AT_ONCE)):
        try:
            ports.store.change_rows(part)
        except ConflictError:
            part = [row for row in part if _changed_alone(ports, row)]
        count += len(part)
    return count


def _changed_alone(ports: Ports, row: Row) -> bool:
    try:
        ports.store.change_rows([row])
    except ConflictError:
        return False
    return True


def set_start(ports: Ports, mailbox: Mailbox, start: int) -> None:
    """Log from ``start`` on (epoch milliseconds). An earlier one than before opens the past: backfill looks again."""
    reopens = mailbox.cursor is not None and (start < mailbox.start or start == 0)
    past = begun(ports.clock.now(), ports.mail.size(mailbox), is_again=False) if reopens else None

    def change(before: Mailbox | None) -> Mailbox:
        found = before or mailbox
        return replace(found, start=start, backfill=past or found.backfill)

    ports.store.save_mailbox(mailbox.mailbox_id, change)
