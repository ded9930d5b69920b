"""Raw RFC 822 bytes to the text and attachment names of an activity. Bodies are hostile, deep, huge and mislabelled."""

from __future__ import annotations

import codecs
import email
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message as MimePart
from email.parser import BytesHeaderParser
from email.policy import Compat32

from selectolax.lexbor import LexborHTMLParser

from server.domain.errors import UnreadableError
from server.rules.header_text import decode_words, visible

LONGEST = 100_000
"""Characters of text that are kept: three times what the longest activity field takes."""
LONGEST_PART = 4_000_000
"""Bytes of one text part that are looked at."""
LONGEST_HEAD = 1_000_000
"""Bytes at the beginning of a message in which its headers are looked for."""
LONGEST_VALUE = 16_000
MOST_PARAMETERS = 100
"""Characters and parameters of one header of a part: the parser takes quadratic time over what is longer."""
MOST_ATTACHMENTS = 100
FEW_TAGS = 5_000
MOST_STEPS = 100_000_000
"""Tags of HTML times their depth: an HTML parser may look at all open elements for each tag."""
CHARSET = re.compile(r"[\w.:-]{1,40}")
NO_CHARSETS = frozenset({"punycode", "idna", "unicode-escape", "raw-unicode-escape", "undefined"})
"""Codecs of Python's that no mail is written in; some are slow on purpose-made input."""
_HEAD = re.compile(rb"(?:[^\r\n]++(?:\r\n|\r|\n|\Z))*+")
_SPACED_NAME = re.compile(rb"(?<![^\r\n])([!-9;-~]++)[ \t]++:")
VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
UNREADABLE = "(The text of this email could not be read.)"
BREAKING = "address,article,blockquote,br,dd,div,dl,dt,h1,h2,h3,h4,h5,h6,hr,li,ol,p,pre,section,table,tr,ul"


@dataclass(frozen=True)
class MailBody:
    """Plain text with single line ends, and the file names of attachments in their order."""

    text: str
    attachments: tuple[str, ...] = ()
    is_cut: bool = False


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
        message = email.message_from_bytes(_mended(raw), policy=_BOUNDED)
        read = _Texts()
        texts = [text for part in _text_parts(message, read) if (text := read(part)).strip()]
        names = tuple(dict.fromkeys(_attachments(message)))[:MOST_ATTACHMENTS]
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError, IndexError, AssertionError):
        return MailBody(UNREADABLE)
    text = _tidy("\n\n".join(texts))
    return MailBody(text[:LONGEST], names, is_cut=len(text) > LONGEST)


def _mended(raw: bytes) -> bytes:
    """Without a byte order mark before the first header, and without white space before the colon of any.

    RFC 5322 (4.5) has readers accept that white space; Python's parser takes such a line for the end of the headers.
    """
    raw = raw.removeprefix(codecs.BOM_UTF8)
    head = _HEAD.match(raw, 0, LONGEST_HEAD)
    end = head.end() if head else 0
    return _SPACED_NAME.sub(rb"\1:", raw[:end]) + raw[end:] if _SPACED_NAME.search(raw, 0, end) else raw


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


def _unfolded(value: str) -> str:
    """Raw 8-bit bytes arrive as surrogates: they are UTF-8, or else Latin-1."""
    one_line = re.sub(r"\r?\n[ \t]*", " ", value).strip()
    try:
        one_line.encode("utf-8")
    except UnicodeEncodeError:
        return _decoded(one_line.encode("utf-8", "surrogateescape"), "utf-8")
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
            yield visible(decode_words(str(name)))
        elif part.get_content_disposition() == "attachment":
            yield f"({part.get_content_type()})"


def _text(part: MimePart) -> str:
    payload = part.get_payload(decode=True)
    raw = payload[:LONGEST_PART] if isinstance(payload, bytes) else b""
    text = _decoded(raw, part.get_content_charset() or "utf-8")
    return _from_html(text) if part.get_content_type() == "text/html" else text


def _decoded(raw: bytes, charset: str) -> str:
    for candidate in (charset, "utf-8"):
        try:
            if CHARSET.fullmatch(candidate) and codecs.lookup(candidate).name not in NO_CHARSETS:
                return raw.decode(candidate)
        except (LookupError, UnicodeDecodeError, ValueError):
            continue
    return raw.decode("latin-1")


def _from_html(html: str) -> str:
    """selectolax, because lxml silently gives nothing for the deep nesting of long reply chains."""
    tree = LexborHTMLParser(_shallow(html))
    for node in tree.css("script,style,head,title,template"):
        node.decompose()
    for node in tree.css(BREAKING):
        node.insert_before("\n")
    root = tree.body or tree.root
    return root.text(deep=True) if root else ""


def _shallow(html: str) -> str:
    """What comes before a nesting so deep that no reply chain made it."""
    if html.count("<") <= FEW_TAGS:
        return html
    opened: Counter[str] = Counter()
    depth = steps = 0
    for tag in TAG.finditer(html):
        name = tag[2].lower()
        steps += depth
        if steps > MOST_STEPS:
            return html[: tag.start()]
        if not tag[1] and name not in VOID:
            opened[name] += 1
            depth += 1
        elif tag[1] and opened[name]:
            opened[name] -= 1
            depth -= 1
    return html


def _tidy(text: str) -> str:
    """One kind of line end, no control or direction marks, no more than one empty line in a row."""
    lines = [_tidy_line(line) for line in text[: 2 * LONGEST].replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _tidy_line(line: str) -> str:
    if not line.isprintable():
        line = "".join(c if c.isprintable() else " " for c in line)
    return re.sub(" {2,}", " ", line).rstrip()
