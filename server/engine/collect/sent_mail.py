"""Tells own mail that Gmail does not mark as sent from mail that is still scheduled."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from server.domain.ids import MessageId
from server.domain.mailbox import Mailbox
from server.domain.message import Message
from server.ports.clock import Clock
from server.ports.mail import MailProvider
from server.rules.authorship.own_mail import find_settled_at, is_unmarked
from server.rules.decision.screen import SENT


class SentMail:
    """For one mailbox and one run: Gmail is asked for scheduled mail once, and only where the answer decides."""

    def __init__(self, mail: MailProvider, clock: Clock, mailbox: Mailbox) -> None:
        self._mail = mail
        self._clock = clock
        self._mailbox = mailbox
        self._scheduled: frozenset[MessageId] | None = None

    def mark(self, messages: Iterable[Message]) -> list[Message]:
        """The messages, with the label of sent mail where they are old and not scheduled.

        Raises what the mail port raises.
        """
        return [replace(m, label_ids=m.label_ids | {SENT}) if self._is_sent(m) else m for m in messages]

    def _is_sent(self, message: Message) -> bool:
        if not is_unmarked(message, self._mailbox.addresses) or find_settled_at(message) > self._clock.now():
            return False
        if self._scheduled is None:
            self._scheduled = self._mail.list_scheduled(self._mailbox)
        return message.message_id not in self._scheduled
