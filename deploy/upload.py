"""What ``.gcloudignore`` lets travel, read as gcloud reads it, without gcloud; and what may not travel all the same.

gcloud is given a copy of these files, so what is refused or left out here does not reach it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

from deploy.gcloud import DeployError

IGNORE_FILE = ".gcloudignore"
EVERYTHING = "."
"""The library's expression for a line ``*``."""
KEY = re.compile(
    rb"-----BEGIN [A-Z ]*PRIVATE KEY-----|^\s*(?:\d+\s+)?[0-9a-f]{64}\s*$"
    rb"|[\"']type[\"']\s*:\s*[\"']service_account[\"']|[\"']private_key(?:_id)?[\"']\s*:",
    re.MULTILINE,
)
"""A private key in PEM form, a line of a hash key or of a work key, and the key of a service account."""


def list_uploads(folder: Path) -> list[str]:
    """The files that travel from the folder, relative to it, in order of name."""
    lines = (folder / IGNORE_FILE).read_text(encoding="utf-8").splitlines()
    return sorted(_walk(folder, [GitIgnoreSpecPattern(line) for line in lines]))


def check_uploads(folder: Path) -> list[str]:
    """The names of what travels.

    Raises DeployError for a link, for a file that git does not track, and for one that looks like a key. Where the
    folder is no clone of git, the other two are looked for all the same.
    """
    names = list_uploads(folder)
    if problems := _find_problems(folder, names):
        raise DeployError("\n".join(problems))
    return names


def copy_uploads(folder: Path, target: Path) -> list[str]:
    """Copies what travels, and nothing else. ``target`` is emptied first. Returns the names.

    Raises DeployError as ``check_uploads``.
    """
    shutil.rmtree(target, ignore_errors=True)
    names = check_uploads(folder)
    for name in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / name, target / name)
    return names


def _find_problems(folder: Path, names: Sequence[str]) -> list[str]:
    """A sentence for each file that would travel and may not. What stands in it is not repeated."""
    tracked = _list_tracked(folder)
    problems = []
    for name in names:
        if (folder / name).is_symlink():
            problems.append(f"{name} is a link, and what it leads to would travel. Remove it.")
        elif tracked is not None and name not in tracked:
            problems.append(f"{name} would travel, and git does not track it. Remove it, or add it to git.")
        elif KEY.search((folder / name).read_bytes()):
            problems.append(f"{name} would travel, and it looks like a key. Keep keys outside the code.")
    return problems


def _list_tracked(folder: Path) -> set[str] | None:
    """What git tracks there; None where the folder is no clone. Raises DeployError where git does not answer."""
    if not (folder / ".git").exists():
        return None
    # A repository further up says nothing of this folder.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"GIT_CEILING_DIRECTORIES": str(folder.resolve().parent), "LC_ALL": "C"}
    try:
        answer = subprocess.run(  # noqa: S603  # fixed words and our own folder
            ["git", "-C", str(folder.resolve()), "ls-files", "-z"],  # noqa: S607  # whichever git the person has
            env=environment,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        return None
    if answer.returncode == 0:
        return set(os.fsdecode(answer.stdout).split("\0"))
    complaint = os.fsdecode(answer.stderr).strip()
    if "not a git repository" in complaint:
        return None
    raise DeployError(f"Which files git tracks is not known. {complaint}")


def _walk(folder: Path, patterns: Sequence[GitIgnoreSpecPattern]) -> Iterator[str]:
    """Below an ignored folder nothing returns, whatever a later line says. No link to a folder is followed."""
    for here, folders, names in os.walk(folder):
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
