"""The section on the org's own layouts: retrieved, shown, deployed; a layout that has the fields is not touched."""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from installer.parts import SCRATCH
from installer.sf import Sf

KINDS = ("Account", "PersonAccount", "Task")
FOLDER = f"{SCRATCH}/layouts"


class Layouts:
    """``changed`` counts the layouts that get a section, once ``prepare`` has looked."""

    def __init__(self, sf: Sf, project: Path, say: Callable[[str], None]) -> None:
        self._sf = sf
        self._project = project
        self._say = say
        self.changed = 0

    def prepare(self) -> tuple[str, ...]:
        """Retrieves the layouts and changes them here, not in the org. Returns Salesforce's problems."""
        folder = self._project / FOLDER
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        listed = self._sf.run("org", "list", "metadata", "--metadata-type", "Layout")
        if not listed.is_done:
            return listed.problems
        names = sorted(_list_own_layouts(listed.result))
        if not names:
            return (
                "The org lists no layout of accounts or tasks. scripts/add_layout_sections.py says the way by hand.",
            )
        wanted = (word for name in names for word in ("--metadata", f"Layout:{name}"))
        answer = self._sf.run("project", "retrieve", "start", *wanted, "--output-dir", FOLDER)
        if not answer.is_done:
            return answer.problems
        problems = []
        for path in sorted(folder.rglob("*.layout-meta.xml")):
            try:
                added = _script().add_section(path)
            except (OSError, ValueError) as error:
                problems.append(f"Layout {path.name.partition('.')[0]}: {error}. It is left as it is.")
                added = []
            name = path.name.removesuffix(".layout-meta.xml")
            if added:
                self.changed += 1
                self._say(f"  Layout {name} gets: {', '.join(added)}")
            else:
                self._say(f"  Layout {name} stays as it is.")
                path.unlink()
        return tuple(problems)

    def deploy(self) -> tuple[str, ...]:
        return self._sf.deploy([FOLDER]).problems


def _list_own_layouts(listed: Any) -> Iterator[str]:
    """A managed package's layouts are its own."""
    for each in listed if isinstance(listed, list) else [listed]:
        name = str(each.get("fullName")) if isinstance(each, dict) and not each.get("namespacePrefix") else ""
        if name.partition("-")[0] in KINDS:
            yield name


def _script() -> Any:
    """The script that an admin can also run by itself. It stands beside this package, on the path of install.py."""
    return importlib.import_module("scripts.add_layout_sections")
