"""Make the source of a managed package from this one: without what such a package cannot carry, and with a start.

    python3 salesforce/scripts/make_managed_source.py TrulyActivity build/managed

A managed package carries no right on a standard object or field and none of a user: ``rights-beside-package`` has
those of the integration user, and is deployed beside it. Nobody outside may call the package's classes, so a class
of it fills the accounts and schedules the night after each installation. Names get their namespace from Salesforce.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
PARTS = ("core", "domains", "reports", "reports-by-rep")
NAMESPACE = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9]){0,14}")
_OWN = re.compile(r"<(?:field|object)>(?:[\w]+\.)?\w+__c</")
_RIGHT = re.compile(r"    <(fieldPermissions|objectPermissions|userPermissions)>.*?</\1>\n", re.DOTALL)
INSTALLED = """\
/** Runs after each installation and upgrade of the package: fills the accounts and schedules the night. */
@SuppressWarnings('PMD.AvoidGlobalModifier')
global without sharing class PackageInstalled implements InstallHandler {
  global void onInstall(InstallContext context) {
    AccountDomainBatch.start();
  }
}
"""


def make_source(namespace: str, target: Path) -> None:
    """Raises ValueError for a name that is no namespace, and FileExistsError where something is there."""
    if not NAMESPACE.fullmatch(namespace):
        raise ValueError(f"{namespace} is no namespace: letters, digits and single underscores, at most 15.")
    target.mkdir(parents=True)
    for part in PARTS:
        shutil.copytree(PROJECT / part, target / part)
    for path in target.rglob("*.permissionset-meta.xml"):
        text = path.read_text(encoding="utf-8")
        path.write_text(_RIGHT.sub(lambda right: right[0] if _OWN.search(right[0]) else "", text), encoding="utf-8")
    classes = target / "domains" / "main" / "default" / "classes"
    (classes / "PackageInstalled.cls").write_text(INSTALLED, encoding="utf-8")
    shutil.copy(classes / "AccountDomainBatch.cls-meta.xml", classes / "PackageInstalled.cls-meta.xml")
    project = json.loads((PROJECT / "sfdx-project.json").read_text(encoding="utf-8"))
    folders = [{"path": part, **({"default": True} if part == PARTS[0] else {})} for part in PARTS]
    project |= {"namespace": namespace, "packageDirectories": folders}
    (target / "sfdx-project.json").write_text(json.dumps(project, indent=2) + "\n", encoding="utf-8")
    shutil.copy(PROJECT / ".prettierrc", target / ".prettierrc")


def main(arguments: list[str]) -> int:
    if len(arguments) != 2:
        print("Say the namespace and a new folder: make_managed_source.py TrulyActivity build/managed", file=sys.stderr)
        return 2
    try:
        make_source(arguments[0], Path(arguments[1]))
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
