"""Messages of a mailbox by the Message-ID that their sender gave them."""

from __future__ import annotations

from collections.abc import Sequence

from googleapiclient.discovery import build

from server.adapters.gmail.calling import execute
from server.adapters.gmail.credentials import CredentialMint
from server.adapters.gmail.quota import quota_user
from server.adapters.transport import Transport
from server.domain.history import MessageRef
from server.domain.ids import GmailMessageId, GmailThreadId
from server.domain.mailbox import Mailbox
from server.ports.clock import Clock


class GmailMessageIds:
    """Implements ``server.engine.witness.Finder``. Thread-safe."""

    def __init__(self, mint: CredentialMint, transport: Transport, clock: Clock) -> None:
        self._mint = mint
        self._transport = transport
        self._clock = clock
        service = build("gmail", "v1", http=transport.http(), static_discovery=True)
        self._messages = service.users().messages()

    def find_by_rfc822_id(self, mailbox: Mailbox, message_id: str) -> Sequence[MessageRef]:
        request = self._messages.list(
            userId="me", q=f"rfc822msgid:{message_id}", includeSpamTrash=True, fields="messages(id,threadId)"
        )
        request.uri = f"{request.uri}&quotaUser={quota_user(mailbox)}"
        credentials = self._mint.for_mailbox(mailbox.addresses)
        answer = execute(request, credentials, self._transport, self._clock, who="Gmail")
        return [
            MessageRef(GmailMessageId(str(item["id"])), GmailThreadId(str(item["threadId"])))
            for item in answer.get("messages", ())
        ]
