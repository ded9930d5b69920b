"""The bounce collection, labelled by its own file names."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

from bench.authorship.samples import Sample, read_headers_of
from server.rules.authorship.rule import AuthorKind

ARCHIVE = Path(__file__).parent / "bounces" / "headers.zip"
KINDS = {"arf": (AuthorKind.NOTIFICATION, AuthorKind.BOUNCE), "rfc3834": (AuthorKind.AUTO_REPLY,)}
KNOWN_MISSES = ARCHIVE.parent / "known.tsv"
BOUNCE = (AuthorKind.BOUNCE, AuthorKind.NOTIFICATION)


def read_samples() -> Iterator[Sample]:
    lines = KNOWN_MISSES.read_text("utf-8").splitlines()
    misses = dict(line.split("\t", 1) for line in lines if not line.startswith("#"))
    with zipfile.ZipFile(ARCHIVE) as archive:
        for name in archive.namelist():
            kinds = KINDS.get(name.partition("-")[0], BOUNCE)
            yield Sample(name, read_headers_of(archive.read(name)), kinds, miss=misses.get(name, ""))
