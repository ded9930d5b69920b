"""Fetch headers, screen each copy, and make its row."""

from __future__ import annotations

import json
import logging
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from server.domain.decision import Reason
from server.domain.errors import SealBrokenError, ThrottledError, UnreadableError
from server.domain.history import MessageRef
from server.domain.ids import KeyedHash, MessageId
from server.domain.ledger import BACKFILL, LIVE, SHARDS, Held, Row, Wait, Waiting
from server.domain.mail import Copy
from server.domain.mailbox import Mailbox, Workspace
from server.domain.message import Headers, Message
from server.engine.conversations.dont_log_label import is_labelled, labelled_key
from server.engine.conversations.overrides import situation_of
from server.engine.ledger.rows import make_waiting, note_unreadable_now
from server.engine.ports import Ports
from server.rules.decision.screen import HEADERS, by_labels, screen
from server.rules.headers.identity_key import activity_key, find_conversation_root
from server.rules.headers.people import people_of
from server.rules.schedule.recovery import choose_reaction, count_tries
from server.vault.envelope import Place

log = logging.getLogger(__name__)

MOST_BYTES = 700_000
"""Of one message's headers, compressed: a document ends at 1 MiB."""


@dataclass(frozen=True)
class Screened:
    """Rows as they should stand; ``throttled`` says that Gmail asked for a pause."""

    rows: tuple[Row, ...]
    throttled: ThrottledError | None = None


def screen_messages(
    ports: Ports,
    workspace: Workspace,
    mailbox: Mailbox,
    refs: Sequence[MessageRef],
    dont_log_label: str | None,
    before: Mapping[MessageId, Row],
    *,
    is_past: bool = False,
) -> Screened:
    """One batch of headers. ``before`` holds the rows that exist, by message id: their attempts and versions go on.

    What comes along with a conversation and has no row yet is screened too: it is paid for.
    """
    answers = ports.mail.headers(mailbox, refs, HEADERS)
    refs = [*refs, *_came_along(ports, mailbox, refs, answers)]
    wanted = {ref.message_id for ref in refs}
    messages = {i: m for i, m in answers.items() if isinstance(m, Message) and i in wanted}
    screen_one = _Screen(ports, workspace, mailbox, dont_log_label, list(messages.values()), is_past=is_past)
    rows: list[Row] = []
    throttled: ThrottledError | None = None
    for ref in refs:
        known = before.get(ref.message_id)
        answer = answers.get(ref.message_id) or RuntimeError("unanswered")
        row = screen_one.row(answer) if isinstance(answer, Message) else answer
        if isinstance(row, Exception):
            throttled = row if isinstance(row, ThrottledError) else throttled
            row = _failed(ports, mailbox, ref, row, known)
        rows.append(_continuing(row, known))
    return Screened(tuple(rows), throttled)


def _came_along(
    ports: Ports, mailbox: Mailbox, refs: Sequence[MessageRef], answers: Mapping[MessageId, Message | Exception]
) -> list[MessageRef]:
    asked = {ref.message_id for ref in refs}
    more = [m for i, m in answers.items() if i not in asked and isinstance(m, Message)]
    known = ports.store.existing_rows(mailbox.mailbox_id, [m.message_id for m in more]) if more else {}
    return [MessageRef(m.message_id, m.thread_id) for m in more if m.message_id not in known]


class _Screen:
    """What the messages of one batch share: the Workspace, the mailbox, and people's word on their conversations."""

    def __init__(
        self,
        ports: Ports,
        workspace: Workspace,
        mailbox: Mailbox,
        dont_log_label: str | None,
        messages: Sequence[Message],
        *,
        is_past: bool,
    ) -> None:
        self._ports = ports
        self._workspace = workspace
        self._mailbox = mailbox
        self._label = dont_log_label
        self._is_past = is_past
        self._roots = {m.message_id: conversation_of(ports, mailbox, m) for m in messages}
        threads = {m.thread_id: labelled_key(ports, mailbox, m.thread_id) for m in messages}
        words = ports.store.conversations(list(dict.fromkeys((*self._roots.values(), *threads.values()))))
        self._words = words
        self._labelled = {i for i, key in threads.items() if is_labelled(mailbox, words.get(key))}
        # What the label says in this batch holds for the rest of it.
        self._labelled |= {m.thread_id for m in messages if self._is_said_by(m)}

    def _is_said_by(self, message: Message) -> bool:
        """Only mail speaks for its conversation: no draft, nothing in Spam, nothing too old."""
        label = self._label or self._mailbox.dont_log_label
        is_mail = by_labels(message.label_ids) is None and message.internal_date >= self._mailbox.start
        return label is not None and message.has_label(label) and is_mail

    def row(self, message: Message) -> Row | Exception:
        """A bug that one hostile message finds must not stop its mailbox: the row stays open and says so."""
        try:
            return self._row(message)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is this message's alone
            log.error("screening a message failed with %s", type(error).__name__)  # noqa: TRY400  # no text of mail
            return error

    def _row(self, message: Message) -> Row:
        ports, mailbox = self._ports, self._mailbox
        conversation = self._roots[message.message_id]
        situation = situation_of(
            mailbox,
            self._words.get(conversation),
            self._label,
            is_labelled=message.thread_id in self._labelled,
        )
        screening, people = screen(message, self._workspace, ports.policy, situation)
        row = Row(
            mailbox_id=mailbox.mailbox_id,
            message_id=message.message_id,
            thread_id=message.thread_id,
            reason=screening.reason or Reason.READY,
            internal_date=message.internal_date,
            conversation=conversation,
            evidence=screening.evidence,
            policy_version=ports.policy.version,
            updated_at=ports.clock.now(),
        )
        if screening.reason is not None:
            return row
        author = people.author.address if people.author else None
        recipients = [p.address for p in people.participants]
        key = activity_key(message.headers, author, message.internal_date, recipients)
        shard = shard_of(conversation, is_past=self._is_past)
        return make_waiting(row, key, _wait_of(ports, mailbox, message, shard), seal_headers(ports, row.key, message))


def conversation_of(ports: Ports, mailbox: Mailbox, message: Message) -> KeyedHash:
    """The root of References is the same in every mailbox; without one the thread, which is this mailbox's own."""
    root = find_conversation_root(message.headers)
    value = root or f"thread:{mailbox.mailbox_id}:{message.thread_id}"
    return KeyedHash(ports.hasher.hash("conversation", value))


def seal_place(ports: Ports, key: str, purpose: str) -> Place:
    return Place(ports.organisation, "messages", key, purpose)


def day_of(epoch_seconds: float) -> str:
    return datetime.fromtimestamp(epoch_seconds, UTC).date().isoformat()


def open_copy(ports: Ports, workspace: Workspace, row: Row, mailbox: Mailbox) -> Copy:
    """A waiting row as the decision needs it. Raises SealBrokenError."""
    if row.sealed_headers is None:
        raise SealBrokenError("A waiting row has no headers.")
    plain = json.loads(_unpacked(ports.sealer.open(row.sealed_headers, seal_place(ports, row.key, "headers"))))
    headers = Headers.of((str(name), str(value)) for name, value in plain["headers"])
    return Copy(
        mailbox_id=row.mailbox_id,
        mailbox_address=mailbox.address,
        message_id=row.message_id,
        thread_id=row.thread_id,
        is_sent=bool(plain["sent"]),
        internal_date=row.internal_date,
        headers=headers,
        people=people_of(headers, workspace),
        size=int(plain["size"]),
    )


def _wait_of(ports: Ports, mailbox: Mailbox, message: Message, shard: int) -> Wait:
    """A mailbox that does not deliver holds its mail; a publish delay counts from when the message came."""
    if not mailbox.delivers:
        return Held(shard, mailbox.hold_cause)
    now = ports.clock.now()
    shown_at = message.internal_date / 1000 + ports.policy.publish_delay
    return Waiting(shard, shown_at if ports.policy.publish_delay > 0 and shown_at > now else now)


def seal_headers(ports: Ports, key: str, message: Message) -> bytes:
    """What ``open_copy`` needs later. Raises UnreadableError."""
    plain = _packed({"sent": message.is_sent, "size": message.size_estimate, "headers": list(message.headers)})
    return ports.sealer.seal(plain, seal_place(ports, key, "headers"), day_of(ports.clock.now()))


def _packed(plain: dict[str, Any]) -> bytes:
    """Raises UnreadableError for headers that fit into no document, however tightly packed."""
    packed = zlib.compress(json.dumps(plain, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    if len(packed) > MOST_BYTES:
        raise UnreadableError("The headers of a message are too large to be kept.")
    return packed


def _unpacked(packed: bytes) -> str:
    return zlib.decompress(packed).decode("utf-8", "surrogatepass")


def shard_of(conversation: KeyedHash, *, is_past: bool) -> int:
    """All copies of a conversation share a shard, so that one worker sees a mail whole."""
    number = int(conversation.rpartition(":")[2][:8], 16) % SHARDS
    return BACKFILL[number] if is_past else LIVE[number]


def _failed(ports: Ports, mailbox: Mailbox, ref: MessageRef, failure: Exception, known: Row | None) -> Row:
    attempts = count_tries(failure, known.attempts, known.cause) if known else 1
    now = ports.clock.now()
    reaction = choose_reaction(failure, attempts, now)
    row = note_unreadable_now(mailbox.mailbox_id, ref, reaction.reason, reaction.due_at, reaction.cause, attempts, now)
    return replace(row, internal_date=known.internal_date if known else 0)


def _continuing(row: Row, known: Row | None) -> Row:
    return replace(row, version=known.version) if known else row
