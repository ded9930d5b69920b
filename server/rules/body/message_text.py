"""Raw RFC 822 bytes to the text and attachment names of an activity. Bodies are hostile, deep, huge and mislabelled."""

from __future__ import annotations

import codecs
import email
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message as MimePart
from email.parser import BytesHeaderParser
from email.policy import Compat32
from itertools import islice

from server.domain.errors import UnreadableError
from server.rules.body.charsets import decode_bytes
from server.rules.body.html_text import html_text
from server.rules.body.quoting import own_text
from server.rules.body.transfer_encoding import decode_content, join_flowed_lines, remove_uuencoded
from server.rules.headers.header_text import clean_line, decode_words

LONGEST = 100_000
"""Characters of text that are kept: three times what the longest activity field takes."""
LONGEST_HEAD = 1_000_000
"""Bytes at the beginning of a message in which its headers are looked for."""
LONGEST_VALUE = 16_000
MOST_PARAMETERS = 100
"""Characters and parameters of one header of a part: the parser takes quadratic time over what is longer."""
MOST_ATTACHMENTS = 100
MOST_MULTIPARTS = 150
_MULTIPART = re.compile(rb"multipart/", re.IGNORECASE)
_HEAD = re.compile(rb"(?:[^\r\n]++(?:\r\n|\r|\n|\Z))*+")
_SPACED_NAME = re.compile(rb"(?<![^\r\n])([!-9;-~]++)[ \t]++:")
UNREADABLE = "(The text of this email could not be read.)"


@dataclass(frozen=True)
class MailBody:
    """Plain text with single line ends, and the file names of attachments in their order.

    ``own`` is the author's part of the text: without the mail that is answered and without a signature.
    """

    text: str
    attachments: tuple[str, ...] = ()
    is_cut: bool = False
    own: str = ""


def read_headers(raw: bytes) -> list[tuple[str, str]]:
    """Top-level headers, unfolded. Raises UnreadableError where there is not one."""
    message = BytesHeaderParser().parsebytes(_mended(raw)[:LONGEST_HEAD])
    pairs = [(name, _unfolded(str(value))) for name, value in message.raw_items()]
    if not pairs:
        raise UnreadableError("These bytes have no header line.")
    return pairs


def read_body(raw: bytes) -> MailBody:
    """Raises UnreadableError where the bytes are not a message; a body that cannot be taken apart says so instead."""
    read_headers(raw)
    try:
        message = email.message_from_bytes(_without_depth(_mended(raw)), policy=_BOUNDED)
        read = _Texts()
        texts = list(_until_enough(text for part in _text_parts(message, read) if (text := read(part)).strip()))
        names = tuple(dict.fromkeys(_attachments(message)))[:MOST_ATTACHMENTS]
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError, IndexError, AssertionError):
        return MailBody(UNREADABLE, own=UNREADABLE)
    text = _tidy("\n\n".join(texts))
    own = own_text(text, clean_line(decode_words(str(message.get("Subject", "")))))
    return MailBody(text[:LONGEST], names, is_cut=len(text) > LONGEST, own=own[:LONGEST])


def _mended(raw: bytes) -> bytes:
    """Without a byte order mark before the first header, and without white space before the colon of any.

    RFC 5322 (4.5) has readers accept that white space; Python's parser takes such a line for the end of the headers.
    """
    raw = raw.removeprefix(codecs.BOM_UTF8)
    head = _HEAD.match(raw, 0, LONGEST_HEAD)
    end = head.end() if head else 0
    return _SPACED_NAME.sub(rb"\1:", raw[:end]) + raw[end:] if _SPACED_NAME.search(raw, 0, end) else raw


def _without_depth(raw: bytes) -> bytes:
    """The parser hands every line through all open levels: what lies deeper than any mail goes is not looked at."""
    begins = islice(_MULTIPART.finditer(raw), MOST_MULTIPARTS, None)
    beyond = next(begins, None)
    return raw[: beyond.start()] if beyond else raw


class _Bounded(Compat32):
    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, ";".join(value[:LONGEST_VALUE].split(";", MOST_PARAMETERS)[:MOST_PARAMETERS])


_BOUNDED = _Bounded()


class _Texts:
    """The text of a part, made once however many alternatives it stands in."""

    def __init__(self) -> None:
        self._known: dict[int, str] = {}

    def __call__(self, part: MimePart) -> str:
        if id(part) not in self._known:
            self._known[id(part)] = _text(part)[: 2 * LONGEST]
        return self._known[id(part)]


def _until_enough(texts: Iterator[str]) -> Iterator[str]:
    size = 0
    for text in texts:
        yield text
        size += len(text)
        if size > 2 * LONGEST:
            return


def _unfolded(value: str) -> str:
    """Raw 8-bit bytes arrive as surrogates: they are UTF-8, or else Latin-1."""
    one_line = re.sub(r"\r?\n[ \t]*", " ", value).strip()
    try:
        one_line.encode("utf-8")
    except UnicodeEncodeError:
        return decode_bytes(one_line.encode("utf-8", "surrogateescape"))
    return one_line


def _text_parts(part: MimePart, read: _Texts) -> Iterator[MimePart]:
    """The parts a reader would see: of alternatives the plain one, of everything else each that is not attached."""
    if part.get_content_type() == "multipart/alternative" and part.is_multipart():
        yield from _alternative(part, read)
    elif part.is_multipart() and part.get_content_maintype() == "multipart":
        for child in _children(part):
            yield from _text_parts(child, read)
    elif part.get_content_maintype() == "text" and not _is_attached(part):
        yield part


def _alternative(part: MimePart, read: _Texts) -> list[MimePart]:
    found = [leaf for child in _children(part) for leaf in _text_parts(child, read)]
    plain = [leaf for leaf in found if leaf.get_content_type() == "text/plain" and read(leaf).strip()]
    html = [leaf for leaf in found if leaf.get_content_type() == "text/html"]
    return plain or html or found


def _children(part: MimePart) -> list[MimePart]:
    payload = part.get_payload()
    return [child for child in payload if isinstance(child, MimePart)] if isinstance(payload, list) else []


def _is_attached(part: MimePart) -> bool:
    return part.get_content_disposition() == "attachment" or bool(part.get_filename())


def _attachments(message: MimePart) -> Iterator[str]:
    for part in message.walk():
        name = part.get_filename()
        if name:
            yield clean_line(decode_words(str(name)))
        elif part.get_content_disposition() == "attachment":
            yield clean_line(f"({part.get_content_type()})")


def _text(part: MimePart) -> str:
    is_html = part.get_content_type() == "text/html"
    text = decode_bytes(decode_content(part), _parameter(part, "charset"), is_html=is_html)
    if is_html:
        return html_text(text)
    if _parameter(part, "format").lower() == "flowed":
        text = join_flowed_lines(text, deletes_space=_parameter(part, "delsp").lower() == "yes")
    return remove_uuencoded(text)[0]


def _parameter(part: MimePart, name: str) -> str:
    value = part.get_param(name, "")
    return str(value[2] if isinstance(value, tuple) else value or "").strip()


def _tidy(text: str) -> str:
    """One kind of line end, no control or direction marks, no more than one empty line in a row."""
    lines = [_tidy_line(line) for line in text[: 2 * LONGEST].replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _tidy_line(line: str) -> str:
    """A soft hyphen shows nothing; whatever else cannot be seen is white space at most."""
    if not line.isprintable():
        line = line.replace("\u00ad", "")
        line = "".join(c if c.isprintable() else " " for c in line)
    return re.sub(" {2,}", " ", line).rstrip()
