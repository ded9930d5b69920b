"""Change a mailbox's stage or first day, and bring its waiting rows in line with that."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from more_itertools import chunked

from server.domain.decision import Reason
from server.domain.errors import BadInputError
from server.domain.ledger import Held, Row
from server.domain.mailbox import DirectoryState, Mailbox, Stage
from server.engine.ledger.rows import free_row, hold_row, is_waiting_in_shard
from server.engine.ledger.saving import save_changed_rows
from server.ports.clock import Clock
from server.ports.mail import MailProvider
from server.ports.store import Store
from server.rules.schedule.backfill_windows import begin_backfill

ROWS_PER_COMMIT = 200


def find_mailbox(store: Store, name: str) -> Mailbox:
    """Find a mailbox by any of its addresses or by its Directory id. Raises BadInputError.

    An address of a deleted person may belong to somebody else by now, so deleted people come last.
    """
    for mailbox in sorted(store.mailboxes(), key=lambda m: m.directory_state is DirectoryState.DELETED):
        if mailbox.is_named(name):
            return mailbox
    raise BadInputError(
        f"No mailbox of this Workspace has the address or Directory id {name}. Run sync once, or check the spelling."
    )


def set_stage(store: Store, clock: Clock, mailbox: Mailbox, stage: Stage) -> int:
    """Set what an admin decided; returns how many waiting rows the change freed or held."""
    saved = store.save_mailbox(mailbox.mailbox_id, lambda current: (current or mailbox).staged(stage))
    return align_mailbox(store, clock, saved)


def align_mailbox(store: Store, clock: Clock, mailbox: Mailbox) -> int:
    """Free or hold all waiting rows as the mailbox's stage and scope require; returns how many changed."""
    return align_rows(store, clock, mailbox, store.waiting_rows(mailbox.mailbox_id))


def align_rows(store: Store, clock: Clock, mailbox: Mailbox, rows: Iterable[Row]) -> int:
    """Free or hold these rows of the mailbox; returns how many changed. A row that somebody else changes is skipped."""
    now = clock.now()
    aligned = (changed for row in rows if (changed := _align_row(mailbox, row, now)))
    return sum(len(rows) - len(save_changed_rows(store, rows)) for rows in chunked(aligned, ROWS_PER_COMMIT))


def count_misaligned(mailbox: Mailbox, rows: Iterable[Row], now: float) -> tuple[int, int]:
    """How many of these rows ``align_rows`` would free, and how many it would hold."""
    changed = [row for row in rows if _align_row(mailbox, row, now)]
    return (len(changed), 0) if mailbox.delivers else (0, len(changed))


def _align_row(mailbox: Mailbox, row: Row, now: float) -> Row | None:
    """Return the changed row, or None where nothing is to change."""
    if not is_waiting_in_shard(row) or row.is_unwanted:
        return None  # what a rep stopped goes from Salesforce, whatever becomes of the mailbox
    is_held = isinstance(row.wait, Held)
    # A mailbox that drains delivers at once: nobody is left who could stop a delayed mail.
    is_delayed = mailbox.stage is Stage.DRAINING and row.reason is Reason.HELD
    if mailbox.delivers and (is_held or is_delayed):
        return free_row(row, now)
    if not mailbox.delivers and not is_held:
        return hold_row(row, mailbox.hold_cause, now)
    return None


def set_start(mail: MailProvider, store: Store, clock: Clock, mailbox: Mailbox, start: int) -> None:
    """Log the mailbox from ``start`` on (epoch milliseconds). An earlier start than before reopens its past."""
    # A mailbox without a cursor was never read: its first pass reads from the new start anyway.
    reopens = mailbox.cursor is not None and (start < mailbox.start or start == 0)
    past = begin_backfill(clock.now(), mail.count_messages(mailbox), is_again=False) if reopens else None

    def move_start(current: Mailbox | None) -> Mailbox:
        saved = current or mailbox
        return replace(saved, start=start, backfill=past or saved.backfill)

    store.save_mailbox(mailbox.mailbox_id, move_start)
