"""Fetch headers, screen each copy, and make its row."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from server.domain.decision import Reason
from server.domain.errors import SealBrokenError, ThrottledError
from server.domain.history import MessageRef
from server.domain.ids import ActivityKey, KeyedHash
from server.domain.ledger import SHARDS, Conversation, Row, row_key
from server.domain.mail import Copy
from server.domain.mailbox import Mailbox, Workspace
from server.domain.message import Headers, Message
from server.engine.ports import Ports
from server.engine.words import situation_of
from server.rules.identity_key import activity_key, conversation_root
from server.rules.people import people_of
from server.rules.recovery import react
from server.rules.screen import HEADERS, screen
from server.vault.envelope import Place

log = logging.getLogger(__name__)

NEVER = 253_402_300_799.0
"""Epoch seconds, year 9999: a row that waits for a person and not for a time."""


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
    before: Mapping[str, Row],
) -> Screened:
    """One batch of headers. ``before`` holds the rows that exist, by message id: their attempts and versions go on."""
    answers = ports.mail.headers(mailbox, refs, HEADERS)
    messages = {i: m for i, m in answers.items() if isinstance(m, Message)}
    roots = {i: conversation_of(ports, mailbox, m) for i, m in messages.items()}
    words = ports.store.conversations(list(roots.values()))
    rows: list[Row] = []
    throttled: ThrottledError | None = None
    for ref in refs:
        known = before.get(ref.gmail_message_id)
        answer = answers.get(ref.gmail_message_id) or RuntimeError("unanswered")
        row: Row | Exception
        if isinstance(answer, Message):
            conversation = roots[ref.gmail_message_id]
            row = _screened(ports, workspace, mailbox, answer, conversation, words.get(conversation), dont_log_label)
        else:
            row = answer
        if isinstance(row, Exception):
            throttled = row if isinstance(row, ThrottledError) else throttled
            row = _failed(ports, mailbox, ref, row, known)
        rows.append(_continuing(row, known))
    return Screened(tuple(rows), throttled)


def _screened(
    ports: Ports, workspace: Workspace, mailbox: Mailbox, message: Message,
    conversation: KeyedHash, word: Conversation | None, dont_log_label: str | None,
) -> Row | Exception:  # fmt: skip
    """A bug that one hostile message finds must not stop its mailbox: the row stays open and says so."""
    try:
        return _row(ports, workspace, mailbox, message, conversation, word, dont_log_label)
    except Exception as error:  # noqa: BLE001  # whatever it is, it is this message's alone
        log.error("screening a message failed with %s", type(error).__name__)  # noqa: TRY400  # a trace could quote mail
        return error


def conversation_of(ports: Ports, mailbox: Mailbox, message: Message) -> KeyedHash:
    """The root of References is the same in every mailbox; without one the thread, which is this mailbox's own."""
    root = conversation_root(message.headers)
    value = root or f"thread:{mailbox.mailbox_id}:{message.gmail_thread_id}"
    return KeyedHash(ports.hasher.hash("conversation", value))


def seal_place(ports: Ports, key: str, purpose: str) -> Place:
    return Place(ports.organisation, "messages", key, purpose)


def day_of(epoch_seconds: float) -> str:
    return datetime.fromtimestamp(epoch_seconds, UTC).date().isoformat()


def open_copy(ports: Ports, workspace: Workspace, row: Row, mailbox: Mailbox) -> Copy:
    """A waiting row as the decision needs it. Raises SealBrokenError."""
    if row.sealed_headers is None:
        raise SealBrokenError("A waiting row has no headers.")
    plain = json.loads(ports.sealer.open(row.sealed_headers, seal_place(ports, row.key, "headers")))
    headers = Headers.of((str(name), str(value)) for name, value in plain["headers"])
    return Copy(
        mailbox_id=row.mailbox_id,
        mailbox_address=mailbox.address,
        gmail_message_id=row.gmail_message_id,
        gmail_thread_id=row.gmail_thread_id,
        is_sent=bool(plain["sent"]),
        internal_date=row.internal_date,
        headers=headers,
        people=people_of(headers, workspace),
        size=int(plain["size"]),
    )


def _row(
    ports: Ports, workspace: Workspace, mailbox: Mailbox, message: Message,
    conversation: KeyedHash, word: Conversation | None, dont_log_label: str | None,
) -> Row:  # fmt: skip
    screening, people = screen(message, workspace, ports.policy, situation_of(mailbox, word, dont_log_label))
    row = Row(
        mailbox_id=mailbox.mailbox_id,
        gmail_message_id=message.gmail_message_id,
        gmail_thread_id=message.gmail_thread_id,
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
    return _waiting(ports, mailbox, message, row, key)


def _waiting(ports: Ports, mailbox: Mailbox, message: Message, row: Row, key: ActivityKey) -> Row:
    now = ports.clock.now()
    shown_at = message.internal_date / 1000 + ports.policy.publish_delay
    held = not mailbox.stage.delivers or (ports.policy.publish_delay > 0 and shown_at > now)
    due_at = now if not held else (shown_at if mailbox.stage.delivers else NEVER)
    plain = json.dumps(
        {"sent": message.is_sent, "size": message.size_estimate, "headers": list(message.headers)}
    ).encode()
    place = seal_place(ports, row_key(row.mailbox_id, row.gmail_message_id), "headers")
    return replace(
        row,
        reason=Reason.HELD if held else Reason.READY,
        activity_key=key,
        shard=shard_of(row.conversation),
        due_at=due_at,
        cause=None if mailbox.stage.delivers else mailbox.stage.value,
        sealed_headers=ports.sealer.seal(plain, place, day_of(now)),
    )


def shard_of(conversation: KeyedHash | None) -> int:
    """All copies of a conversation share a shard, so that one worker sees a mail whole."""
    return int((conversation or "0").rpartition(":")[2][:8] or "0", 16) % SHARDS


def _failed(ports: Ports, mailbox: Mailbox, ref: MessageRef, failure: Exception, known: Row | None) -> Row:
    attempts = (known.attempts if known else 0) + 1
    now = ports.clock.now()
    reaction = react(failure, attempts, now)
    return Row(
        mailbox_id=mailbox.mailbox_id,
        gmail_message_id=ref.gmail_message_id,
        gmail_thread_id=ref.gmail_thread_id,
        reason=reaction.reason,
        due_at=reaction.due_at,
        attempts=attempts,
        cause=reaction.cause,
        internal_date=known.internal_date if known else 0,
        updated_at=now,
    )


def _continuing(row: Row, known: Row | None) -> Row:
    return replace(row, version=known.version) if known else row
