"""The mail side, in domain words. Gmail is the first adapter; a second provider is one more folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from server.domain.history import History, MessageRef
from server.domain.ids import GmailMessageId, GmailThreadId, HistoryId
from server.domain.mailbox import Mailbox
from server.domain.message import Message


class Mail(Protocol):
    """Every method may raise TransientError, ThrottledError, MailboxUnavailableError or ReconnectRequiredError."""

    def position(self, mailbox: Mailbox) -> HistoryId:
        """The mailbox's current position, to be read before a full listing."""

    def list_messages(self, mailbox: Mailbox) -> Iterator[Sequence[MessageRef]]:
        """Every message there is, Spam and Trash included, in pages, in no promised order."""

    def history(self, mailbox: Mailbox, since: HistoryId) -> History:
        """All that happened after ``since``. Raises CursorExpiredError."""

    def headers(
        self, mailbox: Mailbox, ids: Sequence[GmailMessageId], names: Sequence[str]
    ) -> Mapping[GmailMessageId, Message | Exception]:
        """Labels and the named headers of each message; no snippet and no body is asked for.

        A message's own failure is its value: NotFoundError, TransientError or UnreadableError.
        """

    def thread(self, mailbox: Mailbox, thread_id: GmailThreadId, names: Sequence[str]) -> Sequence[Message]:
        """Labels and the named headers of a whole conversation, the oldest message first. Raises NotFoundError."""

    def identify(self, mailbox: Mailbox, message_id: str, thread_id: str) -> MessageRef:
        """The message that an add-on's event names, whatever form its ids have. Raises NotFoundError."""

    def bodies(self, mailbox: Mailbox, ids: Sequence[GmailMessageId]) -> Mapping[GmailMessageId, bytes | Exception]:
        """The whole messages as RFC 822 bytes, to be asked for only after the decision to log."""

    def label_named(self, mailbox: Mailbox, name: str) -> str | None:
        """The id of the user's label of that name, without case; None where there is none."""

    def send_as(self, mailbox: Mailbox) -> tuple[str, ...]:
        """Addresses the mailbox may send from, lower-case."""
