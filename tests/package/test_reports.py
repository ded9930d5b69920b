"""Reports, dashboard and list views: what they name is there and may be read, and a planted fault of each kind is told."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support import package
from tests.support.package_reports import report_problems

REPORT = "reports/Email_Sync/Emails_by_Rep.report-meta.xml"
QUIET = "reports/Email_Sync/Accounts_Going_Quiet.report-meta.xml"
DAYS = "reportTypes/Email_Sync_Days.reportType-meta.xml"
DASHBOARD = "dashboards/Email_Sync/Email_Sync.dashboard-meta.xml"
ADMIN = "permissionsets/Email_Sync_Admin.permissionset-meta.xml"
VIEW = "objects/Account/listViews/Email_Domain_Shared.listView-meta.xml"
ASKED = {
    "Emails by rep": {"Activity$Owner", "Activity$Direction__c"},
    "Emails by account": {"Activity$Account"},
    "Emails by week and direction": {"Activity$Sent_At__c", "Activity$Direction__c"},
    "Response time by account": {"Activity$Account", "Activity$Response_Minutes__c"},
    "Response time by rep": {"Activity$Owner", "Activity$Response_Minutes__c"},
    "Accounts going quiet": {"Account$Owner", "Account$LastActivityDate"},
    "All emails accounted for": {"Sync_Coverage__c$Mailbox__c", "Sync_Coverage__c$Unaccounted__c"},
    "Refused emails": {"Sync_Coverage__c$Refusal_Causes__c", "Sync_Coverage__c$Refused__c"},
    "Domains of several accounts": {"Account$Email_Domain__c"},
}
"""What people ask for, and what a report about it cannot do without."""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(package.PROJECT, tmp_path / "salesforce"))


def test_nothing_is_wrong_with_them() -> None:
    assert report_problems() == []


def test_each_question_has_its_report() -> None:
    said = {}
    for path in package.find_files(package.PROJECT, "reports/*/*.report-meta.xml"):
        root = package.parse(path)
        said[package.text(root, "name")] = {each.text for each in root.iter() if each.text and "$" in each.text}
    assert said.keys() == ASKED.keys()
    assert all(ASKED[name] <= held for name, held in said.items())


def test_the_dashboard_shows_every_report_of_numbers() -> None:
    root = package.parse(package.find_file(package.PROJECT, DASHBOARD))
    shown = {each.text for each in root.iter() if each.tag.endswith("}report")}
    found = package.parts()["reports"].glob("reports/*/*.report-meta.xml")
    reports = {f"Email_Sync/{path.name.partition('.')[0]}" for path in found}
    assert reports - shown == {"Email_Sync/Domains_of_Several_Accounts"}


def test_a_reports_folder_shows_what_the_viewer_may_see_and_the_dashboards_nothing_unasked() -> None:
    """A report runs as its viewer. A dashboard runs as the admin who deployed it: that admin shares it."""
    reports = package.parse(package.find_file(package.PROJECT, "reports/Email_Sync.reportFolder-meta.xml"))
    assert [each.text for each in reports.iter() if each.tag.endswith("}accessLevel")] == ["View"]
    dashboards = package.parse(package.find_file(package.PROJECT, "dashboards/Email_Sync.dashboardFolder-meta.xml"))
    assert not [each for each in dashboards.iter() if each.tag.endswith("}folderShares")]


@pytest.mark.parametrize(
    ("file", "old", "new", "named"),
    [
        (DAYS, "<field>Seen__c", "<field>Sawn__c", "Email_Sync_Days: Sync_Coverage__c.Sawn__c does not exist"),
        (REPORT, "Activity$Who<", "Activity$Whom<", "Email_Sync/Emails_by_Rep: Activity$Whom is not in its report type"),
        (REPORT, "Activity$Who<", "Activity$Owner<", "Email_Sync/Emails_by_Rep: Activity$Owner is a group and a column"),
        (REPORT, "Activities__c<", "Activity__c<", "Email_Sync/Emails_by_Rep: no report type Email_Sync_Activity__c"),
        (REPORT, ">Matrix<", ">Summary<", "Email_Sync/Emails_by_Rep: groups like a Matrix report and is Summary"),
        (REPORT, "INTERVAL_LAST30", "INTERVAL_LAST31", "Email_Sync/Emails_by_Rep: interval INTERVAL_LAST31 is unknown"),
        (QUIET, ">lessThan<", ">before<", "Email_Sync/Accounts_Going_Quiet: operator before is unknown"),
        (QUIET, "<name>Accounts", f"<name>{'A' * 40}", "Email_Sync/Accounts_Going_Quiet: name or description is too long"),
        (DASHBOARD, "Email_Sync/Emails_by_Rep", "Email_Sync/Emails", "Email_Sync: no report Email_Sync/Emails"),
        (DASHBOARD, "Unaccounted__c", "Uncounted__c",
         "Email_Sync: Email_Sync/All_Emails_Accounted_For has no column Sync_Coverage__c$Uncounted__c"),
        (DASHBOARD, "<colSpan>6", "<colSpan>7", "Email_Sync: a component is wider than the grid"),
        (ADMIN, "Sync_Coverage__c.Refused__c", "Sync_Coverage__c.Seen__c", "Email_Sync_Admin: may not read Sync_Coverage__c.Refused__c"),
        (VIEW, "<columns>Email_Domain__c", "<columns>Email_Domains__c", "Email_Domain_Shared: Account.Email_Domains__c does not exist"),
    ],
)  # fmt: skip
def test_a_planted_fault_is_told(copy: Path, file: str, old: str, new: str, named: str) -> None:
    path = package.find_file(copy, file)
    before = path.read_text()
    path.write_text(before.replace(old, new))
    assert path.read_text() != before, "nothing was planted"
    assert named in report_problems(copy)
