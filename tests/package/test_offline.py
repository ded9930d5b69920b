"""The package as Salesforce's and others' programs read it, and one planted fault of each kind."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import apex, package

pytestmark = [pytest.mark.apex, pytest.mark.slow, pytest.mark.xdist_group("apex")]

UPDATER = "classes/AccountDomainUpdater.cls"
INTEGRATION = "permissionsets/Email_Sync_Integration.permissionset-meta.xml"


@pytest.fixture(scope="module", autouse=True)
def _installed() -> None:
    apex.install()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(package.PROJECT, tmp_path / "salesforce"))


def test_it_parses_is_formatted_and_converts(tmp_path: Path) -> None:
    assert apex.by_node(package.PROJECT, tmp_path / "out") == {
        "parses": [],
        "prettier": [],
        "converts": [],
        "schema": [],
    }
    manifest = (tmp_path / "out" / "package.xml").read_text()
    for owner, held in package.fields().items():
        if owner in {"Account", "Activity"}:
            assert all(f"<members>{owner}.{name}</members>" in manifest for name in held)


def test_its_types_are_right() -> None:
    assert apex.by_types(package.PROJECT) == []


def test_pmd_has_nothing_to_say(tmp_path: Path) -> None:
    assert apex.by_pmd(package.PROJECT, tmp_path) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "named"),
    [
        (UPDATER, "          Website,", "          Website, Nonsense__c,", "Nonsense__c does not exist"),
        (UPDATER, "          Website,", "          Webseite,", "Account.Webseite does not exist"),
        (UPDATER, "Email != NULL", "Emial != NULL", "Contact.Emial does not exist"),
        (UPDATER, "ORDER BY CreatedDate", "ORDER BY Createddat", "Contact.Createddat does not exist"),
        (INTEGRATION, "Task.Sent_At__c", "Task.Sent_At_c", "right on Task.Sent_At_c, which does not exist"),
    ],
)
def test_a_name_that_does_not_exist_is_told(copy: Path, file: str, old: str, new: str, named: str) -> None:
    _plant(copy, file, lambda text: text.replace(old, new, 1))
    assert any(named in each for each in package.problems(copy))


def test_a_missing_right_is_told(copy: Path) -> None:
    block = (
        r"    <fieldPermissions>\s*<editable>true</editable>\s*<field>Task.Mailbox__c</field>.*?</fieldPermissions>\n"
    )
    _plant(copy, INTEGRATION, lambda text: re.sub(block, "", text, count=1, flags=re.DOTALL))
    assert "Email_Sync_Integration: may not write Task.Mailbox__c" in package.problems(copy)


def test_a_right_on_tasks_alone_is_told(copy: Path) -> None:
    block = (
        r"    <fieldPermissions>\s*<editable>false</editable>\s*<field>Event.Mailbox__c</field>.*?</fieldPermissions>\n"
    )
    reader = "permissionsets/Email_Sync_Reader.permissionset-meta.xml"
    _plant(copy, reader, lambda text: re.sub(block, "", text, count=1, flags=re.DOTALL))
    assert "Email_Sync_Reader: Task.Mailbox__c and Event.Mailbox__c have different rights" in package.problems(copy)


@pytest.mark.parametrize("name", ["classes/PublicMailDomains.cls", "triggers/ContactDomain.trigger"])
def test_a_missing_companion_is_told(copy: Path, name: str) -> None:
    (package.find_file(copy, f"{name}-meta.xml")).unlink()
    file = Path(name).name
    assert f"{file}: no {file}-meta.xml" in package.problems(copy)


def test_a_fault_of_syntax_is_told(copy: Path, tmp_path: Path) -> None:
    _plant(copy, UPDATER, lambda text: text.replace("changed.add(", "changed.add((", 1))
    found = apex.by_node(copy, tmp_path / "out")
    assert found["parses"][0].startswith("AccountDomainUpdater.cls:")
    assert found["prettier"][0].startswith("AccountDomainUpdater.cls:")


def test_metadata_that_is_no_xml_is_told(copy: Path) -> None:
    """Ours: Salesforce's converter is lenient about it."""
    field = package.find_file(copy, "objects/Account/fields/Email_Domain__c.field-meta.xml")
    field.write_text(field.read_text().replace("</CustomField>", ""))
    assert package.problems(copy)[0].startswith("Email_Domain__c.field-meta.xml: ")


@pytest.mark.parametrize(
    ("file", "old", "new", "named"),
    [
        ("reports/Email_Sync/Emails_by_Rep.report-meta.xml", "<scope>", "<scoop>", "Report has no scoop"),
        ("reportTypes/Email_Sync_Days.reportType-meta.xml", "<deployed>true", "<deployed>yes", "deployed of ReportType is no boolean"),
        ("dashboards/Email_Sync/Email_Sync.dashboard-meta.xml", "<title>Email Sync</title>", "", "Dashboard lacks title"),
        ("objects/Account/fields/Email_Domain__c.field-meta.xml", "<length>255", "<length>many", "length of CustomField is no number"),
    ],
)  # fmt: skip
def test_an_element_that_the_metadata_api_does_not_have_is_told(
    copy: Path, tmp_path: Path, file: str, old: str, new: str, named: str
) -> None:
    _plant(
        copy,
        file,
        lambda text: text.replace(old, new).replace("</scope>", "</scoop>" if "scoop" in new else "</scope>"),
    )
    assert any(named in each for each in apex.by_node(copy, tmp_path / "out")["schema"])


def test_a_file_that_is_no_component_is_told(copy: Path, tmp_path: Path) -> None:
    (package.parts(copy)["core"] / "permissionsets" / "Lost.permission-meta.xml").write_text("<PermissionSet/>")
    assert any("Lost.permission-meta.xml" in each for each in apex.by_node(copy, tmp_path / "out")["converts"])


def test_a_fault_of_type_is_told(copy: Path) -> None:
    _plant(
        copy, UPDATER, lambda text: text.replace("save(changesOf(accounts));", "save(changedd); Integer n = 'x';", 1)
    )
    found = "\n".join(apex.by_types(copy))
    assert "AccountDomainUpdater.cls" in found
    assert "changedd" in found


def test_a_query_in_a_loop_is_told(copy: Path, tmp_path: Path) -> None:
    inside = "      Integer n = [SELECT COUNT() FROM Contact WHERE AccountId = :each.Id WITH SYSTEM_MODE];\n"
    line = "    for (Account each : accounts) {\n"
    _plant(copy, UPDATER, lambda text: text.replace(line, line + inside, 1))
    assert any(
        "AccountDomainUpdater.cls" in e and "OperationWithLimitsInLoop" in e for e in apex.by_pmd(copy, tmp_path)
    )


def _plant(project: Path, file: str, change: Callable[[str], str]) -> None:
    path = package.find_file(project, file)
    before = path.read_text()
    after = change(before)
    assert after != before, "nothing was planted"
    path.write_text(after)
