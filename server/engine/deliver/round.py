"""One round over some waiting rows: they become activities, each real mail once.

Gather the mails, ask Salesforce once, decide, claim, fetch bodies, seal, insert in one call, close. A crash between any
two of these leaves waiting rows and perhaps a claim; the next delivery finds the claim and looks by key first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from server.domain.decision import Outcome, Reason
from server.domain.errors import ConfigurationError, ConflictError, TransientError, UnlistedGroupError
from server.domain.ids import ActivityKey, KeyedHash, MailboxId
from server.domain.ledger import ActivityRow, ActivityState, Row
from server.domain.mail import Mail
from server.domain.mailbox import Mailbox, Workspace
from server.domain.message import Message
from server.domain.policy import Policy
from server.engine.conversations.carry_out import ActivityEditor, revive_activity
from server.engine.conversations.late_words import LateWords, choice_of
from server.engine.conversations.overrides import Overrides
from server.engine.decide.decisions import (
    BY_CHOICE,
    ConversationChoices,
    DecidedMail,
    GatheredMail,
    MailDecider,
    gather_mails,
    is_logged_again,
)
from server.engine.decide.misreading import make_message
from server.engine.deliver.filing import MailFiler
from server.engine.deliver.late_senders import give_to_senders
from server.engine.deliver.wanted import Claimed, Misread, Wanted
from server.engine.ledger.broken_seals import is_seal_broken, read_again
from server.engine.ledger.retrying import after_failure
from server.engine.ledger.rows import delay_row, hold_row, keep_out_row, log_row, skip_row
from server.engine.ledger.saving import save_changed_rows
from server.engine.ledger.sealed_headers import SealedHeaders
from server.engine.ledger.sealing import Sealing
from server.engine.mailboxes.lease import RenewLeases
from server.ports.alarms import Alarms
from server.ports.clock import Clock
from server.ports.crm import Crm
from server.ports.store import Store
from server.rules.decision.decide import list_explaining_domains
from server.rules.schedule.recovery import goes_without_group
from server.vault.hashes import KeyedHasher

EXPLAINABLE = frozenset({Reason.NO_MATCH, Reason.CONTACTS_ONLY_ACCOUNT})
"""What a later change in Salesforce may alter."""


ScreenAnew = Callable[[Workspace, Mailbox, Sequence[tuple[Row, Message]]], list[tuple[Row, Row | Exception]]]


@dataclass
class Delivered:
    """What one round did. ``settled`` counts rows that reached an outcome; ``read`` all rows looked at.

    ``is_busy``: another worker holds rows that are due. ``misread`` rows were screened anew, and are due.
    """

    read: int = 0
    settled: int = 0
    logged: int = 0
    error: str | None = None
    is_busy: bool = False
    misread: list[Row] = field(default_factory=list)


@dataclass(frozen=True)
class RoundTools:
    """What every round of a process shares."""

    crm: Crm
    store: Store
    clock: Clock
    policy: Policy
    hasher: KeyedHasher
    alarms: Alarms
    sealing: Sealing
    headers: SealedHeaders
    decider: MailDecider
    overrides: Overrides
    editor: ActivityEditor
    screen_anew: ScreenAnew


class DeliveryRound:
    """One round over some rows."""

    def __init__(
        self,
        tools: RoundTools,
        filer: MailFiler,
        workspace: Workspace,
        mailboxes: dict[MailboxId, Mailbox],
        renew_leases: RenewLeases,
    ) -> None:
        self._tools = tools
        self._store = tools.store
        self._filer = filer
        self._workspace = workspace
        self._mailboxes = mailboxes
        self._renew_leases = renew_leases
        self._now = tools.clock.now
        self._done = Delivered()
        self._late_words = LateWords(tools.crm, tools.store, tools.clock, tools.sealing, tools.overrides, tools.editor)

    def run(self, rows: Sequence[Row]) -> Delivered:
        self._done.read = len(rows)
        gathered = self._gather(rows)
        mails = [item.mail for item in gathered.values()]
        choices = self._store.conversations([mail.conversation for mail in mails if mail.conversation])
        claims = self._join_standing(gathered, choices)
        goes_without = partial(_goes_without, gathered, self._now())
        mails = [item.mail for item in gathered.values()]
        try:
            decisions = self._tools.decider.decide(self._workspace, mails, choices, goes_without=goes_without)
        except TransientError as error:
            # Salesforce is away: everything waits, and says for what.
            self._retry([row for item in gathered.values() for row in item.rows], error)
            self._done.error = type(error).__name__
            return self._done
        for mail, failure in decisions.failed:
            self._retry(gathered[mail.key].rows, failure)
        self._carry_out(decisions.decided, gathered, claims, choices)
        return self._done

    def _gather(self, rows: Sequence[Row]) -> dict[ActivityKey, GatheredMail]:
        """The mails that may be delivered now. Rows that cannot be are saved as they stand then."""
        deliverable: list[Row] = []
        # For those nothing is to be decided, whatever became of their mailbox or their headers.
        aside = self._late_words.remove_unwanted(rows)
        for row in [row for row in rows if not row.is_unwanted]:
            mailbox = self._mailboxes.get(row.mailbox_id)
            if mailbox is None or not mailbox.delivers or row.activity_key is None:
                # Due, but its mailbox does not deliver any more: the row waits for a person, and delays nobody.
                aside.append(hold_row(row, mailbox.hold_cause if mailbox else "no_mailbox", self._now()))
            elif (until := _find_delay(self._tools, row.activity_key)) is not None:
                aside.append(delay_row(row, until))
            else:
                deliverable.append(row)
        gathered, broken = gather_mails(
            deliverable,
            lambda row: self._tools.headers.open_copy(self._workspace, row, self._mailboxes[row.mailbox_id]),
        )
        aside += _put_aside_broken(self._tools, broken)
        self._save(aside)
        return gathered

    def _join_standing(
        self, gathered: dict[ActivityKey, GatheredMail], choices: ConversationChoices
    ) -> dict[ActivityKey, ActivityRow]:
        """Take out the mails that have an activity already: their rows join it. Returns open claims on the rest."""
        claims: dict[ActivityKey, ActivityRow] = {}
        joining: list[tuple[GatheredMail, ActivityRow]] = []
        for key, activity in self._store.activities(list(gathered)).items():
            if is_logged_again(gathered[key].mail, activity, choices):
                self._store.save_activities([revive_activity(activity, self._now())], [])
                claims |= self._store.activities([key])
            elif activity.state is ActivityState.CLAIMED:
                claims[key] = activity
            else:
                joining.append((gathered.pop(key), activity))
        pairs = [(item.mail, activity) for item, activity in joining]
        failed = give_to_senders(self._tools.crm, self._store, self._workspace, pairs)
        to_move = _list_unmoved(joining)
        unmoved = self._late_words.move(self._workspace, to_move, choices)
        moved = self._store.activities([mail.key for mail, _ in to_move]) if to_move else {}
        for item, known in joining:
            key, activity = item.mail.key, moved.get(item.mail.key, known)
            if key in failed:
                self._retry(item.rows, failed[key], is_alone=True)
            elif key in unmoved:
                self._save([self._late_words.put_off(row, activity, unmoved[key]) for row in item.rows])
            else:
                self._save([log_row(row, activity, self._now()) for row in item.rows])
        return claims

    def _carry_out(
        self,
        decided: Sequence[DecidedMail],
        gathered: Mapping[ActivityKey, GatheredMail],
        claims: Mapping[ActivityKey, ActivityRow],
        choices: ConversationChoices,
    ) -> None:
        fresh: list[Wanted] = []
        doubtful: list[Claimed] = []
        for item in decided:
            rows = gathered[item.mail.key].rows
            if claim := claims.get(item.mail.key):
                # It may stand in Salesforce already: then all its copies share what is found there.
                doubtful.append(Claimed(Wanted(item.mail, item.decision, item.owner, rows), claim))
            elif item.decision.outcome is Outcome.SKIPPED:
                self._skip(Wanted(item.mail, item.decision, item.owner, rows))
            else:
                fresh.append(self._leave_out_stopped(item, rows))
        mails = [*fresh, *(claimed.wanted for claimed in doubtful)]
        if not mails:
            return
        try:
            self._renew_leases()
            result = self._filer.file_mails(self._workspace, self._mailboxes, fresh, doubtful, self._renew_leases)
        except (TransientError, ConfigurationError, ConflictError) as error:
            self._retry([row for wanted in mails for row in wanted.rows], error)
            self._done.error = type(error).__name__
            return
        for wanted in result.unwanted:
            self._skip(wanted)
            self._store.drop_copies([wanted.key])
        screened, broken = _screen_anew(self._tools, self._workspace, self._mailboxes, result.misread)
        self._save(screened)
        self._done.misread += screened
        for row, failure in broken:
            self._retry([row], failure, is_alone=True)
        for wanted, failure in result.failed:
            is_chosen = wanted.decision.reason is Reason.THREAD_OVERRIDE
            choice = choice_of(wanted.mail, choices) if is_chosen else None
            self._retry(wanted.rows, self._tools.overrides.follow_refusal(choice, failure), is_alone=True)
        if result.stopped_by is not None:
            self._retry([row for wanted in result.stopped for row in wanted.rows], result.stopped_by)
            self._done.error = type(result.stopped_by).__name__
        self._done.logged += result.logged
        self._done.settled += result.settled
        self._follow_late_words(result.overruled, mails, choices)

    def _leave_out_stopped(self, item: DecidedMail, rows: Sequence[Row]) -> Wanted:
        """Without the copies whose reps stopped the conversation a moment ago, while others still want the mail."""
        if not item.kept_out:
            return Wanted(item.mail, item.decision, item.owner, tuple(rows))
        now = self._now()
        self._save([keep_out_row(row, now, BY_CHOICE) for row in rows if row.mailbox_id in item.kept_out])
        copies = tuple(copy for copy in item.mail.copies if copy.mailbox_id not in item.kept_out)
        left = tuple(row for row in rows if row.mailbox_id not in item.kept_out)
        return Wanted(replace(item.mail, copies=copies), item.decision, item.owner, left)

    def _follow_late_words(
        self, overruled: Sequence[Wanted], mails: Sequence[Wanted], earlier: ConversationChoices
    ) -> None:
        """What people said while the mail was on its way. Whatever comes of it, the round is done by now."""
        self._save(self._late_words.follow_new_stops([row for wanted in overruled for row in wanted.rows]))
        self._save(self._late_words.follow_new_choices(self._workspace, [(w.mail, w.rows) for w in mails], earlier))

    def _skip(self, wanted: Wanted) -> None:
        now, decision = self._now(), wanted.decision
        hashes = _hash_explaining(self._tools, self._workspace, wanted)
        evidence = decision.evidence if decision.reason not in EXPLAINABLE else ()
        self._save([skip_row(row, decision.reason, now, evidence=evidence, hashes=hashes) for row in wanted.rows])

    def _retry(self, rows: Iterable[Row], error: Exception, *, is_alone: bool = False) -> None:
        """``is_alone``: the failure of one mail, whose next try is its own. Rows of a whole round come together."""
        now = self._now()
        results = [after_failure(self._tools.sealing, row, error, now, is_alone=is_alone) for row in rows]
        self._save(results)
        self._forget_copies({row.activity_key for row in results if row.outcome is not Outcome.WAITING})

    def _forget_copies(self, keys: Iterable[ActivityKey | None]) -> None:
        """Only customer mail that stands in Salesforce is kept: an earlier try may have sealed this one."""
        given_up = [key for key in keys if key]
        activities = self._store.activities(given_up) if given_up else {}
        self._store.drop_copies([key for key, a in activities.items() if a.state is ActivityState.CLAIMED])

    def _save(self, rows: Sequence[Row]) -> None:
        """A row that changed meanwhile (a label moved, the message went) is read again in the next round."""
        save_changed_rows(self._store, rows)
        self._done.settled += sum(row.outcome is not Outcome.WAITING for row in rows)


def _hash_explaining(tools: RoundTools, workspace: Workspace, wanted: Wanted) -> list[KeyedHash]:
    """Keyed hashes of the people and domains by which a record that is made later could explain the mail."""
    mail, reason = wanted.mail, wanted.decision.reason
    if reason is Reason.NOT_PRIMARY and mail.author is not None:
        return [tools.hasher.hash("address", mail.author.address)]
    if reason not in EXPLAINABLE:
        return []
    hashes = [tools.hasher.hash("address", person.address) for person in mail.externals]
    domains = list_explaining_domains(mail, workspace, tools.policy)
    return hashes + [tools.hasher.hash("domain", domain) for domain in domains]


def _goes_without(
    gathered: Mapping[ActivityKey, GatheredMail], now: float, mail: Mail, error: UnlistedGroupError
) -> bool:
    """Whether the mail has waited long enough for a group, by the longest-waiting of its copies."""
    return any(goes_without_group(error, row.waits_for_group_since, now) for row in gathered[mail.key].rows)


def _list_unmoved(joining: Sequence[tuple[GatheredMail, ActivityRow]]) -> list[tuple[Mail, ActivityRow]]:
    """Logged mails that an earlier round could not move to where somebody wanted them."""
    return [
        (item.mail, activity)
        for item, activity in joining
        if activity.state is ActivityState.LOGGED and any(row.waits_for_change for row in item.rows)
    ]


def _find_delay(tools: RoundTools, key: ActivityKey) -> float | None:
    """Until when a held copy holds the mail (epoch seconds)."""
    if not tools.policy.publish_delay:
        return None
    now = tools.clock.now()
    times = [row.due for row in tools.store.copies_of(key) if row.reason is Reason.HELD and row.due]
    return max((due for due in times if now < due), default=None)


def _screen_anew(
    tools: RoundTools, workspace: Workspace, mailboxes: Mapping[MailboxId, Mailbox], misread: Sequence[Misread]
) -> tuple[list[Row], list[tuple[Row, Exception]]]:
    """At once, for the bytes are at hand. The claim stays: who finds it looks by key, and finds nothing."""
    rows: list[Row] = []
    broken: list[tuple[Row, Exception]] = []
    for mailbox_id, messages in _group_misread(misread).items():
        for row, result in tools.screen_anew(workspace, mailboxes[mailbox_id], messages):
            if isinstance(result, Exception):
                broken.append((row, result))
            else:
                rows.append(result)
    return rows, broken


def _group_misread(misread: Sequence[Misread]) -> dict[MailboxId, list[tuple[Row, Message]]]:
    groups: dict[MailboxId, list[tuple[Row, Message]]] = {}
    for item in misread:
        copies = {(copy.mailbox_id, copy.message_id): copy for copy in item.copies}
        for row in item.wanted.rows:
            message = make_message(copies[row.mailbox_id, row.message_id])
            groups.setdefault(row.mailbox_id, []).append((row, message))
    return groups


def _put_aside_broken(tools: RoundTools, broken: Sequence[tuple[Row, Exception]]) -> list[Row]:
    now = tools.clock.now()
    unsealed = [row for row, error in broken if is_seal_broken(error)]
    others = [after_failure(tools.sealing, row, error, now) for row, error in broken if not is_seal_broken(error)]
    return read_again(tools.alarms, unsealed, now) + others
