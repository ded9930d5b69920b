"""The mail side, in domain words. Gmail is the one provider that has an adapter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from server.domain.caller import AddonTokens
from server.domain.history import EVERYTHING, History, Label, MessageRef, Span
from server.domain.ids import Cursor, MessageId, ThreadId
from server.domain.mailbox import Mailbox
from server.domain.message import Message
from server.domain.quota import Purpose


class MailProvider(Protocol):
    """Every method may raise TransientError, ThrottledError, MailboxUnavailableError or ReconnectRequiredError."""

    def current_cursor(self, mailbox: Mailbox) -> Cursor:
        """The mailbox's place in its history now. It is read before a full listing, so that nothing falls between."""

    def count_messages(self, mailbox: Mailbox, label_id: str | None = None) -> int:
        """About how many messages the mailbox holds, or holds with that label."""

    def list_messages(
        self, mailbox: Mailbox, span: Span = EVERYTHING, label_ids: Sequence[str] = ()
    ) -> Iterator[Sequence[MessageRef]]:
        """Pages in no promised order, with Spam and Trash. With ``label_ids``, only what has all of them."""

    def list_scheduled(self, mailbox: Mailbox) -> frozenset[MessageId]:
        """The messages that wait to be sent. It may lag by hours."""

    def history(self, mailbox: Mailbox, since: Cursor) -> History:
        """All that happened after ``since``. Raises CursorExpiredError."""

    def headers(
        self, mailbox: Mailbox, refs: Sequence[MessageRef], names: Sequence[str]
    ) -> Mapping[MessageId, Message | Exception]:
        """Labels and the named headers of each message; no snippet and no body is asked for.

        The value of a message that failed is its error: NotFoundError, TransientError or UnreadableError. Where reading
        a whole conversation costs less than reading the messages in it alone, all of its messages are in the result.
        """

    def thread(self, mailbox: Mailbox, thread_id: ThreadId, names: Sequence[str]) -> Sequence[Message]:
        """Labels and the named headers of a whole conversation, the oldest message first. Raises NotFoundError."""

    def identify(
        self, mailbox: Mailbox, message_id: str, thread_id: str, tokens: AddonTokens | None = None
    ) -> MessageRef:
        """The message that an add-on's event names, whatever form its ids have.

        ``tokens`` are the event's: some ids are the mail program's own, which only the add-on may ask about.
        Raises NotFoundError, and JustSentError where the provider does not say yet which message is meant.
        """

    def bodies(self, mailbox: Mailbox, ids: Sequence[MessageId]) -> Mapping[MessageId, bytes | Exception]:
        """The whole messages as RFC 822 bytes, to be asked for only after the decision to log."""

    def conversation_bodies(
        self, mailbox: Mailbox, thread_id: ThreadId, ids: Sequence[MessageId]
    ) -> Mapping[MessageId, bytes | Exception]:
        """The same for a conversation of which every message is to be logged, where that is cheaper.

        The bytes may differ from ``bodies`` in encoding, not in headers, texts or attachments.
        """

    def labels(self, mailbox: Mailbox) -> Sequence[Label]:
        """All labels, the provider's own included."""

    def in_background(self, purpose: Purpose = Purpose.AUDIT) -> MailProvider:
        """The same mailboxes for background work, which lets go first whatever comes before it in ``Purpose``.

        Where a day's quota is used up for this purpose, every method raises DayBudgetError.
        """

    def send_as(self, mailbox: Mailbox) -> tuple[str, ...]:
        """Addresses the mailbox may send from, lower-case."""
