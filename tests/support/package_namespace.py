"""The package as it stands in an org that installed it with a namespace: every name of its own has the prefix."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support import package

REFERENCES = frozenset({".xml", ".cls", ".trigger"})
FOLDERED = re.compile(r"(?<=<report>)(\w+)/(\w+)(?=</report>)")


def list_own_names(project: Path) -> frozenset[str]:
    """Custom fields, objects and report types, as references to them spell them."""
    fields = package.fields(project)
    types = {f"{path.name.partition('.')[0]}__c" for path in package.find_files(project, "reportTypes/*-meta.xml")}
    owners = {path.name for path in package.find_files(project, "objects/*") if "__" in path.name}
    return frozenset({name for held in fields.values() for name in held} | types | owners)


def render(project: Path, namespace: str) -> None:
    """Renames within the copy ``project``: references first, then files and folders."""
    own = list_own_names(project)
    pattern = re.compile(rf"(?<!\w)({'|'.join(sorted(own, key=len, reverse=True))})(?!\w)")
    for path in list(package.find_files(project, "**/*")):
        if path.suffix in REFERENCES:
            text = pattern.sub(rf"{namespace}__\1", path.read_text(encoding="utf-8"))
            text = FOLDERED.sub(rf"{namespace}__\1/{namespace}__\2", text)
            path.write_text(text, encoding="utf-8")
    for pattern_of_files in (
        "objects/*__*/*.object-meta.xml",
        "objects/*/fields/*",
        "reportTypes/*",
        "reports/*/*",
        "dashboards/*/*",
    ):
        for path in package.find_files(project, pattern_of_files):
            path.rename(path.with_name(f"{namespace}__{path.name}"))
    for pattern_of_folders in ("objects/*__*", "reports/*", "dashboards/*"):
        for path in package.find_files(project, pattern_of_folders):
            path.rename(path.with_name(f"{namespace}__{path.name}"))
