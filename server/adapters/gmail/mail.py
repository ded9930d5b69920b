"""Gmail behind the Mail port, through googleapiclient. Partial responses keep snippets out of every answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from server.adapters.gmail.batch import ANY_ID, CallTemplate
from server.adapters.gmail.calls import GmailCalls, parsed
from server.adapters.gmail.event_ids import api_id
from server.adapters.gmail.pacing.costs import WORTH_A_CONVERSATION
from server.adapters.gmail.rebuild import rebuilt
from server.adapters.gmail.resources import events_of, label_of, message_of, raw_of, ref_of
from server.domain.errors import (
    CursorExpiredError,
    MailboxUnavailableError,
    NotFoundError,
    ReconnectRequiredError,
    ThrottledError,
    TrulyError,
    UserError,
)
from server.domain.history import EVERYTHING, History, HistoryEvent, Label, MessageRef, Span
from server.domain.ids import Cursor, MessageId, ThreadId
from server.domain.mailbox import Mailbox
from server.domain.message import Message

HEADER_FIELDS = "id,threadId,labelIds,internalDate,sizeEstimate,historyId,payload/headers"
HISTORY_FIELDS = (
    "historyId,nextPageToken,history(messagesAdded/message(id,threadId),messagesDeleted/message(id,threadId),"
    "labelsAdded(labelIds,message(id,threadId)),labelsRemoved(labelIds,message(id,threadId)))"
)


class GmailMail:
    """Implements ``server.ports.mail.MailProvider``. Thread-safe."""

    def __init__(self, calls: GmailCalls) -> None:
        self._calls = calls
        # Every access to a resource builds all its methods anew, so each is made once.
        self._users = calls.service.users()
        self._messages = self._users.messages()
        self._threads = self._users.threads()
        self._history = self._users.history()
        self._labels = self._users.labels()
        self._send_as = self._users.settings().sendAs()
        self._raw_call = CallTemplate.of(self._messages.get(userId="me", id=ANY_ID, format="raw", fields="id,raw"))
        self._metadata_calls: dict[tuple[str, ...], CallTemplate] = {}

    def current_cursor(self, mailbox: Mailbox) -> Cursor:
        answer = self._calls.one(mailbox, self._users.getProfile(userId="me", fields="historyId"))
        return Cursor(int(answer["historyId"]))

    def count_messages(self, mailbox: Mailbox, label_id: str | None = None) -> int:
        if label_id is None:
            request = self._users.getProfile(userId="me", fields="messagesTotal")
        else:
            request = self._labels.get(userId="me", id=label_id, fields="messagesTotal")
        return int(self._calls.one(mailbox, request).get("messagesTotal", 0))

    def list_messages(
        self, mailbox: Mailbox, span: Span = EVERYTHING, label_ids: Sequence[str] = ()
    ) -> Iterator[Sequence[MessageRef]]:
        token: str | None = None
        while True:
            answer = self._calls.one(
                mailbox,
                self._messages.list(
                    userId="me", maxResults=500, includeSpamTrash=True, pageToken=token, q=_query(span),
                    labelIds=list(label_ids) or None, fields="messages(id,threadId),nextPageToken",
                ),
            )  # fmt: skip
            yield [ref_of(item) for item in answer.get("messages", ())]
            token = answer.get("nextPageToken")
            if not token:
                return

    def history(self, mailbox: Mailbox, since: Cursor) -> History:
        events: list[HistoryEvent] = []
        first: Cursor | None = None
        token: str | None = None
        while True:
            request = self._history.list(
                userId="me", startHistoryId=str(since), maxResults=500, pageToken=token, fields=HISTORY_FIELDS
            )
            try:
                answer = self._calls.one(mailbox, request)
            except NotFoundError:
                raise CursorExpiredError("Gmail no longer has the history since our cursor.") from None
            first = first or Cursor(int(answer["historyId"]))
            for record in answer.get("history", ()):
                events += events_of(record)
            token = answer.get("nextPageToken")
            if not token:
                return History(tuple(events), max(first, since))

    def headers(
        self, mailbox: Mailbox, refs: Sequence[MessageRef], names: Sequence[str]
    ) -> Mapping[MessageId, Message | Exception]:
        self._calls.admit(mailbox)
        out: dict[MessageId, Message | Exception] = {}
        alone: list[MessageId] = []
        for thread_id, wanted in _by_conversation(refs).items():
            if len(wanted) < WORTH_A_CONVERSATION:
                alone += wanted
            else:
                out |= self._conversation_headers(mailbox, thread_id, wanted, names)
        return self._calls.many(mailbox, self._metadata_call(tuple(names)), alone, message_of, out)

    def thread(self, mailbox: Mailbox, thread_id: ThreadId, names: Sequence[str]) -> Sequence[Message]:
        found = self._conversation(mailbox, thread_id, names).values()
        return sorted((m for m in found if isinstance(m, Message)), key=lambda m: (m.internal_date, m.message_id))

    def identify(self, mailbox: Mailbox, message_id: str, thread_id: str) -> MessageRef:
        known, thread = api_id(message_id), api_id(thread_id)
        if known and thread:
            return MessageRef(MessageId(known), ThreadId(thread))
        # Mail that was just sent has an id of the web client's own, which only Gmail can resolve.
        request = self._messages.get(userId="me", id=known or message_id, format="minimal", fields="id,threadId")
        return ref_of(self._calls.one(mailbox, request))

    def bodies(self, mailbox: Mailbox, ids: Sequence[MessageId]) -> Mapping[MessageId, bytes | Exception]:
        return self._raw(mailbox, ids, {})

    def conversation_bodies(
        self, mailbox: Mailbox, thread_id: ThreadId, ids: Sequence[MessageId]
    ) -> Mapping[MessageId, bytes | Exception]:
        wanted = frozenset(ids)
        found: Mapping[MessageId, bytes] = {}
        if len(wanted) >= WORTH_A_CONVERSATION:
            found = self._rebuilt(mailbox, thread_id, wanted)
        # What could not be rebuilt, and what Gmail left out of its answer, is asked for alone before it counts as gone.
        return self._raw(mailbox, [i for i in ids if i not in found], found)

    def labels(self, mailbox: Mailbox) -> Sequence[Label]:
        answer = self._calls.one(mailbox, self._labels.list(userId="me", fields="labels(id,name,type)"))
        return [label_of(item) for item in answer.get("labels", ())]

    def in_background(self) -> GmailMail:
        return GmailMail(self._calls.in_background())

    def send_as(self, mailbox: Mailbox) -> tuple[str, ...]:
        answer = self._calls.one(mailbox, self._send_as.list(userId="me", fields="sendAs(sendAsEmail)"))
        return tuple(str(item["sendAsEmail"]).lower() for item in answer.get("sendAs", ()))

    def _raw(
        self, mailbox: Mailbox, ids: Sequence[MessageId], before: Mapping[MessageId, bytes]
    ) -> dict[MessageId, bytes | Exception]:
        return self._calls.many(mailbox, self._raw_call, ids, raw_of, before)

    def _metadata_call(self, names: tuple[str, ...]) -> CallTemplate:
        if names not in self._metadata_calls:
            request = self._messages.get(
                userId="me", id=ANY_ID, format="metadata", metadataHeaders=list(names), fields=HEADER_FIELDS
            )
            self._metadata_calls[names] = CallTemplate.of(request)
        return self._metadata_calls[names]

    def _conversation(
        self, mailbox: Mailbox, thread_id: ThreadId, names: Sequence[str]
    ) -> dict[MessageId, Message | Exception]:
        request = self._threads.get(
            userId="me", id=thread_id, format="metadata", metadataHeaders=list(names),
            fields=f"messages({HEADER_FIELDS})",
        )  # fmt: skip
        items = self._calls.one(mailbox, request).get("messages", ())
        return {MessageId(str(item.get("id"))): parsed(message_of, item) for item in items}

    def _conversation_headers(
        self, mailbox: Mailbox, thread_id: ThreadId, wanted: Sequence[MessageId], names: Sequence[str]
    ) -> dict[MessageId, Message | Exception]:
        try:
            found = self._conversation(mailbox, thread_id, names)
        except TrulyError as error:
            return dict.fromkeys(wanted, error)
        gone = NotFoundError("Gmail's conversation does not hold this message.")
        others = {i: answer for i, answer in found.items() if isinstance(answer, Message)}
        return others | {i: found.get(i, gone) for i in wanted}

    def _rebuilt(self, mailbox: Mailbox, thread_id: ThreadId, wanted: frozenset[MessageId]) -> dict[MessageId, bytes]:
        request = self._threads.get(userId="me", id=thread_id, format="full", fields="messages(id,payload)")
        try:
            answer: Any = self._calls.one(mailbox, request)
        except TrulyError as error:
            if isinstance(error, ThrottledError | MailboxUnavailableError | ReconnectRequiredError | UserError):
                raise
            return {}  # what is wrong with the conversation as a whole need not be wrong with its messages
        items = {MessageId(str(item.get("id"))): item.get("payload") for item in answer.get("messages", ())}
        made = {i: rebuilt(payload) for i, payload in items.items() if i in wanted}
        return {i: raw for i, raw in made.items() if raw is not None}


def _by_conversation(refs: Sequence[MessageRef]) -> dict[ThreadId, list[MessageId]]:
    out: dict[ThreadId, list[MessageId]] = {}
    for ref in dict.fromkeys(refs):
        out.setdefault(ref.thread_id, []).append(ref.message_id)
    return out


def _query(span: Span) -> str | None:
    """Epoch seconds, for dates would mean midnight in California."""
    parts = [f"{word}:{edge}" for word, edge in (("after", span.after), ("before", span.before)) if edge is not None]
    return " ".join(parts) or None
