"""What a header says to a reader: decodes encoded words, mends broken bytes, takes invisible tricks out."""

from __future__ import annotations

import base64
import binascii
import codecs
import quopri
import re
import unicodedata
from collections.abc import Iterator

MAX_NAME = 256
LONGEST_SUBJECT = 20_000
"""Characters of a Subject header that are read."""
_CHARSET = re.compile(r"[\w.:-]{1,40}(?:\*[\w-]{0,40})?")
"""The charset of an encoded word, and after a star the language of its text; RFC 2231, section 5."""
_CHARSETS = re.compile(
    r"(?:us-)?ascii|utf-?(?:7|8|16|32)(?:-?[bl]e)?|iso-?8859-?\d{1,2}(?:-[ie])?|latin-?\d|l[1-9]|(?:windows-?|cp-?)\d{3,5}"
    r"|koi8-?[rut]|big5(?:-?hkscs)?|gb2312|gbk|gb18030|hz(?:-gb-2312)?|euc-?(?:jp|kr|jis-?2004)|shift_?jis|sjis"
    r"|iso-?2022-?(?:jp|kr)(?:-\w{1,4})?|ks_?c_5601-1987|tis-?620|johab|ptcp154|mac-?\w{4,9}"
)
"""Text encodings only: Python also knows codecs that are not, and some that are slow on purpose-made input."""
_JOINERS = frozenset("\u200c\u200d")
_FIRST_EMOJI, _LAST_EMOJI = "\U0001f000", "\U0001fbff"
_BIDI = frozenset("\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\ufeff")


def repair_text(text: str) -> str:
    """Raw 8-bit bytes, which parsers keep as surrogates, become UTF-8; other bytes become a replacement mark."""
    if text.isascii() or not any("\ud800" <= c <= "\udfff" for c in text):
        return text
    return text.encode("utf-8", "surrogateescape" if _is_escaped(text) else "replace").decode("utf-8", "replace")


def clean_line(text: str) -> str:
    """One line of at most 256 characters: no controls, no direction marks, white space folded."""
    text = repair_text(text)
    # Printable text, which is nearly all of it, holds nothing to take out.
    if not text.isprintable():
        text = "".join(" " if c.isspace() else c for c in text if c.isspace() or not _is_control(c))
    return " ".join(text.split())[:MAX_NAME].strip()


def decode_words(value: str) -> str:
    """Decodes RFC 2047 tolerantly, in one pass. Other text stays as it is; white space between encoded words goes."""
    value = repair_text(value)
    if "=?" not in value:
        return value
    texts: list[str] = []
    charset, pending, gap = "", b"", ""
    for stretch, word_charset, data in _split_words(value):
        if word_charset is None:
            if stretch.isspace() and pending:
                gap = stretch
                continue
            texts += [_to_text(pending, charset), gap, stretch]
            charset, pending, gap = "", b"", ""
        elif word_charset == charset:
            # One character may be cut in two by the end of a word.
            pending, gap = pending + data, ""
        else:
            texts.append(_to_text(pending, charset))
            charset, pending, gap = word_charset, data, ""
    texts += [_to_text(pending, charset), gap]
    return "".join(texts)


def read_subject(value: str | None) -> str:
    """A Subject header as one line; "" if it is missing. Some programs encode a subject that is encoded already."""
    once = decode_words((value or "")[:LONGEST_SUBJECT])
    return clean_line(decode_words(once))


def _split_words(value: str) -> Iterator[tuple[str, str | None, bytes]]:
    """Stretches of plain text as (text, None, b"") and encoded words as ("", charset, bytes)."""
    at = stretch_start = 0
    while (start := value.find("=?", at)) >= 0:
        charset = _CHARSET.match(value, start + 2)
        head = charset.end() if charset else start + 2
        encoding = value[head + 1 : head + 2].lower()
        at = start + 2
        if (
            not charset
            or value[head : head + 1] != "?"
            or encoding not in {"b", "q"}
            or value[head + 2 : head + 3] != "?"
        ):
            continue
        end = value.find("?=", head + 3)
        if end < 0:
            break
        at = end + 2
        if start > stretch_start:
            yield value[stretch_start:start], None, b""
        yield "", charset.group().lower(), _to_bytes(value[head + 3 : end], encoding)
        stretch_start = at
    if stretch_start < len(value):
        yield value[stretch_start:], None, b""


def _to_bytes(text: str, encoding: str) -> bytes:
    raw = text.encode("utf-8", "replace")
    if encoding == "q":
        return quopri.decodestring(raw.replace(b"_", b" "), header=False).rstrip(b"\n") if raw else b""
    try:
        return base64.b64decode(raw + b"=" * (-len(raw) % 4), validate=False)
    except (binascii.Error, ValueError):
        return b""


def _to_text(data: bytes, charset: str) -> str:
    for name in (charset.partition("*")[0], "utf-8"):
        if not _CHARSETS.fullmatch(name):
            continue
        try:
            return repair_text(data.decode(codecs.lookup(name).name))
        except (LookupError, ValueError):
            continue
    return data.decode("latin-1")


def _is_escaped(text: str) -> bool:
    return all(not "\ud800" <= c <= "\udfff" or "\udc80" <= c <= "\udcff" for c in text)


def is_shown(char: str) -> bool:
    """Whether a reader sees the character, or sees its neighbours otherwise by it, as a joiner in a family's emoji.

    Python's tables are some years old, and the newest emoji stand in none of them.
    """
    return char.isprintable() or char in _JOINERS or _FIRST_EMOJI <= char <= _LAST_EMOJI


def _is_control(char: str) -> bool:
    return char in _BIDI or unicodedata.category(char) in {"Cc", "Cs"}
