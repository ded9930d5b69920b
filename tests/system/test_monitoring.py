"""The metrics find lines that the service really writes, and each alert fires on a bad day and on no good one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from deploy.watching import read_files
from server.domain.alarm import AlarmCode
from server.domain.errors import ConfigurationError, Reaction, TrulyError
from server.engine.collect.screening import Screener
from server.engine.mailboxes.watches import WatchRenewer
from server.logs.events import Event
from server.ports.queue import Job, JobKind
from simulator.faults import Fault
from tests.support.log_lines import record_log
from tests.support.log_query import Entry, compile_query, extract, read_entry
from tests.support.pushing import Pushing
from tests.support.scene import Scene, eml, tell_share_of_calls

pytestmark = pytest.mark.xdist_group("monitoring")  # its bad day takes half a minute, once
ANN = "ann@acme.example"
METRICS: dict[str, dict[str, Any]] = {metric["name"]: metric for _, metric in read_files("metrics")}
POLICIES: dict[str, dict[str, Any]] = {path.stem: policy for path, policy in read_files("policies")}
TYPE = "logging.googleapis.com/user/"


def conditions_of(policy: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for condition in policy["conditions"]:
        [kind] = condition.keys() - {"displayName"}
        yield {"kind": kind, **condition[kind]}


def read_condition(condition: dict[str, Any]) -> tuple[str, dict[str, str]]:
    """The metric of a condition, and the labels that it asks for."""
    fields = dict(re.findall(r'([\w.]+)="([^"]*)"', condition["filter"]))
    assert fields.pop("resource.type") == "gae_app"
    name = fields.pop("metric.type").removeprefix(TYPE)
    return name, {key.removeprefix("metric.labels."): value for key, value in fields.items()}


def list_points(metric: dict[str, Any], entries: list[Entry]) -> list[tuple[dict[str, str], float]]:
    """What the metric makes of the entries: labels, and a value, which is 1 for a counter."""
    matches = [entry for entry in entries if compile_query(metric["filter"])(entry)]
    return [
        (
            {key: str(extract(entry, by) or "") for key, by in metric.get("labelExtractors", {}).items()},
            float(extract(entry, metric["valueExtractor"])) if "valueExtractor" in metric else 1.0,
        )
        for entry in matches
    ]


def fires(condition: dict[str, Any], entries: list[Entry]) -> bool:
    """Whether some point passes the threshold; of a counter, whether there is one at all."""
    name, wanted = read_condition(condition)
    metric = METRICS[name]
    points = [value for labels, value in list_points(metric, entries) if wanted.items() <= labels.items()]
    if condition["kind"] == "conditionAbsent":
        return not points
    least = condition["thresholdValue"] if "valueExtractor" in metric else 0
    return any(value > least for value in points)


def live_a_good_day(scene: Scene) -> list[Entry]:
    with record_log() as lines:
        pushing = Pushing(scene)
        pushing.begin()
        pushing.run("audit")
        pushing.work(20)
        for number in range(4):
            scene.deliver(ANN, eml(subject=f"Lamps {number}"))
            pushing.worker.tick()
            pushing.work(300)
        scene.ask("/addon/open", ANN, next(iter(scene.universe.mailboxes[ANN].messages)))
    return [read_entry(line) for line in lines.text.splitlines()]


def live_a_bad_day(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> list[Entry]:
    with record_log() as lines:
        pushing = Pushing(scene)
        pushing.begin()
        pushing.run("audit")
        pushing.work(20)
        for code in AlarmCode:
            scene.services.ports.alarms.raise_alarm(code, scene.mailbox().mailbox_id)
        pushing.post("a stranger's", "Bearer x")
        have_vendors_fail(scene, pushing)
        meet_mistakes(scene, pushing, monkeypatch)
        # Nobody works for two days, and an email has waited all the while.
        scene.universe.faults.plan(Fault("salesforce", "*", "503", times=-1))
        scene.deliver(ANN, eml(subject="It waits"))
        pushing.work(20)
        scene.universe.faults.clear()
        scene.clock.advance(40 * 3600)
        tell_share_of_calls(scene, 0.9)
        scene.services.rooms.jobs.status.tallier.count({"gmail_units": 70_000_000})
        pushing.run("sweep")
        scene.services.queue.put(Job(JobKind.DELIVER), scene.clock.now())
        scene.clock.advance(300)
        pushing.work(1)
    return [read_entry(line) for line in lines.text.splitlines()]


FAULTS = [
    ("directory", "*", "503"),
    ("google_token", "token", "unauthorized_client"),
    ("gmail", "*", "authError"),
    ("salesforce", "*", "401"),
    ("salesforce", "insert", "FIELD_CUSTOM_VALIDATION_EXCEPTION:Region, please."),
]


def have_vendors_fail(scene: Scene, pushing: Pushing) -> None:
    for number, (service, method, kind) in enumerate(FAULTS):
        # A process that begins has no token and no answer in memory.
        scene.restart()
        pushing.serve()
        pushing.worker = type(pushing.worker)(scene.services)
        scene.deliver(ANN, eml(subject=f"Number {number}"))
        scene.universe.faults.plan(Fault(service, method, kind, times=-1))
        with suppress(TrulyError):
            pushing.run("sweep")
        with suppress(TrulyError):
            pushing.run("collect", scene.mailbox().mailbox_id)
        pushing.work(20)
        scene.universe.faults.clear()
        scene.clock.advance(4000)
        pushing.run("sweep")
        pushing.work(400)


def meet_mistakes(scene: Scene, pushing: Pushing, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(error: Exception) -> Any:
        def method(*_args: object, **_more: object) -> None:
            raise error

        return method

    with monkeypatch.context() as patch:
        patch.setattr(Screener, "screen_messages", fail(KeyError("x")))
        patch.setattr(WatchRenewer, "renew", fail(ConfigurationError("The topic is not there.")))
        scene.deliver(ANN, eml(subject="A bug"))
        pushing.work(20)
        pushing.run("watch")
    scene.clock.advance(4000)
    pushing.run("sweep")
    pushing.work(400)


@pytest.fixture(scope="module")
def bad_day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Entry]]:
    scene = Scene(tmp_path_factory.mktemp("bad"))
    with pytest.MonkeyPatch.context() as monkeypatch:
        yield live_a_bad_day(scene, monkeypatch)
    scene.close()


@pytest.fixture(scope="module")
def good_day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Entry]]:
    scene = Scene(tmp_path_factory.mktemp("good"))
    yield live_a_good_day(scene)
    scene.close()


@pytest.mark.parametrize("name", METRICS)
def test_a_metric_finds_a_real_line(bad_day: list[Entry], name: str) -> None:
    metric = METRICS[name]
    points = list_points(metric, bad_day)
    assert points
    for label in metric.get("labelExtractors", {}):
        assert any(labels[label] for labels, _ in points), f"no line has a value for {label}"
    described = [label["key"] for label in metric["metricDescriptor"].get("labels", [])]
    assert described == list(metric.get("labelExtractors", {}))


@pytest.mark.parametrize(("name", "number"), [(n, i) for n, p in POLICIES.items() for i in range(len(p["conditions"]))])
def test_an_alert_fires_on_a_bad_day_only(good_day: list[Entry], bad_day: list[Entry], name: str, number: int) -> None:
    condition = list(conditions_of(POLICIES[name]))[number]
    assert not fires(condition, good_day)
    assert fires(condition, [] if condition["kind"] == "conditionAbsent" else bad_day)


def test_a_threshold_is_the_bound_of_a_bucket() -> None:
    """Google knows of a distribution only how many values each bucket has: a threshold within one would be a guess."""
    for policy in POLICIES.values():
        for condition in conditions_of(policy):
            metric = METRICS[read_condition(condition)[0]]
            if "bucketOptions" in metric:
                assert condition["thresholdValue"] in metric["bucketOptions"]["explicitBuckets"]["bounds"]


def test_policies_ask_for_what_the_code_can_write() -> None:
    known = {"reaction": set(Reaction), "event": set(Event), "code": set(AlarmCode), "job": set(JobKind)}
    asked = [read_condition(c)[1] for policy in POLICIES.values() for c in conditions_of(policy)]
    for labels in asked:
        for label, value in labels.items():
            assert value in known.get(label, {value})
    assert {labels["code"] for labels in asked if "code" in labels} == set(AlarmCode), "each alarm has an alert"


@pytest.mark.parametrize(
    ("query", "matches"),
    [
        ('jsonPayload.a="1"', True),
        ('jsonPayload.a>=1 AND labels.b="x"', True),
        ('jsonPayload.a>1 OR labels.b="x"', True),
        ('(jsonPayload.a>1 OR labels.b="y") AND severity="INFO"', False),
        # As in Cloud Logging, OR binds more tightly than AND.
        ('labels.b="x" OR labels.b="y" AND severity="ERROR"', False),
        ('jsonPayload.c=~".+"', False),
        ('labels.b=~"^x"', True),
        ("jsonPayload.c>=0", False),
    ],
)
def test_queries_are_read_as_cloud_logging_reads_them(query: str, matches: bool) -> None:
    assert compile_query(query)({"severity": "INFO", "labels": {"b": "x"}, "jsonPayload": {"a": 1}}) is matches


@pytest.mark.parametrize("query", ['(a="1"', 'a="1" b="2"', "a ? 1"])
def test_a_query_that_cannot_be_read_is_refused(query: str) -> None:
    with pytest.raises(ValueError, match=r"The query|A bracket"):
        compile_query(query)
