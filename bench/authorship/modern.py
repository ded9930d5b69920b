"""The made-up set: families in TOML, filled in with people, firms and variations. Its README argues the labels."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from email.header import Header
from pathlib import Path
from typing import Any

from bench.authorship.samples import Sample, read_headers_of
from server.rules.authorship.rule import AuthorKind

FOLDER = Path(__file__).parent / "modern"
LEAST = 5
"""Messages of a family."""
NAMES = (
    "Ada Byron", "Jörg Müller", "Zoë van Dijk", "María Peña", "Łukasz Nowak", "Søren Østergaard", "O'Brien, Pat",
    "山田 太郎", "Иван Петров", "김민수", "Élodie Lefèvre", "Ngô Bảo", "Δήμητρα Παππά", "محمد علي",
)  # fmt: skip
LOCALS = (
    "ada.byron", "j.mueller", "zoe", "maria_pena", "lukasz.nowak", "soren", "pat.obrien", "t.yamada", "ivan.petrov",
    "minsu.kim", "elodie", "bao.ngo", "dpappa", "m.ali",
)  # fmt: skip
FIRMS = (
    "byron.example", "lampenhaus.example", "nova-licht.example", "mail.kestrel.example", "harbor.co.example",
    "x1.example", "brandt-ag.example",
)  # fmt: skip


def make_samples() -> Iterator[Sample]:
    """In the order of the files."""
    for path in sorted(FOLDER.glob("*.toml")):
        for family in tomllib.loads(path.read_text("utf-8"))["family"]:
            yield from _fill_family(family)


def is_held_out(sample: Sample) -> bool:
    """Half of the messages, on which nothing was tuned."""
    return hashlib.sha256(sample.name.encode()).digest()[0] % 2 == 1


def _fill_family(family: Mapping[str, Any]) -> Iterator[Sample]:
    kinds = tuple(AuthorKind(kind) for kind in family.get("kinds", ())) or (AuthorKind(family["label"]),)
    label = AuthorKind(family["label"])
    for number in range(max(LEAST, len(family["vary"]))):
        filled = _fill_headers(family, number)
        variation = family["vary"][number % len(family["vary"])]
        yield Sample(
            name=f"{family['name']}-{number:02d}",
            headers=read_headers_of(_encode_lines(filled)),
            kinds=(label, *(kind for kind in kinds if kind is not label)),
            is_outbound=family.get("outbound", False),
            own_group=family.get("own_group", False),
            label_ids=frozenset(family.get("labels", ("INBOX",))),
            miss=family.get("miss", {}).get(variation, ""),
        )


def _fill_headers(family: Mapping[str, Any], number: int) -> str:
    seed = hashlib.sha256(f"{family['name']}.{number}".encode()).hexdigest()
    who = int(seed[:4], 16) % len(NAMES)
    second = family.get("vary2", [""])
    places = {
        "name": _write_phrase(NAMES[who]), "local": LOCALS[who], "co": FIRMS[int(seed[4:8], 16) % len(FIRMS)],
        "me": "rita@acme.example", "me_at": "rita=acme.example", "mename": "Rita Vale",
        "n": str(int(seed[8:12], 16) % 900 + 100), "hex": seed[:32], "hex8": seed[32:40],
        "date": f"Mon, {number % 27 + 1:02d} Jun 2026 09:{number % 60:02d}:00 +0200",
        "uuid": f"{seed[:8]}-{seed[8:12]}-4{seed[13:16]}-8{seed[17:20]}-{seed[20:32]}",
        **{key: value for key, value in family.items() if isinstance(value, str) and key != "headers"},
        "v": family["vary"][number % len(family["vary"])], "v2": second[number % len(second)],
    }  # fmt: skip
    text: str = family["headers"]
    for _ in range(2):  # a variation may hold places of its own
        for place, value in places.items():
            text = text.replace("{" + place + "}", value)
    return text


def _write_phrase(name: str) -> str:
    """As a mail program writes a display name."""
    if not name.isascii():
        return Header(name, "utf-8").encode()
    return f'"{name}"' if any(c in name for c in ",'") else name


def _encode_lines(text: str) -> bytes:
    """Header lines with their non-ASCII values as encoded words, as all but the oldest systems send them."""
    lines = []
    for line in text.strip().splitlines():
        field, colon, value = line.partition(":")
        value = value.strip()
        if not value.isascii() and field.lower() == "subject":
            value = Header(value, "utf-8", maxlinelen=10_000).encode()
        lines.append(f"{field}{colon} {value}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8")
