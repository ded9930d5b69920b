"""The one decision: delivery, dry run, sidebar and ``explain`` all ask here, so that none can drift from the others.

::

    rows ── gather_mails ──► Mail (all its copies) ──┐
                                                     ├──► MailDecider.decide ──► DecidedMail
    what people chose for the conversation ──────────┘        one question to Salesforce

A conversation's mails are decided in the order in which they were written, and each knows those before it: the ones
that are logged, and the ones that are to be logged in the same call. So a preview of mail that is not logged yet comes
to what going live then does, in one round or in many.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from server.domain.crm import Candidates, CrmUser
from server.domain.decision import Decision, Evidence, Outcome, Reason
from server.domain.ids import ActivityKey, KeyedHash, MailboxId, SalesforceId
from server.domain.ledger import ActivityRow, ActivityState, Conversation, Row
from server.domain.mail import Copy, Mail
from server.domain.mailbox import Workspace
from server.domain.policy import Policy
from server.engine.conversations.overrides import Overrides, is_stopped_by_owner
from server.engine.decide.asking import ask_about
from server.ports.crm import Crm
from server.ports.store import Store
from server.rules.decision.decide import decide
from server.rules.decision.match import build_query
from server.rules.decision.owner import find_owner

ConversationChoices = Mapping[KeyedHash, Conversation]
"""What people chose, by the conversation's keyed hash."""
BY_CHOICE = (Evidence("conversation"),)
"""The evidence of mail that a rep's button keeps out."""


@dataclass(frozen=True)
class DecidedMail:
    """``owner`` is the Salesforce User whose mail it is. ``kept_out`` are mailboxes whose own copies stay out.

    Where ``kept_out`` holds every mailbox of the mail, the decision itself says so.
    """

    mail: Mail
    decision: Decision
    owner: CrmUser | None = None
    kept_out: frozenset[MailboxId] = frozenset()

    @property
    def owner_id(self) -> SalesforceId | None:
        return self.owner.user_id if self.owner else None

    def reason_in(self, mailbox_id: MailboxId) -> Reason:
        """What becomes of the copy in this mailbox."""
        is_out = self.decision.outcome is Outcome.LOGGED and mailbox_id in self.kept_out
        return Reason.KEPT_OUT if is_out else self.decision.reason


@dataclass(frozen=True)
class GatheredMail:
    """One real mail with the rows of its copies."""

    mail: Mail
    rows: tuple[Row, ...]


@dataclass
class Decisions:
    """Every mail is in exactly one of the two: one bad mail does not stop the others."""

    decided: list[DecidedMail] = field(default_factory=list)
    failed: list[tuple[Mail, Exception]] = field(default_factory=list)
    candidates: Candidates = field(default_factory=Candidates)


def gather_mails(
    rows: Iterable[Row], open_copy: Callable[[Row], Copy]
) -> tuple[dict[ActivityKey, GatheredMail], list[tuple[Row, Exception]]]:
    """Waiting rows as real mails; and the rows that do not open, each with its error."""
    copies: dict[ActivityKey, list[tuple[Row, Copy]]] = {}
    broken: list[tuple[Row, Exception]] = []
    for row in rows:
        if row.activity_key is None:
            continue
        try:
            copy = open_copy(row)
        except Exception as error:  # noqa: BLE001  # one row that does not open must not stop the others
            broken.append((row, error))
            continue
        copies.setdefault(row.activity_key, []).append((row, copy))
    mails: dict[ActivityKey, GatheredMail] = {}
    for key, pairs in copies.items():
        pairs.sort(key=lambda pair: pair[0].key)  # the same conversation, whichever row came first
        mail = Mail(key, pairs[0][0].conversation, tuple(copy for _, copy in pairs))
        mails[key] = GatheredMail(mail, tuple(row for row, _ in pairs))
    return mails, broken


def list_kept_out(mail: Mail, choices: ConversationChoices) -> frozenset[MailboxId]:
    """The mailboxes of its copies whose reps stopped the conversation."""
    choice = choices.get(mail.conversation) if mail.conversation else None
    return frozenset(copy.mailbox_id for copy in mail.copies) & choice.kept_out_by if choice else frozenset()


def is_logged_again(mail: Mail, activity: ActivityRow, choices: ConversationChoices) -> bool:
    """A rep alone had the mail and stopped it; now a colleague has a copy too, who did not."""
    if activity.state is not ActivityState.REMOVED or activity.reason is not Reason.KEPT_OUT:
        return False
    return len(list_kept_out(mail, choices)) < len({copy.mailbox_id for copy in mail.copies})


class MailDecider:
    """Asks Salesforce once for many mails, then decides each. Thread-safe; nothing is written."""

    def __init__(self, crm: Crm, store: Store, overrides: Overrides, policy: Policy) -> None:
        self._crm = crm
        self._store = store
        self._overrides = overrides
        self._policy = policy

    def decide(
        self, workspace: Workspace, mails: Sequence[Mail], choices: ConversationChoices, users: Iterable[str] = ()
    ) -> Decisions:
        """``users`` are further addresses to be known as Users. Raises TransientError where Salesforce is away."""
        if not mails:
            return Decisions()
        questions = [(mail, build_query(mail, workspace, self._policy)) for mail in mails]
        answered = ask_about(self._crm, questions, frozenset(users))
        decisions = Decisions(failed=answered.failed, candidates=answered.candidates)
        failed = {mail.key for mail, _ in answered.failed}
        asked = [mail for mail in mails if mail.key not in failed]
        decided_before: dict[KeyedHash, list[ActivityKey]] = {}
        for mail in sorted(asked, key=lambda mail: (min(copy.internal_date for copy in mail.copies), mail.key)):
            earlier = decided_before.setdefault(mail.conversation, []) if mail.conversation else []
            try:
                result = self._decide_one(workspace, mail, decisions.candidates, choices, earlier)
            except Exception as error:  # noqa: BLE001  # one bad mail must not stop the others
                decisions.failed.append((mail, error))
                continue
            decisions.decided.append(result)
            if result.decision.outcome is Outcome.LOGGED:
                earlier.append(mail.key)
        return decisions

    def _decide_one(
        self,
        workspace: Workspace,
        mail: Mail,
        candidates: Candidates,
        choices: ConversationChoices,
        decided_before: Sequence[ActivityKey],
    ) -> DecidedMail:
        owner = find_owner(mail, workspace, candidates)
        owner_id = owner.user_id if owner else None
        choice = choices.get(mail.conversation) if mail.conversation else None
        kept_out = list_kept_out(mail, choices)
        is_out_everywhere = len(kept_out) == len({copy.mailbox_id for copy in mail.copies})
        stopped_by = choice.kept_out_by if choice else ()
        if is_out_everywhere or is_stopped_by_owner(self._store, stopped_by, owner_id):
            return DecidedMail(mail, Decision(Reason.KEPT_OUT, evidence=BY_CHOICE), owner, kept_out)
        override = self._overrides.find_override(workspace, choice, mail, decided_before)
        decision = decide(mail, owner_id, candidates, workspace, self._policy, override)
        return DecidedMail(mail, decision, owner, kept_out)
