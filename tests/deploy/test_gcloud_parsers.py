"""Every call of a deployment, and the files that it deploys, held against gcloud's own parsers."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from deploy import rendering
from deploy.gcloud import DeployError
from deploy.upload import list_uploads
from tests.support.gcloud_project import FakeProject
from tests.support.upload import GCLOUD, ROOT, ask_gcloud

pytestmark = pytest.mark.gcloud


@pytest.fixture(scope="module")
def ask_parsers(tmp_path_factory):
    """Asks gcloud's Python, in a configuration folder of its own; returns what is wrong, by command or file."""
    config = tmp_path_factory.mktemp("gcloud")
    environment = {**os.environ, "CLOUDSDK_CONFIG": str(config), "CLOUDSDK_CORE_DISABLE_PROMPTS": "1"}
    info = subprocess.run(
        [GCLOUD, "info", "--format=json(installation.sdk_root,basic.python_location)"],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = json.loads(info.stdout)

    def ask(commands=(), services=(), cron=()):
        asked = {"commands": list(commands), "services": list(map(str, services)), "cron": list(map(str, cron))}
        answer = subprocess.run(
            [found["basic"]["python_location"], str(ROOT / "tests/support/gcloud_parsers.py"), found["installation"]["sdk_root"]],
            input=json.dumps(asked), env=environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return json.loads(answer.stdout.rpartition("ANSWER ")[2])

    return ask


def test_gcloud_takes_every_call_of_a_first_and_a_second_run(ask_parsers, deploy_into, tmp_path):
    project = FakeProject()
    deploy_into(project)
    project.state["databases"]["(default)"]["pointInTimeRecoveryEnablement"] = "POINT_IN_TIME_RECOVERY_DISABLED"
    project.state["databases"]["deks"]["pointInTimeRecoveryEnablement"] = "POINT_IN_TIME_RECOVERY_ENABLED"
    project.state["subscriptions"]["truly-mail-push"] = {"pushEndpoint": "https://elsewhere/push"}
    project.state["queues"]["live"]["state"] = "PAUSED"
    project.state["roles"] = {"projects/truly-acme/roles/x": [], "organizations/12/roles/y": []}
    project.state["policies"]["project"]["bindings"] += [
        {"role": role, "members": ["user:ann@acme.example"]} for role in project.state["roles"]
    ]
    (tmp_path / "secret").write_text("a-client-secret")
    deploy_into(
        project,
        WORKER_INSTANCES="9",
        REGION="europe-west1",
        SALESFORCE_KEY="",
        SALESFORCE_SECRET=str(tmp_path / "secret"),
    )
    project.state["secrets"]["truly-hash-keys"] = [{"state": "ENABLED"}]
    project.state["behind"] = {"list": 1, "describe": 1}
    with pytest.raises(DeployError, match="had a version already"):
        deploy_into(project)
    calls = [list(words) for words in dict.fromkeys(map(tuple, project.calls))]

    assert len(calls) > 120
    for words in (
        ["tasks", "queues", "resume"], ["secrets", "update"], ["iam", "roles", "describe"],
        ["secrets", "versions", "describe"], ["secrets", "versions", "disable"],
    ):  # fmt: skip
        assert any(call[: len(words)] == words for call in calls)
    assert ask_parsers(calls) == []


@pytest.mark.parametrize(
    "words",
    [
        ["kms", "keys", "create", "vault", "--keyring=truly", "--location=europe-west3"],
        ["firestore", "databases", "create", "--database=deks", "--location=eur3", "--point-in-time-recovery"],
        ["tasks", "queues", "create", "live", "--max-attempts=many"],
        ["app", "deploys", "app.yaml"],
        ["pubsub", "subscriptions"],
    ],
)
def test_a_call_that_gcloud_would_not_take_is_caught(ask_parsers, words):
    assert len(ask_parsers([words])) == 1


def test_gcloud_takes_every_command_of_the_docs(ask_parsers):
    text = "\n".join((ROOT / "docs" / page).read_text() for page in ("deploy.md", "operations.md", "security.md"))
    written = re.findall(r"^ *gcloud (.+)$", text, re.MULTILINE) + re.findall(r"`gcloud ([^`]+)`", text)
    commands = [shlex.split(line.replace("(default)", "'(default)'"), comments=True) for line in written]
    # A page names some commands without what they are about.
    named = [words for words in commands if len(words) > 3]

    assert len(named) > 15
    assert ask_parsers(named) == []


def test_gcloud_takes_the_rendered_files(ask_parsers, deploy_into):
    deploy_into(FakeProject(), DONT_LOG_LABEL='Not: "logged" # {at} all\\')
    folder = Path.cwd() / rendering.SERVICE
    assert ask_parsers(services=[folder / "app.yaml", folder / "worker.yaml"], cron=[folder / "cron.yaml"]) == []


def test_gcloud_uploads_of_the_deployed_folder_what_travels_of_a_clone(deploy_into, tmp_path):
    deploy_into(FakeProject())
    (tmp_path / "config").mkdir()
    folder = Path.cwd() / rendering.SERVICE
    assert ask_gcloud(folder, tmp_path / "config") == list_uploads(ROOT)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("runtime: python313", "runtimes: python313"),
        ("max_instances: 10", "max_instances: many"),
        ("  - warmup", "  - warm_up"),
    ],
)
def test_a_file_that_gcloud_would_not_take_is_caught(ask_parsers, deploy_into, old, new):
    deploy_into(FakeProject())
    path = Path.cwd() / rendering.SERVICE / "app.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    assert len(ask_parsers(services=[path])) == 1


def test_a_deployment_runs_through_a_program_named_gcloud(given, tmp_path):
    """The whole command in a process of its own, with a stand-in on PATH, as ``make deploy YES=1`` runs it."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "gcloud"
    # Without site-packages: it is started a hundred times.
    module = ROOT / "tests/support/gcloud_project.py"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S "{module}" "$@"\n')
    program.chmod(0o755)
    environment = {
        "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
        "GCLOUD_STATE": str(tmp_path / "state"),
        "PYTHONPATH": str(ROOT),
    }
    choices = [f"{name}={value}" for name, value in given.items()]

    def run(*options):
        return subprocess.run(
            [sys.executable, "-m", "deploy", *options, *choices],
            cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, input="n\n",
        )  # fmt: skip

    refused = run()
    assert (refused.returncode, refused.stderr) == (0, "")
    assert "Go on? [y/N]" in refused.stdout
    assert not (tmp_path / "state").exists()

    done = run("--yes")
    assert (done.returncode, done.stderr) == (0, "")
    state = json.loads((tmp_path / "state").read_text())
    assert set(state["versions"]) == {"default", "worker"}
    assert state["secrets"]["truly-salesforce-key"][0]["length"] > 50
