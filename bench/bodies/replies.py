"""Trimmed replies of discourse/email_reply_trimmer (MIT, data/LICENSE): ours beside others that are installed.

Its forwards are trimmed to the words above them; we keep a forward whole on purpose, so those count as under-cut here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bench.bodies.strippers import list_others
from server.rules.body.quoting import own_text

DATA = Path(__file__).parent / "data"
Strip = Callable[[str], str]


@dataclass
class ReplyScore:
    """Names of fixtures. Over-cut: a word is missing; under-cut: only words too many."""

    exact: list[str] = field(default_factory=list)
    over: list[str] = field(default_factory=list)
    under: list[str] = field(default_factory=list)


def score_all() -> dict[str, ReplyScore]:
    return {name: score_stripper(strip) for name, strip in {"ours": own_text, **list_others()}.items()}


def score_stripper(strip: Strip) -> ReplyScore:
    score = ReplyScore()
    for path in sorted((DATA / "emails").iterdir()):
        expected = Counter((DATA / "trimmed" / path.name).read_text(encoding="utf-8").split())
        actual = Counter(strip(path.read_text(encoding="utf-8").replace("\r\n", "\n")).split())
        kind = score.exact if actual == expected else score.over if expected - actual else score.under
        kind.append(path.stem)
    return score
