"""Many mailboxes together: whose turn it is. What happens to the rows of a round is in ``delivery``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from server.domain.alarm import AlarmCode
from server.domain.errors import ReconnectRequiredError, TransientError
from server.domain.ids import ActivityKey
from server.domain.ledger import BACKFILL, LIVE, Row
from server.domain.mailbox import Workspace
from server.engine.deliver.round import Delivered, Delivery
from server.engine.ledger.rows import is_waiting_in_shard
from server.engine.ports import Ports
from server.ports.crm import FILE_AT_ONCE, FILE_MANY

LEASE = 300.0
"""Seconds: a job ends within five minutes."""
LEAST_READ = 600
"""Rows read of one shard: a mail has as many rows as mailboxes."""
SPENT = "AllowanceSpent"
"""What a round says that left the rest of the org's daily calls to people."""


def deliver(
    ports: Ports, workspace: Workspace, shards: Sequence[int], limit: int = FILE_AT_ONCE,
    on_progress: Callable[[int], None] = lambda _n: None,
) -> Delivered:  # fmt: skip
    """One round over the shards that nobody else holds: at most ``limit`` activities, whole conversations."""
    now, holder = ports.clock.now(), ports.new_holder()
    # A look costs less than a lease: a shard without due rows is left alone.
    found = [s for s in shards if (first := ports.store.next_due(s)) is not None and first <= now]
    if found and _is_spent(ports):
        return Delivered(error=SPENT)
    held = [s for s in found if ports.store.lease(f"shard/{s}", holder, now, LEASE)]
    try:
        rows = _due(ports, held, limit)
        if not rows:
            return Delivered()
        done = Delivery(ports, workspace, {m.mailbox_id: m for m in ports.store.mailboxes()}).run(rows)
        on_progress(done.settled)
        return done
    finally:
        for shard in held:
            ports.store.release(f"shard/{shard}", holder)


def deliver_next(ports: Ports, workspace: Workspace, on_progress: Callable[[int], None] = lambda _n: None) -> Delivered:
    """A round over new mail; only where none is due, one over mail out of the past, below all other work."""
    done = deliver(ports, workspace, LIVE, on_progress=on_progress)
    if done.read or done.error:
        return done
    background = replace(ports, mail=ports.mail.in_background())
    return deliver(background, workspace, BACKFILL, FILE_MANY, on_progress)


def deliver_now(ports: Ports, workspace: Workspace, rows: Sequence[Row]) -> Delivered | None:
    """These waiting rows at once, for somebody who looks on; None where another worker is at them already."""
    waiting = [row for row in rows if is_waiting_in_shard(row)]
    shards = sorted({row.shard for row in waiting if row.shard is not None})
    now, holder = ports.clock.now(), ports.new_holder()
    held = [s for s in shards if ports.store.lease(f"shard/{s}", holder, now, LEASE)]
    try:
        if len(held) < len(shards):
            return None
        mailboxes = {m.mailbox_id: m for m in ports.store.mailboxes()}
        return Delivery(ports, workspace, mailboxes).run(waiting) if waiting else Delivered()
    finally:
        for shard in held:
            ports.store.release(f"shard/{shard}", holder)


def _is_spent(ports: Ports) -> bool:
    """Nobody waits for a round: it leaves the rest of the day's calls to those who click."""
    try:
        allowance = ports.crm.allowance()
    except (TransientError, ReconnectRequiredError):
        return False  # the round itself will say what is wrong
    if allowance is None or not allowance.is_spent:
        return False
    ports.alarms.raise_alarm(AlarmCode.SALESFORCE_CALLS)
    return True


def _due(ports: Ports, shards: Sequence[int], limit: int) -> list[Row]:
    """The longest waiting first, cut where the next mail would be one too many.

    Of all shards, for a Gmail conversation whose root is elsewhere lies in two; read apart, it costs twice as much.
    """
    now = ports.clock.now()
    rows = [row for shard in shards for row in ports.store.due_rows(shard, now, max(limit, LEAST_READ))]
    rows.sort(key=lambda row: (row.due or 0, row.thread_id, row.key))
    keys: dict[ActivityKey | None, None] = {}
    for row in rows:
        if row.activity_key not in keys and len(keys) == limit:
            break
        keys[row.activity_key] = None
    return [row for row in rows if row.activity_key in keys]


def next_due(ports: Ports, shards: Sequence[int]) -> float | None:
    """When the next waiting row of these shards is due."""
    times = [due for shard in shards if (due := ports.store.next_due(shard)) is not None]
    return min(times, default=None)
