"""Fetch headers, screen each copy, and make its row."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from server.domain.decision import Outcome, Reason
from server.domain.errors import NotFoundError, ThrottledError
from server.domain.history import MessageRef
from server.domain.ids import KeyedHash, MessageId, ThreadId
from server.domain.ledger import BACKFILL, LIVE, SHARDS, Held, Row, Wait, Waiting
from server.domain.mail_names import CopyName
from server.domain.mailbox import Mailbox, Workspace
from server.domain.message import Headers, Message
from server.domain.policy import Policy
from server.engine.collect.naming import CopyNamer
from server.engine.collect.sent_mail import SentMail
from server.engine.conversations.dont_log_label import is_labelled
from server.engine.conversations.keys import ConversationKeys, read_choices
from server.engine.conversations.overrides import build_situation
from server.engine.ledger.rows import (
    NEW_ORG,
    free_row,
    join_mail,
    look_again,
    look_no_more,
    make_waiting,
    name_mail,
    note_screened,
    note_unreadable_now,
    take_place_of,
)
from server.engine.ledger.sealed_headers import SealedHeaders
from server.logs.events import Event, describe_error
from server.ports.clock import Clock
from server.ports.mail import MailProvider
from server.ports.store import Store
from server.rules.authorship.own_mail import UNMARKED
from server.rules.decision.screen import HEADERS, by_labels, screen
from server.rules.headers.identity_key import identify_mail
from server.rules.schedule.recovery import choose_reaction, count_tries

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ScreenedRows:
    """Rows as they should stand; ``throttled`` says that the provider asked for a pause.

    ``labelled`` has the keyed hashes of the Message-IDs that are new in threads with the label "Don't log".
    """

    rows: tuple[Row, ...]
    throttled: ThrottledError | None = None
    labelled: Mapping[ThreadId, frozenset[KeyedHash]] = field(default_factory=dict)


@dataclass(frozen=True)
class Screener:
    """Thread-safe."""

    mail: MailProvider
    store: Store
    clock: Clock
    policy: Policy
    keys: ConversationKeys
    headers: SealedHeaders
    namer: CopyNamer

    def screen_messages(
        self,
        workspace: Workspace,
        mailbox: Mailbox,
        refs: Sequence[MessageRef],
        dont_log_labels: frozenset[str],
        previous: Mapping[MessageId, Row],
        *,
        sent_mail: SentMail | None = None,
        is_past: bool = False,
    ) -> ScreenedRows:
        """One batch of headers. ``previous`` holds the rows that exist: their attempts and versions go on.

        ``sent_mail`` is the run's, None for a run of this batch alone.

        A message that comes along with its conversation and has no row yet is screened too: it is paid for.
        """
        sent_mail = sent_mail or SentMail(self.mail, self.clock, mailbox)
        answers = self._read_headers(mailbox, refs, sent_mail)
        refs = [*refs, *self._list_extra_messages(mailbox, refs, answers)]
        sent = self._open_sent_headers(previous.values())
        answers = {i: _with_sent_headers(answer, sent.get(i)) for i, answer in answers.items()}
        messages = [m for ref in refs if isinstance(m := answers.get(ref.message_id), Message)]
        batch = _Batch(self, workspace, mailbox, dont_log_labels, messages, sent_mail)
        rows: list[Row] = []
        throttled: ThrottledError | None = None
        for ref in refs:
            earlier_row = previous.get(ref.message_id)
            answer = answers.get(ref.message_id) or RuntimeError("The provider did not answer for a message.")
            # Mail that is decided again for another org lets new mail go first, as all mail out of the past does.
            is_old = is_past or (earlier_row is not None and earlier_row.cause == NEW_ORG)
            result = batch.make_row(answer, is_past=is_old) if isinstance(answer, Message) else answer
            if isinstance(result, Exception):
                throttled = result if isinstance(result, ThrottledError) else throttled
                if is_past and isinstance(result, ThrottledError) and _is_found_again(earlier_row):
                    continue
                result = self._note_failure(mailbox, ref, result, earlier_row)
            else:
                result = batch.join_family(result)
            rows.append(take_place_of(result, earlier_row) if earlier_row else result)
        return ScreenedRows(tuple(rows), throttled, batch.list_labelled())

    def screen_anew(
        self, workspace: Workspace, mailbox: Mailbox, messages: Sequence[tuple[Row, Message]]
    ) -> list[tuple[Row, Row | Exception]]:
        """Waiting rows by headers that were corrected meanwhile; the provider is not asked."""
        sent_mail = SentMail(self.mail, self.clock, mailbox)
        batch = _Batch(self, workspace, mailbox, mailbox.dont_log_labels, [m for _, m in messages], sent_mail)
        results: list[tuple[Row, Row | Exception]] = []
        for earlier, message in messages:
            result = batch.make_row(message, is_past=earlier.is_from_the_past)
            if isinstance(result, Row):
                result = take_place_of(batch.join_family(result), earlier)
                # What held the row before was over by now.
                result = free_row(result, self.clock.now()) if isinstance(result.wait, Waiting) else result
            results.append((earlier, result))
        return results

    def _read_headers(
        self, mailbox: Mailbox, refs: Sequence[MessageRef], sent_mail: SentMail
    ) -> dict[MessageId, Message | Exception]:
        answers = dict(self.mail.headers(mailbox, refs, HEADERS))
        marked = sent_mail.mark(answer for answer in answers.values() if isinstance(answer, Message))
        return answers | {message.message_id: message for message in marked}

    def _open_sent_headers(self, rows: Iterable[Row]) -> dict[MessageId, Headers]:
        """Of messages whose bytes were read: no later answer of the provider replaces what they say."""
        opened = ((row.message_id, self.headers.open_sent(row)) for row in rows)
        return {message_id: sent for message_id, sent in opened if sent is not None}

    def _list_extra_messages(
        self, mailbox: Mailbox, refs: Sequence[MessageRef], answers: Mapping[MessageId, Message | Exception]
    ) -> list[MessageRef]:
        requested = {ref.message_id for ref in refs}
        extra = [m for i, m in answers.items() if i not in requested and isinstance(m, Message)]
        rows = self.store.existing_rows(mailbox.mailbox_id, [m.message_id for m in extra]) if extra else {}
        return [MessageRef(m.message_id, m.thread_id) for m in extra if m.message_id not in rows]

    def _note_failure(self, mailbox: Mailbox, ref: MessageRef, error: Exception, earlier_row: Row | None) -> Row:
        attempts = count_tries(error, earlier_row.attempts, earlier_row.cause) if earlier_row else 1
        now = self.clock.now()
        if earlier_row and earlier_row.outcome is Outcome.SKIPPED and isinstance(error, NotFoundError):
            return look_no_more(earlier_row, now)
        reaction = choose_reaction(error, attempts, now)
        return note_unreadable_now(
            mailbox.mailbox_id, ref, reaction.reason, reaction.due_at, reaction.cause, attempts, now
        )


class _Batch:
    """What the messages of one batch share: the Workspace, the mailbox, and people's choices for conversations."""

    def __init__(
        self,
        screener: Screener,
        workspace: Workspace,
        mailbox: Mailbox,
        dont_log_labels: frozenset[str],
        messages: Sequence[Message],
        sent_mail: SentMail,
    ) -> None:
        self._screener = screener
        self._workspace = workspace
        self._mailbox = mailbox
        self._labels = dont_log_labels
        self._messages = messages
        self._sent_mail = sent_mail
        keys = screener.keys
        roots = {m.message_id: keys.of_message(mailbox, m) for m in messages}
        threads = {m.thread_id: keys.of_label(mailbox.mailbox_id, m.thread_id) for m in messages}
        self._roots, self._choices = read_choices(screener.store, roots, threads.values())
        for message in messages:
            root = roots[message.message_id]
            if self._roots[message.message_id] != root and screener.namer.is_refuted(message, workspace):
                screener.namer.part_conversation(root)
                self._roots |= {other: root for other, its_root in roots.items() if its_root == root}
        self._names: dict[MessageId, CopyName] = {}
        self._labelled = {i for i, key in threads.items() if is_labelled(mailbox, self._choices.get(key))}
        # A label on one message of this batch counts for the rest of its conversation.
        self._labelled |= {m.thread_id for m in messages if self._is_kept_out_by(m)}

    def _is_kept_out_by(self, message: Message) -> bool:
        """Only mail keeps its conversation out: no draft, nothing in Spam, nothing before the start."""
        is_mail = (
            by_labels(message.label_ids, self._screener.policy) is None and message.internal_date >= self._mailbox.start
        )
        return is_mail and not self._labels.isdisjoint(message.label_ids)

    def list_labelled(self) -> dict[ThreadId, frozenset[KeyedHash]]:
        """The hashed Message-IDs in each thread that the label keeps out, of those that are not noted yet."""
        found: dict[ThreadId, frozenset[KeyedHash]] = {}
        for message in self._messages:
            thread_id = message.thread_id
            if thread_id in self._labelled:
                ids = self._screener.keys.of_message_ids(message.headers)
                choice = self._choices.get(self._screener.keys.of_label(self._mailbox.mailbox_id, thread_id))
                ids -= choice.message_ids if choice else frozenset()
                found[thread_id] = found.get(thread_id, frozenset()) | ids
        return {thread_id: ids for thread_id, ids in found.items() if ids}

    def make_row(self, message: Message, *, is_past: bool) -> Row | Exception:
        """A bug that one hostile message finds must not stop its mailbox: the row stays open and says so."""
        try:
            return self._screen(message, is_past=is_past)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is this message's alone
            fields = describe_error(Event.BUG, error, message_id=message.message_id)
            log.error("screening a message failed with %s", type(error).__name__, extra=fields)  # noqa: TRY400
            return error

    def join_family(self, row: Row) -> Row:
        """With the key of the mail that it is a copy of, where a server gave the copy another Message-ID."""
        name = self._names.get(row.message_id)
        if name is None or not isinstance(row.wait, Waiting | Held):
            return row
        mail = self._screener.namer.join_family(name)
        conversation = mail.conversation if name.is_first and mail.conversation else row.conversation
        shard = choose_shard(conversation, is_past=row.is_from_the_past) if conversation else row.wait.shard
        return join_mail(row, mail.activity_key, conversation, shard)

    def _screen(self, message: Message, *, is_past: bool) -> Row:
        policy, mailbox = self._screener.policy, self._mailbox
        conversation = self._roots[message.message_id]
        situation = build_situation(
            mailbox,
            self._choices.get(conversation),
            self._labels,
            is_labelled=message.thread_id in self._labelled,
        )
        screening, people = screen(message, self._workspace, policy, situation)
        now = self._screener.clock.now()
        row = note_screened(mailbox.mailbox_id, message, conversation, screening, policy.version, now)
        if any(evidence.mark == UNMARKED for evidence in screening.evidence):
            return look_again(row, self._sent_mail.choose_next_look(message))
        if screening.reason is Reason.KEPT_OUT:
            # By its key a colleague's copy is found again, once the label is off.
            return name_mail(row, identify_mail(message.headers, people, message.internal_date))
        if screening.reason is not None:
            return row
        if name := self._screener.namer.read_name(message, people, self._workspace, conversation):
            self._names[message.message_id] = name
        key = identify_mail(message.headers, people, message.internal_date)
        wait = self._choose_wait(message, choose_shard(conversation, is_past=is_past), row.updated_at)
        return make_waiting(row, key, wait, self._screener.headers.seal(row.key, message))

    def _choose_wait(self, message: Message, shard: int, now: float) -> Wait:
        """A mailbox that does not deliver holds its mail. A publish delay counts from when the message came."""
        if not self._mailbox.delivers:
            return Held(shard, self._mailbox.hold_cause)
        delay = self._screener.policy.publish_delay
        shown_at = message.internal_date / 1000 + delay
        return Waiting(shard, shown_at if delay > 0 and shown_at > now else now)


def _with_sent_headers(answer: Message | Exception, sent: Headers | None) -> Message | Exception:
    if sent is None or not isinstance(answer, Message):
        return answer
    return replace(answer, headers=sent, is_as_sent=True)


def _is_found_again(row: Row | None) -> bool:
    """Does the walk through the past, once its pause is over, come to the message again by itself?

    A row to be tried again would make the reading of new mail read it, before all other work.
    """
    return row is None or row.outcome is Outcome.SKIPPED


def choose_shard(conversation: KeyedHash, *, is_past: bool) -> int:
    """All copies of a conversation share a shard, so that one worker sees a mail whole."""
    number = int(conversation.rpartition(":")[2][:8], 16) % SHARDS
    return BACKFILL[number] if is_past else LIVE[number]
