"""One whole pass on one machine: sweep, collect every mailbox, deliver until nothing is due."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from server.domain.errors import BadInputError
from server.domain.ids import MailboxId
from server.domain.ledger import BACKFILL, LIVE
from server.domain.mailbox import Mailbox
from server.engine.collect.backfill import backfill
from server.engine.collect.collect import collect
from server.engine.deliver.turns import SPENT, deliver_next, next_due
from server.engine.mailboxes.sweep import sweep
from server.engine.mailboxes.workspace_cache import WorkspaceCache
from server.engine.ports import Ports

STUCK = 3
"""Rounds in a row that read rows and settled none, after which a pass gives the rest back to time."""
Progress = Callable[[str, int], None]
"""``collected`` and ``settled`` messages, and ``expected`` ones: about how many more are to be collected."""


@dataclass
class Synced:
    """``troubled`` maps a mailbox address to the class of its error.

    ``is_spent``: it ended before its time, for the org's daily calls are used as far as background work may.
    """

    mailboxes: int = 0
    messages: int = 0
    logged: int = 0
    is_at_rest: bool = True
    is_spent: bool = False
    troubled: dict[str, str] = field(default_factory=dict)


def sync(
    ports: Ports, workspaces: WorkspaceCache, *, workers: int = 4, patience: float = 60.0,
    only: frozenset[str] = frozenset(), on_progress: Progress = lambda _what, _n: None,
    sleep: Callable[[float], None] = time.sleep,
) -> Synced:  # fmt: skip
    """``patience`` is how long (seconds) the pass waits in all for rows and mailboxes that must be tried again."""
    result = Synced()
    swept = sweep(ports, workspaces)
    mailboxes = [m for m in swept if not only or only & set(m.addresses)]
    if unknown := sorted(only - {a for m in ports.store.mailboxes() for a in m.addresses}):
        raise BadInputError(f"No mailbox of this Workspace has the address {', '.join(unknown)}.")
    result.mailboxes = len(mailboxes)
    pending: list[MailboxId] = [m.mailbox_id for m in mailboxes]
    waited = 0.0
    while True:
        _collect_all(ports, workspaces, pending, workers, result, on_progress)
        _deliver_all(ports, workspaces, result, on_progress)
        due = _next_due(ports, mailboxes)
        if result.is_spent:
            result.is_at_rest = False
            return result
        if due is None:
            result.is_at_rest = not result.troubled
            return result
        wait = max(due - ports.clock.now(), 0.05)
        if waited + wait > patience:
            result.is_at_rest = False
            return result
        sleep(wait)
        waited += wait
        pending = [m.mailbox_id for m in mailboxes]


def _collect_all(
    ports: Ports,
    workspaces: WorkspaceCache,
    pending: list[MailboxId],
    workers: int,
    result: Synced,
    on_progress: Progress,
) -> None:
    workspace = workspaces.current()

    def one(mailbox_id: MailboxId) -> None:
        done = collect(ports, workspace, mailbox_id, lambda n: on_progress("collected", n))
        result.messages += done.messages
        error = done.error
        if done.has_past and (begun := ports.store.mailbox(mailbox_id)) and begun.backfill:
            on_progress("expected", begun.backfill.size - begun.backfill.seen)
        while done.has_past and not error:
            past = backfill(ports, workspace, mailbox_id, on_progress=lambda n: on_progress("collected", n))
            result.messages += past.messages
            error = past.error
            if past.is_done or past.is_busy:
                break
        mailbox = ports.store.mailbox(mailbox_id)
        if mailbox and error:
            result.troubled[mailbox.address] = error
        elif mailbox:
            result.troubled.pop(mailbox.address, None)

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(one, pending))


def _deliver_all(ports: Ports, workspaces: WorkspaceCache, result: Synced, on_progress: Progress) -> None:
    stuck = 0
    while stuck < STUCK:
        done = deliver_next(ports, workspaces.current(), lambda n: on_progress("settled", n))
        result.is_spent = done.error == SPENT
        if done.read == 0:
            return
        result.logged += done.logged
        stuck = stuck + 1 if done.settled == 0 else 0


def _next_due(ports: Ports, mailboxes: list[Mailbox]) -> float | None:
    """The next row or paused mailbox to be tried; rows that wait for a person do not count."""
    now = ports.clock.now()
    times = [due] if (due := next_due(ports, (*LIVE, *BACKFILL))) is not None and due < now + 86_400 else []
    for mailbox in mailboxes:
        fresh = ports.store.mailbox(mailbox.mailbox_id)
        if fresh and fresh.last_error:
            times.append(fresh.paused_until)  # over or not: it has not been read since
        if fresh and fresh.backfill and fresh.reads:
            times.append(max(fresh.paused_until, fresh.backfill.paused_until))
        times += [row.due for row in ports.store.unscreened_rows(mailbox.mailbox_id, now + 86_400) if row.due]
    return min(times, default=None)
