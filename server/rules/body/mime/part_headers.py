"""The header fields of a message or of a part: types, parameters, file names. Programs break them in many ways."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from server.rules.body.charsets import codec_of, decode_bytes
from server.rules.headers.header_text import clean_line, decode_words

LONGEST_VALUE = 16_000
MOST_PARAMETERS = 100
"""Characters and parameters of one field that are looked at."""
BYTES_PER_FIELD = 50
"""On average at least. A head of shorter fields has more of them than a program writes; its end is not read."""
_FIELD = re.compile(rb"([!-9;-~]*+)[ \t]*+:([^\n]*+(?:\n[ \t][^\n]*+)*+)\n?")
_LEADING_LINE = re.compile(rb"(?:>?From |[ \t])[^\n]*\n")
_FOLD = re.compile(r"\r?\n[ \t]*")
_COMMENT = re.compile(r"\([^()\"]{0,200}\)")
_KIND = re.compile(r"([\w!#$&^.+-]{1,80})\s{0,4}[/\\]+\s{0,4}([\w!#$&^.+-]{1,80})")
_LONE_KIND = re.compile(r"(text[ ._-]?html|html?|text[ ._-]?plain|plain|text|multipart|image|audio|video)(?=[;,\s]|$)")
_LONE_KINDS = {"plain": "text/plain", "text": "text/plain", "multipart": "multipart/mixed"}
_PARAMETER_NAMES = (
    "charset|name|filename|boundary|format|delsp|type|method|size|protocol|micalg|smime-type|start|report-type|reply-type"
    "|component|creation-date|modification-date|read-date|x-unix-mode|x-mac-type|x-mac-creator"
)
_NEXT_PARAMETER = rf"[;,]?\s{{1,80}}(?:{_PARAMETER_NAMES})(?:\*\d{{0,3}}\*?)?\s{{0,4}}="
_PARAMETER = re.compile(
    rf"(?<![\w.-])([\w.-]{{1,40}})(\*\d{{0,3}}\*?)?(?:\s{{0,4}}=|(?<=charset):)\s{{0,80}}"
    rf'(?:"((?:[^"\\]|\\.|"(?!\s{{0,80}}(?:[;,]|$|{_NEXT_PARAMETER})))*+)"|((?:(?!{_NEXT_PARAMETER})[^;])*+))',
    re.IGNORECASE | re.DOTALL,
)
_EXTENDED = re.compile(r"([\w.:-]{1,40})?'[\w-]{0,20}'(.*)", re.DOTALL)
_ESCAPES = re.compile(r"%[0-9A-Fa-f]{2}")
_PATH = re.compile(r"(?:.*\\|(?:[A-Za-z]:|~|\.{1,2})?/.*/|/|.*[^\d/]/)(?=[^\\/]*[^\\/\s])", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Field:
    """A field's first word in lower case ("text/html", "attachment") and its parameters, their names in lower case."""

    kind: str
    parameters: dict[str, str]


class Head:
    """The fields of a message or of a part. A value is decoded where somebody asks for it: most are never read."""

    def __init__(self) -> None:
        self._values: dict[bytes, list[bytes]] = {}

    def __bool__(self) -> bool:
        return bool(self._values)

    def add(self, name: bytes, value: bytes) -> None:
        """Keeps the field, unless it is one of very many of its name."""
        values = self._values.setdefault(name.lower(), [])
        if len(values) < MOST_PARAMETERS:
            values.append(value)

    def first(self, name: str) -> str:
        """The first field of that lower-case name, or ""."""
        values = self._values.get(name.encode())
        return _unfold(values[0]) if values else ""

    def all(self, name: str) -> list[str]:
        """All fields of that lower-case name."""
        return [_unfold(value) for value in self._values.get(name.encode(), ())]


def split_head(raw: bytes, start: int, end: int, most: int) -> tuple[Head, int]:
    """The fields, and where the content begins.

    At most ``most`` bytes are read as fields. A line that is no field ends the head and belongs to the content.
    """
    head = Head()
    limit = min(end, start + most)
    at = start
    fields_left = most // BYTES_PER_FIELD
    while fields_left and (match := _FIELD.match(raw, at, limit)):
        fields_left -= 1
        at = match.end()
        if match[1]:
            head.add(match[1], match[2])
    if at < end and not (fields_left and at < limit):
        at = _find_blank_line(raw, at, end)
    if raw.startswith(b"\r\n", at):
        return head, min(at + 2, end)
    return head, min(at + 1, end) if raw.startswith(b"\n", at) else at


def skip_leading_lines(raw: bytes) -> int:
    """Where the fields begin: after the separator of an mbox file, and after stray white space."""
    at = 0
    while match := _LEADING_LINE.match(raw, at, 1_000):
        at = match.end()
    return at


def _find_blank_line(raw: bytes, start: int, end: int) -> int:
    places = [place for mark in (b"\n\n", b"\n\r\n") if (place := raw.find(mark, start, end)) >= 0]
    return min(places) + 1 if places else end


def _unfold(value: bytes) -> str:
    value = value[:LONGEST_VALUE]
    text = value.decode("ascii") if value.isascii() else decode_bytes(value)
    return (_FOLD.sub(" ", text) if "\n" in text else text).strip()


def read_kind(value: str) -> Field:
    """The field Content-Type. What names no type that can be understood is plain text, as RFC 2045 (5.2) has it."""
    text = _strip_label(value, "content-type")
    if match := _KIND.match(text):
        return Field(f"{match[1]}/{match[2]}".lower(), read_parameters(text[match.end() :]))
    if match := _LONE_KIND.match(text.lower()):
        kind = match[1]
        kind = "text/html" if "htm" in kind else _LONE_KINDS.get(kind, "text/plain" if "text" in kind else f"{kind}/x")
        return Field(kind, read_parameters(text[match.end() :]))
    return Field("text/plain", read_parameters(text))


def read_disposition(value: str) -> Field:
    """The field Content-Disposition: "attachment", "inline" or "" if it says neither."""
    text = _strip_label(value, "content-disposition")
    word = re.match(r"[\w-]*(?!\s{0,4}=)\b|", text)
    kind = word[0].lower() if word else ""
    parameters = read_parameters(text[len(kind) :])
    if kind.startswith("attach"):
        return Field("attachment", parameters)
    return Field("inline" if kind.startswith("inl") else "", parameters)


def _strip_label(value: str, label: str) -> str:
    """Without comments, quotes around the whole and a doubled name of the field."""
    text = _COMMENT.sub(" ", value[:LONGEST_VALUE]).lstrip(" \t\"';:")
    return text[len(label) :].lstrip(" \t\"';:") if text[: len(label)].lower() == label else text


def read_parameters(text: str) -> dict[str, str]:
    """The parameters of a field; of two of one name the first. RFC 2231's pieces are joined and decoded."""
    values: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    for _, match in zip(range(MOST_PARAMETERS), _PARAMETER.finditer(text), strict=False):
        name, star = match[1].lower(), match[2] or ""
        value = (
            match[4].removeprefix(f"{name}=").strip().strip('"')
            if match[3] is None
            else re.sub(r'\\(["\\])', r"\1", match[3])
        )
        digits = star.strip("*")
        if star:
            is_encoded = star.endswith("*")
            pieces.setdefault(name, {}).setdefault(int(digits) if digits else -1, (value, is_encoded))
        else:
            values.setdefault(name, value)
    for name, numbered in pieces.items():
        joined = _join_pieces(numbered)
        if joined and not ("\ufffd" in joined and values.get(name)):
            values[name] = joined
    return values


def _join_pieces(numbered: dict[int, tuple[str, bool]]) -> str:
    if -1 in numbered:
        return _decode_extended(numbered[-1][0])
    charset = ""
    data = b""
    for at, (_, (value, is_encoded)) in enumerate(sorted(numbered.items())):
        match = _EXTENDED.fullmatch(value) if at == 0 and is_encoded else None
        charset, text = (match[1] or "", match[2]) if match else (charset, value)
        data += unquote_to_bytes(text) if is_encoded else text.encode("utf-8", "replace")
    return decode_bytes(data, charset)


def _decode_extended(value: str) -> str:
    match = _EXTENDED.fullmatch(value)
    return decode_bytes(unquote_to_bytes(match[2] if match else value), (match[1] or "") if match else "")


def clean_file_name(value: str) -> str:
    """The name of a file on one line, without the path on the sender's machine."""
    extended = _EXTENDED.fullmatch(value) if "'" in value else None
    if extended and extended[1] and codec_of(extended[1]) and _ESCAPES.search(extended[2]):
        value = _decode_extended(value)
    name = clean_line(_unquote_name(decode_words(value)))
    if "/" in name or "\\" in name:
        name = name[match.end() :] if (match := _PATH.match(name)) else name
    return name


def _unquote_name(name: str) -> str:
    """Undoes the percent signs of a URL where they stand for spaces or for letters in UTF-8."""
    if "%" not in name or not _ESCAPES.search(name):
        return name
    try:
        text = unquote_to_bytes(name).decode("utf-8")
    except UnicodeDecodeError:
        return name
    return text if not text.isascii() or "%20" in name else name
