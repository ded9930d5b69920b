"""An mbox as Google Takeout writes it, gigabytes of it: one pass finds where each message lies, and keeps only that."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from simulator.mailfiles import MOST_MARKS, MailFile, Span

SEPARATOR = re.compile(rb"From \S+.*\d{4}\s*$")
LONGEST = 1000
"""Bytes of a separator; a longer line is text."""
BLOCK = 1 << 20
INDEX = ".mbox.index"
"""How the name ends of what an earlier pass found, beside the mbox."""
_WORD = b"From "


def read_mbox(path: Path) -> Iterator[MailFile]:
    """Raises ValueError with a sentence where the file is no mbox, and OSError."""
    if path.suffix != ".mbox":
        raise ValueError(f"{path} is neither a folder of .eml files nor an .mbox file.")
    found = _read_index(path)
    for number, span in enumerate(spans(path) if found is None else found):
        yield MailFile(str(number), span)


def index_of(path: Path) -> Path:
    """Where the finds of an earlier pass lie, for an mbox that is worth it."""
    return path.with_name(path.name.removesuffix(".mbox") + INDEX)


def remember(path: Path, found: Iterable[Span]) -> None:
    """Keep what a pass found, so that the next reader needs none. It holds numbers alone, and nothing of any mail."""
    with index_of(path).open("w", encoding="ascii") as file:
        file.write(_stamp(path))
        file.writelines(f"{span.start} {span.end} {span.marks}\n" for span in found)


def spans(path: Path, on_bytes: Callable[[int], None] = lambda _n: None, block: int = BLOCK) -> Iterator[Span]:
    """Where each message lies. Takes as much memory for ten gigabytes as for one; ``on_bytes`` hears of the progress.

    A message ends at an empty line before a separator; that line is not its own. Raises ValueError for no mbox.
    """
    with path.open("rb", buffering=0) as file:
        size = path.stat().st_size
        if not size:
            return
        if not SEPARATOR.match(file.read(LONGEST).partition(b"\n")[0]):
            raise ValueError(f'{path} is not an mbox: its first line does not begin with "From ".')
        start, marks = 0, 0
        for at, body, is_mark in _places(file, on_bytes, block):
            if is_mark:
                marks += 1
                continue
            if at:
                yield Span(path, start, at, marks)
            start, marks = body, 0
        yield Span(path, start, _without_empty_line(file, start, size), marks)


def _places(file: BinaryIO, on_bytes: Callable[[int], None], block: int) -> Iterator[tuple[int, int, bool]]:
    """Of each separator: where the message before it ends, and where its own begins. Of each quoted line: True."""
    file.seek(0)
    window, base, looked = b"", 0, 0
    while read := file.read(block):
        window += read
        on_bytes(len(read))
        # A line is judged once the longest separator would be in the window whole.
        yield from _judge_from_lines(window, base, looked, len(window) - LONGEST)
        looked = max(looked, len(window) - LONGEST)
        kept = max(0, looked - MOST_MARKS - 4)
        window, base, looked = window[kept:], base + kept, looked - kept
    yield from _judge_from_lines(window, base, looked, len(window))


def _judge_from_lines(window: bytes, base: int, first: int, last: int) -> Iterator[tuple[int, int, bool]]:
    """Each "From " from ``first`` on, before ``last``, that begins a line but for its marks. ``base`` is an offset."""
    at = window.find(_WORD, first)
    while 0 <= at < last:
        line = len(window[max(0, at - MOST_MARKS) : at].rstrip(b">")) + max(0, at - MOST_MARKS)
        if line == at:
            end = _end_of_empty_line(window, at) if base + at else 0
            if end is not None and (own := _separator(window, at)) is not None:
                yield base + end, base + own, False
        elif window[line - 1 : line] == b"\n":
            yield 0, 0, True
        at = window.find(_WORD, at + 1)


def _end_of_empty_line(window: bytes, at: int) -> int | None:
    """Where the empty line before ``at`` begins; None where there is none."""
    for ending in (b"\n\r\n", b"\n\n"):
        if window[max(0, at - len(ending)) : at] == ending:
            return at - len(ending) + 1
    return None


def _separator(window: bytes, at: int) -> int | None:
    """Where the line after a separator begins; None if the line at ``at`` is none."""
    line, newline, _ = window[at : at + LONGEST].partition(b"\n")
    is_whole = bool(newline) or at + LONGEST > len(window)
    return at + len(line) + len(newline) if is_whole and SEPARATOR.match(line) else None


def _without_empty_line(file: BinaryIO, start: int, end: int) -> int:
    file.seek(max(start, end - 3))
    tail = file.read(end - max(start, end - 3))
    for ending in (b"\n\r\n", b"\n\n"):
        if tail.endswith(ending):
            return end - len(ending) + 1
    return start if tail in (b"\n", b"\r\n") and end - start == len(tail) else end


def _read_index(path: Path) -> list[Span] | None:
    """None where no pass was made, or the file is another by now."""
    try:
        with index_of(path).open(encoding="ascii") as file:
            if file.readline() != _stamp(path):
                return None
            return [Span(path, *map(int, line.split())) for line in file]
    except (FileNotFoundError, UnicodeDecodeError, ValueError, TypeError):
        return None


def _stamp(path: Path) -> str:
    about = path.stat()
    return f"{about.st_size} {about.st_mtime_ns}\n"
