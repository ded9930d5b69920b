"""What was given to `make try`, looked at before the long work. Every fault is one sentence with the way out of it."""

from __future__ import annotations

import re
from pathlib import Path

from simulator.mbox import LONGEST, SEPARATOR
from simulator.world import WorldError

WHERE = "the mbox lies in it under Takeout/Mail/, such as Takeout/Mail/All mail.mbox"
"""In Google's archive."""
_ADDRESS = re.compile(r"[a-z0-9.!#$%&'*+=?^_{|}~-]+@[a-z0-9-]+(\.[a-z0-9-]+)+")
_HEADER = re.compile(rb"[!-9;-~]+:[ \t]")
_MAGIC = (
    (b"PK\x03\x04", f"is a zip archive: unpack it first, {WHERE}."),
    (b"\x1f\x8b", f"is a packed archive (tgz): unpack it first, {WHERE}."),
    (b"!BDN", "is an Outlook PST, and this reads Gmail's own exports: make one at takeout.google.com."),
)


def export_at(text: str) -> Path:
    """The mbox. Raises WorldError."""
    if not text:
        raise WorldError(
            "Say which export: make try MBOX=file.mbox ME=you@company.com (from takeout.google.com, Mail)."
        )
    path = Path(text).expanduser()
    if path.is_dir():
        raise WorldError(_of_folder(path))
    try:
        with path.open("rb") as file:
            beginning = file.read(LONGEST)
    except OSError as error:
        raise WorldError(f"MBOX={text} cannot be read: {error.strerror}.") from None
    if fault := _fault(beginning):
        raise WorldError(f"MBOX={text} {fault}")
    return path.resolve()


def own_address(text: str) -> str:
    """Lower-cased. Raises WorldError."""
    if not text:
        raise WorldError("Say whose export it is: make try MBOX=file.mbox ME=you@company.com")
    if not _ADDRESS.fullmatch(text.strip().lower()):
        raise WorldError(f"ME={text} is no email address: say the one of the mailbox, such as ME=you@company.com")
    return text.strip().lower()


def _fault(beginning: bytes) -> str | None:
    if not beginning:
        return "is empty: the export may not have been unpacked to the end."
    for magic, words in _MAGIC:
        if beginning.startswith(magic):
            return words
    first = beginning.partition(b"\n")[0]
    if SEPARATOR.match(first):
        return None
    if _HEADER.match(first):
        return "is a single email, not an mbox: make explain FILE=... decides one email."
    return 'is not an mbox: its first line does not begin with "From ".'


def _of_folder(path: Path) -> str:
    found = sorted(path.glob("**/*.mbox"))[:3]
    if found:
        names = " or ".join(str(each) for each in found)
        return f"MBOX={path} is a folder: say the file, {names}."
    return f"MBOX={path} is a folder without an .mbox file: in an unpacked export {WHERE.replace('in it ', '')}."
