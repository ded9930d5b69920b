"""The doctor runs every registered check, whatever becomes of the others."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from server.domain.errors import TransientError
from server.engine.operations.doctor import salesforce
from server.engine.operations.doctor.registry import Checks, Doctor, Finding
from simulator.faults import Fault
from tests.support.scene import MakeScene, Scene

TITLES = [
    "State", "Mailboxes", "Google Directory", "Gmail", "Scope", "Gmail units", "Alarms", "Salesforce", "Salesforce calls", "Other tools", "Opportunities",
    "Salesforce fields", "Salesforce reports", "Salesforce users", "Related people", "Account domains", "Salesforce storage", "Push", "Encryption", "Opening copies",
    "Keys of this state",
]  # fmt: skip


@pytest.fixture
def scene(make_scene: MakeScene) -> Scene:
    return make_scene(OPPORTUNITIES="yes", JOIN_OTHERS="yes")


def test_findings_come_in_a_fixed_order(scene: Scene) -> None:
    titles = [finding.what for finding in scene.services.rooms.doctor.examine()]
    assert [title for title in titles if title != "Salesforce advice"] == TITLES


def test_a_new_check_is_run_with_its_context() -> None:
    checks = Checks[int]()

    @checks.register("Size")
    def check_size(size: int) -> Iterator[Finding]:
        yield Finding("Size", is_good=size < 10, text=f"The size is {size}.")

    assert list(Doctor([checks.bind(12)]).examine()) == [Finding("Size", is_good=False, text="The size is 12.")]


def test_a_check_added_to_a_subject_is_run_by_the_real_doctor(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    original = salesforce.CHECKS._checks  # noqa: SLF001  # a check stays registered for the life of a process
    monkeypatch.setattr(salesforce.CHECKS, "_checks", dict(original))

    @salesforce.CHECKS.register("Namespace")
    def check_namespace(context: salesforce.SalesforceContext) -> Iterator[Finding]:
        yield Finding("Namespace", is_good=True, text=context.crm.shape().closed_status)

    findings = list(scene.services.rooms.doctor.examine())
    assert [finding.text for finding in findings if finding.what == "Namespace"] == ["Completed"]
    assert findings[-1].what == "Keys of this state", "the checks of the other subjects still come after it"


def test_a_check_that_raises_is_one_finding_and_stops_no_other(caplog: pytest.LogCaptureFixture) -> None:
    checks = Checks[None]()

    @checks.register("Broken")
    def check_broken(_context: None) -> Iterator[Finding]:
        yield Finding("Broken", is_good=True, text="The first half is fine.")
        raise RuntimeError("words that somebody wrote")

    @checks.register("Away")
    def check_away(_context: None) -> Iterator[Finding]:
        raise TransientError("Google does not answer.")
        yield

    @checks.register("Fine")
    def check_fine(_context: None) -> Iterator[Finding]:
        yield Finding("Fine", is_good=True, text="All is well.")

    findings = list(Doctor([checks.bind(None), checks.bind(None)]).examine())

    assert [(f.what, f.is_good) for f in findings[:4]] == [
        ("Broken", True), ("Broken", False), ("Away", False), ("Fine", True)
    ]  # fmt: skip
    assert "RuntimeError" in findings[1].text
    assert "words that somebody wrote" not in findings[1].text + caplog.text
    assert findings[2].text == "Google does not answer."
    assert findings[4:] == findings[:4], "the next subject is examined too"


def test_two_checks_cannot_have_one_title() -> None:
    checks = Checks[None]()
    checks.register("State")(lambda _context: [])
    with pytest.raises(ValueError, match="State"):
        checks.register("State")


def test_salesforce_that_does_not_answer_is_one_finding(scene: Scene) -> None:
    scene.universe.faults.plan(Fault("salesforce", "*", "503", -1))
    findings = [f for f in scene.services.rooms.doctor.examine() if f.what.startswith("Salesforce")]
    assert [(f.what, f.is_good) for f in findings][:1] == [("Salesforce", False)]
    assert "Salesforce fields" not in {f.what for f in findings}


def find_gmail(scene: Scene) -> Finding:
    return next(finding for finding in scene.services.rooms.doctor.examine() if finding.what == "Gmail")


def test_gmail_is_asked_for_one_mailbox(scene: Scene) -> None:
    assert find_gmail(scene).text == "Gmail lets us read a mailbox.", "before the first sweep, too"
    scene.universe.calls.clear()
    scene.sync()

    finding = find_gmail(scene)

    assert finding == Finding("Gmail", is_good=True, text="Gmail lets us read a mailbox.")


def test_delegation_without_gmail_s_scope_is_found(scene: Scene) -> None:
    """The Directory answers all the same: its scopes are others."""
    scene.sync()
    scene.restart()
    scene.services.ports.directory.people()
    scene.universe.faults.plan(Fault("google_token", "token", "unauthorized_client", times=-1))

    finding = find_gmail(scene)

    assert not finding.is_good
    assert "gmail.readonly" in finding.text


def test_one_person_without_gmail_is_not_the_service_s_trouble(scene: Scene) -> None:
    scene.sync()
    first = scene.services.ports.store.mailboxes()[0].address
    scene.universe.faults.plan(Fault("gmail", "getProfile", "failedPrecondition", times=-1, mailbox=first))
    assert find_gmail(scene).is_good

    scene.universe.faults.plan(Fault("gmail", "getProfile", "failedPrecondition", times=-1))
    assert not find_gmail(scene).is_good
