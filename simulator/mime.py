"""A raw message in the shapes in which Gmail shows it."""

from __future__ import annotations

import base64
import codecs
import email
import re
from collections.abc import Iterable, Iterator
from datetime import UTC
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime
from typing import Any

from simulator.header_forms import show_headers, unfold

ATTACHMENT = "ANGjdJ"
DEEPEST = 90
LARGE = 256 * 1024
"""Bytes from which on a text comes only by attachments.get. Gmail's own edge is not known."""

_HEAD = re.compile(rb"(?:[^\r\n]++(?:\r\n|\r|\n|\Z))*+")
_SPACED_NAME = re.compile(rb"(?<![^\r\n])([!-9;-~]++)[ \t]++:")


def headers_of(raw: bytes) -> list[tuple[str, str]]:
    """Top-level headers in order, unfolded, as text."""
    return [(name, unfold(value)) for name, value in sent_headers_of(raw)]


def sent_headers_of(raw: bytes) -> list[tuple[str, str]]:
    """The same as they were sent: folded, and with surrogates for bytes that are not ASCII."""
    parsed = BytesHeaderParser().parsebytes(_normalize_head(raw))
    return [(name, str(value)) for name, value in parsed.raw_items()]


def _normalize_head(raw: bytes) -> bytes:
    """Drops what a tolerant reader overlooks: a byte order mark, white space before the colon of a header."""
    raw = raw.removeprefix(codecs.BOM_UTF8)
    head = _HEAD.match(raw)
    end = head.end() if head else 0
    return _SPACED_NAME.sub(rb"\1:", raw[:end]) + raw[end:] if _SPACED_NAME.search(raw, 0, end) else raw


def first(headers: list[tuple[str, str]], name: str) -> str | None:
    return next((value for key, value in headers if key.lower() == name.lower()), None)


def shown(headers: list[tuple[str, str]], name: str) -> str | None:
    """A header as a person reads it."""
    value = first(headers, name)
    try:
        return str(make_header(decode_header(value))) if value else value
    except (LookupError, ValueError, HeaderParseError):
        return value


def date_of(headers: list[tuple[str, str]], now_ms: int) -> int:
    """Epoch milliseconds of the Date header; of the arrival where there is none or it lies ahead."""
    try:
        written = parsedate_to_datetime(first(headers, "Date") or "")
        # A date without a zone is UTC, and not in the time zone of this machine.
        stated = int((written if written.tzinfo else written.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, TypeError, IndexError, OverflowError):
        return now_ms
    return stated if 0 < stated <= now_ms else now_ms


def message_id_of(headers: list[tuple[str, str]]) -> str | None:
    return first(headers, "Message-ID")


SNIPPED = 2000
"""Bytes of a body that a snippet is made of."""


def snippet_of(raw: bytes) -> str:
    """The first words of the body, as every answer of messages.get carries them unless masked out."""
    body = raw.partition(b"\r\n\r\n")[2] or raw.partition(b"\n\n")[2]
    text = re.sub(r"<[^>]*>", " ", body[:SNIPPED].decode("utf-8", "replace"))
    return " ".join(text.split())[:120]


def type_of(raw: bytes) -> str:
    """The media type of the whole; the header alone is looked at."""
    return BytesHeaderParser().parsebytes(_normalize_head(raw)).get_content_type()


def payload_of(raw: bytes, header_form: str = "") -> dict[str, Any]:
    """The parsed tree of format=full."""
    try:
        return _part(email.message_from_bytes(_normalize_head(raw)), "", header_form)
    except RecursionError:
        return {"partId": "", "mimeType": "text/plain", "filename": "", "headers": [], "body": {"size": len(raw)}}


def attachment_of(raw: bytes, attachment_id: str) -> bytes | None:
    return _attachment(email.message_from_bytes(_normalize_head(raw)), "", attachment_id.removeprefix(ATTACHMENT))


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode()


def encode_chunks(chunks: Iterable[bytes]) -> Iterator[str]:
    """The same text, piece by piece."""
    rest = b""
    for chunk in chunks:
        read = rest + chunk
        whole = len(read) - len(read) % 3
        yield encode(read[:whole])
        rest = read[whole:]
    yield encode(rest)


def _part(part: Message, part_id: str, header_form: str) -> dict[str, Any]:
    """Raises RecursionError for a tree that JSON could not be written of."""
    if part_id.count(".") > DEEPEST:
        raise RecursionError
    children = _children(part)
    node: dict[str, Any] = {
        "partId": part_id,
        "mimeType": part.get_content_type(),
        "filename": part.get_filename() or "",
        "headers": [
            {"name": n, "value": v} for n, v in show_headers([(n, str(v)) for n, v in part.raw_items()], header_form)
        ],
        "body": {"size": 0},
    }
    if children:
        node["parts"] = [_part(child, f"{part_id}.{i}".lstrip("."), header_form) for i, child in enumerate(children)]
        return node
    data = _text(part) if part.get_content_maintype() == "text" else _bytes(part)
    node["body"] = {"size": len(data)}
    if data and (node["filename"] or part.get_content_maintype() != "text" or len(data) > LARGE):
        node["body"]["attachmentId"] = ATTACHMENT + (part_id or "root")
    elif data:
        node["body"]["data"] = encode(data) if len(data) % 2 else encode(data).rstrip("=")
    return node


def _attachment(part: Message, part_id: str, wanted_id: str) -> bytes | None:
    children = _children(part)
    if not children:
        return _bytes(part) if wanted_id == (part_id or "root") else None
    contents = (_attachment(child, f"{part_id}.{i}".lstrip("."), wanted_id) for i, child in enumerate(children))
    return next((data for data in contents if data is not None), None)


def _children(part: Message) -> list[Message]:
    payload = part.get_payload() if part.is_multipart() else []
    return [child for child in payload if isinstance(child, Message)] if isinstance(payload, list) else []


def _text(part: Message) -> bytes:
    """Gmail turns texts to UTF-8, and leaves the header that names another charset."""
    data = _bytes(part)
    try:
        return data.decode(part.get_content_charset() or "utf-8").encode()
    except (LookupError, ValueError):
        return data.decode("utf-8", "replace").encode()


def _bytes(part: Message) -> bytes:
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def text_of(raw: bytes) -> str:
    """The text of a message, for the page; of a message that is only HTML, its text without the tags."""
    everything = email.message_from_bytes(_normalize_head(raw)).walk()
    parts = [p for p in everything if p.get_content_maintype() == "text" and not p.get_filename()]
    readable = [p for p in parts if p.get_content_type() == "text/plain"] or parts
    texts = []
    for part in readable[:20]:
        data = _bytes(part)[:100_000]
        try:
            text = data.decode(part.get_content_charset() or "utf-8", "replace")
        except LookupError:
            text = data.decode("utf-8", "replace")
        texts.append(re.sub(r"<[^>]*>", " ", text) if part.get_content_type() == "text/html" else text)
    return "\n\n".join(texts).replace("\r\n", "\n").strip()[:20_000]
