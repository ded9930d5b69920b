"""The Gmail label "Don't log": a rep's word that works on a phone, and with filters.

It counts for the conversation, as the button does: Gmail puts it on the messages that are there, and not on the next
one. Taking it off the last of them takes it back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from server.domain.decision import Outcome, Reason
from server.domain.history import MessageRef
from server.domain.ids import KeyedHash, MessageId, ThreadId
from server.domain.ledger import Conversation, Row
from server.domain.mailbox import Mailbox
from server.engine.ledger.rows import reopen_row
from server.engine.ports import Ports

OWN = "label"
INHERITED = "conversation_label"
"""The marks of a message that has the label, and of one in the same conversation."""


def dont_log_label(ports: Ports, mailbox: Mailbox) -> str | None:
    """The id of the rep's own label of that name, without case; None where there is none."""
    wanted = ports.policy.dont_log_label.strip().lower()
    labels = ports.mail.labels(mailbox)
    return next((found.label_id for found in labels if found.is_own and found.name.strip().lower() == wanted), None)


def labelled_key(ports: Ports, mailbox: Mailbox, thread_id: ThreadId) -> KeyedHash:
    """Where the label's word on a thread of this mailbox is kept: apart from what was said with a button."""
    return KeyedHash(ports.hasher.hash("dont_log", f"{mailbox.mailbox_id}:{thread_id}"))


def is_labelled(mailbox: Mailbox, word: Conversation | None) -> bool:
    return word is not None and mailbox.mailbox_id in word.kept_out_by


def follow_label(ports: Ports, mailbox: Mailbox, before: Mapping[MessageId, Row], rows: Sequence[Row]) -> None:
    """Keep the word on each thread as the labels of its messages say."""
    put = {row.thread_id for row in rows if has_mark(row, OWN)}
    for thread_id in put:
        _put(ports, mailbox, thread_id)
    known = [before[row.message_id] for row in rows if row.message_id in before]
    had = {row.thread_id for row in known if has_mark(row, OWN)}
    for thread_id in had - put:
        _lift(ports, mailbox, thread_id)


def hear(ports: Ports, mailbox: Mailbox, moves: Mapping[MessageRef, bool], known: Mapping[MessageId, Row]) -> None:
    """The label moved on mail that is logged: that stays as it is, and what follows goes by the label."""
    logged = {ref: put for ref, put in moves.items() if _is_logged(known.get(ref.message_id))}
    for thread_id in {ref.thread_id for ref, put in logged.items() if put}:
        _put(ports, mailbox, thread_id)
    for thread_id in {ref.thread_id for ref, put in logged.items() if not put}:
        _lift(ports, mailbox, thread_id)


def _is_logged(row: Row | None) -> bool:
    return row is not None and row.outcome is Outcome.LOGGED


def has_mark(row: Row, mark: str) -> bool:
    return row.reason is Reason.KEPT_OUT and any(e.mark == mark for e in row.evidence)


def _put(ports: Ports, mailbox: Mailbox, thread_id: ThreadId) -> None:
    ports.store.save_conversation(
        labelled_key(ports, mailbox, thread_id),
        lambda word: replace(word, kept_out_by=word.kept_out_by | {mailbox.mailbox_id}),
    )


def _lift(ports: Ports, mailbox: Mailbox, thread_id: ThreadId) -> None:
    rows = ports.store.thread(mailbox.mailbox_id, thread_id)
    if any(has_mark(row, OWN) for row in rows):
        return
    ports.store.save_conversation(
        labelled_key(ports, mailbox, thread_id),
        lambda word: replace(word, kept_out_by=word.kept_out_by - {mailbox.mailbox_id}),
    )
    now = ports.clock.now()
    again = [reopen_row(row, "label_off", now) for row in rows if has_mark(row, INHERITED)]
    ports.store.change_rows(again)
