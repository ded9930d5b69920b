"""The package with a namespace: the source of a managed one, and every name as it arrives in an org."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import apex, package
from tests.support.package_namespace import list_own_names, render
from tests.support.package_reports import report_problems

NAMESPACE = "TrulyActivity"
SCRIPT = package.PROJECT / "scripts" / "make_managed_source.py"
INTEGRATION = "Email_Sync_Integration"


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture
def managed(tmp_path: Path) -> Path:
    assert run(NAMESPACE, tmp_path / "managed").returncode == 0
    return tmp_path / "managed"


@pytest.fixture
def arrived(tmp_path: Path) -> Path:
    copy = Path(shutil.copytree(package.PROJECT, tmp_path / "arrived"))
    render(copy, NAMESPACE)
    return copy


def test_a_managed_package_carries_no_standard_right_and_the_set_beside_it_has_the_rest(managed: Path) -> None:
    whole, beside = package.rights()[INTEGRATION], package.rights()["Email_Sync_Standard_Rights"]
    carried = package.rights(managed)[INTEGRATION]
    assert all(field.endswith("__c") for held in package.rights(managed).values() for field in held)
    assert {**carried, **beside} == whole
    assert carried.keys() & beside.keys() == set()
    for path in package.find_files(managed, "permissionsets/*"):
        text = path.read_text()
        assert "<userPermissions>" not in text
        assert all(name.endswith("__c") for name in re.findall(r"<object>(\w+)</object>", text))
    assert "rights-beside-package" not in package.parts(managed)


def test_a_managed_package_fills_and_schedules_by_itself(managed: Path) -> None:
    """Nobody outside may call its classes, so that no line of Apex could be run by an admin."""
    installed = package.find_file(managed, "classes/PackageInstalled.cls").read_text()
    assert "AccountDomainBatch.start();" in installed
    assert json.loads((managed / "sfdx-project.json").read_text())["namespace"] == NAMESPACE


@pytest.mark.parametrize("name", ["Truly Activity", "1Truly", "Truly__Activity", "TrulyActivityOfAcme"])
def test_what_is_no_namespace_is_refused(tmp_path: Path, name: str) -> None:
    done = run(name, tmp_path / "managed")
    assert (done.returncode, (tmp_path / "managed").exists()) == (1, False)
    assert "is no namespace" in done.stderr


def test_every_reference_resolves_with_the_prefix(arrived: Path) -> None:
    assert package.problems(arrived) == []
    assert report_problems(arrived) == []
    assert all(name.startswith(f"{NAMESPACE}__") for name in list_own_names(arrived))
    own = {name.removeprefix(f"{NAMESPACE}__") for name in list_own_names(arrived)}
    assert own == list_own_names(package.PROJECT)


@pytest.mark.parametrize(
    ("file", "old", "new", "named"),
    [
        ("reports/*/*Emails_by_Rep.report-meta.xml", "$TrulyActivity__Sent_At__c", "$Sent_At__c",
         "Activity$Sent_At__c is not in its report type"),
        ("dashboards/*/*Email_Sync.dashboard-meta.xml", "/TrulyActivity__Emails_by_Week", "/Emails_by_Week",
         "no report TrulyActivity__Email_Sync/Emails_by_Week"),
        ("permissionsets/Email_Sync_Admin.permissionset-meta.xml", "Account.TrulyActivity__Email_Domain__c",
         "Account.Email_Domain__c", "right on Account.Email_Domain__c, which does not exist"),
    ],
)  # fmt: skip
def test_a_reference_without_the_prefix_is_told(arrived: Path, file: str, old: str, new: str, named: str) -> None:
    path = package.find_file(arrived, file)
    before = path.read_text()
    path.write_text(before.replace(old, new))
    assert path.read_text() != before, "nothing was planted"
    assert any(named in each for each in [*package.problems(arrived), *report_problems(arrived)])


def test_dynamic_names_in_apex_are_fields_and_resources_are_read_in_the_own_namespace() -> None:
    """Salesforce prefixes names that the compiler sees. A text is only looked for as it is written."""
    known = {name for held in package.fields().values() for name in held} | package.ELDERS
    for path in package.find_files(package.PROJECT, "classes/*.cls"):
        texts = re.findall(r"'((?:[^'\\]|\\.)*)'", path.read_text())
        assert {name for text in texts for name in re.findall(r"\w+__c\b", text)} <= known, path.name
    resources = package.find_file(package.PROJECT, "classes/PublicMailDomains.cls").read_text()
    assert re.search(r"FROM StaticResource\s+WHERE Name = :name AND NamespacePrefix = :namespace", resources)


@pytest.mark.apex
@pytest.mark.slow
@pytest.mark.xdist_group("apex")
def test_the_managed_source_is_right_by_every_program(managed: Path, tmp_path: Path) -> None:
    apex.install()
    found = apex.by_node(managed, tmp_path / "out")
    assert found == {"parses": [], "prettier": [], "converts": [], "schema": []}
    assert apex.by_types(managed) == []
    assert apex.by_pmd(managed, tmp_path) == []
