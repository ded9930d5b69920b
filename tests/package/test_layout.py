"""The section on the account's layouts: added to what an org has, once, and nothing else moves."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import apex, package

SCRIPT = package.PROJECT / "scripts" / "add_layout_sections.py"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<Layout xmlns="http://soap.sforce.com/2006/04/metadata">\n'


def section(label: str, *fields: str) -> str:
    items = "".join(f"<layoutItems><behavior>Edit</behavior><field>{field}</field></layoutItems>" for field in fields)
    return (
        f"    <layoutSections>\n        <customLabel>false</customLabel><editHeading>true</editHeading><label>{label}</label>\n"
        f"        <layoutColumns>{items}</layoutColumns>\n        <style>OneColumn</style>\n    </layoutSections>\n"
    )


def layout(*sections: str) -> str:
    return f"{HEAD}{''.join(sections)}    <showEmailCheckbox>false</showEmailCheckbox>\n</Layout>\n"


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False
    )


def sections(text: str) -> list[tuple[str, list[str]]]:
    space = "{http://soap.sforce.com/2006/04/metadata}"
    return [
        (each.findtext(f"{space}label") or "", [field.text or "" for field in each.iter(f"{space}field")])
        for each in ET.fromstring(text).iter(f"{space}layoutSections")
    ]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "Account-Account Layout.layout-meta.xml"
    path.write_text(layout(section("Account", "Name"), section("Address", "BillingAddress"), section("System")))
    return path


def test_it_comes_after_the_first_section_and_once(file: Path) -> None:
    before = file.read_text()
    assert run(file).stdout.endswith("section added\n")
    after = file.read_text()
    assert sections(after) == [
        ("Account", ["Name"]),
        ("Email Sync", ["Email_Domain__c", "Email_Only_Sync_Contact_Matches__c"]),
        ("Address", ["BillingAddress"]),
        ("System", []),
    ]
    assert run(file).stdout.endswith("has the fields already\n")
    assert file.read_text() == after
    start = after.index("    <layoutSections>\n        <customLabel>true")
    end = after.index("</layoutSections>\n", start) + len("</layoutSections>\n")
    assert after[:start] + after[end:] == before, "nothing else moved"


def test_a_task_shows_who_wrote_to_whom_and_when(tmp_path: Path) -> None:
    path = tmp_path / "Task-Task Layout.layout-meta.xml"
    path.write_text(layout(section("Task Information", "Subject"), section("System")))
    assert run(path).returncode == 0
    fields = ["From_Address__c", "To_Addresses__c", "Cc_Addresses__c", "Sent_At__c", "Direction__c", "Mailbox__c"]
    assert sections(path.read_text())[1] == ("Email", fields)
    assert set(fields) <= set(package.fields()["Activity"])
    assert path.read_text().count("<behavior>Readonly</behavior>") == len(fields), "the server writes them, and no rep"
    assert run(path).stdout.endswith("has the fields already\n")


def test_the_layout_of_another_object_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "Contact-Contact Layout.layout-meta.xml"
    path.write_text(layout(section("Contact", "Name")))
    done = run(path)
    assert (done.returncode, path.read_text()) == (1, layout(section("Contact", "Name")))
    assert "no layout of an account or a task" in done.stderr


def test_a_field_that_is_there_is_not_doubled(file: Path) -> None:
    file.write_text(layout(section("Account", "Name", "Email_Domain__c")))
    run(file)
    assert ("Email Sync", ["Email_Only_Sync_Contact_Matches__c"]) in sections(file.read_text())


def test_it_knows_a_namespace_and_keeps_line_ends(file: Path) -> None:
    file.write_bytes(file.read_text().replace("\n", "\r\n").encode())
    run("--namespace=Truly", file)
    assert b"<field>Truly__Email_Domain__c</field>" in file.read_bytes()
    assert file.read_bytes().count(b"\n") == file.read_bytes().count(b"\r\n")


@pytest.mark.parametrize("text", ["", "<Layout xmlns='x'/>", "<CustomField><layoutSections></CustomField>", "no XML"])
def test_what_is_no_layout_is_left_alone_and_said(file: Path, text: str) -> None:
    file.write_text(text)
    done = run(file)
    assert (done.returncode, file.read_text()) == (1, text)
    assert "no layout with sections" in done.stderr


def test_without_a_file_it_says_what_to_name(tmp_path: Path) -> None:
    assert run().returncode == 2
    assert run(tmp_path / "missing.xml").returncode == 1


@given(st.lists(st.sampled_from(["Account", "Address", "System", "Ümläute & <b>"]), min_size=1, max_size=5))
def test_every_section_stays_in_its_order(labels: list[str]) -> None:
    sys.path.insert(0, str(SCRIPT.parent))
    from add_layout_sections import with_section  # noqa: PLC0415  # a script of its own, on no path

    escaped = [label.replace("&", "&amp;").replace("<", "&lt;") for label in labels]
    after = sections(with_section(layout(*(section(label) for label in escaped))))
    assert [label for label, _ in after if label != "Email Sync"] == labels
    assert sum(label == "Email Sync" for label, _ in after) == 1


@pytest.mark.apex
@pytest.mark.slow
@pytest.mark.xdist_group("apex")
def test_the_result_fits_the_metadata_api(file: Path, tmp_path: Path) -> None:
    apex.install()
    run(file)
    project = tmp_path / "project"
    (project / "core" / "layouts").mkdir(parents=True)
    (project / "core" / "layouts" / file.name).write_text(file.read_text())
    (project / "sfdx-project.json").write_text('{"packageDirectories": [{"path": "core"}]}')
    assert apex.by_node(project, tmp_path / "out")["schema"] == []
