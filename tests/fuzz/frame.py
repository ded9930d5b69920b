"""Which harnesses there are, their corpora, and what an input reaches."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
BUILD = ROOT / "build" / "fuzz"
MAX_INPUT = 16_384
OURS = str(ROOT / "server"), str(ROOT / "addon")

One = Callable[[bytes], None]
Line = tuple[str, int, int]
"""File, the line before, the line: which branch was taken, not only where one was."""


@dataclass(frozen=True)
class Harness:
    name: str
    one: One
    words: tuple[bytes, ...]

    @classmethod
    def of(cls, name: str) -> Harness:
        module = importlib.import_module(f"tests.fuzz.harnesses.{name}")
        return cls(name, module.one, tuple(getattr(module, "WORDS", ())))

    @property
    def corpus(self) -> Path:
        return HERE / "corpus" / self.name

    @property
    def grown(self) -> Path:
        """What long runs found; not committed."""
        return BUILD / self.name / "grown"

    def inputs(self) -> list[Path]:
        return sorted(self.corpus.iterdir()) if self.corpus.is_dir() else []


def names() -> list[str]:
    return sorted(path.stem for path in (HERE / "harnesses").glob("[a-z]*.py"))


def complaint(one: One, data: bytes) -> str | None:
    """The class and place of what it raises, the same for two inputs with one cause; None where all is well."""
    try:
        one(data)
    except Exception as error:  # noqa: BLE001  # whatever it is, it is the finding
        last = error.__traceback__
        while last is not None and last.tb_next is not None:
            last = last.tb_next
        place = f"{Path(last.tb_frame.f_code.co_filename).name}:{last.tb_lineno}" if last else "?"
        return f"{type(error).__name__} at {place}"
    return None


def minimised(one: One, data: bytes) -> bytes:
    """The smallest input found by leaving out pieces, each half the size of the last, that complains alike."""
    wanted = complaint(one, data)
    size = max(len(data) // 2, 1)
    while True:
        at = 0
        while at < len(data):
            shorter = data[:at] + data[at + size :]
            if complaint(one, shorter) == wanted:
                data = shorter
            else:
                at += size
        if size == 1:
            return data
        size //= 2


def reached(one: One, data: bytes) -> set[Line]:
    """The branches of our own code that the input takes."""
    found: set[Line] = set()

    def trace(frame: FrameType, event: str, _arg: Any) -> Any:
        name = frame.f_code.co_filename
        if not name.startswith(OURS):
            return None
        last = frame.f_lineno

        def lines(frame: FrameType, event: str, _arg: Any) -> Any:
            nonlocal last
            if event == "line":
                found.add((name, last, frame.f_lineno))
                last = frame.f_lineno
            return lines

        return lines

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        complaint(one, data)
    finally:
        sys.settrace(before)
    return found


def distilled(one: One, inputs: list[bytes], known: set[Line] | None = None) -> list[bytes]:
    """Those that reach something that the shorter ones, and ``known``, do not."""
    seen, kept = set(known or ()), []
    for data in sorted(set(inputs), key=lambda each: (len(each), each)):
        new = reached(one, data) - seen
        if new:
            seen |= new
            kept.append(data)
    return kept
