"""The figures that deploy/ and the forecast share are those of the files that App Engine reads."""

from __future__ import annotations

import re

import pytest

from deploy.choices import DEPLOYMENT_ONLY
from server.commands.reports.forecast import load_prices
from server.rules.forecast import deployment
from server.rules.forecast.deployment import LANES
from server.rules.forecast.inputs import Inputs
from tests.support.upload import ROOT

PRICES = load_prices()


def find_in(name: str, pattern: str) -> str:
    """What the one line of a file of App Engine says."""
    [value] = re.findall(pattern, (ROOT / name).read_text(), re.MULTILINE)
    return str(value)


@pytest.mark.parametrize(
    ("name", "pattern", "value"),
    [
        ("app.yaml", r"^instance_class: (\w+)$", deployment.SIDEBAR_CLASS),
        ("app.yaml", r"^  min_instances: (\d+)$", "1"),
        ("app.yaml", r"^  max_instances: (.+)$", "${SIDEBAR_INSTANCES}"),
        ("app.yaml", r"^  max_concurrent_requests: (\d+)$", str(deployment.SIDEBAR_REQUESTS)),
        ("worker.yaml", r"^instance_class: (\w+)$", deployment.WORKER_CLASS),
        ("worker.yaml", r"^  max_instances: (.+)$", "${WORKER_INSTANCES}"),
        ("worker.yaml", r"^  idle_timeout: (\d+)m$", str(deployment.IDLE_MINUTES)),
        ("cron.yaml", r"^    url: /cron/sweep\n    target: worker\n    schedule: every (\d+) minutes$",
         str(deployment.SWEEP_MINUTES)),
    ],
)  # fmt: skip
def test_app_engines_files_say_what_the_forecast_counts_with(name: str, pattern: str, value: str) -> None:
    assert find_in(name, pattern) == value


def test_the_example_of_the_settings_has_the_same_defaults() -> None:
    text = (ROOT / "deploy/settings.env.example").read_text()
    for name in ("SIDEBAR_INSTANCES", "WORKER_INSTANCES", "KEY_PROTECTION", "BACKUP_RETENTION"):
        assert f"\n{name}={DEPLOYMENT_ONLY[name]}\n" in text
    assert DEPLOYMENT_ONLY["BACKUP_RETENTION"] == f"{Inputs(1).backup_days}d"
    assert DEPLOYMENT_ONLY["WORKER_INSTANCES"] == str(Inputs(1).worker_instances)
    assert DEPLOYMENT_ONLY["SIDEBAR_INSTANCES"] == str(Inputs(1).sidebar_instances)
    assert DEPLOYMENT_ONLY["KEY_PROTECTION"] == Inputs(1).key_protection


def test_each_class_and_each_kind_of_key_has_a_price() -> None:
    names = {f"hour_{deployment.WORKER_CLASS}", f"hour_{deployment.SIDEBAR_CLASS}"}
    names |= {f"{name}_{kind}" for kind in ("hsm", "software") for name in ("kms_vault", "kms_work")}
    assert names <= set(PRICES.prices)


@pytest.mark.parametrize("instances", [1, 4, deployment.MOST_WORKERS])
def test_the_queues_that_the_plan_makes_are_those_of_the_forecast(project, deploy_into, instances: int) -> None:
    deploy_into(project, WORKER_INSTANCES=str(instances))

    made = {name: queue["rateLimits"] for name, queue in project.state["queues"].items()}
    assert {n: float(limits["maxDispatchesPerSecond"]) for n, limits in made.items()} == {
        n: lane.count_dispatches(instances) for n, lane in LANES.items()
    }
    assert {n: int(limits["maxConcurrentDispatches"]) for n, limits in made.items()} == {
        n: lane.count_at_a_time(instances) for n, lane in LANES.items()
    }
    assert max(lane.count_dispatches(1_000) for lane in LANES.values()) <= PRICES.assumed["tasks_dispatches"]


def test_the_sweeps_keep_the_first_worker_instance_awake() -> None:
    """The forecast prices all hours of it, and docs/deploy.md says that it never ends."""
    assert deployment.SWEEP_MINUTES < deployment.IDLE_MINUTES


def test_the_most_instances_are_those_of_google() -> None:
    assumed = PRICES.assumed
    assert assumed["most_instances"] == deployment.MOST_WORKERS
    assert assumed["gmail_units_a_minute_and_mailbox"] == deployment.MAILBOX_UNITS_PER_MINUTE
    assert assumed["gmail_units_a_minute"] == deployment.PROJECT_UNITS_PER_MINUTE
    page = (ROOT / "docs/deploy.md").read_text()
    assert f"the most instances of `worker`, 1 to {deployment.MOST_WORKERS}" in page
    assert f"the most instances of `default`, 1 to {deployment.MOST_SIDEBARS}" in page


def test_with_the_most_instances_each_still_has_a_share_of_the_quota(project, deploy_into, tmp_path) -> None:
    deploy_into(project, WORKER_INSTANCES=str(deployment.MOST_WORKERS), SIDEBAR_INSTANCES=str(deployment.MOST_SIDEBARS))
    text = (tmp_path / "work/build/deploy/service/app.yaml").read_text()
    assert 'GMAIL_PROJECT_UNITS_PER_MINUTE: "6000"' in text
