"""The deployables, and copies of them without rights that the org does not know."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

SCRATCH = "install-scratch"
"""A folder of the project for copies and layouts; removed at the end. sf passes over names that begin with a dot."""
_BLOCK = r"    <{tag}>(?:(?!</{tag}>).)*<{name}>{value}</{name}>(?:(?!</{tag}>).)*</{tag}>\n"
_NAMED = re.compile(r"\b[A-Z][A-Za-z]+\.[A-Z][A-Za-z]+\b")
_USER_RIGHT = re.compile(r"user permission:? ?(\w+)", re.IGNORECASE)
_COUNTED = {
    "fields": "objects/*/fields/*-meta.xml",
    "permission sets": "permissionsets/*-meta.xml",
    "list views": "objects/*/listViews/*-meta.xml",
    "classes": "classes/*.cls",
    "triggers": "triggers/*.trigger",
    "static resources": "staticresources/*.resource-meta.xml",
    "report types": "reportTypes/*-meta.xml",
    "reports": "reports/*/*-meta.xml",
    "dashboards": "dashboards/*/*-meta.xml",
}


@dataclass(frozen=True)
class Part:
    """``needs`` is deployed before it, and is checked together with it."""

    name: str
    title: str
    needs: tuple[str, ...] = ()


CORE = Part("core", "Fields, permission sets and list views, without Apex")
DOMAINS = Part("domains", "Email domains of accounts: Apex, with its tests", ("core",))
REPORTS = Part("reports", "Report types, reports and the dashboard", ("core",))
BY_REP = Part("reports-by-rep", "Response time by rep", ("core", "reports"))


def list_tests(project: Path) -> list[str]:
    return sorted(path.stem for path in (project / "domains").rglob("*Test.cls"))


def count_contents(project: Path, part: Part) -> str:
    folder = project / part.name / "main" / "default"
    counts = {name: len(list(folder.glob(pattern))) for name, pattern in _COUNTED.items()}
    return ", ".join(
        f"{count} {name if count > 1 else name.removesuffix('s')}" for name, count in counts.items() if count
    )


def find_unknown_rights(problems: tuple[str, ...]) -> set[str]:
    """Standard fields and rights of users that a permission set names and the org does not take in one.

    Which standard fields take a right differs by edition and version, and a single one refuses the whole deployment.
    """
    rights: set[str] = set()
    for problem in problems:
        if problem.startswith("PermissionSet "):
            rights |= {name for name in _NAMED.findall(problem) if not name.endswith("__c")}
            rights |= set(_USER_RIGHT.findall(problem))
    return rights


def copy_without(project: Path, part: str, rights: set[str]) -> str:
    """The folder of a copy whose permission sets lack these rights, relative to the project."""
    copy = Path(SCRATCH, part)
    shutil.rmtree(project / copy, ignore_errors=True)
    shutil.copytree(project / part, project / copy)
    for path in (project / copy).rglob("*.permissionset-meta.xml"):
        text = path.read_text(encoding="utf-8")
        for right in rights:
            tag, name = ("fieldPermissions", "field") if "." in right else ("userPermissions", "name")
            pattern = _BLOCK.format(tag=tag, name=name, value=re.escape(right))
            text = re.sub(pattern, "", text, flags=re.DOTALL)
        path.write_text(text, encoding="utf-8")
    return copy.as_posix()
