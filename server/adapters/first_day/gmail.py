"""The first day's questions to Gmail: what its answers look like, of a few messages of a few mailboxes.

No body and no snippet is asked for. Of the headers only the spelling of well-known names is kept, and whether values
are decoded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from server.adapters.first_day.asking import answer, ask, count
from server.adapters.gmail.calls import GmailCalls
from server.adapters.gmail.pacing.costs import units_of
from server.domain.mailbox import Mailbox
from server.domain.quota import Purpose
from server.ports.survey import Answer, Sample, Value

MESSAGES_READ = 5
THREADS_READ = 3
MESSAGES_LISTED = 20
SYSTEM_LABELS = frozenset(
    {"INBOX", "SENT", "DRAFT", "SPAM", "TRASH", "UNREAD", "STARRED", "IMPORTANT", "CHAT", "SCHEDULED", "SNOOZED"}
)
CATEGORY = "CATEGORY_"
CATEGORIES = frozenset(f"{CATEGORY}{n}" for n in ("PERSONAL", "SOCIAL", "PROMOTIONS", "UPDATES", "FORUMS", "PURCHASES"))
NAMES = frozenset(
    {
        "message-id", "list-id", "cc", "bcc", "to", "from", "sender", "reply-to", "date", "subject", "references",
        "in-reply-to", "mime-version", "content-type", "return-path", "auto-submitted", "precedence",
        "list-unsubscribe", "delivered-to", "received", "x-original-from", "authentication-results",
    }
)  # fmt: skip
"""Headers whose spelling is told. Other names may be a company's own."""
FIELDS = "id,threadId,labelIds,internalDate,payload/headers"


class GmailSurvey:
    """Implements ``server.ports.survey.Survey``."""

    def __init__(self, calls: GmailCalls) -> None:
        self._calls = calls
        self._users = calls.service.users()

    def answers(self, sample: Sample) -> Iterator[Answer]:
        for number, mailbox in enumerate(sample.mailboxes, 1):
            yield from self._look_at_mailbox(f"Mailbox {number}: ", mailbox)

    def _look_at_mailbox(self, label: str, mailbox: Mailbox) -> Iterator[Answer]:
        users = self._users
        listed: list[Any] = []
        dates: dict[str, int] = {}
        since = int(self._calls.clock.now()) - 30 * 86_400

        def keep(page: Any) -> dict[str, Value]:
            listed.extend(item for item in page.get("messages", ()) if item["id"] and item["threadId"])
            return {"messages": len(listed), "has_more": "nextPageToken" in page}

        def compare(page: Any) -> dict[str, Value]:
            found = {str(item["id"]) for item in page.get("messages", ())}
            young = [message_id for message_id, date in dates.items() if date >= since * 1_000]
            return {
                "messages": len(found),
                "read_and_so_young": len(young),
                "listed_and_not_found": sum(message_id not in found for message_id in young),
            }

        def describe(question: str, request: Any, read: Callable[[Any], dict[str, Value]]) -> Answer:
            return self._describe(label + question, mailbox, request, read)

        profile = users.getProfile(userId="me", quotaUser="first-day", fields="historyId,messagesTotal")
        yield describe("does getProfile answer, with a quotaUser?", profile, _has_history)
        yield describe("which labels are there?", users.labels().list(userId="me"), _count_labels)
        send_as = users.settings().sendAs().list(userId="me", fields="sendAs(isPrimary,smtpMsa/port)")
        yield describe("how many send-as addresses are there?", send_as, _count_send_as)
        messages = users.messages()
        yield describe("what does a plain list have?", messages.list(userId="me", maxResults=MESSAGES_LISTED), keep)
        if listed:
            yield from self._look_at_messages(describe, listed, dates)
        search = messages.list(userId="me", maxResults=5 * MESSAGES_LISTED, q=f"after:{since}")
        yield describe("what does a search of 30 days have of it?", search, compare)
        scheduled = messages.list(userId="me", maxResults=1, q="in:scheduled")
        yield describe(
            "is in:scheduled understood?", scheduled, lambda page: {"messages": len(page.get("messages", ()))}
        )

    def _look_at_messages(
        self, describe: Callable[..., Answer], listed: list[Any], dates: dict[str, int]
    ) -> Iterator[Answer]:
        """Keeps the internal date (epoch milliseconds) of each message that is read in ``dates``."""

        def read(message: Any) -> dict[str, Value]:
            dates[str(message["id"])] = int(message.get("internalDate", 0))
            return _describe_message(message)

        messages, threads = self._users.messages(), self._users.threads()
        for item in listed[:MESSAGES_READ]:
            request = messages.get(userId="me", id=item["id"], format="metadata", fields=FIELDS)
            yield describe("how do headers come?", request, read)
        first = listed[0]
        lower = messages.get(
            userId="me",
            id=first["id"],
            format="metadata",
            metadataHeaders=["message-id", "mime-version"],
            fields=FIELDS,
        )
        yield describe("are names in metadataHeaders taken in another case?", lower, _count_headers)
        # The longest ones: where one message is left out of some, a conversation of one or two does not show it.
        sizes = Counter(str(item["threadId"]) for item in listed)
        for thread_id, _size in sizes.most_common(THREADS_READ):
            together = {str(item["id"]) for item in listed if item["threadId"] == thread_id}
            thread = threads.get(userId="me", id=thread_id, format="minimal", fields="messages/id")
            compare = partial(_compare_thread, together)
            yield describe("does threads.get hold all messages of a thread?", thread, compare)

    def _describe(
        self, question: str, mailbox: Mailbox, request: Any, read: Callable[[Any], dict[str, Value]]
    ) -> Answer:
        def ask_and_read() -> dict[str, Value]:
            credentials = self._calls.mint.for_mailbox(mailbox.addresses)
            units = units_of(request.methodId)
            with self._calls.pacer.turn(mailbox.mailbox_id, units, purpose=Purpose.AUDIT):
                return read(ask(request, credentials, self._calls.transport))

        return answer(question, ask_and_read)


def _compare_thread(together: set[str], page: Any) -> dict[str, Value]:
    held = {str(item["id"]) for item in page.get("messages", ())}
    return {"messages": len(held), "listed_and_left_out": len(together - held)}


def _has_history(page: Any) -> dict[str, Value]:
    return {"has_history_id": "historyId" in page, "has_messages": bool(page.get("messagesTotal"))}


def _count_messages(page: Any) -> dict[str, Value]:
    return {"messages": len(page.get("messages", ()))}


def _count_labels(page: Any) -> dict[str, Value]:
    ids = [str(label.get("id", "")) for label in page.get("labels", ())]
    return count([_as_label(label) for label in ids])


def _as_label(label: str) -> str:
    if label in SYSTEM_LABELS | CATEGORIES:
        return label
    return "another_category" if label.startswith(CATEGORY) else "others"


def _count_send_as(page: Any) -> dict[str, Value]:
    items = page.get("sendAs", [])
    return {"addresses": len(items), "through_another_server": sum("smtpMsa" in item for item in items)}


def _count_headers(message: Any) -> dict[str, Value]:
    return {"headers": len(message.get("payload", {}).get("headers", ()))}


def _describe_message(message: Any) -> dict[str, Value]:
    headers = message.get("payload", {}).get("headers", [])
    values = [str(header.get("value", "")) for header in headers]
    return {
        "labels": sorted({_as_label(str(label)) for label in message.get("labelIds", ())}),
        "has_internal_date": "internalDate" in message,
        "headers": len(headers),
        "known_names": sorted({str(h["name"]) for h in headers if str(h.get("name", "")).lower() in NAMES}),
        "values_beyond_ascii": sum(not value.isascii() for value in values),
        "values_still_encoded": sum("=?" in value for value in values),
        "values_with_line_ends": sum("\n" in value for value in values),
    }
