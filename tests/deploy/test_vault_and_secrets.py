"""Who may decrypt with ``vault``, which secret a service is given, and what somebody changed in the queues."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from deploy.gcloud import DeployError
from deploy.keys import DECRYPTERS
from tests.deploy.conftest import PEM, make_pem
from tests.deploy.test_plan import KilledError, comparable
from tests.support.gcloud_project import FakeProject

WORKER = "serviceAccount:truly-worker@truly-acme.iam.gserviceaccount.com"
OPENER = "serviceAccount:truly-breakglass@truly-acme.iam.gserviceaccount.com"
PLACES = {"key vault": "the key vault", "ring truly": "the key ring truly", "project": "the project"}
NEW_PEM = make_pem()


@pytest.fixture
def deployed(project, deploy_into):
    deploy_into(project)
    return project


def bind(project, place, role, member, **more):
    policy = project.state["policies"].setdefault(place, {"etag": "0"})
    policy.setdefault("bindings", []).append({"role": role, "members": [member], **more})


@pytest.mark.parametrize("place", PLACES)
def test_nobody_else_may_decrypt_by_any_role_of_google_on_key_ring_or_project(deployed, deploy_into, place):
    deployed.changes.clear()
    for role in sorted(DECRYPTERS):
        bind(deployed, place, role, WORKER)
        with pytest.raises(DeployError) as caught:
            deploy_into(deployed)
        assert f"{WORKER} may decrypt with the key vault, by {role} on {PLACES[place]}" in str(caught.value)
        assert f"--member={WORKER} --role={role} --all" in str(caught.value)
        deployed.state["policies"][place]["bindings"].pop()
    assert deployed.changes == []


def test_the_command_that_it_names_is_that_of_the_place(deployed, deploy_into):
    for place, words in (
        ("project", "gcloud projects remove-iam-policy-binding truly-acme --project"),
        ("ring truly", "gcloud kms keyrings remove-iam-policy-binding truly --location=europe-west3 --project"),
        (
            "key vault",
            "gcloud kms keys remove-iam-policy-binding vault --keyring=truly --location=europe-west3 --project",
        ),
    ):  # the innermost is named first
        bind(deployed, place, "roles/cloudkms.cryptoOperator", "user:curious@acme.example")
        with pytest.raises(DeployError, match=words):
            deploy_into(deployed)


def test_a_binding_with_a_condition_counts(deployed, deploy_into):
    bind(deployed, "project", "roles/cloudkms.cryptoKeyDecrypter", WORKER, condition={"title": "this year"})
    with pytest.raises(DeployError, match="may decrypt"):
        deploy_into(deployed)


@pytest.mark.parametrize("role", ["projects/truly-acme/roles/helper", "organizations/12/roles/helper"])
@pytest.mark.parametrize("permission", ["useToDecrypt", "useToDecryptViaDelegation"])
def test_a_custom_role_is_looked_into(deployed, deploy_into, role, permission):
    bind(deployed, "project", role, "group:it@acme.example")
    deployed.state["roles"][role] = ["cloudkms.cryptoKeyVersions.useToEncrypt"]
    deploy_into(deployed)

    deployed.state["roles"][role].append(f"cloudkms.cryptoKeyVersions.{permission}")
    with pytest.raises(DeployError, match=f"group:it@acme.example may decrypt with the key vault, by {role}"):
        deploy_into(deployed)


def test_a_custom_role_that_may_not_be_read_stops_the_run(deployed, deploy_into):
    bind(deployed, "project", "organizations/12/roles/helper", "group:it@acme.example")
    with pytest.raises(
        DeployError, match=r"Whether group:it@acme.example may decrypt .* is not known(.|\n)*PERMISSION_DENIED"
    ):
        deploy_into(deployed)


@pytest.mark.parametrize("member", [WORKER, "serviceAccount:truly-acme@appspot.gserviceaccount.com", "allUsers"])
def test_no_account_that_runs_our_code_owns_the_project(deployed, deploy_into, member):
    bind(deployed, "project", "roles/owner", member)
    with pytest.raises(DeployError, match=f"{member} may decrypt with the key vault, by roles/owner on the project"):
        deploy_into(deployed)


@pytest.mark.parametrize(
    ("place", "role", "member"),
    [
        ("project", "roles/owner", "user:second@acme.example"),
        ("ring truly", "roles/cloudkms.admin", "user:ann@acme.example"),
        ("project", "roles/cloudkms.cryptoKeyEncrypter", WORKER),
        ("project", "roles/editor", "user:ann@acme.example"),
        ("ring truly", "roles/cloudkms.cryptoKeyDecrypter", OPENER),
        ("key work", "roles/cloudkms.cryptoKeyDecrypter", "user:ann@acme.example"),
    ],
)
def test_who_may_not_decrypt_with_vault_or_owns_the_project_is_let_be(deployed, deploy_into, place, role, member):
    bind(deployed, place, role, member)
    deployed.changes.clear()
    deploy_into(deployed)
    assert {"role": role, "members": [member]} in deployed.state["policies"][place]["bindings"]
    assert not [words for words in deployed.changes if "policy" in " ".join(words[:3])]


def read_settings():
    text = Path("build/deploy/service/app.yaml").read_text()
    return {
        line.strip().partition(":")[0]: json.loads(line.partition(": ")[2])
        for line in text.partition("env_variables:\n")[2].splitlines()
        if "SALESFORCE_" in line
    }


def piped_since(project, count):
    return [text for text in project.inputs[count:] if text]


def test_another_kind_goes_into_a_secret_of_its_own(deployed, deploy_into, tmp_path):
    (tmp_path / "secret").write_text("the-client-secret\n")
    count = len(deployed.inputs)
    said = deploy_into(deployed, SALESFORCE_KEY="", SALESFORCE_SECRET=str(tmp_path / "secret"))

    assert piped_since(deployed, count) == [b"the-client-secret"]
    settings = read_settings()
    assert "SALESFORCE_PRIVATE_KEY_FILE" not in settings
    assert settings["SALESFORCE_CONSUMER_SECRET"].endswith("/secrets/truly-salesforce-secret/versions/1")
    assert len(deployed.state["secrets"]["truly-salesforce-key"]) == 1
    readers = deployed.state["policies"]["secret truly-salesforce-secret"]["bindings"][0]["members"]
    assert len(readers) == 3
    assert "the-client-secret" not in json.dumps(deployed.calls) + "".join(said)

    count = len(deployed.inputs)
    deploy_into(deployed)
    assert piped_since(deployed, count) == []
    assert read_settings()["SALESFORCE_PRIVATE_KEY_FILE"].endswith("/secrets/truly-salesforce-key/versions/1")
    assert "SALESFORCE_CONSUMER_SECRET" not in read_settings()


def test_a_new_file_is_a_new_version_that_both_services_get(deployed, deploy_into, tmp_path):
    (tmp_path / "salesforce.pem").write_bytes(NEW_PEM)
    deployed.changes.clear()
    count = len(deployed.inputs)
    said = deploy_into(deployed)

    assert piped_since(deployed, count) == [NEW_PEM]
    assert read_settings()["SALESFORCE_PRIVATE_KEY_FILE"].endswith("/secrets/truly-salesforce-key/versions/2")
    assert [" ".join(words[:3]) for words in deployed.changes if words[0] == "secrets"] == [
        "secrets update truly-salesforce-key",
        "secrets versions add",
    ]
    assert sum(words[:2] == ["app", "deploy"] for words in deployed.changes) == 3
    # The plan that was asked about says all of it.
    question = said.index(next(line for line in said if line.startswith("26. ")))
    assert sum("gcloud app deploy" in line for line in said[:question]) == 3
    assert any("versions add truly-salesforce-key" in line for line in said[:question])
    assert "the new key" not in "".join(said) + json.dumps(deployed.calls)

    deployed.changes.clear()
    deploy_into(deployed)
    assert [" ".join(words[:2]) for words in deployed.changes] == ["app deploy"]


def test_a_version_that_somebody_added_gives_way_to_the_file(deployed, deploy_into):
    deployed.state["secrets"]["truly-salesforce-key"].append({"state": "ENABLED", "length": 1})
    deploy_into(deployed)
    assert read_settings()["SALESFORCE_PRIVATE_KEY_FILE"].endswith("/versions/3")
    assert deployed.state["secrets"]["truly-salesforce-key"][2]["length"] == len(PEM)


def test_a_version_that_somebody_adds_in_the_middle_is_not_taken_for_ours(deployed, deploy_into, tmp_path):
    (tmp_path / "salesforce.pem").write_bytes(NEW_PEM)
    versions = deployed.state["secrets"]["truly-salesforce-key"]

    def add_another(words):
        if words[:3] == ["secrets", "versions", "add"]:
            versions.append({"state": "ENABLED", "length": 1})

    deployed.before = add_another
    deploy_into(deployed)
    assert read_settings()["SALESFORCE_PRIVATE_KEY_FILE"].endswith("/versions/3")

    deployed.before = lambda _words: None
    versions[2]["state"] = "DESTROYED"
    deploy_into(deployed)
    assert read_settings()["SALESFORCE_PRIVATE_KEY_FILE"].endswith("/versions/4")


def test_the_version_that_was_made_is_pinned_where_the_list_is_behind(deployed, deploy_into, tmp_path, monkeypatch):
    (tmp_path / "salesforce.pem").write_bytes(NEW_PEM)
    answer = deployed.run

    def be_behind(args, stdin):
        words = list(args)
        code, out, err = answer(words, stdin)
        if words[:4] == ["secrets", "versions", "list", "truly-salesforce-key"]:
            out = json.dumps(json.loads(out)[:1])
        return code, out, err

    monkeypatch.setattr(deployed, "run", be_behind)
    deploy_into(deployed)
    assert read_settings()["SALESFORCE_PRIVATE_KEY_FILE"].endswith("/versions/2")


def die_at_worker(words):
    if words[:2] == ["app", "deploy"] and words[2].endswith("worker.yaml"):
        raise KilledError


def read_hash_keys():
    return re.findall(r"HASH_KEYS: \"([^\"]*)\"", Path("build/deploy/service/app.yaml").read_text())


HASH_KEYS = "secret:projects/truly-acme/secrets/truly-hash-keys/versions/1"


def test_hash_keys_are_made_once_where_the_list_is_behind(project, deploy_into):
    project.before = die_at_worker
    with pytest.raises(KilledError):
        deploy_into(project)
    project.before = lambda _words: None
    project.state["behind"] = {"list": 1}

    deploy_into(project)

    assert len(project.state["secrets"]["truly-hash-keys"]) == 1
    assert read_hash_keys() == [HASH_KEYS]


def test_hash_keys_that_were_made_a_second_time_are_disabled_at_once(project, deploy_into):
    """Not even a version's number says yet that there is one; what was made says its number."""
    project.before = die_at_worker
    with pytest.raises(KilledError):
        deploy_into(project)
    project.before = lambda _words: None
    project.state["behind"] = {"list": 1, "describe": 1}

    with pytest.raises(DeployError, match=r"truly-hash-keys had a version already .* Version 2, .* is disabled"):
        deploy_into(project)

    assert [version["state"] for version in project.state["secrets"]["truly-hash-keys"]] == ["ENABLED", "DISABLED"]
    assert set(project.state["versions"]) == {"default"}
    project.state["behind"] = {}
    deploy_into(project)
    assert len(project.state["secrets"]["truly-hash-keys"]) == 2
    assert read_hash_keys() == [HASH_KEYS]


def test_the_first_hash_keys_are_pinned_where_the_list_is_behind(project, deploy_into):
    project.state["behind"] = {"list": 1, "describe": 1}
    deploy_into(project)
    assert len(project.state["secrets"]["truly-hash-keys"]) == 1
    assert read_hash_keys() == [HASH_KEYS]


def test_a_key_that_was_switched_off_does_not_come_back(deployed, deploy_into, tmp_path):
    versions = deployed.state["secrets"]["truly-salesforce-key"]
    versions[0]["state"] = "DISABLED"
    with pytest.raises(
        DeployError, match="version 1 of the secret truly-salesforce-key holds, and that version is disabled"
    ):
        deploy_into(deployed)
    assert len(versions) == 1

    (tmp_path / "salesforce.pem").write_bytes(NEW_PEM)
    deploy_into(deployed)
    assert read_settings()["SALESFORCE_PRIVATE_KEY_FILE"].endswith("/versions/2")


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("kind", ["another kind", "a new file"])
def test_a_change_of_secret_that_is_killed_at_any_change_ends_the_same(project, deploy_into, tmp_path, when, kind):
    deploy_into(project)
    first = json.dumps(project.state)
    changed = {}
    if kind == "another kind":
        (tmp_path / "secret").write_text("the-client-secret")
        changed = {"SALESFORCE_KEY": "", "SALESFORCE_SECRET": str(tmp_path / "secret")}
    else:
        (tmp_path / "salesforce.pem").write_bytes(NEW_PEM)
    project.changes.clear()
    deploy_into(project, **changed)
    ended, settings, changes = comparable(project.state), read_settings(), len(project.changes)
    assert changes >= 5
    for fatal in range(changes):
        project = FakeProject(json.loads(first))
        left = [fatal]

        def die(_words, left=left):
            left[0] -= 1
            if left[0] < 0:
                raise KilledError

        setattr(project, when, die)
        with pytest.raises(KilledError):
            deploy_into(project, **changed)
        setattr(project, when, lambda _words: None)
        deploy_into(project, **changed)
        assert comparable(project.state) == ended
        assert read_settings() == settings


@pytest.mark.parametrize(
    "spoil",
    [
        {"maxAttempts": 3},
        {"minBackoff": "0.100s"},
        {"maxBackoff": "3600s"},
        {"maxDoublings": 16},
    ],
)
def test_attempts_that_somebody_changed_are_set_right(deployed, deploy_into, spoil):
    good = json.loads(json.dumps(deployed.state["queues"]))
    deployed.state["queues"]["deliver"]["retryConfig"] |= spoil
    deployed.changes.clear()
    said = deploy_into(deployed)
    assert deployed.state["queues"] == good
    assert [words[:4] for words in deployed.changes if words[0] == "tasks"] == [
        ["tasks", "queues", "update", "deliver"]
    ]
    assert any(re.match(r" +gcloud tasks queues update deliver ", line) for line in said)


@pytest.mark.parametrize("state", ["PAUSED", "DISABLED"])
def test_a_queue_that_is_paused_runs_again(deployed, deploy_into, state):
    deployed.state["queues"]["live"]["state"] = state
    deployed.changes.clear()
    said = deploy_into(deployed)
    assert deployed.state["queues"]["live"]["state"] == "RUNNING"
    assert [words[:4] for words in deployed.changes if words[0] == "tasks"] == [["tasks", "queues", "resume", "live"]]
    assert any(re.match(r" +gcloud tasks queues resume live ", line) for line in said)


def test_a_duration_that_google_writes_otherwise_is_no_change(deployed, deploy_into):
    deployed.state["queues"]["live"]["retryConfig"]["minBackoff"] = "5.000s"
    deployed.changes.clear()
    deploy_into(deployed)
    assert [words for words in deployed.changes if words[0] == "tasks"] == []
