"""Messages of a mailbox by their Message-ID header."""

from __future__ import annotations

from collections.abc import Sequence

from server.adapters.gmail.calls import GmailCalls
from server.adapters.gmail.resources import read_ref
from server.domain.history import MessageRef
from server.domain.mailbox import Mailbox
from server.domain.quota import Purpose


class GmailMessageIds:
    """Implements ``server.engine.coverage.witness.Finder``. Thread-safe."""

    def __init__(self, calls: GmailCalls) -> None:
        self._calls = calls.in_background(Purpose.AUDIT)
        self._messages = calls.service.users().messages()

    def find_by_rfc822_id(self, mailbox: Mailbox, message_id: str) -> Sequence[MessageRef]:
        request = self._messages.list(
            userId="me", q=f"rfc822msgid:{message_id}", includeSpamTrash=True, fields="messages(id,threadId)"
        )
        return [read_ref(item) for item in self._calls.call(mailbox, request).get("messages", ())]
