"""What a rep sees of a conversation: from the ledger where it is known, decided without writing where it is not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from server.domain.crm import Record
from server.domain.decision import OUTCOME_OF, Loser, Outcome, Reason, Unrelated
from server.domain.errors import TransientError
from server.domain.history import MessageRef
from server.domain.ids import ActivityKey, KeyedHash, MailboxId, MessageId, SalesforceId
from server.domain.ledger import ActivityRow, Conversation, Row
from server.domain.mailbox import DirectoryState, Mailbox, Stage, Workspace
from server.engine.collect.sent_mail import SentMail
from server.engine.conversations.overrides import FindOwners
from server.engine.decide.explain import Explainer, Explanation
from server.engine.ledger.refusals import read_sentence
from server.engine.ledger.rows import name_cause
from server.engine.ledger.sealing import Sealing
from server.engine.ledger.snapshots import Snapshot, open_snapshot
from server.engine.sidebar.conversation_reader import read_conversation
from server.engine.sidebar.record_access import RecordAccess
from server.ports.clock import Clock
from server.ports.mail import MailProvider
from server.ports.store import Store

OPEN_QUESTIONS = frozenset({Reason.NO_MATCH, Reason.CONTACTS_ONLY_ACCOUNT})
"""Not logged for want of a record. Nothing readable is kept of such mail, so that to say why we look again."""


@dataclass(frozen=True)
class Shown:
    """One message as a card shows it.

    ``foreseen``: decided now and not written. ``is_hidden``: the record is one that this rep may not read, and so is
    each that ``hidden_losers`` counts; ``more_losers`` would be too many. ``is_blind``: only a colleague's Bcc header
    found the record. ``unrelated`` are contacts to whom the activity is not related. ``sentence`` is Salesforce's own,
    of a refused one. ``is_joined``: another tool logged it. ``addresses`` are the external people on it, known only
    where we just looked.
    """

    message_id: MessageId
    reason: Reason
    sent_at: int
    foreseen: bool = False
    chosen: Record | None = None
    is_hidden: bool = False
    losers: tuple[Loser, ...] = ()
    hidden_losers: int = 0
    more_losers: int = 0
    is_blind: bool = False
    unrelated: Unrelated = field(default_factory=Unrelated)
    addresses: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    activity_id: SalesforceId | None = None
    cause: str | None = None
    sentence: str = ""
    is_joined: bool = False
    is_doubled: bool = False
    on_opportunity: bool = False
    due_at: float | None = None

    @property
    def outcome(self) -> Outcome:
        """A reason that only a newer version knows promises nothing: its message counts as waiting."""
        return OUTCOME_OF.get(self.reason, Outcome.WAITING)


@dataclass(frozen=True)
class View:
    """A conversation in one mailbox, the oldest message first.

    ``chosen_by`` is the address of who chose the record; ``is_record_gone``: Salesforce does not have it any more.
    ``is_crm_away``: Salesforce could not be asked which of the records the rep may read. ``is_as_known``: nobody was
    asked anything, this is what the ledger has.
    """

    mailbox: Mailbox
    opened: MessageId
    shown: tuple[Shown, ...]
    conversation: KeyedHash | None = None
    chosen_by: str = ""
    is_record_gone: bool = False
    is_kept_out: bool = False
    is_crm_away: bool = False
    is_as_known: bool = False


class Sidebar:
    """One for each process. Thread-safe."""

    def __init__(
        self, mail: MailProvider, store: Store, clock: Clock, sealing: Sealing, explainer: Explainer,
        access: RecordAccess,
    ) -> None:  # fmt: skip
        self._mail = mail
        self._clock = clock
        self._store = store
        self._sealing = sealing
        self._explainer = explainer
        self._access = access

    def view(self, workspace: Workspace, mailbox: Mailbox, ref: MessageRef) -> View:
        """Raises NotFoundError, TransientError, MailboxUnavailableError. Writes nothing to Salesforce or the ledger."""
        rows = self._store.thread(mailbox.mailbox_id, ref.thread_id)
        opened = next((row for row in rows if row.message_id == ref.message_id), None)
        shown = self._show_rows(rows)
        if opened is None or opened.reason in OPEN_QUESTIONS or _waits_in_trial(mailbox, opened):
            shown |= self._foresee(workspace, mailbox, ref, shown, opened)
        readable, has_answer = self._access.ask(mailbox, _list_records(shown.values()))
        view = self._make_view(mailbox, ref, rows, shown, readable)
        return view if has_answer else replace(view, is_crm_away=True)

    def view_known(self, mailbox: Mailbox, ref: MessageRef) -> View | None:
        """What the ledger has, with no question to Gmail or Salesforce; None where it does not have the message."""
        rows = self._store.thread(mailbox.mailbox_id, ref.thread_id)
        shown = self._show_rows(rows)
        if ref.message_id not in shown:
            return None
        readable = self._access.remembered(mailbox, _list_records(shown.values()))
        return replace(self._make_view(mailbox, ref, rows, shown, readable), is_crm_away=True, is_as_known=True)

    def _make_view(
        self, mailbox: Mailbox, ref: MessageRef, rows: Sequence[Row], shown: dict[MessageId, Shown],
        readable: frozenset[SalesforceId],
    ) -> View:  # fmt: skip
        choice = self._find_choice(rows)
        ordered = sorted(shown.values(), key=lambda item: (item.sent_at, item.message_id))
        first_key = next((row.conversation for row in rows if row.conversation), None)
        return View(
            mailbox=mailbox,
            opened=ref.message_id,
            # A rep sees only the records that Salesforce lets that rep read.
            shown=tuple(_hide_records(item, readable) for item in ordered),
            conversation=choice.conversation if choice else first_key,
            chosen_by=choice.said_by if choice else "",
            is_record_gone=bool(choice and choice.is_record_gone),
            is_kept_out=bool(choice and mailbox.mailbox_id in choice.kept_out_by),
        )

    def find_choice(self, mailbox: Mailbox, ref: MessageRef) -> Conversation | None:
        """What people chose for the conversation, as far as it has rows."""
        return self._find_choice(self._store.thread(mailbox.mailbox_id, ref.thread_id))

    def user_of(self, mailbox: Mailbox) -> SalesforceId | None:
        """Who the rep is in Salesforce, as far as it is known without a question."""
        return self._access.known_user(mailbox)

    def _show_rows(self, rows: Sequence[Row]) -> dict[MessageId, Shown]:
        keys = list(dict.fromkeys(row.activity_key for row in rows if row.activity_key))
        activities = self._store.activities(keys) if keys else {}
        snapshots = {key: open_snapshot(self._sealing, activity) for key, activity in activities.items()}
        shown = {row.message_id: _show_row(row, activities, snapshots) for row in rows}
        sentences = {row.message_id: read_sentence(self._sealing, row) for row in rows if row.sealed_cause}
        return shown | {i: replace(shown[i], sentence=sentence) for i, sentence in sentences.items()}

    def _find_choice(self, rows: Sequence[Row]) -> Conversation | None:
        keys = list(dict.fromkeys(row.conversation for row in rows if row.conversation))
        choices = self._store.conversations(keys) if keys else {}
        return next((choices[key] for key in reversed(keys) if key in choices), None)

    def _foresee(
        self, workspace: Workspace, mailbox: Mailbox, ref: MessageRef,
        shown: dict[MessageId, Shown], opened: Row | None,
    ) -> dict[MessageId, Shown]:  # fmt: skip
        """One question to Gmail and one to Salesforce, whatever the conversation's length."""
        try:
            messages = SentMail(self._mail, self._clock, mailbox).mark(read_conversation(self._mail, mailbox, ref))
            in_ledger = shown.keys() - {ref.message_id}
            undecided = [message for message in messages if message.message_id not in in_ledger]
            explanations = self._explainer.explain_messages(
                workspace, undecided, mailbox, users=frozenset(mailbox.addresses)
            )
        except TransientError:
            if opened is None:
                raise
            return {}  # what the ledger has, without the names
        self._access.learn(mailbox, explanations.candidates)
        return {i: _show_explanation(explanation) for i, explanation in explanations.by_message.items()}


def _waits_in_trial(mailbox: Mailbox, row: Row) -> bool:
    """Nobody has asked Salesforce about it: what would become of it is not known."""
    return mailbox.stage is Stage.DRY_RUN and row.outcome is Outcome.WAITING


def _list_records(shown: Iterable[Shown]) -> list[Record]:
    return [r for item in shown for r in (item.chosen, *(loser.record for loser in item.losers)) if r]


def _hide_records(shown: Shown, readable: frozenset[SalesforceId]) -> Shown:
    losers = tuple(loser for loser in shown.losers if loser.record.record_id in readable)
    hidden = shown.hidden_losers + len(shown.losers) - len(losers)
    if shown.chosen is None or shown.chosen.record_id in readable:
        return replace(shown, losers=losers, hidden_losers=hidden)
    return replace(shown, chosen=None, is_hidden=True, losers=losers, hidden_losers=hidden)


def _show_row(
    row: Row, activities: dict[ActivityKey, ActivityRow], snapshots: dict[ActivityKey, Snapshot | None]
) -> Shown:
    shown = Shown(
        message_id=row.message_id,
        reason=row.reason,
        sent_at=row.internal_date,
        marks=tuple(evidence.mark for evidence in row.evidence),
        activity_id=row.activity_id,
        cause=name_cause(row),
        due_at=row.due,
    )
    if row.outcome is not Outcome.LOGGED or row.activity_key is None:
        return shown
    kept = snapshots.get(row.activity_key)
    snapshot = kept.show_to(row.mailbox_id) if kept else None
    activity = activities.get(row.activity_key)
    if activity is not None and activity.is_joined:
        return replace(shown, is_joined=True)  # on which record the other tool put it is not for us to say
    shown = replace(shown, is_doubled=activity is not None and activity.doubled_by is not None)
    if kept is None or snapshot is None or activity is None or kept.chosen is None:
        return replace(shown, is_hidden=row.record_id is not None)
    return replace(
        shown,
        chosen=snapshot.chosen,
        is_hidden=snapshot.chosen is None,
        is_blind=snapshot.chosen is None,
        losers=snapshot.losers,
        more_losers=snapshot.more,
        unrelated=snapshot.unrelated,
        addresses=snapshot.addresses,
        on_opportunity=snapshot.opportunity_id is not None,
    )


def _show_explanation(explanation: Explanation) -> Shown:
    message, decision = explanation.message, explanation.decision
    return Shown(
        message_id=message.message_id,
        reason=decision.reason,
        sent_at=message.internal_date,
        foreseen=True,
        chosen=decision.chosen,
        losers=decision.losers,
        unrelated=decision.unrelated,
        addresses=tuple(person.address for person in explanation.external_people),
        marks=tuple(evidence.mark for evidence in decision.evidence),
    )


def find_mailbox_of_caller(store: Store, find_owners: FindOwners, subject: str, address: str) -> Mailbox | None:
    """The Directory's id is the subject of Google's tokens; where it should not be, the address still tells.

    An address of somebody who was deleted may be somebody else's by now.
    """
    by_id = store.mailbox(MailboxId(subject))
    if by_id is not None:
        return by_id
    owners = find_owners([address])
    return next((m for m in owners if m.directory_state is not DirectoryState.DELETED), None)
