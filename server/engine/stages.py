"""Change a mailbox's stage or start, and take up again what waited for that."""

from __future__ import annotations

from dataclasses import replace

from server.domain.decision import Outcome, Reason
from server.domain.errors import BadInputError
from server.domain.ledger import Row
from server.domain.mailbox import Mailbox, Stage
from server.engine.ports import Ports
from server.engine.screening import NEVER
from server.rules.windows import begun


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
    now = ports.clock.now()
    changed: list[Row] = []
    for row in ports.store.rows(mailbox.mailbox_id):
        if row.outcome is not Outcome.WAITING or row.shard is None:
            continue
        if stage.delivers and row.due_at == NEVER:
            changed.append(replace(row, reason=Reason.READY, due_at=now, cause=None, updated_at=now))
        elif not stage.delivers and row.due_at != NEVER:
            changed.append(replace(row, reason=Reason.HELD, due_at=NEVER, cause=stage.value, updated_at=now))
    ports.store.change_rows(changed)
    return len(changed)


def set_start(ports: Ports, mailbox: Mailbox, start: int) -> None:
    """Log from ``start`` on (epoch milliseconds). An earlier one than before opens the past: backfill looks again."""
    reopens = mailbox.cursor is not None and (start < mailbox.start or start == 0)
    past = begun(ports.clock.now(), ports.mail.size(mailbox), is_again=False) if reopens else None

    def change(before: Mailbox | None) -> Mailbox:
        found = before or mailbox
        return replace(found, start=start, backfill=past or found.backfill)

    ports.store.save_mailbox(mailbox.mailbox_id, change)
