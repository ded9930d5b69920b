"""Mails that are to be logged: claim, look where there is doubt, fetch, seal, insert once, close."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from server.domain.crm import Activity, Direction, Filed, Found
from server.domain.decision import Outcome, Reason
from server.domain.errors import (
    ConfigurationError,
    ConflictError,
    DoubtError,
    KeylessError,
    RejectedError,
    TransientError,
    TrulyError,
)
from server.domain.ids import ActivityKey, MailboxId, SalesforceId
from server.domain.ledger import ActivityRow, ActivityState
from server.domain.mailbox import Mailbox, Workspace
from server.domain.policy import Policy
from server.engine.deliver.activities import ActivityPlanner, Planned, PlannerTools, ReadMail, cut_portions
from server.engine.deliver.closing import ActivityCloser
from server.engine.deliver.other_tools import ForeignFinder
from server.engine.deliver.readings import MailReadings
from server.engine.deliver.second_look import LookPlanner
from server.engine.deliver.wanted import Claimed, ClaimNotes, Misread, Wanted
from server.engine.mailboxes.lease import RenewLeases
from server.ports.clock import Clock
from server.ports.crm import Crm
from server.ports.store import Store
from server.rules.decision.activity import list_related

BODIES_WITHIN = 90.0
"""Seconds after which no further portion is begun: Gmail paces a mailbox, and the mails read so far wait for it."""
REQUEST_LIVES = 600.0
"""Seconds after which Salesforce has ended a request for certain: ten minutes, even where nobody waits for it."""
CLAIMED_ELSEWHERE = 5.0
"""Seconds until a mail is looked at again that another worker has claimed."""


@dataclass
class FilingResult:
    """``unwanted``: no activity is made, for today's decision, or what the body shows, is not to log.

    ``stopped`` came to nothing for a reason that concerns all mail, ``stopped_by``, after others were logged.
    ``overruled`` are logged, and a person kept a copy out meanwhile. ``misread`` are to be screened anew.
    """

    logged: int = 0
    settled: int = 0
    unwanted: list[Wanted] = field(default_factory=list)
    misread: list[Misread] = field(default_factory=list)
    failed: list[tuple[Wanted, Exception]] = field(default_factory=list)
    stopped: list[Wanted] = field(default_factory=list)
    stopped_by: Exception | None = None
    overruled: list[Wanted] = field(default_factory=list)


class MailFiler:
    """Puts mails into Salesforce, each once. Thread-safe."""

    def __init__(self, crm: Crm, store: Store, clock: Clock, planner_tools: PlannerTools) -> None:
        self.crm = crm
        self.store = store
        self.clock = clock
        self.planner_tools = planner_tools

    def file_mails(
        self,
        workspace: Workspace,
        mailboxes: Mapping[MailboxId, Mailbox],
        fresh: Sequence[Wanted],
        doubtful: Sequence[Claimed],
        renew_leases: RenewLeases,
    ) -> FilingResult:
        """``doubtful`` carry the claim of an earlier try whose end nobody knows.

        Raises what concerns all of them (Salesforce away, not configured, a lease lost); the rest is in the result.
        """
        planner = ActivityPlanner(self.planner_tools, workspace, mailboxes)
        readings = MailReadings(self.planner_tools.reader, self.store, self.clock, renew_leases)
        finder = ForeignFinder(self.crm, self.store, workspace, self.planner_tools.policy.join_others)
        looks = LookPlanner(self.store, self.planner_tools.sealing, self.clock)
        retried = frozenset(claimed.key for claimed in doubtful)
        closer = ActivityCloser(self.store, self.clock, retried, looks, finder)
        notes = ClaimNotes(self.store, self.clock, is_keyless=self.crm.shape().key_field is None)
        return _FilingRound(self, planner, readings, finder, closer, notes).run(fresh, doubtful)


class _FilingRound:
    def __init__(
        self, filer: MailFiler, planner: ActivityPlanner, readings: MailReadings, finder: ForeignFinder,
        closer: ActivityCloser, notes: ClaimNotes,
    ) -> None:  # fmt: skip
        self._notes = notes
        self._crm, self._store, self._clock = filer.crm, filer.store, filer.clock
        self._policy = filer.planner_tools.policy
        self._finder = finder
        self._planner = planner
        self._readings = readings
        self._closer = closer
        self._result = FilingResult()

    def run(self, fresh: Sequence[Wanted], doubtful: Sequence[Claimed]) -> FilingResult:
        missing = self._resolve_doubt(doubtful)
        mails = [*(claimed.wanted for claimed in missing), *fresh]
        joined = self._finder.find_activities(mails)
        self._planner.learn_opportunities(mails)
        self._file(fresh, joined, self._readings.read_first)
        # What an earlier try began and did not finish comes last: it may do the same to this one.
        self._file_again(missing, joined)
        self._result.failed += self._planner.failed
        self._result.unwanted += self._planner.unwanted
        self._result.misread += self._planner.misread
        self._result.overruled += self._closer.stopped
        self._result.logged, self._result.settled = self._closer.logged, self._closer.settled
        return self._result

    def _file(
        self, mails: Sequence[Wanted | Claimed], joined: Mapping[ActivityKey, SalesforceId], read: ReadMail
    ) -> None:
        ends_at = self._clock.now() + BODIES_WITHIN
        planned: list[Planned] = []
        for portion in cut_portions(mails):
            if planned and self._clock.now() > ends_at:
                break  # the rest stays in line, unclaimed
            self._readings.renew_leases()
            claimed = [item for item in portion if isinstance(item, Claimed)]
            claimed += self._claim([item for item in portion if isinstance(item, Wanted)])
            taken = self._finder.take_found(claimed, joined)
            self._join(taken)
            unjoined = [item for item in claimed if item.key not in {joining.key for joining, _ in taken}]
            planned += self._planner.plan(unjoined, read, self._readings.renew_leases)
        if planned:
            planned = self._planner.add_response_times(planned)
            # Whoever finds us dead must not insert again while Salesforce may still be at it.
            self._readings.renew_leases(outlast=REQUEST_LIVES)
            sent = self._notes.note_sending([claimed for claimed, _ in planned])
            planned = [(sent[claimed.key], activity) for claimed, activity in planned]
            self._close_answered(planned, self._insert(planned))

    def _file_again(self, missing: Sequence[Claimed], joined: Mapping[ActivityKey, SalesforceId]) -> None:
        """The other mails stand in Salesforce already, so that trouble which concerns all mail is no exception here."""
        try:
            self._file(missing, joined, self._readings.read_again)
        except (TransientError, ConfigurationError, ConflictError) as error:
            failed = {wanted.key for wanted, _ in self._planner.failed}
            self._result.stopped = [claimed.wanted for claimed in missing if claimed.key not in failed]
            self._result.stopped_by = error

    def _insert(self, planned: list[Planned]) -> Sequence[Filed]:
        try:
            answers = self._crm.file([activity for _, activity in planned])
        except TrulyError as error:
            self._notes.note_failures((claimed, error) for claimed, _ in planned)
            raise
        pairs = zip(planned, answers, strict=True)
        self._notes.note_failures((claimed, answer.error) for (claimed, _), answer in pairs if answer.error)
        lost = [answer.error for answer in answers if isinstance(answer.error, DoubtError)]
        if lost and all(isinstance(answer.error, TransientError) for answer in answers):
            raise lost[0]  # the first request came to nothing: Salesforce is away for all
        return answers

    def _claim(self, mails: Sequence[Wanted]) -> list[Claimed]:
        """A worker that loses the claim leaves the mail to the winner and looks again later."""
        claims = [self._notes.make_claim(wanted) for wanted in mails]
        won = {activity.key: activity for activity in self._store.claim(claims)}
        for wanted in mails:
            if wanted.key not in won:
                self._fail(wanted, TransientError("Another worker has this mail.", retry_after=CLAIMED_ELSEWHERE))
        return [Claimed(wanted, won[wanted.key]) for wanted in mails if wanted.key in won]

    def _resolve_doubt(self, doubtful: Sequence[Claimed]) -> list[Claimed]:
        """Look by key before anything is inserted a second time, once the first insert can no longer be on its way.

        Were it done after our second one, a person who threw that away in between would find the mail there again.
        Returns the mails that are not in Salesforce and are to be inserted.
        """
        if not doubtful:
            return []
        try:
            in_salesforce = self._crm.find_by_key([claimed.claim.crm_key for claimed in doubtful])
        except KeylessError:
            # Without a key field nobody can know: a second insert is the one thing that must not happen.
            for claimed in doubtful:
                if not claimed.claim.is_unsent:
                    self._fail(claimed.wanted, RejectedError("DOUBT_WITHOUT_KEY_FIELD"))
            doubtful, in_salesforce = [claimed for claimed in doubtful if claimed.claim.is_unsent], {}
        self._crm.relate(_list_people(doubtful, in_salesforce, self._policy))
        missing: list[Claimed] = []
        for claimed in doubtful:
            record = in_salesforce.get(claimed.claim.crm_key)
            delay = claimed.claim.unanswered_at + REQUEST_LIVES - self._clock.now()
            if record is not None:
                self._close_found(claimed, record)
            elif delay > 0:
                error = DoubtError("An insert that was not answered may be done yet.", retry_after=delay)
                self._fail(claimed.wanted, error)
            elif claimed.wanted.decision.outcome is Outcome.LOGGED:
                missing.append(claimed)
            else:
                self._result.unwanted.append(claimed.wanted)
        return missing

    def _close_found(self, claimed: Claimed, record: Found) -> None:
        decision = claimed.wanted.decision
        activity = replace(
            self._fill_in(claimed),
            state=ActivityState.REMOVED if record.is_deleted else ActivityState.LOGGED,
            activity_id=record.activity_id,
            reason=decision.reason if decision.outcome is Outcome.LOGGED else Reason.CONTACT_MATCH,
            record_id=record.who_id or record.what_id,
        )
        if record.is_deleted:
            self._store.drop_copies([claimed.key])
        self._closer.close([(claimed, activity)])

    def _join(self, joined: Sequence[tuple[Claimed, SalesforceId]]) -> None:
        """Another tool's activity stands for the mail: neither a body nor a copy of our own is needed."""
        state = ActivityState.LOGGED
        closed = [
            (claimed, replace(self._fill_in(claimed), state=state, activity_id=activity_id, is_joined=True))
            for claimed, activity_id in joined
        ]
        self._closer.close(closed)

    def _close_answered(self, planned: Sequence[Planned], answers: Sequence[Filed]) -> None:
        unnamed = [answer.key for answer in answers if answer.error is None and answer.activity_id is None]
        in_salesforce = self._crm.find_by_key(unnamed) if unnamed else {}
        closed: list[tuple[Claimed, ActivityRow]] = []
        refused: list[ActivityKey] = []
        for (claimed, activity), answer in zip(planned, answers, strict=True):
            if answer.error is not None:
                self._fail(claimed.wanted, answer.error)
                refused += [claimed.key] if isinstance(answer.error, RejectedError) else []
                continue
            record = in_salesforce.get(answer.key)
            activity_id = answer.activity_id or (record.activity_id if record else None)
            closed.append((claimed, self._as_logged(claimed, activity, activity_id)))
        self._store.drop_copies(refused)
        self._closer.close(closed)

    def _as_logged(self, claimed: Claimed, activity: Activity, activity_id: SalesforceId | None) -> ActivityRow:
        return replace(
            self._fill_in(claimed),
            state=ActivityState.LOGGED,
            activity_id=activity_id,
            sent_at=activity.sent_at,
            is_inbound=activity.direction is Direction.INBOUND,
        )

    def _fill_in(self, claimed: Claimed) -> ActivityRow:
        """The claim with what was decided, and what a card shows of it."""
        wanted, chosen = claimed.wanted, claimed.wanted.decision.chosen
        return replace(
            claimed.claim,
            reason=wanted.decision.reason,
            record_id=chosen.record_id if chosen else None,
            related_ids=list_related(wanted.decision, self._policy),
            owner_id=wanted.owner_id,
            sealed_snapshot=self._planner.seal_snapshot(wanted),
            unrelated=wanted.decision.unrelated.count,
            unanswered_at=0.0,
            is_unsent=False,
            readings=0,
        )

    def _fail(self, wanted: Wanted, error: Exception) -> None:
        self._result.failed.append((wanted, error))


def _list_people(
    doubtful: Sequence[Claimed], in_salesforce: Mapping[ActivityKey, Found], policy: Policy
) -> dict[SalesforceId, Sequence[SalesforceId]]:
    """Where people are related after the insert, a try that ended in it did not come to that."""
    people: dict[SalesforceId, Sequence[SalesforceId]] = {}
    for claimed in doubtful:
        record = in_salesforce.get(claimed.claim.crm_key)
        related = list_related(claimed.wanted.decision, policy)
        if record and not record.is_deleted and record.who_id in related and len(related) > 1:
            people[record.activity_id] = [person for person in related if person != record.who_id]
    return people
