"""A message made again from the tree of format=full: headers, parts and decoded contents are those of its raw form.

The bytes differ: preamble, epilogue, folding and transfer encodings are ours, and every content is base64. Where the
tree does not say enough, there is no message, and the raw form has to be fetched.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from email.message import Message
from typing import Any

DEEPEST = 30
MOST_PARTS = 500
CONTAINERS = frozenset({"multipart/mixed", "multipart/alternative", "multipart/related"})
"""Other containers (signed, encrypted, report, digest) depend on exact bytes, or have another default type."""
ASCII_OR_UTF8 = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})
ASCII_ABOVE = ("iso-8859-", "windows-125", "cp125")
"""Charsets whose ASCII half is ASCII."""
ENCODING = "content-transfer-encoding"
NAME = re.compile(r"[!-,.-9;-~][!-9;-~]*")
"""A header's name; one that begins with a hyphen could pass for a boundary."""
UNSAFE = re.compile(r"[^\t -~]|=\?")
"""Line ends and controls. Beyond ASCII, and with encoded words, the raw form may say something else than the tree."""
SENDERS = frozenset({"from", "sender", "reply-to", "x-original-from", "x-original-sender"})
"""Headers that name one person in nearly all mail."""
RECIPIENTS = frozenset({"to", "cc", "bcc"})
QUOTED = re.compile(r'"(?:[^"\\]|\\.)*+"')
BETWEEN = re.compile(r"[,;]")
ONE_PERSON = re.compile(r"[^@,;:<>]*<[^<>,;:\s]*>\s*|[^@,;:<>\s]+@[^@,;:<>\s]+|[^@]*")
"""A name and an address in brackets, an address alone, or nobody."""
BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,199}[0-9A-Za-z'()+_,./:=?-]")
LONG = 900
"""Characters. A longer value of a header is folded."""
LINE = 76
Headers = list[tuple[str, str]]


class _CannotBeRebuiltError(Exception):
    pass


def rebuild_message(payload: Any) -> bytes | None:
    """RFC 822 bytes, or None where they would not be the message that was sent."""
    try:
        if not isinstance(payload, Mapping) or not any(n.lower() == "mime-version" for n, _ in _read_headers(payload)):
            return None  # without it, nobody has to decode what we encode
        return b"\r\n".join(_write_part(payload, ()))
    except (_CannotBeRebuiltError, TypeError, ValueError, AttributeError):
        return None


def _write_part(node: Any, around: tuple[str, ...]) -> Iterator[bytes]:
    """The lines of a part. ``around`` are the boundaries of the containers that it lies in."""
    if len(around) > DEEPEST:
        raise _CannotBeRebuiltError
    headers = _read_headers(node)
    stub = _make_stub(headers)
    kind = stub.get_content_type()
    # Gmail and Python must agree on the type, or the rebuilt message would be read otherwise than Gmail read it.
    if kind != str(node.get("mimeType") or kind).lower():
        raise _CannotBeRebuiltError
    body, parts = node.get("body") or {}, node.get("parts") or []
    # A content that has to be fetched in a call of its own costs as much as the whole raw message.
    if body.get("attachmentId"):
        raise _CannotBeRebuiltError
    if stub.get_content_maintype() in ("multipart", "message"):
        yield from _write_container(headers, kind, stub.get_boundary(), parts, body, around)
    elif parts:
        raise _CannotBeRebuiltError
    else:
        yield from _write_leaf(headers, _decode_content(body), stub)


def _write_container(
    headers: Headers, kind: str, boundary: str | None, parts: Any, body: Any, around: tuple[str, ...]
) -> Iterator[bytes]:
    if kind not in CONTAINERS or not parts or len(parts) > MOST_PARTS or body.get("data") or body.get("size"):
        raise _CannotBeRebuiltError
    # A boundary that begins like an outer one would end the outer container.
    if not boundary or not BOUNDARY.fullmatch(boundary) or any(_could_be_mixed_up(boundary, outer) for outer in around):
        raise _CannotBeRebuiltError
    yield from _write_headers(headers, "8bit", is_needed=False)
    yield b""
    for child in parts:
        yield f"--{boundary}".encode()
        yield from _write_part(child, (*around, boundary))
    yield f"--{boundary}--".encode()
    if not around:
        yield b""


def _write_leaf(headers: Headers, content: bytes, stub: Message) -> Iterator[bytes]:
    if stub.get_content_maintype() == "text" and not _is_as_sent(content, stub):
        raise _CannotBeRebuiltError
    yield from _write_headers(headers, "base64")
    yield b""
    encoded = base64.b64encode(content)
    for start in range(0, len(encoded), LINE):
        yield encoded[start : start + LINE]
    yield b""


def _is_as_sent(text: bytes, stub: Message) -> bool:
    """The text is surely in its header's charset: Gmail is said to turn texts to UTF-8 and to leave the header."""
    charset = stub.get_content_charset("us-ascii")
    if charset in ASCII_OR_UTF8 and b"\xef\xbf\xbd" not in text:
        return charset.startswith("utf") or text.isascii()
    return charset.startswith(ASCII_ABOVE) and text.isascii()


def _decode_content(body: Any) -> bytes:
    data = str(body.get("data") or "")
    if not data and body.get("size"):
        raise _CannotBeRebuiltError
    try:
        digits = data.rstrip("=").translate(str.maketrans("-_", "+/"))
        return base64.b64decode(digits + "=" * (-len(digits) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise _CannotBeRebuiltError from None


def _read_headers(node: Any) -> Headers:
    headers = [(str(h.get("name") or ""), str(h.get("value") or "")) for h in node.get("headers") or ()]
    if any(not NAME.fullmatch(name) or UNSAFE.search(value) for name, value in headers):
        raise _CannotBeRebuiltError
    if any(_may_hide_name(name.lower(), value) for name, value in headers):
        raise _CannotBeRebuiltError
    return headers


def _may_hide_name(name: str, value: str) -> bool:
    """Whether what looks like a person may be part of a name that was encoded when it was sent.

    Such a name always stands before an address in brackets.
    """
    if name not in SENDERS | RECIPIENTS:
        return False
    entries = [entry.strip() for entry in BETWEEN.split(QUOTED.sub("", value))]
    if not all(ONE_PERSON.fullmatch(entry) for entry in entries):
        return True
    if name in SENDERS:
        return len(entries) > 1
    is_bracketed = [entry.endswith(">") for entry in entries]
    # A comma also parts a name: an entry without brackets is no person of its own where one with brackets follows.
    return is_bracketed != sorted(is_bracketed, reverse=True)


def _make_stub(headers: Headers) -> Message:
    """A message with the same type and no content. Its type is read as every reader of the rebuilt bytes reads it."""
    stub = Message()
    values = [value for name, value in headers if name.lower() == "content-type"]
    if len(values) > 1:
        raise _CannotBeRebuiltError  # readers differ in which of them counts
    if values:
        stub["Content-Type"] = values[0]
    return stub


def _write_headers(headers: Headers, encoding: str, *, is_needed: bool = True) -> Iterator[bytes]:
    """The headers as given, but with our transfer encoding."""
    has_encoding = False
    for name, value in headers:
        if name.lower() != ENCODING:
            yield f"{name}: {_fold(value)}".encode()
        elif not has_encoding:
            has_encoding = True
            yield f"{name}: {encoding}".encode()
    if is_needed and not has_encoding:
        yield f"Content-Transfer-Encoding: {encoding}".encode()


def _fold(value: str) -> str:
    """At single spaces, so that unfolding gives the value back."""
    if len(value) <= LONG:
        return value
    lines = [""]
    for piece in re.split(r"(?<=\S) (?=\S)", value):
        if lines[-1] and len(lines[-1]) + len(piece) > LONG:
            lines.append(piece)
        else:
            lines[-1] += f" {piece}" if lines[-1] else piece
    return "\r\n ".join(lines)


def _could_be_mixed_up(inner: str, outer: str) -> bool:
    return inner.startswith(outer) or outer.startswith(inner)
