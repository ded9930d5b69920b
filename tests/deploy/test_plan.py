"""What ``make deploy`` does to a project, against a stand-in that keeps what it is told."""

from __future__ import annotations

import copy
import json
import re
import subprocess
from pathlib import Path

import pytest

from deploy import plan
from deploy.gcloud import DeployError
from deploy.identities import APIS
from deploy.plan import STEPS
from server.adapters.cloud.cloud_tasks import LONGEST_RUN
from server.ports.queue import Lane
from server.rules.forecast.deployment import JOBS_AT_A_TIME, LANES
from server.settings import Settings
from tests.deploy.conftest import INSIDE_PEM, PEM
from tests.support.gcloud_project import HOST, FakeProject, Refusal, new_state
from tests.support.upload import ROOT, copy_clone


class KilledError(BaseException):
    """The process dies here: no handler runs."""


def members(project, name, role):
    bindings = project.state["policies"].get(name, {}).get("bindings", [])
    return {
        m.removeprefix("serviceAccount:").partition("@")[0] for b in bindings if b["role"] == role for m in b["members"]
    }


@pytest.fixture
def deployed(project, deploy_into):
    deploy_into(project)
    return project


PUSH = {
    "pushEndpoint": f"https://{HOST}/push",
    "oidcToken": {
        "serviceAccountEmail": "truly-push@truly-acme.iam.gserviceaccount.com",
        "audience": f"https://{HOST}/push",
    },
}


def test_an_empty_project_becomes_one_that_has_everything(deployed):
    state = deployed.state
    assert set(APIS) <= set(state["apis"])
    assert [account.partition("@")[0] for account in state["accounts"]] == [
        "truly-sidebar", "truly-worker", "truly-tasks", "truly-push", "truly-breakglass", "truly-delegate",
    ]  # fmt: skip
    assert state["keys"]["vault"] == {"purpose": "ASYMMETRIC_DECRYPT", "rotates": False}
    assert state["keys"]["work"] == {"purpose": "ENCRYPT_DECRYPT", "rotates": True}
    assert set(state["queues"]) == {"live", "deliver", "backfill", "audit"}
    assert {queue["retryConfig"]["maxAttempts"] for queue in state["queues"].values()} == {-1}
    assert state["subscriptions"] == {"truly-mail-push": PUSH}
    assert set(state["versions"]) == {"default", "worker"}
    assert state["cron"] == 3
    assert f"https://{HOST}/addon/open" in json.dumps(state["addons"]["truly"])


def test_nobody_but_the_break_glass_account_decrypts_with_vault(deployed):
    services = {"truly-sidebar", "truly-worker"}
    assert members(deployed, "key vault", "roles/cloudkms.cryptoKeyDecrypter") == {"truly-breakglass"}
    assert members(deployed, "key vault", "roles/cloudkms.cryptoKeyEncrypterDecrypter") == set()
    assert members(deployed, "key vault", "roles/cloudkms.publicKeyViewer") == services | {"truly-breakglass"}
    assert members(deployed, "key work", "roles/cloudkms.cryptoKeyEncrypterDecrypter") == services | {
        "truly-breakglass"
    }


def test_each_account_has_the_roles_of_its_work_and_no_more(deployed):
    roles = {
        (binding["role"], member.partition(":")[2].partition("@")[0])
        for binding in deployed.state["policies"]["project"]["bindings"]
        for member in binding["members"]
    }
    assert roles == {
        ("roles/owner", "owner"),
        *((f"roles/{role}", name) for name in ("truly-sidebar", "truly-worker")
          for role in ("datastore.user", "cloudtasks.enqueuer", "logging.logWriter")),
        ("roles/cloudtasks.viewer", "truly-worker"), ("roles/datastore.backupSchedulesViewer", "truly-worker"),
        ("roles/datastore.backupsViewer", "truly-worker"),
        ("roles/datastore.user", "truly-breakglass"), ("roles/logging.logWriter", "truly-breakglass"),
        *((f"roles/{role}", "truly-acme") for role in ("storage.objectViewer", "artifactregistry.createOnPushWriter", "logging.logWriter")),
    }  # fmt: skip
    tasks, delegate, opener = (
        f"truly-{name}@truly-acme.iam.gserviceaccount.com" for name in ("tasks", "delegate", "breakglass")
    )
    assert members(deployed, tasks, "roles/iam.serviceAccountUser") == {"truly-sidebar", "truly-worker"}
    assert members(deployed, delegate, "roles/iam.serviceAccountTokenCreator") == {"truly-sidebar", "truly-worker"}
    assert members(deployed, opener, "roles/iam.serviceAccountTokenCreator") == {"user:dpo"}
    worker = "truly-worker@truly-acme.iam.gserviceaccount.com"
    assert members(deployed, worker, "roles/iam.serviceAccountTokenCreator") == {"user:ann", "group:it"}
    assert members(deployed, "topic truly-mail", "roles/pubsub.publisher") == {"gmail-api-push"}


def assert_protected(project):
    first, second = project.state["databases"]["(default)"], project.state["databases"]["deks"]
    assert first["pointInTimeRecoveryEnablement"] == "POINT_IN_TIME_RECOVERY_ENABLED"
    assert first["deleteProtectionState"] == "DELETE_PROTECTION_ENABLED"
    assert project.state["schedules"] == {"(default)": [{"retention": "14d"}]}
    assert second["pointInTimeRecoveryEnablement"] == "POINT_IN_TIME_RECOVERY_DISABLED"


def test_the_first_database_is_protected_and_the_second_keeps_nothing(deployed):
    assert_protected(deployed)


def test_kms_and_secrets_leave_a_record_and_older_logs_stay(deployed):
    logs = {
        c["service"]: {log["logType"] for log in c["auditLogConfigs"]}
        for c in deployed.state["policies"]["project"]["auditConfigs"]
    }
    assert logs == {
        "cloudkms.googleapis.com": {"DATA_READ", "DATA_WRITE"},
        "secretmanager.googleapis.com": {"DATA_READ"},
        "storage.googleapis.com": {"DATA_READ"},
    }


def test_secrets_are_piped_and_stand_in_no_argument_and_no_file(deployed, tmp_path):
    hash_keys, salesforce = (text for text in deployed.inputs if text)
    assert salesforce == PEM
    number, key = hash_keys.decode().split()
    assert (number, len(bytes.fromhex(key))) == ("1", 32)
    written = b"".join(path.read_bytes() for path in (tmp_path / "work").rglob("*") if path.is_file())
    for secret in (key.encode(), INSIDE_PEM):
        assert secret not in written
        assert secret.decode() not in json.dumps(deployed.calls)


def test_the_services_get_the_settings_of_this_project(deployed, tmp_path):
    text = (tmp_path / "work/build/deploy/service/worker.yaml").read_text()
    settings = dict(line.strip().split(": ", 1) for line in text.partition("env_variables:\n")[2].splitlines())
    assert settings["ROLE"] == "worker"
    assert json.loads(settings["WORKER_URL"]) == f"https://worker-dot-{HOST}"
    assert json.loads(settings["HASH_KEYS"]) == "secret:projects/truly-acme/secrets/truly-hash-keys/versions/1"
    assert json.loads(settings["ADDON_CLIENT_ID"]) == "1.apps.googleusercontent.com"
    assert json.loads(settings["DISCLOSURE"]) == "subject"
    assert "COPY_OPENERS" not in text
    assert "SALESFORCE_KEY" not in text


def test_an_operator_gets_the_settings_of_the_services_as_a_shell_reads_them(project, deploy_into, tmp_path):
    deploy_into(project, DONT_LOG_LABEL="Don't $log `it`")
    shown = subprocess.run(
        ["/bin/sh", "-ec", "set -a; . build/deploy/operator.env; env -0"],
        cwd=tmp_path / "work", env={}, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    settings = Settings.of(dict(line.split("=", 1) for line in shown.split("\0") if line))
    assert settings.dont_log_label == "Don't $log `it`"
    assert settings.state == "firestore:truly-acme"
    assert settings.cloud.queue_location == "projects/truly-acme/locations/europe-west3"
    assert not settings.may_open_copies


def test_a_setting_of_the_file_gives_way_to_the_operators(project, deploy_into, tmp_path):
    deploy_into(project, LOG_FORMAT="text")
    text = (tmp_path / "work/build/deploy/service/app.yaml").read_text()
    assert [line.strip() for line in text.splitlines() if "LOG_FORMAT" in line] == ['LOG_FORMAT: "text"']


def test_the_queues_are_those_that_the_service_uses():
    assert set(LANES) == set(Lane)


def test_gunicorn_waits_longer_than_the_longest_job():
    [seconds] = re.findall(r"--timeout (\d+)", (ROOT / "worker.yaml").read_text())
    assert int(seconds) > LONGEST_RUN


def test_the_tasks_at_a_time_fit_into_the_threads_of_an_instance():
    [threads] = re.findall(r"^threads = (\d+)", (ROOT / "gunicorn.conf.py").read_text(), re.MULTILINE)
    assert int(threads) > JOBS_AT_A_TIME


def test_a_second_run_makes_nothing(deployed, deploy_into):
    before = copy.deepcopy(deployed.state)
    deployed.changes.clear()
    said = deploy_into(deployed)

    # gcloud cannot say which cron jobs there are, so their file is deployed each time.
    assert [" ".join(words[:2]) for words in deployed.changes] == ["app deploy"]
    assert deployed.state == before
    assert sum("nothing to do" in line for line in said) == len(STEPS) - 2
    assert any(line.endswith("operator.env: written when the steps run") for line in said)


def test_another_setting_is_a_new_version_and_nothing_else(deployed, deploy_into):
    deployed.changes.clear()
    deploy_into(deployed, DISCLOSURE="headers")
    assert {" ".join(words[:2]) for words in deployed.changes} == {"app deploy"}
    assert len(deployed.changes) == 3


def test_more_workers_widen_the_queues(deployed, deploy_into):
    deployed.changes.clear()
    deploy_into(deployed, WORKER_INSTANCES="8")
    assert deployed.state["queues"]["live"]["rateLimits"]["maxConcurrentDispatches"] == 40
    assert float(deployed.state["queues"]["live"]["rateLimits"]["maxDispatchesPerSecond"]) == 120
    assert [words[3] for words in deployed.changes if words[:3] == ["tasks", "queues", "update"]] == [
        "live",
        "deliver",
        "backfill",
        "audit",
    ]


def test_a_plan_asks_nobody_and_changes_nothing(project, deploy_into):
    said = deploy_into(project, only_plan=True)
    assert project.calls == []
    assert sum(line.lstrip().startswith("gcloud ") for line in said) > 60
    assert INSIDE_PEM.decode() not in "".join(said)


def test_who_says_no_changes_nothing(project, deploy_into):
    said = deploy_into(project, confirm=False)
    assert project.state == new_state()
    assert any("gcloud app create" in line for line in said)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_run_that_is_killed_at_any_change_ends_the_same_when_it_is_run_again(deployed, deploy_into, when):
    ended = comparable(deployed.state)
    changes = len(deployed.changes)
    assert changes > 80
    for fatal in range(changes):
        project = FakeProject()
        done = []

        def die(_words, done=done, fatal=fatal):
            done.append(1)
            if len(done) == fatal + 1:
                raise KilledError

        setattr(project, when, die)
        with pytest.raises(KilledError):
            deploy_into(project)
        setattr(project, when, lambda _words: None)
        deploy_into(project)
        assert comparable(project.state) == ended, project.changes[-1]


def comparable(state):
    """Etags count changes, and the order of members is that of the runs."""
    state = copy.deepcopy(state)
    for policy in state["policies"].values():
        policy.pop("etag", None)
        policy["bindings"] = {b["role"]: sorted(b["members"]) for b in policy.get("bindings", [])}
    return state


def test_a_refusal_stops_with_a_sentence_and_the_next_run_goes_on(project, deploy_into):
    def refuse(words):
        if words[:3] == ["kms", "keys", "create"]:
            raise_refusal("PERMISSION_DENIED: Permission 'cloudkms.cryptoKeys.create' denied.")

    project.before = refuse
    with pytest.raises(
        DeployError, match=r"Stopped at step 8, keys\. gcloud refused: (.|\n)*PERMISSION_DENIED(.|\n)*goes on"
    ):
        deploy_into(project)
    assert project.state["databases"] == {}

    project.before = lambda _words: None
    deploy_into(project)
    assert set(project.state["databases"]) == {"(default)", "deks"}


def raise_refusal(text):
    raise Refusal(text)


def test_what_passes_by_itself_is_waited_for(project, deploy_into):
    left = [3]

    def be_late(words):
        if words[:2] == ["projects", "add-iam-policy-binding"] and left[0]:
            left[0] -= 1
            raise_refusal("INVALID_ARGUMENT: Service account truly-sidebar@x does not exist.")

    project.before = be_late
    deploy_into(project)
    assert left == [0]


def test_a_policy_that_somebody_changed_meanwhile_is_not_overwritten(project, deploy_into):
    def meddle(words):
        if words[:2] == ["projects", "set-iam-policy"]:
            project.state["policies"]["project"]["etag"] = "999"

    project.before = meddle
    with pytest.raises(DeployError, match="concurrent policy changes"):
        deploy_into(project)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda s: s["schedules"].update(deks=[{"retention": "7d"}]), "backup schedule"),
        (lambda s: s.update(backups=[{"name": "projects/1/locations/eur3/backups/b7", "database": "projects/1/databases/deks"}]),
         "gcloud firestore backups delete --location=eur3 --backup=b7"),
        (lambda s: s["keys"]["vault"].update(purpose="ASYMMETRIC_SIGN"), "purpose cannot be changed"),
        (lambda s: s["secrets"]["truly-hash-keys"][0].update(state="DISABLED"), "Enable the one"),
        (lambda s: s.update(has_consent_screen=False), "consent screen"),
    ],
)  # fmt: skip
def test_what_must_not_be_so_stops_the_run(deployed, deploy_into, spoil, sentence):
    spoil(deployed.state)
    with pytest.raises(DeployError, match=sentence):
        deploy_into(deployed)


def test_who_is_not_logged_in_gets_gclouds_words_and_no_plan(project, deploy_into):
    project.state["is_logged_in"] = False
    with pytest.raises(DeployError, match="gcloud auth login"):
        deploy_into(project)
    assert len(project.calls) == 1


def test_another_project_is_not_found_and_not_planned(project, deploy_into):
    with pytest.raises(DeployError, match="There is no project truly-other"):
        deploy_into(project, PROJECT="truly-other")
    assert project.changes == []


def test_protections_that_were_switched_off_are_switched_on_again(deployed, deploy_into):
    deployed.state["databases"]["(default)"].pop("deleteProtectionState")
    deployed.state["databases"]["deks"]["pointInTimeRecoveryEnablement"] = "POINT_IN_TIME_RECOVERY_ENABLED"
    deploy_into(deployed)
    assert_protected(deployed)


@pytest.mark.parametrize(
    "spoiled",
    [
        {"pushEndpoint": "https://elsewhere.example/push"},
        {"oidcToken": {**PUSH["oidcToken"], "audience": "https://elsewhere.example/push"}},
        {"oidcToken": {**PUSH["oidcToken"], "serviceAccountEmail": "other@truly-acme.iam.gserviceaccount.com"}},
        {"oidcToken": None},
    ],
)
def test_pushes_that_the_service_would_refuse_are_set_right(deployed, deploy_into, spoiled):
    deployed.state["subscriptions"]["truly-mail-push"] = {**PUSH, **spoiled}
    deploy_into(deployed)
    assert deployed.state["subscriptions"] == {"truly-mail-push": PUSH}


def test_another_delegate_is_not_made(project, deploy_into):
    project.state["accounts"].append("reader@other.iam.gserviceaccount.com")
    deploy_into(project, GOOGLE_DELEGATE="reader@other.iam.gserviceaccount.com")
    assert "truly-delegate@truly-acme.iam.gserviceaccount.com" not in project.state["accounts"]
    assert members(project, "reader@other.iam.gserviceaccount.com", "roles/iam.serviceAccountTokenCreator") == {
        "truly-sidebar",
        "truly-worker",
    }


def test_a_delegate_of_another_project_gets_no_push_and_the_plan_says_so(project, deploy_into, tmp_path):
    """Gmail publishes to no topic of ours then, and each watch would be refused."""
    delegate = "reader@other.iam.gserviceaccount.com"
    project.state["accounts"].append(delegate)
    said = deploy_into(project, GOOGLE_DELEGATE=delegate)

    [note] = [line for line in said if line.startswith("Note: ")]
    assert "GOOGLE_DELEGATE is an account of another project" in note
    assert "found by polling" in note
    assert (project.state["topics"], project.state["subscriptions"]) == ([], {})
    for name in ("app.yaml", "worker.yaml"):
        assert "PUBSUB_TOPIC" not in (tmp_path / "work/build/deploy/service" / name).read_text()


@pytest.mark.parametrize("delegate", ["reader@truly-acme.iam.gserviceaccount.com", ""])
def test_a_delegate_of_this_project_gets_pushes(project, deploy_into, delegate):
    project.state["accounts"].append(delegate)
    said = deploy_into(project, GOOGLE_DELEGATE=delegate)
    assert [line for line in said if line.startswith("Note: ")] == []
    assert project.state["subscriptions"] == {"truly-mail-push": PUSH}


def test_a_plan_says_that_nobody_could_run_the_commands(project, deploy_into):
    said = deploy_into(project, OPERATORS="", confirm=False)
    [note] = [line for line in said if line.startswith("Note: ")]
    assert "OPERATORS is empty, so nobody may act as truly-worker" in note
    assert "flask doctor" in note


def test_a_plan_that_asked_nobody_says_so(project, deploy_into):
    said = deploy_into(project, only_plan=True, REGION="europe-west33")
    assert said[-1].startswith("Note: this plan asked nobody: whether Google has the project and the region")
    assert "25. build/deploy/operator.env: written when the steps run" in said


@pytest.mark.parametrize("only_plan", [True, False])
def test_what_may_not_travel_stops_a_plan_before_anything_is_asked(
    project, deploy_into, monkeypatch, tmp_path, only_plan
):
    clone = copy_clone(tmp_path / "clone")
    (clone / "server" / "linked.py").symlink_to(clone / "README.md")
    monkeypatch.setattr(plan, "ROOT", clone)

    with pytest.raises(DeployError, match=r"server/linked.py is a link, and what it leads to would travel"):
        deploy_into(project, only_plan=only_plan)
    assert project.calls == []


def test_the_deployed_folder_has_the_locked_packages_and_nothing_that_does_not_travel(deployed, tmp_path):
    folder = tmp_path / "work/build/deploy/service"
    assert "--hash=sha256:" in (folder / "requirements.txt").read_text()
    assert {path.name for path in folder.iterdir()} == {
        "addon", "server", "lists", "requirements.txt", "gunicorn.conf.py", ".gcloudignore", "app.yaml", "worker.yaml", "cron.yaml",
    }  # fmt: skip
    assert not Path("build/deploy/service/deploy").exists()


def test_the_last_words_name_earlier_versions_that_still_run(project, deploy_into):
    first = deploy_into(project)
    served = project.state["versions"]["default"]
    again = deploy_into(project)

    changed = deploy_into(project, SIDEBAR_INSTANCES="11")

    assert project.state["idle"]["default"] == [served]
    assert f"gcloud app versions delete {served} --service=default --project=truly-acme" in changed[-1]
    assert not any("versions delete" in line for line in first + again)
