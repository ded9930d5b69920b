"""What a rep sees of a conversation: from the ledger where it is known, decided without writing where it is not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from server.domain.crm import Candidates, Query, Record
from server.domain.decision import Decision, Loser, Outcome, Reason
from server.domain.errors import TransientError
from server.domain.history import MessageRef
from server.domain.ids import ActivityKey, KeyedHash, MailboxId, MessageId, SalesforceId
from server.domain.ledger import ActivityRow, Conversation, Row
from server.domain.mail import Mail
from server.domain.mailbox import DirectoryState, Mailbox, Workspace
from server.domain.message import Message
from server.engine.collect.screening import conversation_of
from server.engine.conversations.dont_log_label import is_labelled, labelled_key
from server.engine.conversations.overrides import override_for, situation_of
from server.engine.decide.explain import mail_of
from server.engine.ledger.refusals import sentence_of
from server.engine.ledger.rows import name_cause
from server.engine.ledger.snapshots import Snapshot, open_snapshot
from server.engine.ports import Ports
from server.engine.sidebar.record_access import RecordAccess
from server.rules.decision.decide import decide
from server.rules.decision.match import build_query
from server.rules.decision.owner import find_owner_id
from server.rules.decision.screen import HEADERS, screen

OPEN_QUESTIONS = frozenset({Reason.NO_MATCH, Reason.CONTACTS_ONLY_ACCOUNT})
"""Not logged for want of a record. Nothing readable is kept of such mail, so that to say why we look again."""


@dataclass(frozen=True)
class Shown:
    """One message as a card shows it.

    ``foreseen``: decided now and not written. ``is_hidden``: the record is one that this rep may not read, and so is
    each that ``hidden_losers`` counts. ``sentence`` is Salesforce's own, of a refused one. ``is_joined``: another tool
    logged it. ``addresses`` are the external people on it, known only where we just looked.
    """

    message_id: MessageId
    reason: Reason
    sent_at: int
    foreseen: bool = False
    chosen: Record | None = None
    is_hidden: bool = False
    losers: tuple[Loser, ...] = ()
    hidden_losers: int = 0
    addresses: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    activity_id: SalesforceId | None = None
    cause: str | None = None
    sentence: str = ""
    is_joined: bool = False
    on_opportunity: bool = False
    due_at: float | None = None

    @property
    def outcome(self) -> Outcome:
        return Decision(self.reason).outcome


@dataclass(frozen=True)
class View:
    """A conversation in one mailbox, the oldest message first.

    ``chosen_by`` is the address of who chose the record; ``is_record_gone``: Salesforce does not have it any more.
    """

    mailbox: Mailbox
    opened: MessageId
    shown: tuple[Shown, ...]
    conversation: KeyedHash | None = None
    chosen_by: str = ""
    is_record_gone: bool = False
    is_kept_out: bool = False


class Sidebar:
    """One for each process. Thread-safe."""

    def __init__(self, ports: Ports, access: RecordAccess) -> None:
        self._ports = ports
        self._access = access

    def view(self, workspace: Workspace, mailbox: Mailbox, ref: MessageRef) -> View:
        """Raises NotFoundError, TransientError, MailboxUnavailableError. Writes nothing to Salesforce or the ledger."""
        rows = self._ports.store.thread(mailbox.mailbox_id, ref.thread_id)
        opened = next((row for row in rows if row.message_id == ref.message_id), None)
        known = self._from_ledger(rows)
        if opened is None or opened.reason in OPEN_QUESTIONS:
            known |= self._foreseen(workspace, mailbox, ref, known, opened)
        word = self._word(rows)
        shown = sorted(known.values(), key=lambda s: (s.sent_at, s.message_id))
        return View(
            mailbox=mailbox,
            opened=ref.message_id,
            shown=self._permitted(mailbox, shown),
            conversation=word.conversation if word else next((r.conversation for r in rows if r.conversation), None),
            chosen_by=word.said_by if word else "",
            is_record_gone=bool(word and word.is_record_gone),
            is_kept_out=bool(word and mailbox.mailbox_id in word.kept_out_by),
        )

    def word_on(self, mailbox: Mailbox, ref: MessageRef) -> Conversation | None:
        """What people said of the conversation, as far as it has rows."""
        return self._word(self._ports.store.thread(mailbox.mailbox_id, ref.thread_id))

    def user_of(self, mailbox: Mailbox) -> SalesforceId | None:
        """Who the rep is in Salesforce, as far as it is known without a question."""
        return self._access.known_user(mailbox)

    def _from_ledger(self, rows: Sequence[Row]) -> dict[MessageId, Shown]:
        keys = list(dict.fromkeys(row.activity_key for row in rows if row.activity_key))
        activities = self._ports.store.activities(keys) if keys else {}
        snapshots = {key: open_snapshot(self._ports, activity) for key, activity in activities.items()}
        shown = {row.message_id: _of_row(row, activities, snapshots) for row in rows}
        said = {row.message_id: sentence_of(self._ports, row) for row in rows if row.sealed_cause}
        return shown | {i: replace(shown[i], sentence=sentence) for i, sentence in said.items()}

    def _word(self, rows: Sequence[Row]) -> Conversation | None:
        keys = list(dict.fromkeys(row.conversation for row in rows if row.conversation))
        found = self._ports.store.conversations(keys) if keys else {}
        return next((found[key] for key in reversed(keys) if key in found), None)

    def _foreseen(
        self, workspace: Workspace, mailbox: Mailbox, ref: MessageRef,
        known: dict[MessageId, Shown], opened: Row | None,
    ) -> dict[MessageId, Shown]:  # fmt: skip
        """One question to Gmail and one to Salesforce, whatever the conversation's length."""
        try:
            messages = self._ports.mail.thread(mailbox, ref.thread_id, HEADERS)
            settled = known.keys() - {ref.message_id}
            return self._decided(workspace, mailbox, [m for m in messages if m.message_id not in settled])
        except TransientError:
            if opened is None:
                raise
            return {}  # the ledger's own word, without the names

    def _decided(self, workspace: Workspace, mailbox: Mailbox, messages: Sequence[Message]) -> dict[MessageId, Shown]:
        ports = self._ports
        roots = {m.message_id: conversation_of(ports, mailbox, m) for m in messages}
        threads = {m.thread_id: labelled_key(ports, mailbox, m.thread_id) for m in messages}
        words = ports.store.conversations(list(dict.fromkeys((*roots.values(), *threads.values()))))
        out: dict[MessageId, Shown] = {}
        mails: list[tuple[Message, Mail]] = []
        asked = Query(users=frozenset(mailbox.addresses))
        for message in messages:
            word = words.get(roots[message.message_id])
            labelled = is_labelled(mailbox, words.get(threads[message.thread_id]))
            situation = situation_of(mailbox, word, is_labelled=labelled)
            screening, people = screen(message, workspace, ports.policy, situation)
            if screening.reason is not None:
                out[message.message_id] = _shown(message, Decision(screening.reason, evidence=screening.evidence))
                continue
            mail = mail_of(message, mailbox, people)
            mails.append((message, mail))
            asked = asked | build_query(mail, workspace, ports.policy)
        if not mails:
            return out
        candidates = ports.crm.look_up(asked)
        self._access.learn(mailbox, candidates)
        for message, mail in mails:
            word = words.get(roots[message.message_id])
            decision = self._decision(workspace, mail, candidates, word)
            out[message.message_id] = _shown(message, decision, mail)
        return out

    def _decision(
        self, workspace: Workspace, mail: Mail, candidates: Candidates, word: Conversation | None
    ) -> Decision:
        owner = find_owner_id(mail, workspace, candidates)
        return decide(
            mail, owner, candidates, workspace, self._ports.policy, override_for(self._ports, workspace, word, mail)
        )

    def _permitted(self, mailbox: Mailbox, shown: Sequence[Shown]) -> tuple[Shown, ...]:
        """A rep sees only the records that Salesforce lets that rep read."""
        records = [r for s in shown for r in (s.chosen, *(loser.record for loser in s.losers)) if r]
        readable = self._access.readable(mailbox, records)
        return tuple(_permitted(s, readable) for s in shown)


def _permitted(shown: Shown, readable: frozenset[SalesforceId]) -> Shown:
    losers = tuple(loser for loser in shown.losers if loser.record.record_id in readable)
    hidden = shown.hidden_losers + len(shown.losers) - len(losers)
    if shown.chosen is None or shown.chosen.record_id in readable:
        return replace(shown, losers=losers, hidden_losers=hidden)
    return replace(shown, chosen=None, is_hidden=True, losers=losers, hidden_losers=hidden)


def _of_row(
    row: Row, activities: dict[ActivityKey, ActivityRow], snapshots: dict[ActivityKey, Snapshot | None]
) -> Shown:
    plain = Shown(
        message_id=row.message_id,
        reason=row.reason,
        sent_at=row.internal_date,
        marks=tuple(e.mark for e in row.evidence),
        activity_id=row.activity_id,
        cause=name_cause(row),
        due_at=row.due,
    )
    if row.outcome is not Outcome.LOGGED or row.activity_key is None:
        return plain
    snapshot = snapshots.get(row.activity_key)
    activity = activities.get(row.activity_key)
    if activity is not None and activity.is_joined:
        return replace(plain, is_joined=True)  # where the other tool put it is its matter
    if snapshot is None or activity is None or snapshot.chosen is None:
        return replace(plain, is_hidden=row.record_id is not None)
    return replace(
        plain,
        chosen=snapshot.chosen,
        losers=snapshot.losers,
        hidden_losers=snapshot.more,
        addresses=snapshot.addresses,
        on_opportunity=snapshot.opportunity_id is not None,
    )


def _shown(message: Message, decision: Decision, mail: Mail | None = None) -> Shown:
    return Shown(
        message_id=message.message_id,
        reason=decision.reason,
        sent_at=message.internal_date,
        foreseen=True,
        chosen=decision.chosen,
        losers=decision.losers,
        addresses=tuple(person.address for person in mail.externals) if mail else (),
        marks=tuple(e.mark for e in decision.evidence),
    )


def mailbox_of(ports: Ports, subject: str, address: str) -> Mailbox | None:
    """The Directory's id is the subject of Google's tokens; where it should not be, the address still tells.

    An address of somebody who was deleted may be somebody else's by now.
    """
    by_id = ports.store.mailbox(MailboxId(subject))
    if by_id is not None:
        return by_id
    present = [m for m in _all(ports.store.mailboxes()) if m.directory_state is not DirectoryState.DELETED]
    return next((m for m in present if address in m.addresses), None)


def _all(mailboxes: Iterable[Mailbox]) -> list[Mailbox]:
    return sorted(mailboxes, key=lambda m: m.mailbox_id)
