"""What it costs to leave Gmail's categories out: how much mail of people, and of contacts, lies in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from server.domain.decision import Outcome
from server.domain.errors import TrulyError
from server.domain.history import MessageRef
from server.domain.ledger import Row
from server.domain.mailbox import Mailbox, Workspace
from server.domain.message import Message
from server.engine.decide.explain import Explainer
from server.engine.ledger.categories import InCategory, find_place
from server.ports.mail import MailProvider
from server.rules.decision.screen import HEADERS

MOST_LOOKED_AT = 100
"""Emails of one mailbox whose headers are read for the count, at Gmail's price of 20 units each."""


@dataclass(frozen=True)
class CategoryCount:
    """``emails`` were left out for their category. Of the ``looked_at``, contacts' mail would log ``wanted``."""

    emails: int = 0
    looked_at: int = 0
    wanted: int = 0

    def __add__(self, other: CategoryCount) -> CategoryCount:
        return CategoryCount(self.emails + other.emails, self.looked_at + other.looked_at, self.wanted + other.wanted)


@dataclass(frozen=True)
class CategoryCounter:
    """``explainer`` decides as with NOT_PRIMARY=contacts. Thread-safe; nothing is written."""

    mail: MailProvider
    explainer: Explainer

    def count(self, workspace: Workspace, mailbox: Mailbox, rows: Iterable[Row]) -> CategoryCount:
        """What people wrote comes first, then the newest of what was never read.

        A mailbox that cannot be read is counted without a look. Raises TransientError where Salesforce is away.
        """
        places: dict[InCategory, list[Row]] = {place: [] for place in InCategory}
        for row in rows:
            if place := find_place(row):
                places[place].append(row)
        unread = sorted(places[InCategory.UNREAD], key=lambda row: row.message_id, reverse=True)
        messages = self._read(mailbox, [*places[InCategory.BY_PERSON], *unread][:MOST_LOOKED_AT])
        explained = self.explainer.explain_messages(workspace, messages, mailbox).by_message if messages else {}
        wanted = sum(explanation.decision.outcome is Outcome.LOGGED for explanation in explained.values())
        # What was read before and is no person's needs no second look.
        known = len(places[InCategory.BY_OTHERS])
        emails = known + len(places[InCategory.BY_PERSON]) + len(unread)
        return CategoryCount(emails, known + len(messages), wanted)

    def _read(self, mailbox: Mailbox, rows: Sequence[Row]) -> list[Message]:
        refs = [MessageRef(row.message_id, row.thread_id) for row in rows]
        if not refs:
            return []
        try:
            answers = self.mail.headers(mailbox, refs, HEADERS)
        except TrulyError:
            return []
        wanted = {ref.message_id for ref in refs}
        return [m for i, m in answers.items() if i in wanted and isinstance(m, Message)]
