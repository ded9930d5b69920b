"""What ``.gcloudignore`` lets travel, read as gcloud reads it, without gcloud."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

IGNORE_FILE = ".gcloudignore"
EVERYTHING = "."
"""The library's expression for a line ``*``."""


def list_uploads(folder: Path) -> list[str]:
    """The files that travel from the folder, relative to it, in order of name."""
    lines = (folder / IGNORE_FILE).read_text(encoding="utf-8").splitlines()
    return sorted(_walk(folder, [GitIgnoreSpecPattern(line) for line in lines]))


def copy_uploads(folder: Path, target: Path) -> list[str]:
    """Copies what travels, and nothing else. ``target`` is emptied first. Returns the names."""
    shutil.rmtree(target, ignore_errors=True)
    names = list_uploads(folder)
    for name in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / name, target / name)
    return names


def _walk(folder: Path, patterns: Sequence[GitIgnoreSpecPattern]) -> Iterator[str]:
    """Below an ignored folder nothing returns, whatever a later line says. Links are followed, as gcloud does."""
    for here, folders, names in os.walk(folder, followlinks=True):
        inside = Path(here).relative_to(folder).as_posix()
        prefix = "" if inside == "." else f"{inside}/"
        yield from (prefix + name for name in names if _travels(prefix + name, patterns))
        folders[:] = [name for name in folders if _travels(f"{prefix}{name}/", patterns)]


def _travels(path: str, patterns: Sequence[GitIgnoreSpecPattern]) -> bool:
    """The last line that means the path decides. A folder's path ends with a slash."""
    verdicts = [pattern.include for pattern in patterns if pattern.include is not None and _means(pattern, path)]
    return not (verdicts and verdicts[-1])


def _means(pattern: GitIgnoreSpecPattern, path: str) -> bool:
    """Whether a line means the path itself: the library also finds what lies below a folder that the line means."""
    expression = pattern.regex
    match = expression.match(path) if expression else None
    if expression is None or match is None:
        return False
    if expression.pattern == EVERYTHING:
        return True
    if expression.pattern.endswith("/"):  # a line that ends with /** means what lies inside, and not the folder
        return match.end() < len(path)
    return match.end() == len(path)
