"""Add a section with our fields to the Account and Task layouts of an org, and leave everything else in them as it is.

A layout that comes with a package replaces the org's own whole, so none is shipped. ``install.py --layouts`` retrieves,
changes and deploys them; by hand (Python alone is needed):

    sf project retrieve start --metadata "Layout:Account-*" --metadata "Layout:Task-*" --output-dir layouts
    find layouts -name '*.layout-meta.xml' -exec python3 scripts/add_layout_sections.py {} +
    sf project deploy start --source-dir layouts
    rm -r layouts
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

FIRST = re.compile(r"^[ \t]*<layoutSections>", re.MULTILINE)


@dataclass(frozen=True)
class Section:
    """``behavior`` is Edit for what a person sets and Readonly for what the server writes."""

    label: str
    left: tuple[str, ...]
    right: tuple[str, ...]
    behavior: str


ACCOUNT = Section("Email Sync", ("Email_Domain__c",), ("Email_Only_Sync_Contact_Matches__c",), "Edit")
TASK = Section(
    "Email",
    ("From_Address__c", "To_Addresses__c", "Cc_Addresses__c"),
    ("Sent_At__c", "Direction__c", "Mailbox__c"),
    "Readonly",
)
SECTIONS = {"Account": ACCOUNT, "PersonAccount": ACCOUNT, "Task": TASK}
"""By the first word of a layout's file name, which is its object."""


def find_section(path: Path) -> Section:
    """Raises ValueError for the layout of another object."""
    section = SECTIONS.get(path.name.partition("-")[0])
    if section is None:
        raise ValueError("this is no layout of an account or a task")
    return section


def list_missing(layout: str, section: Section, namespace: str = "") -> list[str]:
    """The fields of the section that the layout does not have yet."""
    names = (_with_namespace(name, namespace) for name in (*section.left, *section.right))
    return [name for name in names if f"<field>{name}</field>" not in layout]


def with_section(layout: str, section: Section = ACCOUNT, namespace: str = "") -> str:
    """The layout's text with the section before its second one, or as it was where it has the fields.

    Raises ValueError for a file that is no layout with sections.
    """
    missing = list_missing(layout, section, namespace)
    if not missing:
        return layout
    places = [found.start() for found in FIRST.finditer(layout)]
    if "<Layout " not in layout or not places:
        raise ValueError("this is no layout with sections")
    at = places[min(1, len(places) - 1)]
    newline = "\r\n" if "\r\n" in layout else "\n"
    return layout[:at] + newline.join(_write(section, missing, namespace)) + newline + layout[at:]


def _write(section: Section, missing: list[str], namespace: str) -> list[str]:
    """Two columns, with the fields that are missing."""
    lines = [
        "    <layoutSections>",
        "        <customLabel>true</customLabel>",
        "        <detailHeading>false</detailHeading>",
    ]
    lines += ["        <editHeading>true</editHeading>", f"        <label>{section.label}</label>"]
    for column in (section.left, section.right):
        names = [name for name in (_with_namespace(each, namespace) for each in column) if name in missing]
        lines += ["        <layoutColumns>"] if names else ["        <layoutColumns/>"]
        for name in names:
            lines += ["            <layoutItems>", f"                <behavior>{section.behavior}</behavior>"]
            lines += [f"                <field>{name}</field>", "            </layoutItems>"]
        lines += ["        </layoutColumns>"] if names else []
    return [*lines, "        <style>TwoColumnsTopToBottom</style>", "    </layoutSections>"]


def _with_namespace(name: str, namespace: str) -> str:
    return f"{namespace}__{name}" if namespace else name


def add_section(path: Path, namespace: str = "") -> list[str]:
    """The fields that were added to the file. Raises OSError or ValueError, with nothing changed."""
    section = find_section(path)
    before = path.read_bytes().decode("utf-8")
    missing = list_missing(before, section, namespace)
    after = with_section(before, section, namespace)
    if after != before:
        path.write_bytes(after.encode("utf-8"))
    return missing


def main(arguments: list[str]) -> int:
    namespace = next((a.partition("=")[2] for a in arguments if a.startswith("--namespace=")), "")
    paths = [Path(argument) for argument in arguments if not argument.startswith("--")]
    if not paths:
        print("Name the layout files, such as Account-Account Layout.layout-meta.xml.", file=sys.stderr)
        return 2
    failed = 0
    for path in paths:
        try:
            added = add_section(path, namespace)
        except (OSError, ValueError) as error:
            print(f"{path}: {error}. Nothing was changed in it.", file=sys.stderr)
            failed = 1
            continue
        print(f"{path}: {'section added' if added else 'has the fields already'}")
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
