"""One command installs the package: with a stand-in for sf that keeps an org, refuses what a test says, and kills it."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support import fake_sf, package

INSTALLED = {"core", "domains", "reports"}
USER = "sync@customer.example"
COMMAND = ("--org", "customer", "--yes", "--integration-user", USER)
EMPTY: dict[str, Any] = {
    "is_sandbox": True, "deployed": [], "scheduled": 0, "running": 0, "filled": False, "assigned": [], "layouts": [],
    "texts": {}, "removed": [], "unknown_rights": [], "refuses": [], "calls": [], "dies_after": 0,
    "users": [{"Username": USER, "IsActive": True}],
}  # fmt: skip


class Stand:
    """A copy of the project, a stand-in on the PATH, and the org that it keeps."""

    def __init__(self, folder: Path) -> None:
        self.project = Path(
            shutil.copytree(package.PROJECT, folder / "salesforce", ignore=shutil.ignore_patterns("__pycache__"))
        )
        self._place = folder / "bin"
        self._place.mkdir()
        program = self._place / "sf"
        program.write_text(f"#!{sys.executable} -ES\n{Path(fake_sf.__file__).read_text()}")
        program.chmod(0o755)
        self.set(**EMPTY)

    @property
    def org(self) -> dict[str, Any]:
        return dict(json.loads((self._place / "org.json").read_text()))

    def set(self, **values: Any) -> None:
        known = self.org if (self._place / "org.json").exists() else {}
        (self._place / "org.json").write_text(json.dumps({**known, **values}))

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PATH": str(self._place), "FAKE_SF": str(self._place)}
        return subprocess.run(
            [sys.executable, "-ES", str(self.project / "install.py"), *arguments],
            env=environment, capture_output=True, text=True, timeout=120, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def run_at_terminal(self, answer: str, *arguments: str) -> str:
        """What a person sees who types one answer."""
        ours, theirs = pty.openpty()
        environment = {**os.environ, "PATH": str(self._place), "FAKE_SF": str(self._place)}
        command = [sys.executable, "-ES", str(self.project / "install.py"), *arguments]
        try:
            os.write(ours, f"{answer}\n".encode())
            done = subprocess.run(
                command, env=environment, stdin=theirs, capture_output=True, text=True, timeout=120, check=False
            )
        finally:
            os.close(ours)
            os.close(theirs)
        return done.stdout + done.stderr

    def list_deployments(self) -> list[list[str]]:
        return [call for call in self.org["calls"] if call[:2] == ["project", "deploy"] and "--dry-run" not in call]


@pytest.fixture
def stand(tmp_path: Path) -> Stand:
    return Stand(tmp_path)


def is_whole(org: dict[str, Any]) -> bool:
    has_rights = ["Email_Sync_Integration", USER] in org["assigned"] and ["Email_Sync_Domains", "me"] in org["assigned"]
    return set(org["deployed"]) == INSTALLED and bool(org["scheduled"]) and org["filled"] and has_rights


def test_all_is_installed_filled_and_scheduled(stand: Stand) -> None:
    done = stand.run(*COMMAND)
    assert (done.returncode, done.stderr) == (0, "")
    assert is_whole(stand.org)
    assert "NOT DONE" not in done.stdout
    assert "Acme (00D000000000001EAA), a sandbox" in done.stdout
    assert not (stand.project / "install-scratch").exists()


def test_a_dry_run_comes_first_and_core_has_no_tests(stand: Stand) -> None:
    stand.run(*COMMAND)
    deployments = [call for call in stand.org["calls"] if call[:2] == ["project", "deploy"]]
    assert ["--dry-run" in call for call in deployments] == [True, True, True, False, False, False]
    core, domains, reports = deployments[3:]
    assert [call[call.index("--source-dir") + 1] for call in (core, domains, reports)] == ["core", "domains", "reports"]
    assert [call[call.index("--test-level") + 1] for call in (core, domains, reports)] == [
        "NoTestRun", "RunSpecifiedTests", "NoTestRun",
    ]  # fmt: skip
    tests = {domains[at + 1] for at, word in enumerate(domains) if word == "--tests"}
    assert tests == {path.stem for path in package.find_files(package.PROJECT, "classes/*Test.cls")}


def test_production_runs_no_tests_for_what_has_no_apex(stand: Stand) -> None:
    """Production refuses the word NoTestRun, and runs none by itself where nothing is Apex."""
    stand.set(is_sandbox=False)
    assert stand.run(*COMMAND).returncode == 0
    levels = {call[call.index("--source-dir") + 1]: "--test-level" in call for call in stand.list_deployments()}
    assert levels == {"core": False, "domains": True, "reports": False}


def test_a_check_changes_nothing(stand: Stand) -> None:
    stand.set(layouts=["Task-Task Layout"])
    done = stand.run(*COMMAND, "--check", "--layouts")
    assert done.returncode == 0
    assert "Layout Task-Task Layout gets: From_Address__c, To_Addresses__c" in done.stdout
    assert done.stdout.rstrip().endswith("Checked. Nothing was changed in the org.")
    assert stand.list_deployments() == []
    assert (stand.org["assigned"], stand.org["scheduled"]) == ([], 0)


@pytest.mark.parametrize(
    ("users", "sentence"),
    [
        ([], "snyc@customer.example is the username of no User of this org."),
        ([{"Username": "snyc@customer.example", "IsActive": False}], "The User snyc@customer.example is not active."),
    ],
)
@pytest.mark.parametrize("option", ["--integration-user", "--admin", "--reader"])
def test_a_check_finds_a_username_that_nobody_active_has(
    stand: Stand, users: list[dict[str, Any]], sentence: str, option: str
) -> None:
    stand.set(users=users)
    done = stand.run("--org", "customer", option, "snyc@customer.example", "--check")
    assert (done.returncode, done.stderr) == (1, "")
    assert sentence in done.stdout
    assert "NOT DONE  Users. Compare with Setup, Users." in done.stdout


def test_an_installation_tells_a_wrong_username_before_it_asks(stand: Stand) -> None:
    done = stand.run("--org", "customer", "--integration-user", "o'neil@customer.example")
    assert done.returncode == 3
    assert "o'neil@customer.example is the username of no User of this org." in done.stdout
    [asked] = [call for call in stand.org["calls"] if "FROM User" in call[-4]]
    assert r"('o\'neil@customer.example')" in asked[asked.index("--query") + 1]


def test_without_a_user_both_ways_to_name_it_are_told(stand: Stand) -> None:
    done = stand.run("--org", "customer", "--yes")
    assert done.returncode == 0
    assert "left out  Email_Sync_Integration. Name its user: --integration-user USERNAME" in done.stdout
    assert "(with make: SYNC_USER=USERNAME)" in done.stdout


def test_without_an_answer_nothing_is_changed(stand: Stand) -> None:
    done = stand.run("--org", "customer")
    assert done.returncode == 3
    assert "With --yes it goes on without asking." in done.stdout
    assert stand.list_deployments() == []


@pytest.mark.slow
@pytest.mark.parametrize("is_upgrade", [False, True])
def test_a_command_that_was_killed_at_any_call_is_run_again(stand: Stand, is_upgrade: bool) -> None:
    """After Salesforce did as it was told, and before its answer is read: what was done next is not."""
    begun = {**EMPTY, "deployed": sorted(INSTALLED), "scheduled": 1, "running": 1} if is_upgrade else EMPTY
    stand.set(**begun)
    assert stand.run(*COMMAND).returncode == 0
    changes = [
        n for n, call in enumerate(stand.org["calls"], 1) if call[:2] != ["data", "query"] and "--dry-run" not in call
    ]
    assert len(changes) > 6
    for number in (1, *changes):
        stand.set(**{**begun, "dies_after": number})
        assert stand.run(*COMMAND).returncode < 0, "it was killed"
        stand.set(dies_after=0)
        again = stand.run(*COMMAND)
        assert (again.returncode, is_whole(stand.org)) == (0, True), f"after call {number}: {again.stdout}"


def test_an_upgrade_stops_the_night_and_starts_it_again(stand: Stand) -> None:
    stand.set(deployed=sorted(INSTALLED), scheduled=1, running=1)
    done = stand.run(*COMMAND)
    assert done.returncode == 0
    assert "run it again: until then no job runs at night" in done.stdout
    assert "Not checked beforehand" in done.stdout
    apex = [call[call.index("--file") + 1] for call in stand.org["calls"] if call[:2] == ["apex", "run"]]
    assert apex == ["apex/stop.apex", "apex/start.apex"]
    assert is_whole(stand.org)


def refuse_tests(*, dry: bool) -> dict[str, Any]:
    failure = {"name": "ContactDomainTest", "methodName": "aSave", "message": "Region is required"}
    result = {"success": False, "details": {"runTestResult": {"failures": failure}}}
    call = ["RunSpecifiedTests", *(["--dry-run"] if dry else [])]
    return {"call": call, "says": {"message": "Failed to deploy.", "result": result}}


def test_refused_domains_keep_nothing_else_back(stand: Stand) -> None:
    stand.set(refuses=[refuse_tests(dry=True)])
    done = stand.run(*COMMAND)
    assert done.returncode == 1
    assert "Test ContactDomainTest.aSave: Region is required" in done.stdout
    assert "NOT DONE  domains. Salesforce refuses it beforehand." in done.stdout
    assert set(stand.org["deployed"]) == {"core", "reports"}
    stand.set(refuses=[])
    assert stand.run(*COMMAND).returncode == 0
    assert is_whole(stand.org)


def test_a_refused_upgrade_leaves_the_earlier_night_running(stand: Stand) -> None:
    stand.set(deployed=sorted(INSTALLED), scheduled=1, refuses=[refuse_tests(dry=False)])
    done = stand.run(*COMMAND)
    assert done.returncode == 1
    assert "done      The nightly job of the earlier version is scheduled again" in done.stdout
    assert stand.org["scheduled"] == 1


def test_refused_fields_stop_it_with_nothing_changed(stand: Stand) -> None:
    result = {
        "success": False,
        "details": {"componentFailures": fake_sf.fault("CustomField", "Account.Email_Domain__c", "Too many fields")},
    }
    stand.set(
        refuses=[{"call": ["--source-dir", "core", "--dry-run"], "says": {"message": "Failed", "result": result}}]
    )
    done = stand.run(*COMMAND)
    assert done.returncode == 3
    assert "CustomField Account.Email_Domain__c: Too many fields" in done.stdout
    assert "Nothing was changed in the org" in done.stdout
    assert (stand.list_deployments(), stand.org["assigned"]) == ([], [])


def test_a_right_that_the_org_does_not_know_is_spared_and_told(stand: Stand) -> None:
    stand.set(unknown_rights=["Event.ActivityDate", "ViewAllUsers", "Event.Type"])
    done = stand.run(*COMMAND)
    assert done.returncode == 0
    assert is_whole(stand.org)
    told = done.stdout[done.stdout.index("The permission sets lack") :]
    assert "because the org refuses them: Event.ActivityDate, Event.Type, ViewAllUsers.\n" in told
    assert "by another permission set. `flask --app server.main doctor --probe` shows" in told
    sent = (
        package.find_file(stand.project, "permissionsets/Email_Sync_Integration.permissionset-meta.xml")
    ).read_text()
    assert "Event.ActivityDate" in sent, "the source itself stays whole"


def test_a_refused_assignment_is_told_and_all_else_done(stand: Stand) -> None:
    failure = {"name": USER, "message": "The user license doesn't allow the permission: View All Data"}
    stand.set(
        refuses=[{"call": ["Email_Sync_Integration"], "says": {"message": "Failed", "result": {"failures": [failure]}}}]
    )
    done = stand.run(*COMMAND)
    assert done.returncode == 1
    assert "The user license doesn't allow the permission" in done.stdout
    assert f"NOT DONE  Email_Sync_Integration for {USER}. Assign it in Setup" in done.stdout
    assert (set(stand.org["deployed"]), stand.org["scheduled"]) == (INSTALLED, 1)


def test_a_command_line_that_breaks_down_is_told(stand: Stand) -> None:
    stand.set(refuses=[{"call": ["data", "query"], "says": "TypeError: cannot read properties of undefined\n"}])
    done = stand.run(*COMMAND)
    assert done.returncode == 3
    assert "sf broke down with code 1: TypeError" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_without_sf_it_says_how_to_get_it(stand: Stand, tmp_path: Path) -> None:
    (tmp_path / "bin" / "sf").unlink()
    done = stand.run(*COMMAND)
    assert done.returncode == 3
    assert "npm install --global @salesforce/cli" in done.stdout


def test_layouts_get_the_section_and_the_others_stay(stand: Stand) -> None:
    stand.set(
        layouts=["Account-Account Layout", "Task-Task Layout", "Contact-Contact Layout", "Task-pkg__Their Layout"]
    )
    assert stand.run(*COMMAND, "--layouts").returncode == 0
    texts = {name: text for name, text in stand.org["texts"].items() if "layout" in name}
    assert texts.keys() == {"Account-Account Layout.layout-meta.xml", "Task-Task Layout.layout-meta.xml"}
    assert "<field>Email_Domain__c</field>" in texts["Account-Account Layout.layout-meta.xml"]
    assert "<field>Sent_At__c</field>" in texts["Task-Task Layout.layout-meta.xml"]
    assert "<field>Email_Domain__c</field>" not in texts["Task-Task Layout.layout-meta.xml"]


def test_an_org_without_such_layouts_is_told(stand: Stand) -> None:
    done = stand.run(*COMMAND, "--layouts")
    assert done.returncode == 1
    assert "NOT DONE  Reading the layouts" in done.stdout
    assert is_whole(stand.org), "all else is done"


def test_reports_by_rep_and_lists_are_asked_for(stand: Stand) -> None:
    assert stand.run(*COMMAND, "--by-rep", "--domain-lists", "yes").returncode == 0
    assert set(stand.org["deployed"]) == {*INSTALLED, "reports-by-rep", "setting"}
    assert ">true<" in stand.org["texts"]["Email_Domain_Setting.Default.md-meta.xml"]


def test_removal_is_never_a_check(stand: Stand) -> None:
    done = stand.run("--org", "customer", "--yes", "--uninstall", "--check")
    assert (done.returncode, stand.org["calls"]) == (3, [])
    assert "lists what goes, and asks" in done.stdout


def test_fields_go_with_a_removal_alone(stand: Stand) -> None:
    done = stand.run("--org", "customer", "--yes", "--fields-too")
    assert (done.returncode, stand.org["calls"]) == (2, [])
    assert "only together with --uninstall. Nothing was done." in done.stderr


@pytest.mark.parametrize("options", [(), ("--fields-too",)])
@pytest.mark.parametrize(("is_sandbox", "kind"), [(True, "sandbox"), (False, "production or developer org")])
def test_a_removal_asks_with_the_name_and_the_kind_of_the_org(
    stand: Stand, options: tuple[str, ...], is_sandbox: bool, kind: str
) -> None:
    stand.set(is_sandbox=is_sandbox)
    done = stand.run_at_terminal("no", "--org", "customer", "--uninstall", *options)
    assert f"The org is Acme (00D000000000001EAA), a {kind}." in done
    assert f"Remove this from Acme (00D000000000001EAA), a {kind}" in done
    assert "Nothing was removed." in done
    assert stand.org["removed"] == []


def test_an_installation_asks_with_the_name_and_the_kind_of_the_org(stand: Stand) -> None:
    done = stand.run_at_terminal("no", *COMMAND[:2])
    assert "Deploy this to Acme (00D000000000001EAA), a sandbox? [y/N]" in done
    assert stand.list_deployments() == []


def test_an_answer_behind_a_warning_is_read(stand: Stand) -> None:
    program = stand.project.parent / "bin" / "sf"
    program.write_text(
        program.read_text().replace("sys.stdout.write(json", "sys.stdout.write('Warning: an update is there\\n' + json")
    )
    assert stand.run(*COMMAND, "--check").returncode == 0


def test_removal_takes_what_uses_a_thing_before_it(stand: Stand) -> None:
    stand.run(*COMMAND)
    assert stand.run("--org", "customer", "--yes", "--uninstall", "--fields-too").returncode == 0
    removed = [dict((name, kind) for name, kind in portion) for portion in stand.org["removed"]]
    assert (stand.org["scheduled"], stand.org["assigned"]) == (0, [])
    by_rep, reports, domains, core = removed
    assert by_rep == {"Email_Sync/Response_Time_by_Rep": "Report"}
    assert next(iter(reports.values())) == "Dashboard"
    assert next(iter(domains)) == "ContactDomain"
    held = {f"{owner}.{name}" for owner in ("Account", "Activity") for name in package.fields()[owner]}
    assert held | {"Sync_Coverage__c", "Email_Sync_Integration"} <= set(core)
    assert all((package.PROJECT / part).is_dir() for part in INSTALLED), "nothing goes from this machine"
