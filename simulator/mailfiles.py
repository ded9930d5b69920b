"""Raw messages from .eml files, or from one mbox as Google Takeout writes it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SEPARATOR = re.compile(rb"From \S+.*\d{4}\s*$")


@dataclass(frozen=True)
class MailFile:
    """``source`` is the file's name, or the position in the mbox counted from 0."""

    source: str
    raw: bytes


def read_folder(folder: Path) -> Iterator[MailFile]:
    """In order of file name, which is the order of arrival."""
    for path in sorted(folder.iterdir()):
        if path.suffix == ".eml" and path.is_file():
            yield MailFile(path.name, path.read_bytes())


def read_mbox(path: Path) -> Iterator[MailFile]:
    """Raises ValueError with a sentence where the file is no mbox."""
    if path.suffix != ".mbox":
        raise ValueError(f"{path} is neither a folder of .eml files nor an .mbox file.")
    lines = path.read_bytes().splitlines(keepends=True)
    if not lines:
        return
    if not SEPARATOR.match(lines[0]):
        raise ValueError(f'{path} is not an mbox: its first line does not begin with "From ".')
    current: list[bytes] = []
    number = 0
    before = b"\n"
    for line in lines[1:]:
        if not before.strip() and SEPARATOR.match(line):
            yield MailFile(str(number), _message(current))
            current, number = [], number + 1
        else:
            current.append(line)
        before = line
    yield MailFile(str(number), _message(current))


def _message(lines: list[bytes]) -> bytes:
    """The empty line before the next separator is not the message's; a quoted From line loses one mark."""
    if lines and not lines[-1].strip():
        lines = lines[:-1]
    return b"".join(re.sub(rb"^>(>*From )", rb"\1", line) for line in lines)
