"""Taking the package out again: what uses a thing goes before it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from installer.org import read_org
from installer.parts import SCRATCH
from installer.sf import InstallError, Sf

ORDER = (
    ("dashboards/*/*.dashboard-meta.xml", "Dashboard"),
    ("reports/*/*.report-meta.xml", "Report"),
    ("reportTypes/*-meta.xml", "ReportType"),
    ("triggers/*-meta.xml", "ApexTrigger"),
    ("classes/*-meta.xml", "ApexClass"),
    ("staticresources/*-meta.xml", "StaticResource"),
    ("permissionsets/*-meta.xml", "PermissionSet"),
    ("objects/*/listViews/*-meta.xml", "ListView"),
    ("objects/*__mdt/*-meta.xml", "CustomObject"),
    ("objects/*__c/*-meta.xml", "CustomObject"),
    ("objects/*/fields/*-meta.xml", "CustomField"),
)
"""Files, and what Salesforce calls what they hold."""
PARTS = ("reports-by-rep", "reports", "domains")
_PACKAGE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<Package xmlns="http://soap.sforce.com/2006/04/metadata">\n'
    "{types}    <version>65.0</version>\n</Package>\n"
)


@dataclass(frozen=True)
class Removal:
    sf: Sf
    project: Path
    say: Callable[[str], None]
    ask: Callable[[str], bool]

    def run(self, *, with_fields: bool) -> bool:
        """Whether all is gone. Raises InstallError where the admin says no."""
        org = read_org(self.sf)
        self.say(f"The org is {org}.")
        parts = (*PARTS, *(("core",) if with_fields else ()))
        for part in parts:
            self.say(f"{part}: {', '.join(name for _, name in self._list(part))}")
        question = f"Remove this from {org}?"
        if with_fields:
            question = (
                f"Remove this from {org}, and with the fields all that they hold (Salesforce keeps it for 15 days)?"
            )
        if not self.ask(question):
            raise InstallError("Nothing was removed.")
        try:
            return self._remove(parts)
        finally:
            shutil.rmtree(self.project / SCRATCH, ignore_errors=True)

    def _remove(self, parts: tuple[str, ...]) -> bool:
        for step in ("stop", "unassign"):
            if not self._is_done(f"apex/{step}.apex", self.sf.run_apex(step).problems):
                return False
        return all(self._is_done(part, self._delete(part)) for part in parts)

    def _is_done(self, step: str, problems: tuple[str, ...]) -> bool:
        for problem in problems:
            self.say(f"  {problem}")
        self.say(f"{step}: {'NOT DONE. Mend what the sentences name, and run this again.' if problems else 'done'}")
        return not problems

    def _delete(self, part: str) -> tuple[str, ...]:
        folder = self.project / SCRATCH / "removal"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.xml").write_text(_PACKAGE.format(types=""), encoding="utf-8")
        types = "".join(
            f"    <types><members>{escape(name)}</members><name>{kind}</name></types>\n"
            for kind, name in self._list(part)
        )
        (folder / "destructiveChanges.xml").write_text(_PACKAGE.format(types=types), encoding="utf-8")
        place = f"{SCRATCH}/removal"
        manifests = ("--manifest", f"{place}/package.xml", "--post-destructive-changes")
        return self.sf.deploy((), *manifests, f"{place}/destructiveChanges.xml").problems

    def _list(self, part: str) -> Iterator[tuple[str, str]]:
        root = self.project / part / "main" / "default"
        for pattern, kind in ORDER:
            for path in sorted(root.glob(pattern)):
                name = path.name.partition(".")[0]
                owner = path.parent.parent.name
                if kind in {"CustomField", "ListView"}:
                    # The fields of an object of the package go with it.
                    if "__" not in owner:
                        yield kind, f"{owner}.{name}"
                elif kind in {"Report", "Dashboard"}:
                    yield kind, f"{path.parent.name}/{name}"
                else:
                    yield kind, name
