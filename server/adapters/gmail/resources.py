"""Gmail's JSON in domain words."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import Any

from server.domain.errors import UnreadableError
from server.domain.history import HistoryEvent, Label, MessageRef
from server.domain.ids import MessageId, ThreadId
from server.domain.message import Headers, Message

KINDS = (
    ("messagesAdded", "added"),
    ("labelsAdded", "labelled"),
    ("labelsRemoved", "unlabelled"),
    ("messagesDeleted", "deleted"),
)


def read_ref(item: Any) -> MessageRef:
    return MessageRef(MessageId(str(item["id"])), ThreadId(str(item["threadId"])))


def read_label(item: Any) -> Label:
    return Label(str(item["id"]), str(item.get("name", "")), item.get("type") == "user")


def read_events(record: Any) -> Iterator[HistoryEvent]:
    for field, kind in KINDS:
        for entry in record.get(field, ()):
            yield HistoryEvent(read_ref(entry["message"]), kind, frozenset(entry.get("labelIds", ())))


def read_message(resource: Any, names: frozenset[str]) -> Message:
    """Of the headers only those of ``names``, given in lower case: no other goes further than here."""
    headers = ((str(h.get("name", "")), h) for h in resource.get("payload", {}).get("headers", ()))
    pairs = ((name, str(h.get("value", ""))) for name, h in headers if name.strip().lower() in names)
    return Message(
        message_id=MessageId(resource["id"]),
        thread_id=ThreadId(resource["threadId"]),
        label_ids=frozenset(resource.get("labelIds", ())),
        internal_date=int(resource["internalDate"]),
        size_estimate=int(resource.get("sizeEstimate", 0)),
        headers=Headers.of(pairs),
    )


def read_raw(resource: Any) -> bytes:
    data = str(resource.get("raw", ""))
    try:
        # Gmail leaves out the padding.
        return base64.urlsafe_b64decode(data + "=" * (-len(data) % 4))
    except (binascii.Error, ValueError):
        raise UnreadableError("Gmail's raw message is not base64.") from None
