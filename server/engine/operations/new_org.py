"""Begin the ledger of another Salesforce org: what the state says of the org before is decided again for the new one.

The order holds against an end at any moment. First the state says which org's ledger is being begun: from then on
nothing is written to any org. Then activities go and their rows are opened again, portion by portion; what is done
stays done when the command runs once more. Last the state is given to the new org. All shards are held meanwhile, so
that no delivery that began before can close a row for the old org behind this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from more_itertools import chunked

from server.domain.crm import OrgName
from server.domain.decision import Outcome
from server.domain.errors import BadInputError, TransientError
from server.domain.identity import StateIdentity, is_same_org
from server.domain.ids import ActivityKey
from server.domain.ledger import BACKFILL, LIVE, ActivityState, Row
from server.domain.mailbox import DirectoryState, Mailbox
from server.engine.ledger.rows import forget_org, lose_row
from server.engine.ledger.saving import save_changed_rows
from server.engine.mailboxes.lease import Lease, Leases, keep_renewed
from server.ports.clock import Clock
from server.ports.crm import Crm
from server.ports.store import Store

ROWS_PER_PORTION = 200
READ_PER_MINUTE = 1_000
"""Messages of one mailbox that are read again in a minute: Gmail's units of a mailbox are for its new mail too."""
LONGEST_WAIT = 600.0
"""Seconds. A delivery that runs ends within five minutes."""
LOOK_EVERY = 2.0
"""Seconds."""
Progress = Callable[[int], None]
"""Hears how many messages were opened again."""


@dataclass(frozen=True)
class NewOrgPlan:
    """``bound`` is the id of the org that the state belongs to. Counts are of rows: one for each copy of an email.

    ``unread`` are those of mailboxes that are not read now: they wait until the mailbox is read again. ``lost`` are
    those of people who were deleted: nobody can read them any more.
    """

    bound: str
    answering: OrgName
    is_begun: bool = False
    logged: int = 0
    refused: int = 0
    unmatched: int = 0
    unread: int = 0
    lost: int = 0
    mailboxes: int = 0

    @property
    def is_needed(self) -> bool:
        return bool(self.bound) and (self.is_begun or not is_same_org(self.bound, self.answering.org_id))


@dataclass(frozen=True)
class NewOrg:
    """The explicit act of an admin. Nothing else gives a state to another org."""

    crm: Crm
    store: Store
    clock: Clock
    leases: Leases
    sleep: Callable[[float], None]

    def preview(self) -> NewOrgPlan:
        """Ask which org answers, and count what would be decided again. Nothing is changed.

        Raises TransientError and ReconnectRequiredError where Salesforce does not answer.
        """
        identity = self._read_identity()
        answering = self.crm.name_org()
        plan = NewOrgPlan(identity.salesforce_org, answering, is_begun=bool(identity.next_salesforce_org))
        if not plan.is_needed:
            return plan
        mailboxes = self.store.mailboxes()
        opened = [(m, row) for m in mailboxes for row in self.store.rows(m.mailbox_id) if _opens(row)]
        outcomes = [row.outcome for mailbox, row in opened if mailbox.reads]
        lost = sum(_is_lost(mailbox) for mailbox, _ in opened)
        return replace(
            plan,
            mailboxes=len(mailboxes),
            logged=outcomes.count(Outcome.LOGGED),
            refused=outcomes.count(Outcome.FAILED),
            unmatched=outcomes.count(Outcome.SKIPPED),
            unread=len(opened) - len(outcomes) - lost,
            lost=lost,
        )

    def begin(self, plan: NewOrgPlan, on_progress: Progress = lambda _count: None) -> int:
        """Carry the plan out; returns how many messages are read again now. It may end at any moment and run again.

        Raises BadInputError where another org answers by now, TransientError where a delivery does not end.
        """
        begun = plan.answering.org_id
        if not is_same_org(self.crm.name_org().org_id, begun):
            raise BadInputError("The Salesforce org is not the one of a moment ago. Nothing was changed.")
        self._save_identity(lambda i: replace(i, next_salesforce_org=begun))
        with self._holding_all_shards() as leases:
            count = 0
            # What a label or a click changed at the same moment is found by another pass.
            while opened := self._open_mailboxes(leases, on_progress):
                count += sum(number for mailbox, number in opened if mailbox.reads)
            self._save_identity(lambda i: replace(i, salesforce_org=begun, next_salesforce_org=""))
        return count

    def _open_mailboxes(self, leases: Sequence[Lease], on_progress: Progress) -> list[tuple[Mailbox, int]]:
        """The mailboxes of which rows were changed, each with how many."""
        opened = [(m, self._open_mailbox(m, leases, on_progress)) for m in self.store.mailboxes()]
        return [(mailbox, number) for mailbox, number in opened if number]

    def _open_mailbox(self, mailbox: Mailbox, leases: Sequence[Lease], on_progress: Progress) -> int:
        """Returns how many rows were changed."""
        # The User behind a mailbox is another one there, and the days counted last are those of the org before.
        self.store.save_mailbox(
            mailbox.mailbox_id, lambda current: replace(current or mailbox, crm_user_id=None, unpublished=())
        )
        changed = 0
        for portion in chunked(self.store.rows(mailbox.mailbox_id), ROWS_PER_PORTION):
            for lease in leases:
                lease.renew()
            self._drop_activities(portion)
            now = self.clock.now()
            rows = [
                opened
                for row in portion
                if (opened := forget_org(row, now, now + 60.0 * ((changed + 1) // READ_PER_MINUTE))) is not None
            ]
            if _is_lost(mailbox):
                rows = [lose_row(row, now) if row.outcome is Outcome.WAITING else row for row in rows]
            save_changed_rows(self.store, rows)
            changed += len(rows)
            on_progress(len(rows))
        return changed

    def _drop_activities(self, rows: Sequence[Row]) -> None:
        """What a person deleted stays known: it comes back in no org unasked."""
        keys: list[ActivityKey] = list(dict.fromkeys(row.activity_key for row in rows if row.activity_key))
        activities = self.store.activities(keys) if keys else {}
        self.store.drop_activities([key for key, a in activities.items() if a.state is not ActivityState.REMOVED])

    @contextmanager
    def _holding_all_shards(self) -> Iterator[list[Lease]]:
        """Waits for deliveries that run. Raises TransientError."""
        held: list[Lease] = []
        try:
            with keep_renewed(held):
                for shard in (*LIVE, *BACKFILL):
                    lease = self._take(self.leases.lease(f"shard/{shard}"))
                    held.append(lease)  # it is renewed while the next one is waited for
                yield held
        finally:
            for lease in held:
                lease.release()

    def _take(self, lease: Lease) -> Lease:
        until = self.clock.now() + LONGEST_WAIT
        while not lease.take():
            if self.clock.now() >= until:
                raise TransientError("A delivery is still running. Run the command again.")
            self.sleep(LOOK_EVERY)
        return lease

    def _read_identity(self) -> StateIdentity:
        identity = self.store.identity()
        if identity is None:
            raise BadInputError("There is no state yet. Start the service once.")
        return identity

    def _save_identity(self, change: Callable[[StateIdentity], StateIdentity]) -> None:
        self.store.save_identity(lambda current: change(current or self._read_identity()))


def _opens(row: Row) -> bool:
    return (opened := forget_org(row, 0.0, 0.0)) is not None and opened.outcome is Outcome.WAITING


def _is_lost(mailbox: Mailbox) -> bool:
    """Its mail went with the person: a row that waited for it would wait for ever."""
    return mailbox.directory_state is DirectoryState.DELETED
