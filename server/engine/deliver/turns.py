"""Many mailboxes together: whose turn it is. ``round`` says what happens to the rows of a turn."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace

from server.domain.alarm import AlarmCode
from server.domain.errors import OtherOrgError, ReconnectRequiredError, TransientError, reaction_named
from server.domain.ids import ActivityKey, MailboxId, MessageId
from server.domain.ledger import BACKFILL, LIVE, Row
from server.domain.mailbox import Workspace
from server.engine.deliver.filing import MailFiler
from server.engine.deliver.round import Delivered, DeliveryRound, RoundTools
from server.engine.ledger.rows import is_waiting_in_shard
from server.engine.mailboxes.lease import Lease, Leases, keep_renewed
from server.logs.events import Event, describe
from server.logs.trail import count_on_trail
from server.ports.alarms import Alarms
from server.ports.crm import ACTIVITIES_PER_CALL, ACTIVITIES_PER_COLLECTION, Crm

log = logging.getLogger(__name__)

LEAST_READ = 600
"""Rows read of one shard: a mail has as many rows as mailboxes."""
SHORT = "StorageShort"
"""The error of a round over older mail that left the rest of the org's storage to new mail."""
SPENT = "AllowanceSpent"
"""The error of a round that left the rest of the org's daily calls to people."""
Progress = Callable[[int], None]
"""Hears how many rows were settled."""


@dataclass(frozen=True)
class Deliverer:
    """Thread-safe. ``past_filer`` reads bodies below all other work."""

    crm: Crm
    alarms: Alarms
    leases: Leases
    tools: RoundTools
    filer: MailFiler
    past_filer: MailFiler

    def deliver_next(self, workspace: Workspace, on_progress: Progress = lambda _settled: None) -> Delivered:
        """A round over new mail; where it settled none, one over mail out of the past, below all other work.

        Mail of a mailbox that cannot be read comes due again and again: nobody's past may wait for that.
        """
        live = self.deliver(workspace, LIVE, on_progress=on_progress)
        if live.settled or live.misread or live.error:
            return live
        past = self.deliver(workspace, BACKFILL, ACTIVITIES_PER_CALL, on_progress, is_past=True)
        return replace(past, read=live.read + past.read, is_busy=live.is_busy or past.is_busy)

    def deliver(
        self, workspace: Workspace, shards: Sequence[int], limit: int = ACTIVITIES_PER_COLLECTION,
        on_progress: Progress = lambda _settled: None, *, is_past: bool = False,
    ) -> Delivered:  # fmt: skip
        """One round over the shards that nobody else holds: at most ``limit`` activities, whole conversations."""
        now = self.tools.clock.now()
        # A look costs less than a lease: a shard without due rows is left alone.
        due = [s for s in shards if (first := self.tools.store.next_due(s)) is not None and first <= now]
        if due and self._is_allowance_spent():
            return Delivered(error=SPENT)
        if due and is_past and (storage := self.crm.storage(ask=True)) is not None and storage.is_short:
            return Delivered(error=SHORT)
        with self._holding(due) as held:
            rows = self._select_due(list(held), limit)
            is_busy = len(held) < len(due)
            if not rows:
                return Delivered(is_busy=is_busy)
            result = self._run_round(workspace, rows, self.past_filer if is_past else self.filer, held)
            on_progress(result.settled)
            return replace(result, is_busy=is_busy)

    def deliver_now(self, workspace: Workspace, rows: Sequence[Row]) -> Delivered | None:
        """These waiting rows at once, for a person who looks on; None where another worker has them already.

        A mail that was screened anew by its bytes has a second round, and no more.
        """
        result = self._deliver_rows(workspace, rows)
        if result is None or not result.misread:
            return result
        ids: dict[MailboxId, list[MessageId]] = {}
        for row in result.misread:
            ids.setdefault(row.mailbox_id, []).append(row.message_id)
        store = self.tools.store
        fresh = [row for owner, messages in ids.items() for row in store.existing_rows(owner, messages).values()]
        return self._deliver_rows(workspace, fresh)

    def _deliver_rows(self, workspace: Workspace, rows: Sequence[Row]) -> Delivered | None:
        waiting = [row for row in rows if is_waiting_in_shard(row)]
        shards = sorted({row.shard for row in waiting if row.shard is not None})
        with self._holding(shards) as held:
            if len(held) < len(shards):
                return None
            return self._run_round(workspace, waiting, self.filer, held) if waiting else Delivered()

    def next_due(self, shards: Sequence[int]) -> float | None:
        """When the next waiting row of these shards is due (epoch seconds)."""
        times = [due for shard in shards if (due := self.tools.store.next_due(shard)) is not None]
        return min(times, default=None)

    def _run_round(
        self, workspace: Workspace, rows: Sequence[Row], filer: MailFiler, held: Mapping[int, Lease]
    ) -> Delivered:
        mailboxes = self.tools.store.find_mailboxes({row.mailbox_id for row in rows})

        def renew_leases(outlast: float = 0.0) -> None:
            for lease in held.values():
                lease.renew(outlast)

        try:
            result = DeliveryRound(self.tools, filer, workspace, mailboxes, renew_leases).run(rows)
        except OtherOrgError:
            self.alarms.raise_alarm(AlarmCode.OTHER_ORG)
            raise
        if result.error:
            fields = describe(Event.ROUND_STOPPED, error=result.error, reaction=reaction_named(result.error).value)
            log.warning("a delivery ended early: its mail waits", extra=fields)
        count_on_trail("settled", result.settled)
        return result

    @contextmanager
    def _holding(self, shards: Sequence[int]) -> Iterator[dict[int, Lease]]:
        """Leases those of the shards that nobody else holds."""
        leases = {shard: self.leases.lease(f"shard/{shard}") for shard in shards}
        held = {shard: lease for shard, lease in leases.items() if lease.take()}
        try:
            with keep_renewed(list(held.values())) if held else nullcontext():
                yield held
        finally:
            for lease in held.values():
                lease.release()

    def _is_allowance_spent(self) -> bool:
        """Nobody waits for a round: it leaves the rest of the day's calls to those who click."""
        try:
            allowance = self.crm.allowance()
        except (TransientError, ReconnectRequiredError):
            return False  # the round itself will say what is wrong
        if allowance is None or not allowance.is_spent:
            return False
        self.alarms.raise_alarm(AlarmCode.SALESFORCE_CALLS)
        return True

    def _select_due(self, shards: Sequence[int], limit: int) -> list[Row]:
        """Whole conversations, the longest waiting first, and then others that still fit.

        A conversation that alone is too much is cut after its oldest mails, for each is decided knowing those before
        it. A mail is never cut: all its due copies come along. Rows of all shards: a Gmail thread whose root is
        elsewhere lies in two, and read apart it costs twice.
        """
        now, most = self.tools.clock.now(), max(limit, LEAST_READ)
        portions = [self.tools.store.due_rows(shard, now, most) for shard in shards]
        rows = [row for portion in portions for row in portion]
        conversations: dict[str, list[Row]] = {}
        for row in sorted(rows, key=lambda row: (row.due or 0.0, row.thread_id, row.internal_date, row.key)):
            conversations.setdefault(row.conversation or row.key, []).append(row)
        keys: dict[ActivityKey | None, None] = {}
        for conversation in conversations.values():
            if keys and len(keys.keys() | {row.activity_key for row in conversation}) > limit:
                continue
            for key in _order_mails(conversation):
                if len(keys) < limit:
                    keys[key] = None
        selected = [row for row in rows if row.activity_key in keys]
        # Where a shard holds more than was read, further copies of a mail may lie beyond.
        is_cut = any(len(portion) >= most for portion in portions)
        return [*selected, *self._list_copies_beyond(selected, shards, now)] if is_cut else selected

    def _list_copies_beyond(self, rows: Sequence[Row], shards: Sequence[int], now: float) -> list[Row]:
        known = {row.key for row in rows}
        copies = [copy for key in {r.activity_key for r in rows if r.activity_key} for copy in self._copies_of(key)]
        return [
            copy
            for copy in copies
            if copy.key not in known and copy.shard in shards and copy.due is not None and copy.due <= now
        ]

    def _copies_of(self, key: ActivityKey) -> list[Row]:
        return [row for row in self.tools.store.copies_of(key) if is_waiting_in_shard(row)]


def _order_mails(rows: Sequence[Row]) -> list[ActivityKey | None]:
    """The mails of a conversation in the order in which they are decided: by date, then by key."""
    dates: dict[ActivityKey | None, int] = {}
    for row in rows:
        dates[row.activity_key] = min(row.internal_date, dates.get(row.activity_key, row.internal_date))
    return sorted(dates, key=lambda key: (dates[key], key or ""))
