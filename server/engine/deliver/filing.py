"""Mails that are to be logged: claim, look where there is doubt, fetch, seal, insert once, close."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from server.domain.crm import Direction, Filed, Found
from server.domain.decision import Outcome, Reason
from server.domain.errors import (
    ConfigurationError,
    ConflictError,
    DoubtError,
    RejectedError,
    TransientError,
    UnansweredError,
)
from server.domain.ids import ActivityKey, MailboxId, SalesforceId
from server.domain.ledger import ActivityRow, ActivityState, Row
from server.domain.mailbox import Mailbox, Workspace
from server.engine.deliver.activities import Filing, Planned, Planner, portions
from server.engine.deliver.other_tools import others_of
from server.engine.ledger.closing import is_owners
from server.engine.ledger.rows import log_row
from server.engine.ports import Ports

BODIES_WITHIN = 90.0
"""Seconds after which no further portion is begun: a round's leases last five minutes, and Gmail paces a mailbox."""
CLOSING_TRIES = 5
REQUEST_LIVES = 600.0
"""Seconds after which Salesforce has ended a request for certain: ten minutes, whoever has given up on it."""


@dataclass
class Result:
    """``unwanted``: an old claim that came to nothing, and today's decision is not to log."""

    logged: int = 0
    settled: int = 0
    unwanted: list[Filing] = field(default_factory=list)
    failed: list[tuple[Filing, Exception]] = field(default_factory=list)


def file_mails(
    ports: Ports, workspace: Workspace, mailboxes: Mapping[MailboxId, Mailbox], filings: Sequence[Filing]
) -> Result:
    """Raises what concerns the whole batch (Salesforce away, not configured); the rest is in the result."""
    return _Round(ports, workspace, mailboxes).run(filings)


class _Round:
    def __init__(self, ports: Ports, workspace: Workspace, mailboxes: Mapping[MailboxId, Mailbox]) -> None:
        self._ports = ports
        self._planner = Planner(ports, workspace, mailboxes)
        self._result = Result()
        self._tried_before: frozenset[ActivityKey] = frozenset()

    def run(self, filings: Sequence[Filing]) -> Result:
        fresh = [f for f in filings if f.claimed is None]
        doubtful = [f for f in filings if f.claimed is not None]
        self._tried_before = frozenset(f.mail.key for f in doubtful)
        ends = self._ports.clock.now() + BODIES_WITHIN
        planned: list[Planned] = []
        missing = self._resolve_doubt(doubtful)
        others = others_of(self._ports, [*missing, *fresh])
        self._planner.learn_opportunities([*missing, *fresh])
        for portion in portions([*missing, *fresh]):
            if planned and self._ports.clock.now() > ends:
                break  # the rest stays in line, unclaimed: a round ends while its leases hold
            won = self._claim([f for f in portion if f.claimed is None])
            claimed = [f for f in portion if f.claimed is not None] + won
            self._join([(f, others[f.mail.key]) for f in claimed if f.mail.key in others])
            planned += self._planner.prepare([f for f in claimed if f.mail.key not in others])
        for filing, error in self._planner.failed:
            self._fail(filing, error)
        if planned:
            planned = self._planner.timed(planned)
            self._answer(planned, self._filed(planned))
        return self._result

    def _filed(self, planned: list[Planned]) -> Sequence[Filed]:
        try:
            answers = self._ports.crm.file([activity for _, activity in planned])
        except UnansweredError:
            self._note_unanswered([filing for filing, _ in planned])
            raise
        pairs = zip(planned, answers, strict=True)
        self._note_unanswered([f for (f, _), answer in pairs if isinstance(answer.error, UnansweredError)])
        return answers

    def _note_unanswered(self, filings: Sequence[Filing]) -> None:
        """On the claim, for whoever takes it up. Who changed one meanwhile knows more than we do."""
        now = self._ports.clock.now()
        for filing in filings:
            assert filing.claimed is not None
            with suppress(ConflictError):
                self._ports.store.save_activities([replace(filing.claimed, unanswered_at=now)], [])

    def _claim(self, filings: list[Filing]) -> list[Filing]:
        """Who loses the claim leaves the mail to the winner and looks again later."""
        claims = [_claim_of(f, self._ports.clock.now()) for f in filings]
        won = {activity.key: activity for activity in self._ports.store.claim(claims)}
        for filing in filings:
            if filing.mail.key not in won:
                self._fail(filing, TransientError("Another worker has this mail.", retry_after=5.0))
        return [replace(f, claimed=won[f.mail.key]) for f in filings if f.mail.key in won]

    def _resolve_doubt(self, filings: list[Filing]) -> list[Filing]:
        """Look by key before anything is filed a second time, and again when what was sent can no longer be on its way.

        Were it done after our second one, a person who threw that away in between would find the mail there again.
        """
        if not filings:
            return []
        try:
            found = self._ports.crm.find_by_key([f.claimed.crm_key for f in filings if f.claimed])
        except ConfigurationError:
            # Without a key field nobody can know: a second insert is the one thing that must not happen.
            for filing in filings:
                self._fail(filing, RejectedError("DOUBT_WITHOUT_KEY_FIELD"))
            return []
        missing: list[Filing] = []
        for filing in filings:
            assert filing.claimed is not None
            known = found.get(filing.claimed.crm_key)
            wait = filing.claimed.unanswered_at + REQUEST_LIVES - self._ports.clock.now()
            if known is not None:
                self._finish_found(filing, known)
            elif wait > 0:
                self._fail(filing, DoubtError("An insert that was not answered may be done yet.", retry_after=wait))
            elif filing.decision.outcome is Outcome.LOGGED:
                missing.append(filing)
            else:
                self._result.unwanted.append(filing)
        return missing

    def _finish_found(self, filing: Filing, known: Found) -> None:
        assert filing.claimed is not None
        state = ActivityState.REMOVED if known.is_deleted else ActivityState.LOGGED
        record = known.who_id or known.what_id
        reason = filing.decision.reason if filing.decision.outcome is Outcome.LOGGED else Reason.CONTACT_MATCH
        activity = replace(
            self._decided(filing.claimed, filing),
            state=state,
            activity_id=known.activity_id,
            reason=reason,
            record_id=record,
        )
        if known.is_deleted:
            self._ports.store.drop_copies([filing.mail.key])
        self._close([(filing, activity)])

    def _join(self, joined: Sequence[tuple[Filing, SalesforceId]]) -> None:
        """Another tool's activity stands for it: neither a body nor a copy of ours is needed."""
        done = [
            (f, replace(self._decided(f.claimed, f), state=ActivityState.LOGGED, activity_id=other, is_joined=True))
            for f, other in joined
            if f.claimed is not None
        ]
        self._close(done)

    def _answer(self, planned: list[Planned], answers: Sequence[Filed]) -> None:
        unnamed = [a.key for a in answers if a.error is None and a.activity_id is None]
        found = self._ports.crm.find_by_key(unnamed) if unnamed else {}
        done: list[tuple[Filing, ActivityRow]] = []
        refused: list[ActivityKey] = []
        for (filing, plan), answer in zip(planned, answers, strict=True):
            assert filing.claimed is not None
            if answer.error is not None:
                self._fail(filing, answer.error)
                refused += [filing.mail.key] if isinstance(answer.error, RejectedError) else []
                continue
            known = found.get(answer.key)
            activity_id = answer.activity_id or (known.activity_id if known else None)
            logged = replace(
                self._decided(filing.claimed, filing),
                state=ActivityState.LOGGED,
                activity_id=activity_id,
                sent_at=plan.sent_at,
                is_inbound=plan.direction is Direction.INBOUND,
            )
            done.append((filing, logged))
        self._ports.store.drop_copies(refused)
        self._close(done)

    def _close(self, done: list[tuple[Filing, ActivityRow]]) -> None:
        """All in one commit; where a row changed meanwhile, mail by mail on top of what stands now."""
        if not done:
            return
        rows = [
            row
            for filing, activity in done
            for row in self._settled([*filing.rows, *self._refused_before(filing)], activity)
        ]
        try:
            self._ports.store.save_activities([activity for _, activity in done], rows)
        except ConflictError:
            for filing, activity in done:
                self._close_alone(filing, activity)
        self._result.settled += len(rows)
        self._result.logged += sum(activity.state is ActivityState.LOGGED for _, activity in done)

    def _close_alone(self, filing: Filing, activity: ActivityRow) -> None:
        """Where somebody writes without end the claim stays: the next round finds the activity by its key.

        A copy that a person kept out meanwhile stays out; the activity goes where no copy is left that wants it.
        """
        for _ in range(CLOSING_TRIES):
            fresh = [
                row
                for old in filing.rows
                for row in self._ports.store.existing_rows(old.mailbox_id, [old.message_id]).values()
            ]
            waiting = [row for row in fresh if row.outcome is Outcome.WAITING]
            kept = {row.mailbox_id for row in fresh if row.reason is Reason.KEPT_OUT}
            if kept and (not waiting or is_owners(self._ports, kept, filing.owner_id)):
                activity = self._taken_out(activity)
            known = self._ports.store.activities([activity.key]).get(activity.key)
            version = known.version if known else activity.version
            try:
                rows = self._settled([*waiting, *self._refused_before(filing)], activity)
                self._ports.store.save_activities([replace(activity, version=version)], rows)
            except ConflictError:
                continue
            return

    def _refused_before(self, filing: Filing) -> list[Row]:
        """Copies whose mail Salesforce refused, and now has after all: by another copy, or tried once more."""
        if filing.mail.key not in self._tried_before:
            return []
        here = {row.key for row in filing.rows}
        copies = self._ports.store.copies_of(filing.mail.key)
        return [row for row in copies if row.reason is Reason.REJECTED and row.key not in here]

    def _taken_out(self, activity: ActivityRow) -> ActivityRow:
        """Logged a moment after its only rep said no: that word is older, so it goes again. Raises what refuses it."""
        if activity.own_activity_id is not None:
            [failure] = self._ports.crm.remove([activity.own_activity_id])
            if failure is not None:
                raise failure
        self._ports.store.drop_copies([activity.key])
        return replace(activity, state=ActivityState.REMOVED, sealed_snapshot=None)

    def _settled(self, rows: Iterable[Row], activity: ActivityRow) -> list[Row]:
        now = self._ports.clock.now()
        return [log_row(row, activity, now) for row in rows]

    def _decided(self, activity: ActivityRow, filing: Filing) -> ActivityRow:
        chosen = filing.decision.chosen
        return replace(
            activity,
            reason=filing.decision.reason,
            record_id=chosen.record_id if chosen else None,
            related_ids=tuple(record.record_id for record in filing.decision.related),
            owner_id=filing.owner_id,
            sealed_snapshot=self._planner.snapshot(filing),
            unanswered_at=0.0,
        )

    def _fail(self, filing: Filing, error: Exception) -> None:
        self._result.failed.append((filing, error))


def _claim_of(filing: Filing, now: float) -> ActivityRow:
    copy = filing.mail.canonical
    return ActivityRow(
        key=filing.mail.key,
        state=ActivityState.CLAIMED,
        claimed_at=now,
        mailbox_id=copy.mailbox_id,
        message_id=copy.message_id,
        conversation=filing.mail.conversation,
    )
