"""A message as a tree of parts, split within bounds. No bytes are copied, and an attachment's bytes are never decoded.

Python's own parser takes half a minute and a gigabyte for a large mail of tiny parts, so only the bounded head of each
part is parsed, and boundary lines are looked for in the bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from server.domain.errors import UnreadableError
from server.rules.body.mime.part_headers import (
    Field,
    Head,
    clean_file_name,
    read_disposition,
    read_kind,
    skip_leading_lines,
    split_head,
)

LONGEST_HEAD = 1_000_000
"""Bytes at the beginning of a message in which its headers are looked for."""
LONGEST_PART_HEAD = 16_000
MOST_PARTS = 250
"""Parts of a message that are looked at, multiparts among them."""
DEEPEST = 20
"""Multiparts within multiparts that are looked into. Mail that programs write has five or six."""
MOST_FALSE_LINES = 20_000
"""Lines of one multipart that begin as its boundary does without being it."""
LONGEST_BOUNDARY = 250
_GUESS_WITHIN = 64_000
_BOUNDARY_LINE = re.compile(
    rb"\n--([^\s][^\r\n]{0,200})\r?\n(?:[ \t]*\r?\n)*(?=content-[a-z-]{2,30}[ \t]*:)", re.IGNORECASE
)
_CONTENT_FIELD = re.compile(rb"\s{1,20}(?=content-(?:type|transfer-encoding|disposition)[ \t]*:)", re.IGNORECASE)
NO_HEADERS = "These bytes have no header line."


@dataclass(frozen=True)
class Entity:
    """A part's head, and where its content stands in ``raw``.

    ``is_sealed`` says that the content needs a key.
    """

    raw: bytes
    start: int
    end: int
    head: Head
    content_type: Field
    children: tuple[Entity, ...] = ()
    is_sealed: bool = False

    @property
    def kind(self) -> str:
        """The type in lower case, as "text/html"."""
        return self.content_type.kind

    @property
    def size(self) -> int:
        """Bytes of the content as it was sent."""
        return self.end - self.start

    @cached_property
    def disposition(self) -> str:
        """The word "attachment" or "inline", or ""."""
        return self._disposition_field.kind

    @cached_property
    def file_name(self) -> str:
        """The name that the part gives its content, or ""."""
        values = (self._disposition_field.parameters.get("filename"), self.parameter("name"))
        return next((name for value in values if value and (name := clean_file_name(value))), "")

    @cached_property
    def content_id(self) -> str:
        return self.first("content-id").strip("<> ")

    @cached_property
    def _disposition_field(self) -> Field:
        return read_disposition(self.first("content-disposition"))

    def parameter(self, name: str) -> str:
        return self.content_type.parameters.get(name, "").strip()

    def first(self, name: str) -> str:
        """The first field of that lower-case name, or ""."""
        return self.head.first(name)

    def content(self, most: int) -> bytes:
        """At most ``most`` bytes of the content as it was sent."""
        return self.raw[self.start : min(self.end, self.start + most)]


def read_message(raw: bytes) -> Entity:
    """Raises UnreadableError if the bytes have no header."""
    if b"\n" not in raw and b"\r" in raw:
        raw = raw.replace(b"\r", b"\n")
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    start = skip_leading_lines(raw)
    head, content_start = split_head(raw, start, len(raw), LONGEST_HEAD)
    if not head:
        raise UnreadableError(NO_HEADERS)
    return _Splitter(raw).make_part(content_start, len(raw), head)


def read_entity(raw: bytes) -> Entity:
    """A MIME entity that was wrapped in another, as in a signed message. It may have no header at all."""
    head, content_start = split_head(raw, 0, len(raw), LONGEST_PART_HEAD)
    return _Splitter(raw).make_part(content_start, len(raw), head)


class _Splitter:
    """Splits one message, at most ``MOST_PARTS`` parts of it."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._parts_left = MOST_PARTS

    def make_part(self, start: int, end: int, head: Head, depth: int = 0, default: str = "text/plain") -> Entity:
        """The part with all that is in it. An attached message stays closed: its parts are not those of the mail."""
        self._parts_left -= 1
        content_type = read_kind(head.first("content-type") or default)
        is_multipart = content_type.kind.startswith("multipart/")
        if not is_multipart and not (depth == 0 and content_type.kind == "text/plain"):
            return Entity(self._raw, start, end, head, content_type)
        if depth >= DEEPEST:
            return Entity(self._raw, start, start, head, content_type)
        boundary = self._choose_boundary(
            start, end, content_type.parameters.get("boundary", "") if is_multipart else ""
        )
        if not is_multipart and boundary and not self._opens_with(start, boundary):
            boundary = b""
        if not boundary:
            kind = Field("text/plain", {}) if is_multipart else content_type
            return Entity(self._raw, start, end, head, kind)
        if not is_multipart:
            content_type = Field("multipart/mixed", {})
        inner = "message/rfc822" if content_type.kind == "multipart/digest" else "text/plain"
        children = []
        for part_start, part_end in self._split(start, end, boundary):
            part_head, content_start = self._read_part_head(part_start, part_end)
            children.append(self.make_part(content_start, part_end, part_head, depth + 1, inner))
            if self._parts_left <= 0:
                break
        return Entity(self._raw, start, end, head, content_type, tuple(children))

    def _read_part_head(self, start: int, end: int) -> tuple[Head, int]:
        # Some programs put an empty line between the boundary and the head.
        blank = _CONTENT_FIELD.match(self._raw, start, min(end, start + 100))
        return split_head(self._raw, blank.end() if blank else start, end, LONGEST_PART_HEAD)

    def _choose_boundary(self, start: int, end: int, declared: str) -> bytes:
        """The declared boundary if a line has it, else the first line that stands as a boundary does; b"" for none."""
        for candidate in dict.fromkeys((declared, declared.strip("\"' "))):
            boundary = candidate.encode("utf-8", "replace")
            if 0 < len(boundary) <= LONGEST_BOUNDARY and next(self._find_lines(start, end, boundary), None):
                return boundary
        match = _BOUNDARY_LINE.search(self._raw, max(0, start - 1), min(end, start + _GUESS_WITHIN))
        return match[1].rstrip() if match else b""

    def _opens_with(self, start: int, boundary: bytes) -> bool:
        """Whether undeclared parts begin at once, after no more than the sentence for programs without MIME."""
        lines = self._find_lines(start, len(self._raw), boundary)
        first, second = next(lines, None), next(lines, None)
        if first is None or second is None:
            return False
        preamble = self._raw[start : max(start, first[0])].strip().lower()
        return not preamble or (len(preamble) < 200 and b"mime" in preamble)

    def _split(self, start: int, end: int, boundary: bytes) -> Iterator[tuple[int, int]]:
        """Where each part begins and ends. Parts that follow the closing line count, preamble and epilogue do not."""
        opened: int | None = None
        for line_start, line_end, is_closing in self._find_lines(start, end, boundary):
            if opened is not None:
                has_return = self._raw.startswith(b"\r\n", line_start - 1)
                yield opened, max(opened, line_start - has_return)
            opened = None if is_closing else line_end
        if opened is not None and opened < end:
            yield opened, end

    def _find_lines(self, start: int, end: int, boundary: bytes) -> Iterator[tuple[int, int, bool]]:
        """Each boundary line as (place of the line break before it, end of the line, whether it closes)."""
        mark = b"\n--" + boundary
        at = start - 1
        for _ in range(MOST_FALSE_LINES):
            at = self._raw.find(mark, max(0, at), end)
            if at < 0:
                return
            tail_start = at + len(mark)
            # A line of this length is no boundary line, and to look for its end might take long.
            line_break = self._raw.find(b"\n", tail_start, min(end, tail_start + LONGEST_BOUNDARY))
            is_last = line_break < 0 and end - tail_start < LONGEST_BOUNDARY
            tail = self._raw[tail_start : end if is_last else max(line_break, tail_start)]
            rest = tail.rstrip()
            if (is_last or line_break >= 0) and rest in {b"", b"--"}:
                yield at, end if is_last else line_break + 1, rest == b"--"
            # The line break may be the one before the next boundary line.
            at = tail_start
