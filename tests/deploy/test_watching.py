"""Metrics and alert policies reach the project, may be applied again, and are what Google's APIs take."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from deploy.watching import FOLDER, is_part_of, read_files
from tests.support.upload import GCLOUD, ROOT


def test_an_empty_project_gets_all_metrics_and_policies(project, deploy_into):
    deploy_into(project)
    assert set(project.state["metrics"]) == {path.stem for path, _ in read_files("metrics")}
    assert len(project.state["alerts"]) == len(read_files("policies")) > 10


def test_a_second_run_changes_nothing_and_keeps_who_is_notified(project, deploy_into):
    deploy_into(project)
    name = next(iter(project.state["alerts"]))
    project.state["alerts"][name] |= {
        "notificationChannels": ["projects/truly-acme/notificationChannels/7"],
        "enabled": False,
    }
    project.changes.clear()
    deploy_into(project)
    assert [words for words in project.changes if words[0] in ("logging", "alpha")] == []

    project.state["alerts"][name]["conditions"][0]["displayName"] = "changed by hand"
    project.state["metrics"]["truly_status"]["filter"] = "changed by hand"
    deploy_into(project)
    policy = project.state["alerts"][name]
    assert policy["notificationChannels"] == ["projects/truly-acme/notificationChannels/7"]
    assert policy["enabled"] is False
    assert policy["conditions"][0]["displayName"] != "changed by hand"
    assert project.state["metrics"]["truly_status"]["filter"] == 'jsonPayload.event="status"'


@pytest.mark.parametrize(
    ("wanted", "stored", "same"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, True),
        ({"a": 1}, {"a": 2}, False),
        ({"a": 0, "b": [], "c": {}}, {}, True),
        ({"a": [{"x": 1}]}, {"a": [{"x": 1, "name": "n"}]}, True),
        ({"a": [1]}, {"a": [1, 2]}, False),
        ({"a": {"b": 1}}, {"a": 1}, False),
    ],
)
def test_what_google_adds_is_no_difference(wanted, stored, same):
    assert is_part_of(wanted, stored) is same


@pytest.fixture(scope="module")
def ask_messages(tmp_path_factory):
    """Asks gcloud's own Python what of the files its messages do not know."""
    environment = {**os.environ, "CLOUDSDK_CONFIG": str(tmp_path_factory.mktemp("gcloud"))}
    info = subprocess.run(
        [GCLOUD, "info", "--format=json(installation.sdk_root,basic.python_location)"],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = json.loads(info.stdout)

    def ask(metrics=(), policies=(), deployments=()):
        asked = {"metrics": metrics, "policies": policies, "deployments": deployments}
        answer = subprocess.run(
            [found["basic"]["python_location"], str(ROOT / "tests/support/gcloud_messages.py"), found["installation"]["sdk_root"]],
            input=json.dumps({kind: list(map(str, paths)) for kind, paths in asked.items()}),
            env=environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return json.loads(answer.stdout.rpartition("ANSWER ")[2])

    return ask


@pytest.mark.gcloud
def test_the_messages_of_google_s_apis_know_every_field(ask_messages):
    assert ask_messages((FOLDER / "metrics").glob("*"), (FOLDER / "policies").glob("*")) == []


@pytest.mark.gcloud
def test_they_know_every_field_of_the_add_on_and_catch_another_one(ask_messages, tmp_path):
    addon = json.loads((ROOT / "deployment.json").read_text())
    options = addon["addOns"]["httpOptions"]
    assert options["granularOauthPermissionSupport"] == "OPT_IN"
    assert ask_messages(deployments=[ROOT / "deployment.json"]) == []

    options["granularPermissionSupport"] = options.pop("granularOauthPermissionSupport")
    (tmp_path / "deployment.json").write_text(json.dumps(addon))
    [wrong] = ask_messages(deployments=[tmp_path / "deployment.json"])
    assert "granularPermissionSupport is not known" in wrong


@pytest.mark.gcloud
def test_a_field_or_value_that_they_do_not_know_is_caught(ask_messages, tmp_path):
    metric = json.loads((FOLDER / "metrics/truly_status.json").read_text())
    metric["metricDescriptor"]["valueType"] = "NUMBER"
    (tmp_path / "metric.json").write_text(json.dumps({**metric, "filters": "x"}))
    policy = json.loads((FOLDER / "policies/bugs.json").read_text())
    policy["conditions"][0]["conditionThreshold"]["treshold"] = 1
    (tmp_path / "policy.json").write_text(json.dumps(policy))
    assert len(ask_messages([tmp_path / "metric.json"], [tmp_path / "policy.json"])) == 3
