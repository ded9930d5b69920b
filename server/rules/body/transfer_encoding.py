"""Decodes the transfer encoding of a part and joins the lines of flowed text. Encodings arrive broken."""

from __future__ import annotations

import binascii
import re
from email.message import Message as MimePart

LONGEST_PART = 4_000_000
"""Bytes of one text part that are looked at."""
MOST_UUENCODED = 20
_BASE64_LINE = re.compile(rb"[A-Za-z0-9+/_-]*={0,3}")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
_UU_BEGIN = re.compile(r"begin [0-7]{3,4} (\S.{0,200})")
_UU_LINE = re.compile(r"[ -`]{1,61}[ -~]?")


def decode_content(part: MimePart) -> bytes:
    """At most ``LONGEST_PART`` bytes; none if the part holds other parts."""
    if part.is_multipart():
        return b""
    encoding = str(part.get("Content-Transfer-Encoding", "")).strip().lower().partition(";")[0].strip()
    # Python's decoder takes a footer under the text for more of it, and skips the letters of URL-safe base64.
    if encoding == "base64":
        return _decode_base64(str(part.get_payload())[: 2 * LONGEST_PART].encode("ascii", "replace"))[:LONGEST_PART]
    payload = part.get_payload(decode=True)
    return payload[:LONGEST_PART] if isinstance(payload, bytes) else b""


def _decode_base64(raw: bytes) -> bytes:
    """Skips lines that are not base64, for some mailing lists write a plain footer under the encoded text."""
    lines = [line.strip() for line in raw.splitlines()]
    # Padding ends the text: what follows it is another text, or a footer of letters only.
    if any(line.endswith(b"=") for line in lines[:-1]):
        last = next(i for i, line in enumerate(lines) if line.endswith(b"="))
        lines = lines[: last + 1]
    encoded_lines = [line for line in lines if _BASE64_LINE.fullmatch(line)]
    joined = b"".join(encoded_lines or lines).replace(b"-", b"+").replace(b"_", b"/")
    digits = _NOT_BASE64.sub(b"", joined)
    digits = digits[: len(digits) - (len(digits) % 4 == 1)]
    return binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))


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
