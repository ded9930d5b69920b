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

from bench.authorship.cast import Cast, make_cast
from bench.authorship.samples import Sample, keep_read_headers
from server.rules.authorship.rule import AuthorKind

FOLDER = Path(__file__).parent / "second"
TIMES = 3
_HOLE = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Family:
    """``kinds`` are those that are right, the label first; ``times``: how often each variant is filled in.

    ``is_late``: written after the rule was finished, and judged once before the rule was changed.
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


def read_families(folder: Path = FOLDER) -> list[Family]:
    return [_read_family(path) for path in sorted(folder.glob("*.txt"))]


def make_samples(*, is_late: bool | None = None, folder: Path = FOLDER) -> Iterator[Sample]:
    """The samples that were written late, or early, or all."""
    for family in read_families(folder):
        if is_late is not None and family.is_late is not is_late:
            continue
        for number, variant in enumerate(family.variants):
            for time in range(family.times):
                yield _fill_variant(family, variant, f"{family.name}-{number + 1}{chr(97 + time)}")


def _read_family(path: Path) -> Family:
    head, _, body = path.read_text(encoding="utf-8").partition("\n\n")
    head_fields = dict(_read_field(line) for line in head.splitlines())
    variants = tuple(
        tuple(_read_field(line) for line in block.strip().splitlines()) for block in re.split(r"(?m)^---$", body)
    )
    return Family(
        name=path.stem,
        kinds=tuple(AuthorKind(kind) for kind in head_fields["label"].split("|")),
        why=head_fields["why"],
        variants=variants,
        times=int(head_fields.get("times", TIMES)),
        is_sent=head_fields.get("sent") == "yes",
        own_group=head_fields.get("group") == "yes",
        is_late=head_fields.get("late") == "yes",
        miss=head_fields.get("known_miss", ""),
    )


def _read_field(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon:
        raise ValueError(f"Not a header: {line!r}")
    return name.strip(), value.strip()


def _fill_variant(family: Family, variant: tuple[tuple[str, str], ...], name: str) -> Sample:
    chance = random.Random(name)
    person = make_cast(chance)
    fields = [(key, _fill(value, person, chance)) for key, value in variant]
    fields += [pair for pair in _usual_headers(fields, person, chance, family) if pair[0] not in {k for k, _ in fields}]
    if chance.random() < 0.5:
        chance.shuffle(fields)
    if chance.random() < 0.25:
        fields = [(key.lower(), value) for key, value in fields]
    return Sample(
        name,
        keep_read_headers((key, _encode_value(key, value, chance)) for key, value in fields),
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


def _usual_headers(
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


def _encode_value(key: str, value: str, chance: random.Random) -> str:
    """Letters beyond ASCII travel as encoded words; some senders leave them raw."""
    if value.isascii() or chance.random() < 0.2:
        return value
    if key.lower() in {"from", "sender", "reply-to", "to", "cc"}:
        name, address = parseaddr(value)
        return formataddr((name, address)) if address.isascii() else value
    return Header(value, "utf-8", maxlinelen=10_000).encode()
