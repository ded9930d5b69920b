"""docs/salesforce.md against the package: activity fields, the options of the installation, names and recipes."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib

from server.adapters.salesforce.org import shape
from tests.docs.pages import ROOT, find_code_spans, read_page, read_rows, read_section, split_sections
from tests.support import package

PAGE = "docs/salesforce.md"
KINDS = {"Text": "Text", "Picklist": "Picklist", "DateTime": "Date/Time", "Number": "Number", "Checkbox": "Checkbox"}


def test_the_table_of_activity_fields_is_the_packages() -> None:
    rows = {
        name.strip("`"): (kind, meaning, since) for name, kind, meaning, since in read_rows(read_page(PAGE), "Field")
    }
    fields = package.fields(package.PROJECT)["Activity"]
    assert rows.keys() == fields.keys()
    for name, (kind, meaning, _) in rows.items():
        assert kind.partition(",")[0] == KINDS[fields[name].type], name
        assert ("unique" in kind) == fields[name].is_unique, name
        assert meaning


def test_each_field_is_there_since_a_version_of_the_changelog_or_the_coming_one() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    versions = {project, *re.findall(r"^## \[(\d[\d.]*)\]", read_page("CHANGELOG.md"), re.MULTILINE)}
    assert {row[3] for row in read_rows(read_page(PAGE), "Field")} <= versions


def test_every_option_of_the_installation_is_there_and_no_other() -> None:
    said = subprocess.run(
        [sys.executable, "salesforce/install.py", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    options = set(re.findall(r"--[a-z-]+", said.stdout)) - {"--help", "--org"}
    spans = find_code_spans(read_section(read_page(PAGE), "Install"))
    assert {option for span in spans for option in re.findall(r"(?<![\w-])--[a-z-]+", span)} - {"--global"} == options


def test_the_pair_of_names_without_a_package_comes_first() -> None:
    text = read_page(PAGE)
    pairs = (shape.DOMAIN, shape.CONTACTS_ONLY)
    names = [*(names[1] for names in pairs), *(f"TrulyActivity__{names[0]}" for names in pairs)]
    places = [text.index(f"`{name}`") for name in names]
    assert places == sorted(places)


def test_every_recipe_leaves_out_what_was_backfilled() -> None:
    text = dict(split_sections(read_page(PAGE)))["Three recipes for automation"]
    recipes = re.split(r"^\d\. ", text, flags=re.MULTILINE)
    assert len(recipes) == 4
    assert all("`Backfilled__c`" in recipe for recipe in recipes)
