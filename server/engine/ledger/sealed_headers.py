"""The headers of a waiting message: sealed when it is screened, opened when it is decided."""

from __future__ import annotations

import json
import zlib
from typing import Any

from server.domain.errors import SealBrokenError, UnreadableError
from server.domain.ledger import Row
from server.domain.mail import Copy
from server.domain.mailbox import Mailbox, Workspace
from server.domain.message import Headers, Message
from server.engine.ledger.sealing import Sealing
from server.rules.decision.screen import find_category
from server.rules.headers.people import people_of

MOST_BYTES = 700_000
"""Of one message's headers, compressed: a document ends at 1 MiB."""
COLLECTION, PURPOSE = "messages", "headers"


class SealedHeaders:
    """Thread-safe."""

    def __init__(self, sealing: Sealing) -> None:
        self._sealing = sealing

    def seal(self, row_key: str, message: Message) -> bytes:
        """What ``open_copy`` needs later. Raises UnreadableError for headers that fit into no document."""
        content = {"sent": message.is_sent, "size": message.size_estimate, "headers": list(message.headers)}
        if category := find_category(message.label_ids):
            content["category"] = category
        return self._seal(row_key, content | ({"as_sent": True} if message.is_as_sent else {}))

    def open_sent(self, row: Row) -> Headers | None:
        """None where a row has no headers as they were sent, or they no longer open: then Gmail's are taken anew."""
        if row.sealed_headers is None:
            return None
        try:
            content = self._open(row.key, row.sealed_headers)
        except SealBrokenError:
            return None
        return _read_headers(content) if content.get("as_sent") else None

    def open_copy(self, workspace: Workspace, row: Row, mailbox: Mailbox) -> Copy:
        """A waiting row as the decision needs it. Raises SealBrokenError."""
        if row.sealed_headers is None:
            raise SealBrokenError("A waiting row has no headers.")
        content = self._open(row.key, row.sealed_headers)
        headers = _read_headers(content)
        is_sent = bool(content["sent"])
        return Copy(
            mailbox_id=row.mailbox_id,
            mailbox_address=mailbox.address,
            message_id=row.message_id,
            thread_id=row.thread_id,
            is_sent=is_sent,
            internal_date=row.internal_date,
            headers=headers,
            people=people_of(headers, workspace, is_sent=is_sent),
            size=int(content["size"]),
            category=content.get("category"),
            is_as_sent=bool(content.get("as_sent")),
        )

    def _seal(self, row_key: str, content: dict[str, Any]) -> bytes:
        return self._sealing.seal(COLLECTION, row_key, PURPOSE, _pack(content))

    def _open(self, row_key: str, sealed: bytes) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(_unpack(self._sealing.open(COLLECTION, row_key, PURPOSE, sealed)))
        return content


def _read_headers(content: dict[str, Any]) -> Headers:
    return Headers.of((str(name), str(value)) for name, value in content["headers"])


def _pack(content: dict[str, Any]) -> bytes:
    packed = zlib.compress(json.dumps(content, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    if len(packed) > MOST_BYTES:
        raise UnreadableError("The headers of a message are too large to be kept.")
    return packed


def _unpack(packed: bytes) -> str:
    return zlib.decompress(packed).decode("utf-8", "surrogatepass")
