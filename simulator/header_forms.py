"""How Gmail's JSON shows a header: as it was sent, or decoded, in one of two ways. Nobody outside Google knows which.

``requoted`` decodes whatever it can in every header, reads bytes that are not UTF-8 as Western European, and puts a
decoded name in quotes. ``bare`` decodes subjects and
addresses only, each encoded word by itself and only where it is well formed, puts nothing in quotes, and takes the line
ends out of a folded header without touching its white space.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable, Iterable, Iterator

Fields = list[tuple[str, str]]
AS_SENT, REQUOTED, BARE = "", "requoted", "bare"
ADDRESSES = frozenset({"from", "sender", "reply-to", "to", "cc", "bcc", "x-original-from", "resent-from", "resent-to"})
_WORDS = re.compile(r"=\?[^?\s]+\?[BbQq]\?[^?]*\?=(?:\s+=\?[^?\s]+\?[BbQq]\?[^?]*\?=)*")
_WORD = re.compile(r"=\?([^?*\s]+)(?:\*[^?\s]*)?\?([BbQq])\?([^?]*)\?=")
_STRICT_WORD = re.compile(r"=\?([A-Za-z0-9_-]+)\?([BbQq])\?([!->@-~]{1,75})\?=")
_BINARY = frozenset({"base64", "hex", "bz2", "zip", "zlib", "uu", "quopri", "rot13"})


def show_headers(sent: Iterable[tuple[str, str]], form: str) -> Fields:
    """``sent`` are names and folded values, with surrogates for bytes that are not ASCII."""
    show = _FORMS[form]
    return [(name, show(name.lower(), value)) for name, value in sent]


def unfold(value: str) -> str:
    return _mend(re.sub(r"\r?\n[ \t]*", " ", value).strip())


def _mend(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _read_western(text: str) -> str:
    data = text.encode("utf-8", "surrogateescape")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _show_as_sent(_name: str, value: str) -> str:
    return unfold(value)


def _show_requoted(name: str, value: str) -> str:
    text = unfold(_read_western(value))
    if "=?" not in text:
        return text
    return "".join(_requote(text)) if name in ADDRESSES else _decode_run(text)


def _show_bare(name: str, value: str) -> str:
    text = _mend(re.sub(r"\r?\n", "", value).strip())
    if name not in ADDRESSES and name not in ("subject", "comments"):
        return text
    text = re.sub(r"(\?=)[ \t]+(?==\?)", r"\1", text)
    return _STRICT_WORD.sub(lambda match: _decode_strictly(match) or match.group(), text)


_FORMS: dict[str, Callable[[str, str], str]] = {
    AS_SENT: _show_as_sent, REQUOTED: _show_requoted, BARE: _show_bare,
}  # fmt: skip


def _requote(text: str) -> Iterator[str]:
    """An address header, each name with encoded words decoded and in quotes."""
    for piece in re.findall(r'"(?:\\.|[^"\\])*"|<[^<>]*>|[,;:]|[^",;:<]+|.', text, re.DOTALL):
        yield piece if piece[:1] in ("<", '"') or "=?" not in piece else _quote_phrase(piece)


def _quote_phrase(piece: str) -> str:
    """The white space around stays; so does a comment or an address, of which no name is made."""
    inner = piece.strip()
    decoded = _decode_run(inner)
    if decoded == inner:
        return piece
    if "(" not in inner and "@" not in re.sub(_WORDS, "", inner):
        decoded = '"' + re.sub(r'(["\\])', r"\\\1", decoded) + '"'
    return piece.replace(inner, decoded)


def _decode_run(text: str) -> str:
    return _WORDS.sub(lambda run: _decode_words(run.group()) or run.group(), text)


def _decode_words(run: str) -> str | None:
    """Neighbours of one charset are decoded together: a character may begin in one word and end in the next."""
    pieces: list[tuple[str, bytes]] = []
    for charset, encoding, content in _WORD.findall(run):
        data = _decode_content(encoding, content)
        if data is None:
            return None
        if pieces and pieces[-1][0] == charset.lower():
            data = pieces.pop()[1] + data
        pieces.append((charset.lower(), data))
    texts = [_decode_text(charset, data, "replace") for charset, data in pieces]
    return None if None in texts else "".join(text or "" for text in texts)


def _decode_strictly(match: re.Match[str]) -> str | None:
    charset, encoding, content = match.groups()
    if encoding in "Bb" and len(content) % 4:
        return None
    data = _decode_content(encoding, content)
    return None if data is None else _decode_text(charset, data, "replace")


def _decode_content(encoding: str, content: str) -> bytes | None:
    try:
        if encoding in "Bb":
            return binascii.a2b_base64(content + "=" * (-len(content) % 4))
        return binascii.a2b_qp(content.encode("ascii", "replace"), header=True)
    except (binascii.Error, ValueError):
        return None


def _decode_text(charset: str, data: bytes, errors: str) -> str | None:
    if charset.lower().partition("_")[0] in _BINARY:
        return None
    try:
        text = data.decode(charset, errors)
    except (LookupError, ValueError):
        return None
    return re.sub(r"[\r\n]+", " ", text)
