"""Change a mailbox's stage or start, and take up again what waited for that."""

from __future__ import annotations

from dataclasses import replace

from server.domain.decision import Outcome, Reason
from server.domain.errors import BadInputError
from server.domain.history import MessageRef
from server.domain.ledger import Row
from server.domain.mailbox import DirectoryState, Mailbox, Stage
from server.engine.collect import AT_ONCE
from server.engine.ports import Ports
from server.engine.screening import NEVER, screen_messages
from server.engine.workspace import WorkspaceCache


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
    """Free or hold its waiting rows as its stage and scope ask; returns how many. Draining waits for no delay."""
    now = ports.clock.now()
    is_draining = mailbox.stage is Stage.DRAINING
    changed: list[Row] = []
    for row in ports.store.rows(mailbox.mailbox_id):
        if row.outcome is not Outcome.WAITING or row.shard is None:
            continue
        if mailbox.delivers and (row.due_at == NEVER or (is_draining and row.reason is Reason.HELD)):
            changed.append(replace(row, reason=Reason.READY, due_at=now, cause=None, updated_at=now))
        elif not mailbox.delivers and row.due_at != NEVER:
            changed.append(replace(row, reason=Reason.HELD, due_at=NEVER, cause=mailbox.hold_cause, updated_at=now))
    ports.store.change_rows(changed)
    return len(changed)


def set_start(ports: Ports, workspaces: WorkspaceCache, mailbox: Mailbox, start: int) -> int:
    """Backfill from an earlier ``start`` (epoch milliseconds): what was too old and no longer is, is screened again."""
    after = ports.store.save_mailbox(mailbox.mailbox_id, lambda before: replace(before or mailbox, start=start))
    rows = [
        row
        for row in ports.store.rows(mailbox.mailbox_id)
        if row.reason is Reason.BEFORE_START and row.internal_date >= start
    ]
    label = ports.mail.label_named(after, ports.policy.dont_log_label)
    for begin in range(0, len(rows), AT_ONCE):
        part = rows[begin : begin + AT_ONCE]
        refs = [MessageRef(row.gmail_message_id, row.gmail_thread_id) for row in part]
        before: dict[str, Row] = {row.gmail_message_id: row for row in part}
        screened = screen_messages(ports, workspaces.current(), after, refs, label, before)
        ports.store.change_rows(list(screened.rows))
        if screened.throttled:
            raise screened.throttled
    return len(rows)
