"""A message where it lies: in memory, in an .eml file, or in an mbox. It is read when somebody asks, never kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

BLOCK = 1 << 18
"""Bytes that are read at a time."""
HEAD_BLOCK = 1 << 14
"""Enough for the header of nearly every mail in one read."""
LONGEST_HEAD = 1 << 20
"""Bytes: what has no empty line so far has no header either."""
MOST_MARKS = 1000
QUOTED = re.compile(rb"\n>(>{0,%d}From )" % (MOST_MARKS - 1))
"""A line that would look like an mbox separator, or already was such a line, with one mark more."""
_REACH = MOST_MARKS + len(b"\nFrom ")
_END_OF_HEAD = re.compile(rb"(?:\A|\n)\r?\n")


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes ``start`` to ``end`` of a file; ``marks`` of them are an mbox's quotation marks, not the message's."""

    path: Path
    start: int
    end: int
    marks: int = 0


@dataclass(frozen=True, slots=True)
class MailFile:
    """``source`` is the file's name, or the position in the mbox counted from 0. Reading raises OSError."""

    source: str
    content: bytes | Span

    @property
    def size(self) -> int:
        """Bytes, as ``raw`` has them."""
        found = self.content
        return len(found) if isinstance(found, bytes) else found.end - found.start - found.marks

    @property
    def raw(self) -> bytes:
        return b"".join(self.chunks())

    def chunks(self, block: int = BLOCK) -> Iterator[bytes]:
        """The message, ``block`` bytes or so at a time."""
        found = self.content
        if isinstance(found, bytes):
            return iter((found,))
        blocks = _blocks(found, block)
        return _unquote(blocks) if found.marks else blocks

    def opening(self, beyond: int = 0) -> bytes:
        """The header, and no more than ``beyond`` bytes after it. All that most questions need."""
        read = b""
        for chunk in self.chunks(HEAD_BLOCK):
            read += chunk
            if end := _END_OF_HEAD.search(read):
                if len(read) >= end.end() + beyond:
                    return read[: end.end() + beyond]
            elif len(read) > LONGEST_HEAD:
                break
        return read


def read_folder(folder: Path) -> Iterator[MailFile]:
    """In order of file name, which is the order of arrival."""
    for path in sorted(folder.iterdir()):
        if path.suffix == ".eml" and path.is_file():
            yield MailFile(path.name, Span(path, 0, path.stat().st_size))


def _blocks(span: Span, size: int) -> Iterator[bytes]:
    with span.path.open("rb", buffering=0) as file:
        file.seek(span.start)
        left = span.end - span.start
        while left > 0 and (block := file.read(min(size, left))):
            left -= len(block)
            yield block


def _unquote(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """One mark less on each quoted line. What might be the beginning of one waits for the next block."""
    held, sentinel = b"\n", 1
    for block in blocks:
        read = held + block
        cut = read.rfind(b"\n", max(0, len(read) - _REACH))
        cut = len(read) if cut < 0 else cut
        yield QUOTED.sub(rb"\n\1", read[:cut])[sentinel:]
        sentinel = 0 if cut else sentinel
        held = read[cut:]
    yield QUOTED.sub(rb"\n\1", held)[sentinel:]
