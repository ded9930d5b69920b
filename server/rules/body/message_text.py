"""Raw RFC 822 bytes to the text and attachment names of an activity. Bodies are hostile, deep, huge and mislabelled."""

from __future__ import annotations

import codecs
import email
import re
from collections.abc import Iterator
from email.message import Message as MimePart
from email.parser import BytesHeaderParser
from email.policy import Compat32
from itertools import islice

from server.domain.errors import UnreadableError
from server.domain.mail_body import LONGEST, UNREADABLE_BODY, MailBody
from server.rules.body.charsets import decode_bytes
from server.rules.body.html_text import html_text
from server.rules.body.quoting import has_answer_prefix, own_text
from server.rules.body.transfer_encoding import decode_content, join_flowed_lines, remove_uuencoded
from server.rules.headers.header_text import clean_line, decode_words, read_subject

LONGEST_HEAD = 1_000_000
"""Bytes at the beginning of a message in which its headers are looked for."""
LONGEST_VALUE = 16_000
MOST_PARAMETERS = 100
"""Characters and parameters of one header of a part: the parser takes quadratic time for longer ones."""
MOST_ATTACHMENTS = 100
LONGEST_STAMP = 200
"""Characters at the end of a Received header: the time stamp is last."""
MOST_MULTIPARTS = 150
_MULTIPART = re.compile(rb"multipart/", re.IGNORECASE)
_HEAD = re.compile(rb"(?:[^\r\n]++(?:\r\n|\r|\n|\Z))*+")
_SPACED_NAME = re.compile(rb"(?<![^\r\n])([!-9;-~]++)[ \t]++:")
NO_HEADERS = "These bytes have no header line."
_PARSER_FAULTS = (RecursionError, ValueError, LookupError, TypeError, AttributeError, IndexError, AssertionError)
"""What Python's parser raises on hostile messages."""


def read_headers(raw: bytes) -> list[tuple[str, str]]:
    """Top-level headers, unfolded. Raises UnreadableError if there is none."""
    message = BytesHeaderParser().parsebytes(_mend_head(raw)[:LONGEST_HEAD])
    pairs = [(name, _unfold(str(value))) for name, value in message.raw_items()]
    if not pairs:
        raise UnreadableError(NO_HEADERS)
    return pairs


def read_body(raw: bytes) -> MailBody:
    """Raises UnreadableError if the bytes have no header; a body that breaks the parser becomes ``UNREADABLE_BODY``."""
    try:
        message = email.message_from_bytes(_cut_depth(_mend_head(raw)), policy=_BOUNDED)
        body = _read_parts(message)
    except _PARSER_FAULTS:
        return UNREADABLE_BODY
    if not message.keys():
        raise UnreadableError(NO_HEADERS)
    return body


def _read_parts(message: MimePart) -> MailBody:
    read_text = _TextReader()
    texts = (text for part in _text_parts(message, read_text) if (text := read_text(part)).strip())
    whole_text = _tidy("\n\n".join(_take_enough(texts)))
    names = tuple(dict.fromkeys(_attachment_names(message)))[:MOST_ATTACHMENTS]
    sent_subject = str(message.get("Subject", ""))
    subject = read_subject(sent_subject)
    has_parent = any(str(message.get(name, "")).strip() for name in ("In-Reply-To", "References"))
    is_answer = has_parent or has_answer_prefix(subject)
    own = own_text(whole_text, subject, is_answer=is_answer)[:LONGEST]
    received = str(message.get("Received", ""))[-LONGEST_STAMP:]
    return MailBody(whole_text, names, sent_subject, own, is_answer, received=received)


def _mend_head(raw: bytes) -> bytes:
    """Without a byte order mark before the first header, and without white space before the colon of any.

    RFC 5322 (4.5) has readers accept that white space; Python's parser takes such a line for the end of the headers.
    """
    raw = raw.removeprefix(codecs.BOM_UTF8)
    match = _HEAD.match(raw, 0, LONGEST_HEAD)
    head = raw[: match.end()] if match else b""
    # Nearly no mail has it, and to look for two bytes costs a tenth of the expression.
    if b" :" not in head and b"\t:" not in head:
        return raw
    return _SPACED_NAME.sub(rb"\1:", head) + raw[len(head) :]


def _cut_depth(raw: bytes) -> bytes:
    """The parser hands every line through all open levels: what lies deeper than any mail goes is not looked at."""
    if raw.lower().count(b"multipart/") <= MOST_MULTIPARTS:
        return raw
    beyond = next(islice(_MULTIPART.finditer(raw), MOST_MULTIPARTS, None))
    return raw[: beyond.start()]


class _Bounded(Compat32):
    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, ";".join(value[:LONGEST_VALUE].split(";", MOST_PARAMETERS)[:MOST_PARAMETERS])


_BOUNDED = _Bounded()


class _TextReader:
    """Reads the text of a part once, however many alternatives the part stands in."""

    def __init__(self) -> None:
        self._texts: dict[int, str] = {}

    def __call__(self, part: MimePart) -> str:
        if id(part) not in self._texts:
            self._texts[id(part)] = _read_text(part)[: 2 * LONGEST]
        return self._texts[id(part)]


def _take_enough(texts: Iterator[str]) -> Iterator[str]:
    size = 0
    for text in texts:
        yield text
        size += len(text)
        if size > 2 * LONGEST:
            return


def _unfold(value: str) -> str:
    """Raw 8-bit bytes arrive as surrogates: they are UTF-8, or else Latin-1."""
    one_line = re.sub(r"\r?\n[ \t]*", " ", value).strip()
    try:
        one_line.encode("utf-8")
    except UnicodeEncodeError:
        return decode_bytes(one_line.encode("utf-8", "surrogateescape"))
    return one_line


def _text_parts(part: MimePart, read_text: _TextReader) -> Iterator[MimePart]:
    """The parts a reader would see: of alternatives the plain one, of everything else each that is not attached."""
    if part.get_content_type() == "multipart/alternative" and part.is_multipart():
        yield from _choose_alternative(part, read_text)
    elif part.is_multipart() and part.get_content_maintype() == "multipart":
        for child in _children(part):
            yield from _text_parts(child, read_text)
    elif part.get_content_maintype() == "text" and not _is_attached(part):
        yield part


def _choose_alternative(part: MimePart, read_text: _TextReader) -> list[MimePart]:
    leaves = [leaf for child in _children(part) for leaf in _text_parts(child, read_text)]
    plain_leaves = [leaf for leaf in leaves if leaf.get_content_type() == "text/plain" and read_text(leaf).strip()]
    html_leaves = [leaf for leaf in leaves if leaf.get_content_type() == "text/html"]
    return plain_leaves or html_leaves or leaves


def _children(part: MimePart) -> list[MimePart]:
    payload = part.get_payload()
    return [child for child in payload if isinstance(child, MimePart)] if isinstance(payload, list) else []


def _is_attached(part: MimePart) -> bool:
    return part.get_content_disposition() == "attachment" or bool(part.get_filename())


def _attachment_names(message: MimePart) -> Iterator[str]:
    for part in message.walk():
        name = part.get_filename()
        if name:
            yield clean_line(decode_words(str(name)))
        elif part.get_content_disposition() == "attachment":
            yield clean_line(f"({part.get_content_type()})")


def _read_text(part: MimePart) -> str:
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
    """One kind of line end, no control or direction marks, no more than one space or one empty line in a row."""
    text = text[: 2 * LONGEST].replace("\r\n", "\n").replace("\r", "\n")
    if not text.replace("\n", "").isprintable():
        text = "\n".join(line if line.isprintable() else _mend_line(line) for line in text.split("\n"))
    # From here on a space is the only white space within a line, and one is left at most at its end.
    while "  " in text:
        text = text.replace("  ", " ")
    return re.sub(r"\n{3,}", "\n\n", text.replace(" \n", "\n")).strip()


def _mend_line(line: str) -> str:
    """A soft hyphen shows nothing; any other character that cannot be seen becomes a space."""
    return "".join(c if c.isprintable() else " " for c in line.replace("\u00ad", ""))
