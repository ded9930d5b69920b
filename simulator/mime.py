"""A raw message in the shapes in which Gmail shows it."""

from __future__ import annotations

import base64
import codecs
import email
import re
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime
from typing import Any


def headers_of(raw: bytes) -> list[tuple[str, str]]:
    """Top-level headers in order, unfolded, as text."""
    parsed = BytesHeaderParser().parsebytes(_tolerated(raw))
    return [(name, unfolded(str(value))) for name, value in parsed.raw_items()]


def _tolerated(raw: bytes) -> bytes:
    """As a tolerant reader takes it: no byte order mark, no white space before the colon of a header."""
    raw = raw.removeprefix(codecs.BOM_UTF8)
    head, end, body = re.match(rb"(.*?)(\r?\n\r?\n|\Z)(.*)", raw, re.DOTALL).groups()  # type: ignore[union-attr]
    return re.sub(rb"(?m)^([!-9;-~]++)[ \t]++:", rb"\1:", head) + end + body


def unfolded(value: str) -> str:
    text = re.sub(r"\r?\n[ \t]*", " ", value).strip()
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


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
        stated = int(parsedate_to_datetime(first(headers, "Date") or "").timestamp() * 1000)
    except (ValueError, TypeError, IndexError, OverflowError):
        return now_ms
    return stated if 0 < stated <= now_ms else now_ms


def message_id_of(headers: list[tuple[str, str]]) -> str | None:
    return first(headers, "Message-ID")


def snippet_of(raw: bytes) -> str:
    """The first words of the body, as every answer of messages.get carries them unless masked out."""
    body = raw.partition(b"\r\n\r\n")[2] or raw.partition(b"\n\n")[2]
    text = re.sub(r"<[^>]*>", " ", body[:2000].decode("utf-8", "replace"))
    return " ".join(text.split())[:120]


def payload_of(raw: bytes) -> dict[str, Any]:
    """The parsed tree of format=full."""
    return _part(email.message_from_bytes(_tolerated(raw)), "")


def attachment_of(raw: bytes, attachment_id: str) -> bytes | None:
    for number, part in enumerate(email.message_from_bytes(_tolerated(raw)).walk()):
        if attachment_id == f"ANGjdJ{number}":
            return _bytes(part)
    return None


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode()


def _part(part: Message, part_id: str) -> dict[str, Any]:
    children = part.get_payload() if part.is_multipart() else []
    node: dict[str, Any] = {
        "partId": part_id,
        "mimeType": part.get_content_type(),
        "filename": part.get_filename() or "",
        "headers": [{"name": n, "value": unfolded(str(v))} for n, v in part.raw_items()],
        "body": {"size": 0},
    }
    if isinstance(children, list) and children:
        node["parts"] = [
            _part(child, f"{part_id}.{i}".lstrip(".")) for i, child in enumerate(children) if isinstance(child, Message)
        ]
        return node
    data = _bytes(part)
    node["body"] = {"size": len(data)}
    if node["filename"]:
        node["body"]["attachmentId"] = "ANGjdJ" + (part_id or "0")
    elif data:
        node["body"]["data"] = encoded(data)
    return node


def _bytes(part: Message) -> bytes:
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def text_of(raw: bytes) -> str:
    """The plain words of a message, for the page; of HTML alone, its text without the tags."""
    everything = email.message_from_bytes(_tolerated(raw)).walk()
    parts = [p for p in everything if p.get_content_maintype() == "text" and not p.get_filename()]
    plain = [p for p in parts if p.get_content_type() == "text/plain"] or parts
    texts = []
    for part in plain[:20]:
        data = _bytes(part)[:100_000]
        try:
            text = data.decode(part.get_content_charset() or "utf-8", "replace")
        except LookupError:
            text = data.decode("utf-8", "replace")
        texts.append(re.sub(r"<[^>]*>", " ", text) if part.get_content_type() == "text/html" else text)
    return "\n\n".join(texts).replace("\r\n", "\n").strip()[:20_000]
