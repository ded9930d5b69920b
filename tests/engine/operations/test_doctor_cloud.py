"""What the doctor says of a Google Cloud project: each finding good and bad, and what it says where it may not ask."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from server.adapters.cloud.admin import CloudAdmin, OwnToken, ProjectNames, simulated_token
from server.composition.cloud import read_runtime
from server.domain.errors import ConfigurationError
from server.engine.operations.doctor.cloud import CHECKS, CloudContext
from server.engine.operations.doctor.registry import Finding
from server.rules.schedule.runtime_support import ENDS
from simulator.app import Simulator
from simulator.cloud.iam import name_account
from simulator.cloud.project import CloudProject
from simulator.faults import Fault
from simulator.inprocess import InProcessTransport
from tests.support.cloud import run_cloud, run_cloud_scene

LEDGER, KEYS = "Ledger's database", "Keys' database"
DECRYPTER = "roles/cloudkms.cryptoKeyDecrypter"


@dataclass
class Ward:
    """A project, and a process in it that calls as ``account``."""

    project: CloudProject
    context: CloudContext

    def call_as(self, account: str) -> None:
        """From now on."""
        token = simulated_token(account)
        assert isinstance(self.context.project, CloudAdmin)
        self.context.project._token = token  # noqa: SLF001  # a process has one identity all its life

    def examine(self, **changes: object) -> dict[str, Finding]:
        context = replace(self.context, **changes)  # type: ignore[arg-type]
        return {finding.what: finding for finding in CHECKS.bind(context)()}


@pytest.fixture
def ward() -> Iterator[Ward]:
    with run_cloud() as project:
        universe = project.server.gate.universe
        place = f"projects/{project.name}"
        names = ProjectNames(
            f"{place}/databases/(default)", f"{place}/databases/deks", project.key_ring,
            project.queue_location, project.tasks_account,
        )  # fmt: skip
        transport = InProcessTransport(Simulator(universe, project))
        admin = CloudAdmin(names, transport, universe.clock, simulated_token(project.worker))
        yield Ward(
            project,
            CloudContext(
                admin, universe.clock, has_databases=True, has_keys=True, has_queues=True, may_open=False,
                runtime="python313",
            ),
        )  # fmt: skip


def test_a_project_as_a_deployment_leaves_it_is_well(ward: Ward) -> None:
    findings = ward.examine()

    assert list(findings) == [LEDGER, KEYS, "Key vault", "Key work", "Queues", "Tasks' account", "Clock", "Runtime"]
    assert [finding.text for finding in findings.values() if not finding.is_good] == []


def test_it_asks_nothing_that_changes_anything(ward: Ward) -> None:
    ward.examine()

    methods = {call.method for call in ward.project.server.gate.universe.calls.calls("cloudadmin")}
    assert methods == {
        "databases.get",
        "backupSchedules.list",
        "backups.list",
        "queues.get",
        "testIamPermissions",
        "permissions",
    }


def test_a_ledger_without_protection_is_found(ward: Ward) -> None:
    ward.project.admin.databases["(default)"] |= {
        "deleteProtectionState": "DELETE_PROTECTION_DISABLED",
        "pointInTimeRecoveryEnablement": "POINT_IN_TIME_RECOVERY_DISABLED",
    }

    finding = ward.examine()[LEDGER]

    assert not finding.is_good
    assert "delete protection" in finding.text
    assert "point-in-time recovery" in finding.text


@pytest.mark.parametrize("kept", ["recovery", "schedule", "backup"])
def test_a_database_that_brings_keys_back_is_found(ward: Ward, kept: str) -> None:
    admin = ward.project.admin
    if kept == "recovery":
        admin.databases["deks"]["pointInTimeRecoveryEnablement"] = "POINT_IN_TIME_RECOVERY_ENABLED"
    elif kept == "backup":
        place = f"projects/{ward.project.name}"
        names = {"name": f"{place}/locations/europe-west3/backups/b", "database": f"{place}/databases/deks"}
        admin.backups += [names, {**names, "database": f"{place}/databases/(default)"}]
    else:
        admin.schedules["deks"].append({"name": "daily", "retention": "604800s", "dailyRecurrence": {}})

    finding = ward.examine()[KEYS]

    assert not finding.is_good
    assert "could be opened again" in finding.text


def test_a_database_that_is_not_there_is_said(ward: Ward) -> None:
    del ward.project.admin.databases["deks"]

    finding = ward.examine()[KEYS]

    assert not finding.is_good
    assert finding.text == "There is no projects/acme-email/databases/deks."


def test_a_worker_that_could_open_copies_is_found(ward: Ward) -> None:
    ward.project.iam.grant(ward.project.worker, DECRYPTER, ward.project.key("vault"))

    finding = ward.examine()["Key vault"]

    assert not finding.is_good
    assert "read every stored copy" in finding.text


def test_a_role_over_the_whole_ring_is_found_too(ward: Ward) -> None:
    ward.project.iam.grant(ward.project.worker, DECRYPTER, ward.project.key_ring)

    assert not ward.examine()["Key vault"].is_good


def test_break_glass_must_be_able_to_open(ward: Ward) -> None:
    assert not ward.examine(may_open=True)["Key vault"].is_good

    ward.call_as(ward.project.break_glass)

    assert ward.examine(may_open=True)["Key vault"].is_good


def test_a_worker_that_cannot_use_work_is_found(ward: Ward) -> None:
    ward.project.iam.revoke(ward.project.worker, "roles/cloudkms.cryptoKeyEncrypterDecrypter", ward.project.key("work"))

    finding = ward.examine()["Key work"]

    assert not finding.is_good
    assert "wrap with the key work or unwrap with the key work" in finding.text


def test_each_queue_that_is_paused_or_missing_is_named(ward: Ward) -> None:
    queues, place = ward.project.tasks.queues, f"{ward.project.queue_location}/queues"
    queues[f"{place}/live"].is_paused = True
    del queues[f"{place}/audit"]

    finding = ward.examine()["Queues"]

    assert not finding.is_good
    assert "The queue live is paused" in finding.text
    assert "The queue audit does not exist" in finding.text
    assert "backfill" not in finding.text


def test_an_account_that_may_not_be_used_is_found(ward: Ward) -> None:
    account = name_account(ward.project.tasks_account, ward.project.name)
    ward.project.iam.revoke(ward.project.worker, "roles/iam.serviceAccountUser", account)

    assert not ward.examine()["Tasks' account"].is_good


@pytest.mark.parametrize(("skew", "is_good"), [(0.0, True), (4.0, True), (-4.0, True), (7.0, False), (-90.0, False)])
def test_a_clock_that_is_wrong_by_more_than_five_seconds_is_found(ward: Ward, skew: float, is_good: bool) -> None:
    ward.project.admin.skew = skew

    finding = ward.examine()["Clock"]

    assert finding.is_good is is_good
    if not is_good:
        assert ("behind" if skew > 0 else "ahead of") in finding.text


@pytest.mark.parametrize(
    ("day", "runtime", "is_good"),
    [
        ("2026-11-30", "python313", True),
        ("2029-09-01", "python313", False),
        ("2031-01-01", "python313", False),
        ("2026-11-30", "python39", False),
    ],
)
def test_a_runtime_near_its_end_is_found(ward: Ward, day: str, runtime: str, is_good: bool) -> None:
    now = datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()
    ward.project.server.gate.universe.clock.advance(now - ward.context.clock.now())

    finding = ward.examine(runtime=runtime)["Runtime"]

    assert finding.is_good is is_good
    assert runtime in finding.text


def test_our_own_runtime_is_in_the_list() -> None:
    assert read_runtime() in ENDS


def test_where_app_yaml_did_not_travel_the_process_is_asked(tmp_path: Path) -> None:
    assert read_runtime(tmp_path / "app.yaml").startswith("python3")


@pytest.mark.parametrize(
    ("title", "role", "permission"),
    [
        (LEDGER, "roles/datastore.user", "datastore.databases.get"),
        (KEYS, "roles/datastore.backupSchedulesViewer", "datastore.backupSchedules.list"),
        (KEYS, "roles/datastore.backupsViewer", "datastore.backups.list"),
        ("Queues", "roles/cloudtasks.viewer", "cloudtasks.queues.get"),
    ],
)
def test_what_may_not_be_asked_names_the_permission(ward: Ward, title: str, role: str, permission: str) -> None:
    for place in (f"projects/{ward.project.name}", ward.project.queue_location):
        ward.project.iam.revoke(ward.project.worker, role, place)

    finding = ward.examine()[title]

    assert not finding.is_good
    assert permission in finding.text


@pytest.mark.parametrize("kind", ["503", "429", "500", "drop_answer", "not_json"])
@pytest.mark.parametrize("method", ["databases.get", "queues.get", "testIamPermissions"])
def test_a_google_that_does_not_answer_is_a_finding_and_stops_no_other(ward: Ward, method: str, kind: str) -> None:
    ward.project.server.gate.universe.faults.plan(Fault("cloudadmin", method, kind, times=-1))

    findings = ward.examine()

    bad = {title for title, finding in findings.items() if not finding.is_good}
    assert (
        bad
        == {
            "databases.get": {LEDGER, KEYS},
            "queues.get": {"Queues"},
            "testIamPermissions": {"Key vault", "Key work", "Tasks' account"},
        }[method]
    )
    assert "bug" not in " ".join(finding.text for finding in findings.values())


def test_only_what_the_settings_put_there_is_asked_for(ward: Ward) -> None:
    assert list(ward.examine(has_databases=False, has_keys=False, has_queues=False)) == ["Clock", "Runtime"]


def test_the_service_asks_as_itself(tmp_path: Path) -> None:
    with run_cloud_scene(tmp_path) as (scene, project):
        findings = {finding.what: finding for finding in scene.services.rooms.doctor.examine()}
        project.iam.grant(project.worker, DECRYPTER, project.key("vault"))
        later = {finding.what: finding for finding in scene.services.rooms.doctor.examine()}

    assert findings["Key vault"].is_good
    assert findings["Key work"].is_good
    assert not later["Key vault"].is_good
    assert LEDGER not in findings, "the state of this scene is SQLite"


def test_a_machine_without_an_identity_is_told(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/account.json")
    transport = InProcessTransport(Simulator(ward.project.server.gate.universe, ward.project))

    with pytest.raises(ConfigurationError, match="no Google identity"):
        OwnToken(transport)()
