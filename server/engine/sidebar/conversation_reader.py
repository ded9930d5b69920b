"""The conversation that a card is open on: its rows, its key, and its messages as Gmail has them now."""

from __future__ import annotations

from collections.abc import Sequence

from server.domain.errors import NotFoundError, TrulyError
from server.domain.history import MessageRef
from server.domain.ids import KeyedHash
from server.domain.ledger import Row
from server.domain.mailbox import Mailbox
from server.domain.message import Message
from server.engine.collect.sent_mail import SentMail
from server.engine.conversations.keys import ConversationKeys, read_choices
from server.ports.clock import Clock
from server.ports.mail import MailProvider
from server.ports.store import Store
from server.rules.decision.screen import HEADERS
from server.rules.headers.addresses import read_participants


def read_conversation(mail: MailProvider, mailbox: Mailbox, ref: MessageRef) -> Sequence[Message]:
    """All messages of the conversation, the oldest first. Raises NotFoundError and what else the mail port raises.

    Gmail has been seen to leave messages out of a conversation: the opened one is then asked for alone.
    """
    messages = mail.thread(mailbox, ref.thread_id, HEADERS)
    if any(message.message_id == ref.message_id for message in messages):
        return messages
    answer = mail.headers(mailbox, [ref], HEADERS).get(ref.message_id)
    if not isinstance(answer, Message):
        return messages
    return sorted([*messages, answer], key=lambda message: (message.internal_date, message.message_id))


class ConversationReader:
    """Thread-safe; nothing is written."""

    def __init__(self, mail: MailProvider, store: Store, clock: Clock, keys: ConversationKeys) -> None:
        self._mail = mail
        self._clock = clock
        self._store = store
        self._keys = keys

    def list_rows(self, mailbox: Mailbox, ref: MessageRef) -> list[Row]:
        return self._store.thread(mailbox.mailbox_id, ref.thread_id)

    def find_key(self, mailbox: Mailbox, ref: MessageRef, rows: Sequence[Row]) -> KeyedHash:
        """Under which choices for the conversation are kept. Raises what ``read_message`` raises."""
        own = [row.conversation for row in rows if row.message_id == ref.message_id and row.conversation]
        if own:
            return own[0]
        root = self._keys.of_message(mailbox, self.read_message(mailbox, ref))
        return read_choices(self._store, {ref: root})[0][ref]

    def read_message(self, mailbox: Mailbox, ref: MessageRef) -> Message:
        """Its headers, now, marked as sent where it is. Raises NotFoundError and what else the mail port raises."""
        answer = self._mail.headers(mailbox, [ref], HEADERS).get(ref.message_id)
        if not isinstance(answer, Message):
            raise answer or NotFoundError("Gmail did not answer for this message.")
        return SentMail(self._mail, self._clock, mailbox).mark([answer])[0]

    def list_addresses(self, mailbox: Mailbox, ref: MessageRef) -> frozenset[str]:
        """All that the rep reads in the conversation's own headers. Where Gmail does not answer, none."""
        try:
            messages = self._mail.thread(mailbox, ref.thread_id, HEADERS)
        except TrulyError:
            return frozenset()
        return frozenset(person.address for message in messages for person in read_participants(message.headers))

    def list_new_refs(self, mailbox: Mailbox, ref: MessageRef, rows: Sequence[Row]) -> list[MessageRef]:
        """The conversation's messages that have no row yet, where the opened one is among them."""
        in_ledger = {row.message_id for row in rows}
        if ref.message_id in in_ledger:
            return []
        messages = read_conversation(self._mail, mailbox, ref)
        return [MessageRef(m.message_id, m.thread_id) for m in messages if m.message_id not in in_ledger]
