"""Mails whose lines are marked with whose they are: how much of the author's a stripper loses, and what it leaves.

``data/marked`` holds the mails; the first lines of ``programs.txt`` explain the marks. ``second.txt`` and ``third.txt``
were written after the rules. The trimmed fixtures of discourse/email_reply_trimmer (MIT, data/LICENSE) are marked by
comparison.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

FIXTURES = Path(__file__).parent / "data"
DATA = FIXTURES / "marked"
FORWARDS = ("forwarded_apple", "forwarded_gmail", "forwarded_message")
"""Fixtures that trim what is forwarded. A forward stays whole here: what is forwarded is its point."""
ONLY_FURNITURE = ("signatures", "delimiters")
_HEAD = re.compile(r"## (?P<name>[^|]+) \| (?P<subject>.*?) \| (?P<kind>answer|new)")


class Mark(StrEnum):
    """Whose a line is. ``EITHER`` may stay or go."""

    AUTHOR = "+"
    HISTORY = "-"
    FURNITURE = "~"
    EITHER = "="


@dataclass(frozen=True)
class MarkedMail:
    name: str
    subject: str
    is_answer: bool
    lines: tuple[tuple[Mark, str], ...]

    @property
    def text(self) -> str:
        return "\n".join(line for _, line in self.lines)

    def list_lines(self, mark: Mark) -> list[str]:
        """The lines of this mark with single spaces, without empty ones."""
        return [flat for kind, line in self.lines if kind is mark and (flat := flatten(line))]


Strip = Callable[[MarkedMail], str]


@dataclass(frozen=True)
class Score:
    """Of one stripper: author's lines that are missing, and the names of mails in which others' lines are left."""

    sentences: int
    missing: tuple[tuple[str, str], ...]
    replies: int
    history_left: tuple[str, ...]
    furnished: int
    furniture_left: tuple[str, ...]


def flatten(text: str) -> str:
    return " ".join(text.split())


def read_mails(folder: Path = DATA) -> dict[str, list[MarkedMail]]:
    """The mails of each file, by the file's name."""
    return {path.stem: list(parse_mails(path.read_text(encoding="utf-8"))) for path in sorted(folder.glob("*.txt"))}


def parse_mails(text: str) -> Iterable[MarkedMail]:
    for block in re.split(r"\n(?=## )", text)[1:]:
        head, *body = block.rstrip("\n").split("\n")
        match = _HEAD.fullmatch(head)
        if not match:
            raise ValueError(head)
        lines = tuple((Mark(line[0]), line[1:].removeprefix(" ")) for line in body if line)
        yield MarkedMail(match["name"], match["subject"], match["kind"] == "answer", lines)


def read_fixtures() -> list[MarkedMail]:
    """The fixtures as marked mails. A quote above the author's last words may stay: it is what the author answers."""
    return [
        _mark_fixture(
            path.stem, path.read_text(encoding="utf-8"), (FIXTURES / "trimmed" / path.name).read_text("utf-8")
        )
        for path in sorted((FIXTURES / "emails").iterdir())
    ]


def _mark_fixture(name: str, text: str, trimmed: str) -> MarkedMail:
    lines = text.replace("\r\n", "\n").split("\n")
    remaining = Counter(flatten(line) for line in trimmed.split("\n"))
    marks = []
    for line in lines:
        is_authors = bool(flatten(line)) and remaining[flatten(line)] > 0
        remaining[flatten(line)] -= is_authors
        marks.append(Mark.AUTHOR if is_authors else Mark.HISTORY)
    last = max((at for at, mark in enumerate(marks) if mark is Mark.AUTHOR), default=len(lines))
    below = Mark.EITHER if name in FORWARDS else Mark.FURNITURE if name in ONLY_FURNITURE else Mark.HISTORY
    marks = [mark if mark is Mark.AUTHOR else below if at > last else Mark.EITHER for at, mark in enumerate(marks)]
    return MarkedMail(name, "", True, tuple(zip(marks, lines, strict=True)))


def score_stripper(strip: Strip, mails: Iterable[MarkedMail]) -> Score:
    sentences = replies = furnished = 0
    missing: list[tuple[str, str]] = []
    history_left: list[str] = []
    furniture_left: list[str] = []
    for mail in mails:
        own = strip(mail)
        flat, own_lines = flatten(own), {flatten(line) for line in own.split("\n")}
        authors, history = mail.list_lines(Mark.AUTHOR), mail.list_lines(Mark.HISTORY)
        furniture = mail.list_lines(Mark.FURNITURE)
        sentences += len(authors)
        missing += [(mail.name, line) for line in authors if line not in flat]
        replies += bool(history)
        furnished += bool(furniture)
        kept_lines = own_lines - set(authors) - set(mail.list_lines(Mark.EITHER))
        history_left += [mail.name] if kept_lines & set(history) else []
        furniture_left += [mail.name] if kept_lines & set(furniture) else []
    return Score(sentences, tuple(missing), replies, tuple(history_left), furnished, tuple(furniture_left))
