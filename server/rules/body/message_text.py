"""Raw RFC 822 bytes to the text and attachment names of an activity. Bodies are hostile, deep, huge and mislabelled."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from email.parser import BytesHeaderParser
from itertools import islice

from server.domain.errors import UnreadableError
from server.domain.mail_body import LONGEST, UNREADABLE_BODY, MailBody
from server.rules.body.attachments import name_attachments, read_calendar_method
from server.rules.body.charsets import decode_bytes
from server.rules.body.mime.parts import LONGEST_HEAD, NO_HEADERS, Entity, read_message
from server.rules.body.protected_mail import open_envelopes
from server.rules.body.quoting import has_answer_prefix, own_text
from server.rules.body.text_parts import TextReader, choose_text_parts
from server.rules.headers.header_text import is_shown, read_subject

MOST_ATTACHMENTS = 100
LONGEST_STAMP = 200
"""Characters at the end of a Received header: the time stamp is last."""
_HEAD = re.compile(rb"(?:[^\r\n]++(?:\r\n|\r|\n|\Z))*+")
_SPACED_NAME = re.compile(rb"(?<![^\r\n])([!-9;-~]++)[ \t]++:")
_FAULTS = (RecursionError, ValueError, LookupError, TypeError, AttributeError, AssertionError)
"""What Python's decoders raise on hostile bytes."""


def read_headers(raw: bytes) -> list[tuple[str, str]]:
    """Top-level headers, unfolded. Raises UnreadableError if there is none."""
    message = BytesHeaderParser().parsebytes(_mend_head(raw[:LONGEST_HEAD]))
    pairs = [(name, _unfold(str(value))) for name, value in message.raw_items()]
    if not pairs:
        raise UnreadableError(NO_HEADERS)
    return pairs


def read_body(raw: bytes) -> MailBody:
    """Raises UnreadableError if the bytes have no header; a body that breaks the parser becomes ``UNREADABLE_BODY``."""
    try:
        message = read_message(raw)
        return _read_message(open_envelopes(message), message)
    except _FAULTS:
        return UNREADABLE_BODY


def _read_message(content: Entity, message: Entity) -> MailBody:
    """``content`` is the message with what its envelopes hold; ``message`` has the fields as they were sent."""
    reader = TextReader(2 * LONGEST)
    text_parts, text_ids = choose_text_parts(content, reader)
    texts = (text for entity in text_parts if (text := reader.read_text(entity)).strip())
    whole_text = _tidy("\n\n".join(_take_enough(texts)))
    has_words = any(c.isalnum() for c in whole_text)
    names = name_attachments(content, text_ids, reader, has_words=has_words)
    sent_subject = message.first("subject")
    subject = read_subject(sent_subject)
    has_parent = bool(message.first("in-reply-to") or message.first("references"))
    is_answer = has_parent or has_answer_prefix(subject)
    return MailBody(
        whole_text,
        tuple(islice(dict.fromkeys(names), MOST_ATTACHMENTS)),
        sent_subject,
        own_text(whole_text, subject, is_answer=is_answer)[:LONGEST],
        is_answer,
        read_calendar_method(content),
        message.first("received")[-LONGEST_STAMP:],
    )


def _take_enough(texts: Iterator[str]) -> Iterator[str]:
    size = 0
    for text in texts:
        yield text
        size += len(text)
        if size > 2 * LONGEST:
            return


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


def _unfold(value: str) -> str:
    """Raw 8-bit bytes arrive as surrogates: they are UTF-8, or else Latin-1."""
    one_line = re.sub(r"\r?\n[ \t]*", " ", value).strip()
    try:
        one_line.encode("utf-8")
    except UnicodeEncodeError:
        return decode_bytes(one_line.encode("utf-8", "surrogateescape"))
    return one_line


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
    return "".join(c if is_shown(c) else " " for c in line.replace("\u00ad", ""))
