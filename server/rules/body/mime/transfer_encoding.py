"""Decodes the transfer encoding of a part and joins flowed lines. Encodings arrive misspelt, doubled and untrue."""

from __future__ import annotations

import binascii
import codecs
import itertools
import re
from enum import Enum

from server.rules.body.mime.parts import Entity

LONGEST_PART = 4_000_000
"""Bytes of one text part that are looked at."""
MOST_UUENCODED = 20
MOST_CHARACTERS = 600_000
"""Characters of plain text whose lines are looked at one by one."""
_BASE64_TEXT = re.compile(rb"\s*+(?:[A-Za-z0-9+/_-]++[ \t]*+\r?\n?+)++={0,3}\s*+")
_BASE64_LINE = re.compile(rb"[A-Za-z0-9+/_-]++={0,3}")
_FOREIGN_LINE = re.compile(rb"(?m)^(?:[^\n]*[^A-Za-z0-9+/=_\s-]|[ \t]*[^\s][^\n]*[ \t][^\s]|[-_ \t]+\r?$)[^\n]*\n?")
_WORD = re.compile(rb"[A-Z]?[a-z]*")
_ENCODER_LINE = 60
"""Characters of a line of base64 that no text has in one word."""
_QP_ESCAPE = re.compile(rb"=(?:46(?=rom )|(?!3[0-9]|[46][1-9A-F]|[57][0-9A])[0-9A-F]{2})")
"""No encoder escapes a letter or a digit, but for the F of a line that begins with "From "."""
_QP_ANY_ESCAPE = re.compile(rb"=[0-9A-Fa-f]{2}")
_QP_NEEDED = re.compile(rb"=(?:3d|20|0d)|(?:=[89a-f][0-9a-f]){2}|(?:=[0-9a-f]{2}){3}", re.IGNORECASE)
_QP_LETTER = re.compile(rb"=(?:C[2-9A-F]|D[0-9A-F]|E[0-9A-F])=[89AB][0-9A-F]")
_QP_SOFT_BREAK = re.compile(rb"=[ \t]*\r?\n")
_QP_PADDED_BREAK = re.compile(rb"=[ \t]{1,200}(\r?\n)")
_QP_SAMPLE = 100_000
_CONTROLS = bytes(byte for byte in range(32) if byte not in b"\t\n\r\f\x1b")
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_"
_NOT_BASE64 = bytes(byte for byte in range(256) if byte not in _ALPHABET)
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
LONGEST_MIXED = 500_000
"""Bytes of base64 with other lines in between, or of uuencoded lines, that are looked at line by line."""
_FEWEST_UNTOLD = 24
"""Characters of base64 by which content shows that it is base64 although no field says so."""
_UU_BEGIN = re.compile(r"begin [0-7]{3,4} (\S.{0,200})")
_UU_LINE = re.compile(r"[ -`]{1,61}[ -~]?")


class Encoding(Enum):
    """The transfer encodings of RFC 2045 by what they do, and the older uuencode."""

    NONE = "7bit, 8bit or binary"
    BASE64 = "base64"
    QUOTED_PRINTABLE = "quoted-printable"
    UUENCODE = "uuencode"


def decode_content(entity: Entity, most: int = LONGEST_PART) -> bytes:
    """At most ``most`` bytes; none if the part holds other parts."""
    if entity.children:
        return b""
    declared = declared_encoding(entity.head.all("content-transfer-encoding"))
    content = entity.content(most if declared is Encoding.NONE else most * 3 // 2)
    match _judge_encoding(content, declared):
        case Encoding.BASE64:
            return _decode_base64(content)[:most]
        case Encoding.QUOTED_PRINTABLE:
            return _decode_quoted_printable(content)[:most]
        case Encoding.UUENCODE:
            return _decode_uuencoded(content)[:most]
        case Encoding.NONE:
            return content[:most]


def decode_base64_content(entity: Entity, most: int) -> bytes:
    """The bytes of a part that is no text. They are base64 unless a field says otherwise."""
    declared = declared_encoding(entity.head.all("content-transfer-encoding"))
    content = entity.content(most)
    if declared is Encoding.QUOTED_PRINTABLE:
        return _decode_quoted_printable(content)
    return _decode_base64(content) if declared is Encoding.BASE64 or _BASE64_TEXT.fullmatch(content) else content


def declared_encoding(values: list[str]) -> Encoding:
    """What the fields mean, by the letters that even misspelt names keep. Of several the first that encodes counts."""
    for value in values:
        letters = re.sub(r"[^a-z0-9]", "", value[:200].lower())
        if "ase64" in letters or letters in {"b", "b64", "bas64", "base"}:
            return Encoding.BASE64
        if "print" in letters or letters.startswith("quot") or letters in {"q", "qp"}:
            return Encoding.QUOTED_PRINTABLE
        if letters.startswith(("uu", "xuu")):
            return Encoding.UUENCODE
    return Encoding.NONE


def _decode_quoted_printable(content: bytes) -> bytes:
    """RFC 2045 (6.7) has readers ignore white space behind the sign of a soft line break; Python's decoder does not."""
    has_padded_break = b"= " in content or b"=\t" in content
    return binascii.a2b_qp(_QP_PADDED_BREAK.sub(rb"=\1", content) if has_padded_break else content)


def _judge_encoding(content: bytes, declared: Encoding) -> Encoding:
    """What the content is, whatever the field says."""
    if declared is Encoding.UUENCODE:
        return declared
    if declared is Encoding.QUOTED_PRINTABLE:
        return declared if _may_be_quoted_printable(content) else Encoding.NONE
    if declared is Encoding.BASE64:
        if _begins_as_base64(content):
            return declared
        return Encoding.QUOTED_PRINTABLE if _is_plainly_quoted_printable(content) else Encoding.NONE
    if _is_plainly_base64(content):
        return Encoding.BASE64
    return Encoding.QUOTED_PRINTABLE if _is_plainly_quoted_printable(content) else Encoding.NONE


def _may_be_quoted_printable(content: bytes) -> bool:
    """False where more equals signs stand as in a text or in HTML than as an encoder writes them."""
    sample = content[:_QP_SAMPLE]
    sign_count = sample.count(b"=")
    if not sign_count:
        return True
    break_count = len(_QP_SOFT_BREAK.findall(sample))
    if sign_count <= 2 * (len(_QP_ESCAPE.findall(sample)) + break_count):
        return True
    # Few encoders write small letters, and a text has them too: "width=device".
    is_all = sign_count == len(_QP_ANY_ESCAPE.findall(sample)) + break_count
    return is_all and bool(_QP_NEEDED.search(sample))


def _is_plainly_quoted_printable(content: bytes) -> bool:
    """True where every equals sign is an encoder's, and some stand for a letter in UTF-8 or end a line softly."""
    sample = content[:_QP_SAMPLE]
    sign_count = sample.count(b"=")
    if not sign_count or not sample.isascii():
        return False
    escape_count = len(_QP_ESCAPE.findall(sample))
    break_count = len(_QP_SOFT_BREAK.findall(sample))
    if escape_count + break_count < sign_count - (len(content) > _QP_SAMPLE):
        return False
    return bool(_QP_LETTER.search(sample)) or bool(escape_count and break_count)


def _begins_as_base64(content: bytes) -> bool:
    """Whether the first lines are base64. A plain footer may follow them."""
    sample = content[:4_000].strip()
    lines = [line.strip() for line in sample.splitlines() if line.strip()]
    encoded_lines = list(itertools.takewhile(_BASE64_LINE.fullmatch, lines))
    if not encoded_lines:
        return not lines
    decoded = _decode_base64(b"\n".join(encoded_lines))
    if len(encoded_lines[0]) >= _ENCODER_LINE or _is_readable(decoded, is_cut=len(content) > len(sample) + 100):
        return True
    # A short text in an old charset. One word in letters, or lines of text below it, are no base64.
    return len(encoded_lines) == len(lines) and not _WORD.fullmatch(encoded_lines[0])


def _is_plainly_base64(content: bytes) -> bool:
    sample = content[:4_000].strip()
    if len(sample) < _FEWEST_UNTOLD or not _BASE64_TEXT.fullmatch(sample):
        return False
    lines = sample.split()
    if len(content) <= 4_000 and sum(map(len, lines)) % 4:
        return False
    # Lines of an encoder are equally long; a word, a link or a number is not as long as any of them.
    is_even = len({len(line) for line in lines[:-1]}) <= 1 and len(lines[-1]) <= len(lines[0])
    if not is_even or len(lines[0]) < _FEWEST_UNTOLD:
        return False
    decoded = _decode_base64(sample)
    is_encoders = len(lines) > 1 and len(lines[0]) >= _ENCODER_LINE and not _has_controls(decoded)
    return is_encoders or _is_readable(decoded, is_cut=len(content) > 4_000)


def _has_controls(data: bytes) -> bool:
    return len(data.translate(None, _CONTROLS)) < len(data)


def _is_readable(data: bytes, *, is_cut: bool) -> bool:
    """Whether the bytes are UTF-8 without control characters. ``is_cut``: the last character may not be whole."""
    if not data or _has_controls(data):
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data, final=not is_cut)
    except UnicodeDecodeError:
        return False
    return True


def _decode_base64(raw: bytes) -> bytes:
    """Leaves out what follows the base64, for some mailing lists write a plain footer under the encoded text."""
    stripped = raw.strip()
    if stripped.rstrip(b"=").translate(None, _ALPHABET + b"\r\n"):
        stripped = _keep_base64_lines(stripped[:LONGEST_MIXED])
    digits = stripped.translate(_URL_SAFE, _NOT_BASE64)
    digits = digits[: len(digits) - (len(digits) % 4 == 1)]
    return binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))


def _keep_base64_lines(raw: bytes) -> bytes:
    """The lines up to the first that is no base64. All of it, if that is the first line."""
    # Padding ends the text: what follows it is another text, or a footer of letters only.
    padded = re.search(rb"=[ \t\r]*\n", raw)
    foreign = _FOREIGN_LINE.search(raw)
    if padded and not (foreign and foreign.start() < padded.start()):
        return raw[: padded.end()]
    return raw[: foreign.start()] if foreign and raw[: foreign.start()].strip() else raw


def _decode_uuencoded(content: bytes) -> bytes:
    decoded = []
    for line in content[:LONGEST_MIXED].partition(b"begin ")[2].split(b"\n")[1:]:
        if line.strip() in {b"end", b"`"}:
            break
        try:
            decoded.append(binascii.a2b_uu(line.rstrip(b"\r")))
        except binascii.Error:
            continue
    return b"".join(decoded)


def join_flowed_lines(text: str, *, deletes_space: bool) -> str:
    """RFC 3676: a line that ends with a space goes on in the next line of the same quote depth.

    The signature delimiter "-- " ends with a space too, and stands alone.
    """
    pieces: list[str] = []
    open_depth: int | None = None
    for line in text.splitlines():
        body = line.lstrip(">")
        depth = len(line) - len(body)
        body = body.removeprefix(" ")
        is_signature = body == "-- "
        flows = body.endswith(" ") and not is_signature
        shown = body[:-1] if flows and deletes_space else body
        if open_depth == depth and not is_signature:
            pieces.append(shown)
        else:
            pieces.append(("\n" if pieces else "") + (">" * depth + " " if depth else "") + shown)
        open_depth = depth if flows else None
    return "".join(pieces)


def remove_uuencoded(text: str) -> tuple[str, tuple[str, ...]]:
    """The text without the files that are uuencoded in it, and the names of those files."""
    # Nearly no mail is uuencoded, and its lines are not worth splitting.
    if "\nbegin " not in f"\n{text}":
        return text, ()
    kept: list[str] = []
    names: list[str] = []
    lines = text.splitlines()
    ends = [i for i, line in enumerate(lines) if line.strip() == "end"]
    at = begin_count = 0
    while at < len(lines):
        begin = _UU_BEGIN.fullmatch(lines[at].rstrip()) if begin_count < MOST_UUENCODED else None
        begin_count += bool(begin)
        while ends and ends[0] <= at:
            ends.pop(0)
        if begin and ends and all(_UU_LINE.fullmatch(line) for line in lines[at + 1 : ends[0]] if line):
            names.append(begin[1].strip())
            at = ends[0] + 1
            continue
        kept.append(lines[at])
        at += 1
    return "\n".join(kept), tuple(names)
