"""Add the section "Email Sync" to the Account layouts of an org, and leave everything else in them as it is.

A layout that comes with a package replaces the org's own whole, so none is shipped. Needs Python alone:

    sf project retrieve start --metadata "Layout:Account-*" --output-dir account-layouts --target-org customer
    find account-layouts -name '*.layout-meta.xml' -exec python3 scripts/add_account_section.py {} +
    sf project deploy start --source-dir account-layouts --target-org customer
    rm -r account-layouts
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

FIELDS = ("Email_Domain__c", "Email_Only_Sync_Contact_Matches__c")
LABEL = "Email Sync"
FIRST = re.compile(r"^[ \t]*<layoutSections>", re.MULTILINE)


def with_section(layout: str, namespace: str = "") -> str:
    """The layout's text with the section before its second one, or as it was where it has the fields.

    Raises ValueError for a file that is no layout with sections.
    """
    names = [f"{namespace}__{field}" if namespace else field for field in FIELDS]
    missing = [name for name in names if f"<field>{name}</field>" not in layout]
    if not missing:
        return layout
    places = [found.start() for found in FIRST.finditer(layout)]
    if "<Layout " not in layout or not places:
        raise ValueError("this is no layout with sections")
    at = places[min(1, len(places) - 1)]
    newline = "\r\n" if "\r\n" in layout else "\n"
    return layout[:at] + newline.join(_section(missing)) + newline + layout[at:]


def _section(names: list[str]) -> list[str]:
    """Two columns, a field in each."""
    columns = [names[:1], names[1:]]
    lines = [
        "    <layoutSections>",
        "        <customLabel>true</customLabel>",
        "        <detailHeading>false</detailHeading>",
    ]
    lines += ["        <editHeading>true</editHeading>", f"        <label>{LABEL}</label>"]
    for column in columns:
        lines += ["        <layoutColumns>"] if column else ["        <layoutColumns/>"]
        for name in column:
            lines += ["            <layoutItems>", "                <behavior>Edit</behavior>"]
            lines += [f"                <field>{name}</field>", "            </layoutItems>"]
        lines += ["        </layoutColumns>"] if column else []
    return [*lines, "        <style>TwoColumnsTopToBottom</style>", "    </layoutSections>"]


def main(arguments: list[str]) -> int:
    namespace = next((a.partition("=")[2] for a in arguments if a.startswith("--namespace=")), "")
    paths = [Path(argument) for argument in arguments if not argument.startswith("--")]
    if not paths:
        print("Name the layout files, such as Account-Account Layout.layout-meta.xml.", file=sys.stderr)
        return 2
    failed = 0
    for path in paths:
        try:
            before = path.read_bytes().decode("utf-8")
            after = with_section(before, namespace)
        except (OSError, ValueError) as error:
            print(f"{path}: {error}. Nothing was changed in it.", file=sys.stderr)
            failed = 1
            continue
        path.write_bytes(after.encode("utf-8"))
        print(f"{path}: {'has the fields already' if after == before else 'section added'}")
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
