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
from dataclasses import dataclass, field, replace

from server.domain.crm import Candidates, CrmUser, Query
from server.domain.decision import MOST_RELATED, Decision, Evidence, Outcome, Reason
from server.domain.errors import UnlistedGroupError
from server.domain.ids import ActivityKey, KeyedHash, MailboxId, SalesforceId
from server.domain.ledger import ActivityRow, ActivityState, Conversation, Row
from server.domain.mail import Copy, Mail
from server.domain.mailbox import GroupPeople, Workspace
from server.domain.policy import NotPrimary, Policy
from server.engine.conversations.dont_log_label import BY_OWNER
from server.engine.conversations.overrides import Overrides, is_stopped_by_owner, list_unknown_users
from server.engine.conversations.owner_label import OwnerLabel
from server.engine.decide.asking import ask_about
from server.engine.decide.group_people import GroupPeopleReader
from server.ports.crm import Crm
from server.ports.store import Store
from server.rules.decision.decide import decide
from server.rules.decision.match import Matches, build_query
from server.rules.decision.owner import MOST_MEMBERS, Owner, find_owner, list_groups
from server.rules.decision.screen import BY_PERSON

ConversationChoices = Mapping[KeyedHash, Conversation]
"""What people chose, by the conversation's keyed hash."""
GoesWithout = Callable[[Mail, UnlistedGroupError], bool]
"""Whether this mail is decided although who is in a group on it cannot be known: nobody is, then."""
BY_CHOICE = (Evidence("conversation"),)
"""The evidence of mail that a rep's button keeps out."""
BY_LABEL = (Evidence(BY_OWNER),)
"""The evidence of a copy that a label in its owner's mailbox keeps out."""


def goes_without_refused(_mail: Mail, error: UnlistedGroupError) -> bool:
    """For decisions that no row waits for. Where the Directory does not answer now, trying again may help."""
    return error.is_refused


@dataclass(frozen=True)
class DecidedMail:
    """``owner`` is the Salesforce User whose mail it is. ``kept_out`` are mailboxes whose own copies stay out.

    Where ``kept_out`` holds every mailbox of the mail, the decision itself says so. ``group`` is the address of our
    group in whose place the owner stands, as one of its members.
    """

    mail: Mail
    decision: Decision
    owner: CrmUser | None = None
    kept_out: frozenset[MailboxId] = frozenset()
    group: str = ""

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
    return frozenset(copy.mailbox_id for copy in mail.copies) & _list_stoppers(mail, choices)


def is_logged_again(mail: Mail, activity: ActivityRow, choices: ConversationChoices) -> bool:
    """A rep alone had the mail and stopped it; now a colleague has a copy too, who did not."""
    if activity.state is not ActivityState.REMOVED or activity.reason is not Reason.KEPT_OUT:
        return False
    return len(list_kept_out(mail, choices)) < len({copy.mailbox_id for copy in mail.copies})


class MailDecider:
    """Asks Salesforce once for many mails, then decides each. Thread-safe; nothing is written."""

    def __init__(
        self,
        crm: Crm,
        store: Store,
        overrides: Overrides,
        owner_label: OwnerLabel,
        groups: GroupPeopleReader,
        policy: Policy,
    ) -> None:
        self._crm = crm
        self._owner_label = owner_label
        self._groups = groups
        self._store = store
        self._overrides = overrides
        self._policy = policy

    def decide(
        self,
        workspace: Workspace,
        mails: Sequence[Mail],
        choices: ConversationChoices,
        users: Iterable[str] = (),
        goes_without: GoesWithout = goes_without_refused,
    ) -> Decisions:
        """``users`` are further addresses to be known as Users. Raises TransientError where Salesforce is away."""
        if not mails:
            return Decisions()
        groups, unlisted = self._groups.read(workspace, (g for mail in mails for g in list_groups(mail, workspace)))
        groups |= dict.fromkeys(unlisted, ())
        failed: list[tuple[Mail, Exception]] = []
        questions: list[tuple[Mail, Query]] = []
        for mail in mails:
            errors = [unlisted[group] for group in list_groups(mail, workspace) if group in unlisted]
            missing = next((error for error in errors if not goes_without(mail, error)), None)
            if missing is not None:
                failed.append((mail, missing))  # whose mail it is cannot be said yet, and other mail goes on
            else:
                questions.append((mail, build_query(mail, workspace, self._policy, groups)))
        if not questions:
            return Decisions(failed=failed)
        stopped_by = frozenset(
            i for mail, _ in questions for i in _list_stoppers(mail, choices) | _list_labellers(mail, choices)
        )
        answered = ask_about(self._crm, questions, frozenset(users) | list_unknown_users(self._store, stopped_by))
        refused = {mail.key for mail, _ in answered.failed}
        asked = [(mail, query) for mail, query in questions if mail.key not in refused]
        self._learn_record_owners(workspace, asked, groups, answered.candidates)
        decisions = Decisions(failed=[*failed, *answered.failed], candidates=answered.candidates)
        decided_before: dict[KeyedHash, list[ActivityKey]] = {}
        for mail, query in sorted(asked, key=lambda pair: (_find_moment(pair[0]), pair[0].key)):
            earlier = decided_before.setdefault(mail.conversation, []) if mail.conversation else []
            record_owners = answered.candidates.list_owner_ids(query)
            owner = find_owner(mail, workspace, answered.candidates, groups, record_owners)
            try:
                result = self._decide_one(workspace, mail, owner, answered.candidates, choices, earlier)
            except Exception as error:  # noqa: BLE001  # one bad mail must not stop the others
                decisions.failed.append((mail, error))
                continue
            decisions.decided.append(result)
            if result.decision.outcome is Outcome.LOGGED:
                earlier.append(mail.key)
        return decisions

    def _learn_record_owners(
        self, workspace: Workspace, asked: Sequence[tuple[Mail, Query]], groups: GroupPeople, candidates: Candidates
    ) -> None:
        """One more question where a group is so large that not all members were asked for."""
        large = {group for group, people in groups.items() if len(people) > MOST_MEMBERS}
        queries = [query for mail, query in asked if not large.isdisjoint(list_groups(mail, workspace))]
        known = {user.user_id for user in candidates.users.values()}
        if owners := frozenset(i for query in queries for i in candidates.list_owner_ids(query)) - known:
            candidates.owners.update(self._crm.look_up(Query(owners=owners)).owners)

    def _decide_one(
        self,
        workspace: Workspace,
        mail: Mail,
        owner: Owner,
        candidates: Candidates,
        choices: ConversationChoices,
        decided_before: Sequence[ActivityKey],
    ) -> DecidedMail:
        choice = _choice_of(mail, choices)
        kept_out = list_kept_out(mail, choices)
        stopped = DecidedMail(mail, Decision(Reason.KEPT_OUT, evidence=BY_CHOICE), owner.user, kept_out)
        is_out_everywhere = len(kept_out) == len({copy.mailbox_id for copy in mail.copies})
        if is_out_everywhere:
            return stopped
        if not owner.members and (evidence := self._find_stop(mail, choices, owner.user_id, candidates)):
            return replace(stopped, decision=Decision(Reason.KEPT_OUT, evidence=evidence))
        override = self._overrides.find_override(workspace, choice, mail, decided_before)
        if override is None and mail.category and not self._is_looked_for(mail, owner, candidates, decided_before):
            evidence = (Evidence(mail.category), Evidence(BY_PERSON))
            decision = Decision(Reason.NOT_PRIMARY, evidence=evidence, policy_version=self._policy.version)
            return DecidedMail(mail, decision, owner.user, kept_out)
        most_related = MOST_RELATED if self._crm.shape().relates_many else 1
        decision = decide(mail, owner.ids, candidates, workspace, self._policy, override, most_related=most_related)
        user = owner.settle(decision.chosen)
        user_id = user.user_id if user else None
        if owner.members and (evidence := self._find_stop(mail, choices, user_id, candidates)):
            # Which member owns a group's mail is known only with its record.
            return replace(stopped, decision=Decision(Reason.KEPT_OUT, evidence=evidence))
        return DecidedMail(mail, decision, user, kept_out, owner.group)

    def _is_looked_for(
        self, mail: Mail, owner: Owner, candidates: Candidates, decided_before: Sequence[ActivityKey]
    ) -> bool:
        """Whether mail in a category is decided as primary mail is: a Contact's, or in a logged conversation."""
        if self._policy.not_primary is NotPrimary.SKIP:
            return False
        if decided_before or Matches.of_people(mail, candidates.contacts, owner.ids).has_author(mail):
            return True
        activities = self._store.activities_of(mail.conversation) if mail.conversation else []
        return any(activity.state is ActivityState.LOGGED for activity in activities)

    def _find_stop(
        self, mail: Mail, choices: ConversationChoices, owner_id: SalesforceId | None, candidates: Candidates
    ) -> tuple[Evidence, ...]:
        """What the mail's owner said against it, by button or by label; empty where that is nothing."""
        if is_stopped_by_owner(self._store, _list_stoppers(mail, choices), owner_id, candidates.users):
            return BY_CHOICE
        labellers = self._owner_label.list_labellers(mail, _choice_of(mail, choices))
        return BY_LABEL if is_stopped_by_owner(self._store, labellers, owner_id, candidates.users) else ()


def _list_labellers(mail: Mail, choices: ConversationChoices) -> frozenset[MailboxId]:
    """Whoever has a thread of the conversation under the label, whether or not this mail is of that thread."""
    choice = _choice_of(mail, choices)
    return frozenset(thread.mailbox_id for thread in choice.labelled_by) if choice else frozenset()


def _list_stoppers(mail: Mail, choices: ConversationChoices) -> frozenset[MailboxId]:
    choice = _choice_of(mail, choices)
    return choice.kept_out_by if choice else frozenset()


def _choice_of(mail: Mail, choices: ConversationChoices) -> Conversation | None:
    return choices.get(mail.conversation) if mail.conversation else None


def _find_moment(mail: Mail) -> int:
    """When the earliest copy came, in epoch milliseconds."""
    return min(copy.internal_date for copy in mail.copies)
