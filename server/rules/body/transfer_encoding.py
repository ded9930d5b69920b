"""The bytes of a part out of its transfer encoding, and the lines out of flowed text. Encodings arrive broken."""

from __future__ import annotations

import binascii
import re
from email.message import Message as MimePart

LONGEST_PART = 4_000_000
"""Bytes of one text part that are looked at."""
MOST_UUENCODED = 20
_BASE64_LINE = re.compile(rb"[A-Za-z0-9+/_-]*={0,3}")
_NO_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
_UU_BEGIN = re.compile(r"begin [0-7]{3,4} (\S.{0,200})")
_UU_LINE = re.compile(r"[ -`]{1,61}[ -~]?")


def decode_content(part: MimePart) -> bytes:
    """At most ``LONGEST_PART`` bytes; nothing where the part holds none."""
    if part.is_multipart():
        return b""
    encoding = str(part.get("Content-Transfer-Encoding", "")).strip().lower().partition(";")[0].strip()
    if encoding == "base64":
        return _base64(str(part.get_payload())[: 2 * LONGEST_PART].encode("ascii", "replace"))[:LONGEST_PART]
    payload = part.get_payload(decode=True)
    return payload[:LONGEST_PART] if isinstance(payload, bytes) else b""


def _base64(raw: bytes) -> bytes:
    """Lines that are none are left out, so that a list's footer under the encoded text is no noise."""
    lines = [line.strip() for line in raw.splitlines()]
    if any(line.endswith(b"=") for line in lines[:-1]):
        last = next(i for i, line in enumerate(lines) if line.endswith(b"="))
        lines = lines[: last + 1]
    good = [line for line in lines if _BASE64_LINE.fullmatch(line)]
    joined = b"".join(good or lines).replace(b"-", b"+").replace(b"_", b"/")
    digits = _NO_BASE64.sub(b"", joined)
    digits = digits[: len(digits) - (len(digits) % 4 == 1)]
    return binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))


def join_flowed_lines(text: str, *, deletes_space: bool) -> str:
    """RFC 3676: lines that end with a space go on in the next of the same quote depth; "-- " stands alone."""
    out: list[str] = []
    open_depth: int | None = None
    for line in text.splitlines():
        body = line.lstrip(">")
        depth = len(line) - len(body)
        body = body.removeprefix(" ")
        is_signature = body == "-- "
        flows = body.endswith(" ") and not is_signature
        shown = body[:-1] if flows and deletes_space else body
        if open_depth == depth and not is_signature:
            out.append(shown)
        else:
            out.append(("\n" if out else "") + (">" * depth + " " if depth else "") + shown)
        open_depth = depth if flows else None
    return "".join(out)


def remove_uuencoded(text: str) -> tuple[str, tuple[str, ...]]:
    """The text without files that stand encoded in it, and their names."""
    if "\nbegin " not in f"\n{text}":
        return text, ()
    kept: list[str] = []
    names: list[str] = []
    lines = text.splitlines()
    ends = [i for i, line in enumerate(lines) if line.strip() == "end"]
    at = tries = 0
    while at < len(lines):
        begin = _UU_BEGIN.fullmatch(lines[at].rstrip()) if tries < MOST_UUENCODED else None
        tries += bool(begin)
        while ends and ends[0] <= at:
            ends.pop(0)
        if begin and ends and all(_UU_LINE.fullmatch(line) for line in lines[at + 1 : ends[0]] if line):
            names.append(begin[1].strip())
            at = ends[0] + 1
            continue
        kept.append(lines[at])
        at += 1
    return "\n".join(kept), tuple(names)
