"""Each deployable stands on those before it alone: what the org refuses of one keeps no other back."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.support import package
from tests.support.package_reports import report_problems

APEX = ("classes/*", "triggers/*", "staticresources/*")


def copy_parts(folder: Path, *names: str) -> Path:
    project = folder / "salesforce"
    project.mkdir()
    for name in names:
        shutil.copytree(package.PROJECT / name, project / name)
    listed = {"packageDirectories": [{"path": name} for name in names]}
    (project / "sfdx-project.json").write_text(json.dumps(listed))
    return project


@pytest.mark.parametrize(
    "names", [("core",), ("core", "domains"), ("core", "reports"), ("core", "reports", "reports-by-rep")]
)
def test_names_and_rights_are_found_in_what_is_installed_before(tmp_path: Path, names: tuple[str, ...]) -> None:
    project = copy_parts(tmp_path, *names)
    assert package.problems(project) == []
    assert report_problems(project) == []


def test_reports_by_rep_need_the_report_type(tmp_path: Path) -> None:
    """That the check above can fail."""
    assert any("no report type" in each for each in report_problems(copy_parts(tmp_path, "core", "reports-by-rep")))


def test_only_domains_have_apex_and_rights_on_it() -> None:
    for name, folder in package.parts().items():
        has_apex = any(path for pattern in APEX for path in folder.glob(pattern))
        assert has_apex == (name == "domains"), name
        texts = [path.read_text() for path in folder.glob("permissionsets/*")]
        assert any("<classAccesses>" in text for text in texts) == (name == "domains"), name


def test_they_are_listed_in_the_order_of_installation() -> None:
    assert list(package.parts()) == ["core", "domains", "reports", "reports-by-rep", "rights-beside-package"]


def test_what_shows_response_time_by_person_is_apart() -> None:
    """Works councils: such a report is installed only where somebody asks for it."""
    shown = {
        name
        for name, folder in package.parts().items()
        for path in folder.glob("reports/*/*.report-meta.xml")
        if "Response_Minutes__c" in path.read_text() and "Activity$Owner" in path.read_text()
    }
    assert shown == {"reports-by-rep"}
