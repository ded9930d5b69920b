"""Gmail behind the mail port, through googleapiclient. Every call names its fields, so no answer has a snippet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from server.adapters.gmail.batch import ANY_ID, CallTemplate
from server.adapters.gmail.calls import GmailCalls, parse_or_error
from server.adapters.gmail.event_ids import convert_event_id, is_web_clients_own
from server.adapters.gmail.pacing.costs import WORTH_A_CONVERSATION
from server.adapters.gmail.rebuild import rebuild_message
from server.adapters.gmail.resources import read_events, read_label, read_message, read_raw, read_ref
from server.domain.caller import AddonTokens
from server.domain.errors import (
    CursorExpiredError,
    JustSentError,
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
from server.domain.quota import Purpose

HEADER_FIELDS = "id,threadId,labelIds,internalDate,sizeEstimate,historyId,payload/headers"
HISTORY_FIELDS = (
    "historyId,nextPageToken,history(messagesAdded/message(id,threadId),messagesDeleted/message(id,threadId),"
    "labelsAdded(labelIds,message(id,threadId)),labelsRemoved(labelIds,message(id,threadId)))"
)


@dataclass(frozen=True)
class GmailMethods:
    """googleapiclient's collections of methods, and calls that are made for many messages.

    Every access to a collection builds all of its methods anew, so each is made once for live and background work.
    """

    users: Any
    messages: Any
    threads: Any
    history: Any
    labels: Any
    send_as: Any

    @classmethod
    def of(cls, service: Any) -> GmailMethods:
        users = service.users()
        return cls(users, users.messages(), users.threads(), users.history(), users.labels(), users.settings().sendAs())

    @cached_property
    def raw_call(self) -> CallTemplate:
        return CallTemplate.of(self.messages.get(userId="me", id=ANY_ID, format="raw", fields="id,raw"))

    @cached_property
    def metadata_call(self) -> CallTemplate:
        """All headers of a message: Gmail may know the name of a header in the mail's own spelling only."""
        return CallTemplate.of(self.messages.get(userId="me", id=ANY_ID, format="metadata", fields=HEADER_FIELDS))


class GmailMail:
    """Implements ``server.ports.mail.MailProvider``. Thread-safe."""

    def __init__(self, calls: GmailCalls, methods: GmailMethods | None = None) -> None:
        self._calls = calls
        self._methods = methods or GmailMethods.of(calls.service)

    def current_cursor(self, mailbox: Mailbox) -> Cursor:
        profile = self._calls.call(mailbox, self._methods.users.getProfile(userId="me", fields="historyId"))
        return Cursor(int(profile["historyId"]))

    def count_messages(self, mailbox: Mailbox, label_id: str | None = None) -> int:
        if label_id is None:
            request = self._methods.users.getProfile(userId="me", fields="messagesTotal")
        else:
            request = self._methods.labels.get(userId="me", id=label_id, fields="messagesTotal")
        return int(self._calls.call(mailbox, request).get("messagesTotal", 0))

    def list_messages(
        self, mailbox: Mailbox, span: Span = EVERYTHING, label_ids: Sequence[str] = ()
    ) -> Iterator[Sequence[MessageRef]]:
        return self._list(mailbox, _write_query(span), label_ids)

    def list_scheduled(self, mailbox: Mailbox) -> frozenset[MessageId]:
        return frozenset(ref.message_id for page in self._list(mailbox, "in:scheduled") for ref in page)

    def _list(
        self, mailbox: Mailbox, query: str | None, label_ids: Sequence[str] = ()
    ) -> Iterator[Sequence[MessageRef]]:
        token: str | None = None
        while True:
            page = self._calls.call(
                mailbox,
                self._methods.messages.list(
                    userId="me", maxResults=500, includeSpamTrash=True, pageToken=token, q=query,
                    labelIds=list(label_ids) or None, fields="messages(id,threadId),nextPageToken",
                ),
            )  # fmt: skip
            yield [read_ref(item) for item in page.get("messages", ())]
            token = page.get("nextPageToken")
            if not token:
                return

    def history(self, mailbox: Mailbox, since: Cursor) -> History:
        events: list[HistoryEvent] = []
        first: Cursor | None = None
        token: str | None = None
        while True:
            request = self._methods.history.list(
                userId="me", startHistoryId=str(since), maxResults=500, pageToken=token, fields=HISTORY_FIELDS
            )
            try:
                page = self._calls.call(mailbox, request)
            except NotFoundError:
                raise CursorExpiredError("Gmail no longer has the history since our cursor.") from None
            # The first page's: what happens while we read the others is not in them.
            first = first or Cursor(int(page["historyId"]))
            for record in page.get("history", ()):
                events += read_events(record)
            token = page.get("nextPageToken")
            if not token:
                return History(tuple(events), max(first, since))

    def headers(
        self, mailbox: Mailbox, refs: Sequence[MessageRef], names: Sequence[str]
    ) -> Mapping[MessageId, Message | Exception]:
        self._calls.admit(mailbox)
        messages: dict[MessageId, Message | Exception] = {}
        singles: list[MessageId] = []
        for thread_id, ids in _group_by_conversation(refs).items():
            if len(ids) < WORTH_A_CONVERSATION:
                singles += ids
            else:
                messages |= self._read_conversation_headers(mailbox, thread_id, ids, names)
                # What Gmail left out of its answer is asked for alone before it counts as gone.
                singles += [i for i in ids if i not in messages]
        read = partial(read_message, names=_fold_names(names))
        return self._calls.call_for_each(mailbox, self._methods.metadata_call, singles, read, messages)

    def thread(self, mailbox: Mailbox, thread_id: ThreadId, names: Sequence[str]) -> Sequence[Message]:
        copies = self._read_conversation(mailbox, thread_id, names).values()
        return sorted((m for m in copies if isinstance(m, Message)), key=lambda m: (m.internal_date, m.message_id))

    def identify(
        self, mailbox: Mailbox, message_id: str, thread_id: str, tokens: AddonTokens | None = None
    ) -> MessageRef:
        message, thread = convert_event_id(message_id), convert_event_id(thread_id)
        if message and thread:
            return MessageRef(MessageId(message), ThreadId(thread))
        if is_web_clients_own(message_id):
            return read_ref(self._ask_for_own_id(mailbox, message_id, tokens))
        return read_ref(self._calls.call(mailbox, self._ask_for_ref(message or message_id)))

    def _ask_for_own_id(self, mailbox: Mailbox, message_id: str, tokens: AddonTokens | None) -> Any:
        """Only Gmail can resolve it: for us, or for the add-on alone."""
        try:
            return self._calls.call(mailbox, self._ask_for_ref(message_id), self._calls.map_unknown_id)
        except JustSentError:
            if not tokens:
                raise
        return self._calls.call_as_addon(mailbox, self._ask_for_ref(message_id), tokens)

    def _ask_for_ref(self, message_id: str) -> Any:
        return self._methods.messages.get(userId="me", id=message_id, format="minimal", fields="id,threadId")

    def bodies(self, mailbox: Mailbox, ids: Sequence[MessageId]) -> Mapping[MessageId, bytes | Exception]:
        return self._read_raw(mailbox, ids, {})

    def conversation_bodies(
        self, mailbox: Mailbox, thread_id: ThreadId, ids: Sequence[MessageId]
    ) -> Mapping[MessageId, bytes | Exception]:
        unique_ids = frozenset(ids)
        rebuilt: Mapping[MessageId, bytes] = {}
        if len(unique_ids) >= WORTH_A_CONVERSATION:
            rebuilt = self._rebuild_conversation(mailbox, thread_id, unique_ids)
        # What could not be rebuilt, and what Gmail left out of its answer, is asked for alone before it counts as gone.
        return self._read_raw(mailbox, [i for i in ids if i not in rebuilt], rebuilt)

    def labels(self, mailbox: Mailbox) -> Sequence[Label]:
        listing = self._calls.call(mailbox, self._methods.labels.list(userId="me", fields="labels(id,name,type)"))
        return [read_label(item) for item in listing.get("labels", ())]

    def in_background(self, purpose: Purpose = Purpose.AUDIT) -> GmailMail:
        return GmailMail(self._calls.in_background(purpose), self._methods)

    def send_as(self, mailbox: Mailbox) -> tuple[str, ...]:
        listing = self._calls.call(mailbox, self._methods.send_as.list(userId="me", fields="sendAs(sendAsEmail)"))
        return tuple(str(item["sendAsEmail"]).lower() for item in listing.get("sendAs", ()))

    def _read_raw(
        self, mailbox: Mailbox, ids: Sequence[MessageId], earlier: Mapping[MessageId, bytes]
    ) -> dict[MessageId, bytes | Exception]:
        return self._calls.call_for_each(mailbox, self._methods.raw_call, ids, read_raw, earlier)

    def _read_conversation(
        self, mailbox: Mailbox, thread_id: ThreadId, names: Sequence[str]
    ) -> dict[MessageId, Message | Exception]:
        request = self._methods.threads.get(
            userId="me", id=thread_id, format="metadata", fields=f"messages({HEADER_FIELDS})"
        )
        items = self._calls.call(mailbox, request).get("messages", ())
        read = partial(read_message, names=_fold_names(names))
        return {MessageId(str(item.get("id"))): parse_or_error(read, item) for item in items}

    def _read_conversation_headers(
        self, mailbox: Mailbox, thread_id: ThreadId, ids: Sequence[MessageId], names: Sequence[str]
    ) -> dict[MessageId, Message | Exception]:
        try:
            messages = self._read_conversation(mailbox, thread_id, names)
        except TrulyError as error:
            return {} if isinstance(error, NotFoundError) else dict.fromkeys(ids, error)
        return {i: message for i, message in messages.items() if i in ids or isinstance(message, Message)}

    def _rebuild_conversation(
        self, mailbox: Mailbox, thread_id: ThreadId, ids: frozenset[MessageId]
    ) -> dict[MessageId, bytes]:
        request = self._methods.threads.get(userId="me", id=thread_id, format="full", fields="messages(id,payload)")
        try:
            thread: Any = self._calls.call(mailbox, request)
        except TrulyError as error:
            if isinstance(error, ThrottledError | MailboxUnavailableError | ReconnectRequiredError | UserError):
                raise
            return {}  # what is wrong with the conversation as a whole need not be wrong with its messages
        payloads = {MessageId(str(item.get("id"))): item.get("payload") for item in thread.get("messages", ())}
        messages = {i: rebuild_message(payload) for i, payload in payloads.items() if i in ids}
        return {i: raw for i, raw in messages.items() if raw is not None}


def _fold_names(names: Sequence[str]) -> frozenset[str]:
    return frozenset(name.lower() for name in names)


def _group_by_conversation(refs: Sequence[MessageRef]) -> dict[ThreadId, list[MessageId]]:
    groups: dict[ThreadId, list[MessageId]] = {}
    for ref in dict.fromkeys(refs):
        groups.setdefault(ref.thread_id, []).append(ref.message_id)
    return groups


def _write_query(span: Span) -> str | None:
    """Epoch seconds, for dates would mean midnight in California."""
    edges = (("after", span.after), ("before", span.before))
    return " ".join(f"{operator}:{edge}" for operator, edge in edges if edge is not None) or None
