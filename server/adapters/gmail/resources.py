"""Gmail's JSON in domain words."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import Any

from server.domain.errors import UnreadableError
from server.domain.history import HistoryEvent, Label, MessageRef
from server.domain.ids import Cursor, MessageId, ThreadId
from server.domain.message import Headers, Message

KINDS = (
    ("messagesAdded", "added"),
    ("labelsAdded", "labelled"),
    ("labelsRemoved", "unlabelled"),
    ("messagesDeleted", "deleted"),
)


def ref_of(item: Any) -> MessageRef:
    return MessageRef(MessageId(str(item["id"])), ThreadId(str(item["threadId"])))


def label_of(item: Any) -> Label:
    return Label(str(item["id"]), str(item.get("name", "")), item.get("type") == "user")


def events_of(record: Any) -> Iterator[HistoryEvent]:
    for field, kind in KINDS:
        for entry in record.get(field, ()):
            yield HistoryEvent(ref_of(entry["message"]), kind, frozenset(entry.get("labelIds", ())))


def message_of(answer: Any) -> Message:
    pairs = ((str(h.get("name", "")), str(h.get("value", ""))) for h in answer.get("payload", {}).get("headers", ()))
    return Message(
        message_id=MessageId(answer["id"]),
        thread_id=ThreadId(answer["threadId"]),
        label_ids=frozenset(answer.get("labelIds", ())),
        internal_date=int(answer["internalDate"]),
        size_estimate=int(answer.get("sizeEstimate", 0)),
        headers=Headers.of(pairs),
        history_id=Cursor(int(answer.get("historyId", 0))),
    )


def raw_of(answer: Any) -> bytes:
    data = str(answer.get("raw", ""))
    try:
        return base64.urlsafe_b64decode(data + "=" * (-len(data) % 4))
    except (binascii.Error, ValueError):
        raise UnreadableError("Gmail's raw message is not base64.") from None
