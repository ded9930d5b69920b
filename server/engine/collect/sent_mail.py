"""Tells own mail that Gmail does not mark as sent from mail that is still scheduled, or a draft."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace

from server.domain.errors import ConfigurationError, TrulyError
from server.domain.ids import MessageId
from server.domain.mailbox import Mailbox
from server.domain.message import Message
from server.engine.conversations.label_names import fold_label_name
from server.ports.clock import Clock
from server.ports.mail import MailProvider
from server.rules.authorship.own_mail import (
    choose_next_look,
    find_settled_at,
    is_place_of_unsent,
    is_unmarked,
    is_unsent_draft,
)
from server.rules.decision.screen import DRAFT, SENT

log = logging.getLogger(__name__)
ASK_AGAIN_AFTER = 86_400.0
"""Seconds after which mail is looked at again of which Gmail did not say whether it is sent."""


class SentMail:
    """For one mailbox and one run: Gmail is asked once, and only where the answer decides.

    Where it does not answer, such mail alone waits, for it must not keep other mail from being read.
    """

    def __init__(self, mail: MailProvider, clock: Clock, mailbox: Mailbox) -> None:
        self._mail = mail
        self._clock = clock
        self._mailbox = mailbox
        self._places_of_unsent: frozenset[str] | None = None
        self._scheduled: frozenset[MessageId] | None = None
        self._is_unanswered = False

    def mark(self, messages: Iterable[Message]) -> list[Message]:
        """The messages, with the label of drafts where they are proven, of sent mail where old and not scheduled."""
        return [self._mark(message) for message in messages]

    def choose_next_look(self, message: Message) -> float:
        """When mail that ``mark`` gave no label is read again (epoch seconds)."""
        now = self._clock.now()
        is_asked_for = self._is_unanswered and find_settled_at(message) <= now
        return now + ASK_AGAIN_AFTER if is_asked_for else choose_next_look(message, now)

    def _mark(self, message: Message) -> Message:
        if not is_unmarked(message, self._mailbox.addresses):
            return message
        if is_unsent_draft(message):
            return _label(message, DRAFT)
        if find_settled_at(message) > self._clock.now() or self._is_unanswered:
            return message
        try:
            return self._ask(message)
        except ConfigurationError:
            raise  # a setting is wrong, for every mailbox alike
        except TrulyError as error:
            log.warning("whether old own mail is sent could not be asked: %s", type(error).__name__)
            self._is_unanswered = True
            return message

    def _ask(self, message: Message) -> Message:
        if self._places_of_unsent is None:
            own = (label for label in self._mail.labels(self._mailbox) if label.is_own)
            self._places_of_unsent = frozenset(x.label_id for x in own if is_place_of_unsent(fold_label_name(x.name)))
        if not message.label_ids.isdisjoint(self._places_of_unsent):
            return _label(message, DRAFT)
        if self._scheduled is None:
            self._scheduled = self._mail.list_scheduled(self._mailbox)
        return message if message.message_id in self._scheduled else _label(message, SENT)


def _label(message: Message, label: str) -> Message:
    return replace(message, label_ids=message.label_ids | {label})
