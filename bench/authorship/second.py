"""A second made-up set, by another hand: ``second/*.txt`` holds a family each, whose variants are filled in many times.

A family begins with its label and the reason for it; then variants of headers, divided by ``---``. ``{a|b}`` is one of
the two, ``{name}`` a word of the person or the company in it. What every mail has is added where it is not said.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.header import Header
from email.utils import formataddr, parseaddr
from pathlib import Path

from bench.authorship.cast import Cast, cast
from bench.authorship.samples import Sample, asked
from server.rules.authorship.rule import AuthorKind

FOLDER = Path(__file__).parent / "second"
TIMES = 3
_HOLE = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Family:
    """``kinds`` are those that are right, the label first; ``times``: how often each variant is filled in.

    ``is_late``: written when the rule stood, and read once before anything was mended on it.
    """

    name: str
    kinds: tuple[AuthorKind, ...]
    why: str
    variants: tuple[tuple[tuple[str, str], ...], ...]
    times: int = TIMES
    is_sent: bool = False
    own_group: bool = False
    is_late: bool = False
    miss: str = ""


def families(folder: Path = FOLDER) -> list[Family]:
    return [_family(path) for path in sorted(folder.glob("*.txt"))]


def samples(*, late: bool | None = None, folder: Path = FOLDER) -> Iterator[Sample]:
    """Those written late or early, or all."""
    for family in families(folder):
        if late is not None and family.is_late is not late:
            continue
        for number, variant in enumerate(family.variants):
            for time in range(family.times):
                yield _filled(family, variant, f"{family.name}-{number + 1}{chr(97 + time)}")


def _family(path: Path) -> Family:
    head, _, rest = path.read_text(encoding="utf-8").partition("\n\n")
    said = dict(_field(line) for line in head.splitlines())
    variants = tuple(
        tuple(_field(line) for line in block.strip().splitlines()) for block in re.split(r"(?m)^---$", rest)
    )
    return Family(
        name=path.stem,
        kinds=tuple(AuthorKind(each) for each in said["label"].split("|")),
        why=said["why"],
        variants=variants,
        times=int(said.get("times", TIMES)),
        is_sent=said.get("sent") == "yes",
        own_group=said.get("group") == "yes",
        is_late=said.get("late") == "yes",
        miss=said.get("known_miss", ""),
    )


def _field(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon:
        raise ValueError(f"Not a header: {line!r}")
    return name.strip(), value.strip()


def _filled(family: Family, variant: tuple[tuple[str, str], ...], name: str) -> Sample:
    chance = random.Random(name)
    person = cast(chance)
    fields = [(key, _fill(value, person, chance)) for key, value in variant]
    fields += [pair for pair in _usual(fields, person, chance, family) if pair[0] not in {k for k, _ in fields}]
    if chance.random() < 0.5:
        chance.shuffle(fields)
    if chance.random() < 0.25:
        fields = [(key.lower(), value) for key, value in fields]
    return Sample(
        name,
        asked((key, _encoded(key, value, chance)) for key, value in fields),
        family.kinds,
        is_outbound=family.is_sent,
        own_group=family.own_group,
        miss=family.miss,
    )


def _fill(value: str, person: Cast, chance: random.Random) -> str:
    def word(hole: re.Match[str]) -> str:
        text = hole.group(1)
        return chance.choice(text.split("|")) if "|" in text else person.word(text, chance)

    while _HOLE.search(value):
        value = _HOLE.sub(word, value)
    return value


def _usual(
    fields: list[tuple[str, str]], person: Cast, chance: random.Random, family: Family
) -> Iterator[tuple[str, str]]:
    """What every mail has, and in mail that was delivered what the last server adds."""
    _, author = parseaddr(next((value for key, value in fields if key == "From"), ""))
    if not family.is_sent:
        yield "Delivered-To", person.me
        yield "Return-Path", f"<{author}>"
    yield "To", person.me if not family.is_sent else person.address
    yield "Date", "Tue, 25 Nov 2025 10:15:00 +0000"
    yield "Message-ID", f"<{person.word('hex', chance)}@{author.rpartition('@')[2] or 'mail.invalid'}>"
    yield "MIME-Version", "1.0"
    yield "Content-Type", 'multipart/alternative; boundary="000000000000b1"'


def _encoded(key: str, value: str, chance: random.Random) -> str:
    """Letters beyond ASCII travel as encoded words; some senders leave them raw."""
    if value.isascii() or chance.random() < 0.2:
        return value
    if key.lower() in {"from", "sender", "reply-to", "to", "cc"}:
        name, address = parseaddr(value)
        return formataddr((name, address)) if address.isascii() else value
    return Header(value, "utf-8", maxlinelen=10_000).encode()
