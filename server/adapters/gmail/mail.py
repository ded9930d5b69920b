"""Gmail behind the Mail port, through googleapiclient. Partial responses keep snippets out of every answer."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping, Sequence
from http.client import HTTPException
from typing import Any, TypeVar

import google_auth_httplib2
import httplib2
from googleapiclient.discovery import build
from googleapiclient.errors import BatchError, HttpError

from server.adapters.gmail.credentials import CredentialMint
from server.adapters.gmail.event_ids import api_id
from server.adapters.gmail.failures import mapped
from server.adapters.gmail.quota import quota_user
from server.adapters.transport import Transport
from server.domain.errors import CursorExpiredError, NotFoundError, TransientError, TrulyError, UnreadableError
from server.domain.history import EVERYTHING, History, HistoryEvent, Label, MessageRef, Span
from server.domain.ids import GmailMessageId, GmailThreadId, HistoryId
from server.domain.mailbox import Mailbox
from server.domain.message import Headers, Message
from server.ports.clock import Clock

HEADERS_AT_ONCE = 25
"""Gmail advises at most 50 in a batch; 10 to 25 survive in the field."""
BODIES_AT_ONCE = 5
"""Ten raw megabytes in one batch cost ninety in memory."""
HEADER_FIELDS = "id,threadId,labelIds,internalDate,sizeEstimate,historyId,payload/headers"
HISTORY_FIELDS = (
    "historyId,nextPageToken,history(messagesAdded/message(id,threadId),messagesDeleted/message(id,threadId),"
    "labelsAdded(labelIds,message(id,threadId)),labelsRemoved(labelIds,message(id,threadId)))"
)
KINDS = (
    ("messagesAdded", "added"),
    ("labelsAdded", "labelled"),
    ("labelsRemoved", "unlabelled"),
    ("messagesDeleted", "deleted"),
)
BROKEN_ANSWER = (ValueError, KeyError, IndexError, TypeError, AttributeError)
"""What googleapiclient raises for a batch that is cut short, or is a page of something else."""
T = TypeVar("T")


class GmailMail:
    """Implements ``server.ports.mail.Mail``. Thread-safe: one service description, one connection a thread."""

    def __init__(self, mint: CredentialMint, transport: Transport, clock: Clock) -> None:
        self._mint = mint
        self._transport = transport
        self._clock = clock
        self._service = build("gmail", "v1", http=transport.http(), static_discovery=True)
        # Every access to a resource builds all its methods anew, so each is made once.
        self._users = self._service.users()
        self._messages = self._users.messages()
        self._threads = self._users.threads()
        self._history = self._users.history()
        self._labels = self._users.labels()
        self._send_as = self._users.settings().sendAs()

    def position(self, mailbox: Mailbox) -> HistoryId:
        answer = self._call(mailbox, self._users.getProfile(userId="me", fields="historyId"))
        return HistoryId(int(answer["historyId"]))

    def size(self, mailbox: Mailbox, label_id: str | None = None) -> int:
        if label_id is None:
            answer = self._call(mailbox, self._users.getProfile(userId="me", fields="messagesTotal"))
        else:
            answer = self._call(mailbox, self._labels.get(userId="me", id=label_id, fields="messagesTotal"))
        return int(answer.get("messagesTotal", 0))

    def list_messages(
        self, mailbox: Mailbox, span: Span = EVERYTHING, label_ids: Sequence[str] = ()
    ) -> Iterator[Sequence[MessageRef]]:
        token: str | None = None
        while True:
            answer = self._call(
                mailbox,
                self._messages.list(
                    userId="me", maxResults=500, includeSpamTrash=True, pageToken=token, q=_query(span),
                    labelIds=list(label_ids) or None, fields="messages(id,threadId),nextPageToken",
                ),
            )  # fmt: skip
            yield [_ref(item) for item in answer.get("messages", ())]
            token = answer.get("nextPageToken")
            if not token:
                return

    def history(self, mailbox: Mailbox, since: HistoryId) -> History:
        events: list[HistoryEvent] = []
        first: HistoryId | None = None
        token: str | None = None
        while True:
            request = self._history.list(
                userId="me", startHistoryId=str(since), maxResults=500, pageToken=token, fields=HISTORY_FIELDS
            )
            try:
                answer = self._call(mailbox, request)
            except NotFoundError:
                raise CursorExpiredError("Gmail no longer has the history since our cursor.") from None
            first = first or HistoryId(int(answer["historyId"]))
            for record in answer.get("history", ()):
                events += _events(record)
            token = answer.get("nextPageToken")
            if not token:
                return History(tuple(events), max(first, since))

    def headers(
        self, mailbox: Mailbox, refs: Sequence[MessageRef], names: Sequence[str]
    ) -> Mapping[GmailMessageId, Message | Exception]:
        return self._batch(
            mailbox,
            [ref.gmail_message_id for ref in refs],
            HEADERS_AT_ONCE,
            lambda i: self._messages.get(
                userId="me", id=i, format="metadata", metadataHeaders=list(names), fields=HEADER_FIELDS
            ),
            _message,
        )

    def thread(self, mailbox: Mailbox, thread_id: GmailThreadId, names: Sequence[str]) -> Sequence[Message]:
        request = self._threads.get(
            userId="me", id=thread_id, format="metadata", metadataHeaders=list(names),
            fields=f"messages({HEADER_FIELDS})",
        )  # fmt: skip
        answer = self._call(mailbox, request)
        found = [_parsed(_message, item) for item in answer.get("messages", ())]
        return sorted((m for m in found if isinstance(m, Message)), key=lambda m: (m.internal_date, m.gmail_message_id))

    def identify(self, mailbox: Mailbox, message_id: str, thread_id: str) -> MessageRef:
        known, thread = api_id(message_id), api_id(thread_id)
        if known and thread:
            return MessageRef(GmailMessageId(known), GmailThreadId(thread))
        # Mail that was just sent has an id of the web client's own, which only Gmail can resolve.
        request = self._messages.get(userId="me", id=known or message_id, format="minimal", fields="id,threadId")
        return _ref(self._call(mailbox, request))

    def bodies(self, mailbox: Mailbox, ids: Sequence[GmailMessageId]) -> Mapping[GmailMessageId, bytes | Exception]:
        return self._batch(
            mailbox,
            ids,
            BODIES_AT_ONCE,
            lambda i: self._messages.get(userId="me", id=i, format="raw", fields="id,raw"),
            _raw,
        )

    def conversation_bodies(
        self,
        mailbox: Mailbox,
        thread_id: GmailThreadId,  # noqa: ARG002
        ids: Sequence[GmailMessageId],
    ) -> Mapping[GmailMessageId, bytes | Exception]:
        return self.bodies(mailbox, ids)

    def labels(self, mailbox: Mailbox) -> Sequence[Label]:
        answer = self._call(mailbox, self._labels.list(userId="me", fields="labels(id,name,type)"))
        return [
            Label(str(item["id"]), str(item.get("name", "")), item.get("type") == "user")
            for item in answer.get("labels", ())
        ]

    def in_background(self) -> GmailMail:
        return self

    def send_as(self, mailbox: Mailbox) -> tuple[str, ...]:
        answer = self._call(mailbox, self._send_as.list(userId="me", fields="sendAs(sendAsEmail)"))
        return tuple(str(item["sendAsEmail"]).lower() for item in answer.get("sendAs", ()))

    def _http(self, mailbox: Mailbox) -> Any:
        credentials = self._mint.for_mailbox(mailbox.addresses)
        return google_auth_httplib2.AuthorizedHttp(credentials, http=self._transport.http(), max_refresh_attempts=1)

    def _call(self, mailbox: Mailbox, request: Any) -> Any:
        request.uri = _with_quota_user(request.uri, mailbox)
        try:
            answer = request.execute(http=self._http(mailbox), num_retries=0)
        except HttpError as error:
            raise mapped(error, self._clock.now()) from None
        except (httplib2.HttpLib2Error, HTTPException, OSError, UnicodeDecodeError):
            raise TransientError("Gmail cannot be reached.") from None
        if not isinstance(answer, dict):  # googleapiclient hands on as text what is not JSON
            raise TransientError("Gmail's answer is not JSON.")
        return answer

    def _batch(
        self,
        mailbox: Mailbox,
        ids: Sequence[GmailMessageId],
        size: int,
        request: Callable[[GmailMessageId], Any],
        parse: Callable[[Any], T],
    ) -> dict[GmailMessageId, T | Exception]:
        out: dict[GmailMessageId, T | Exception] = {}
        asked = list(dict.fromkeys(ids))
        for start in range(0, len(asked), size):
            batch = self._service.new_batch_http_request()
            for message_id in asked[start : start + size]:
                inner = request(message_id)
                inner.uri = _with_quota_user(inner.uri, mailbox)
                batch.add(inner, callback=self._keeper(out, parse), request_id=message_id)
            try:
                batch.execute(http=self._http(mailbox))
            except (BatchError, httplib2.HttpLib2Error, HTTPException, OSError, *BROKEN_ANSWER):
                # Before HttpError, for googleapiclient makes BatchError one of those.
                raise TransientError("Gmail did not answer a batch.") from None
            except HttpError as error:
                raise mapped(error, self._clock.now()) from None
        return out

    def _keeper(
        self, out: dict[GmailMessageId, T | Exception], parse: Callable[[Any], T]
    ) -> Callable[[str, Any, Any], None]:
        def keep(request_id: str, answer: Any, error: Any) -> None:
            message_id = GmailMessageId(request_id)
            if isinstance(error, HttpError):
                out[message_id] = mapped(error, self._clock.now())
            elif error is not None or not isinstance(answer, dict):
                out[message_id] = TransientError("Gmail did not answer for a message.")
            else:
                out[message_id] = _parsed(parse, answer)

        return keep


def _parsed(parse: Callable[[Any], T], answer: Any) -> T | Exception:
    try:
        return parse(answer)
    except TrulyError as error:
        return error
    except (KeyError, ValueError, TypeError, AttributeError):
        return UnreadableError("Gmail's answer for a message has not the documented form.")


def _with_quota_user(uri: str, mailbox: Mailbox) -> str:
    return f"{uri}{'&' if '?' in uri else '?'}quotaUser={quota_user(mailbox)}"


def _query(span: Span) -> str | None:
    """Epoch seconds, for dates would mean midnight in California."""
    parts = [f"{word}:{edge}" for word, edge in (("after", span.after), ("before", span.before)) if edge is not None]
    return " ".join(parts) or None


def _ref(item: Any) -> MessageRef:
    return MessageRef(GmailMessageId(str(item["id"])), GmailThreadId(str(item["threadId"])))


def _events(record: Any) -> Iterator[HistoryEvent]:
    for field, kind in KINDS:
        for entry in record.get(field, ()):
            yield HistoryEvent(_ref(entry["message"]), kind, frozenset(entry.get("labelIds", ())))


def _message(answer: Any) -> Message:
    pairs = ((str(h.get("name", "")), str(h.get("value", ""))) for h in answer.get("payload", {}).get("headers", ()))
    return Message(
        gmail_message_id=GmailMessageId(answer["id"]),
        gmail_thread_id=GmailThreadId(answer["threadId"]),
        label_ids=frozenset(answer.get("labelIds", ())),
        internal_date=int(answer["internalDate"]),
        size_estimate=int(answer.get("sizeEstimate", 0)),
        headers=Headers.of(pairs),
        history_id=HistoryId(int(answer.get("historyId", 0))),
    )


def _raw(answer: Any) -> bytes:
    data = str(answer.get("raw", ""))
    try:
        return base64.urlsafe_b64decode(data + "=" * (-len(data) % 4))
    except (binascii.Error, ValueError):
        raise UnreadableError("Gmail's raw message is not base64.") from None
