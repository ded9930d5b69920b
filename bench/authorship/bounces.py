"""Bounces of many mail programs: the headers of ``set-of-emails`` (BSD-2, see ``data/bounces.LICENSE``)."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

from bench.authorship.files import headers_of
from bench.authorship.sample import Sample, prepared
from server.rules.authorship import AuthorKind

ARCHIVE = Path(__file__).parent / "data" / "bounces.zip"
MISSES = Path(__file__).parent / "data" / "bounces.tsv"
_KINDS = {
    "bsd/lhost-sendmail-14": AuthorKind.PERSON,  # somebody forwards a bounce
    "bsd/rfc3834-": AuthorKind.AUTO_REPLY,
    "bsd/arf-": AuthorKind.NOTIFICATION,
    "not/is-not": AuthorKind.PERSON,
}
"""By the beginning of the name; all others are bounces."""


def samples() -> Iterator[Sample]:
    misses = dict(line.split("\t") for line in MISSES.read_text().splitlines())
    with zipfile.ZipFile(ARCHIVE) as archive:
        for name in archive.namelist():
            if not name.endswith(".eml"):
                continue
            kind = next((k for start, k in _KINDS.items() if name.startswith(start)), AuthorKind.BOUNCE)
            headers = headers_of(archive.read(name))
            yield prepared(Sample(name, "bounces", kind, headers, known_miss=misses.get(name, "")))
