"""App Engine's cron, believed only where App Engine is the front."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from server.adapters.missing_queue import MissingQueue
from server.domain.errors import TransientError
from server.ports.queue import JobKind
from server.web.app import create_app
from tests.support.pushing import Pushing

ROOT = Path(__file__).parent.parent.parent
CRON = {"X-Appengine-Cron": "true"}


@pytest.fixture
def pushing(scene):
    return Pushing(scene, GAE_ENV="standard")


@pytest.mark.parametrize("kind", [JobKind.SWEEP, JobKind.WATCH, JobKind.AUDIT])
def test_cron_asks_through_the_queue_once(pushing, kind):
    answers = [pushing.client.get(f"/cron/{kind}", headers=CRON).status_code for _ in range(3)]

    assert answers == [204] * 3
    assert [job.kind for job in pushing.jobs()] == [kind]


@pytest.mark.parametrize("headers", [{}, {"X-Appengine-Cron": "false"}, {"X-Appengine-Cron": ""}, {"X-Cron": "true"}])
def test_nobody_but_cron_is_heard(pushing, headers):
    answer = pushing.client.get("/cron/sweep", headers=headers)

    assert (answer.status_code, answer.get_json()) == (404, {"error": "There is nothing here."})
    assert pushing.jobs() == []


@pytest.mark.parametrize("where", ["", "localdev", "flex"])
def test_elsewhere_the_header_is_worth_nothing(scene, where):
    pushing = Pushing(scene, GAE_ENV=where)

    assert pushing.client.get("/cron/sweep", headers=CRON).status_code == 404
    assert pushing.jobs() == []


def test_nothing_else_is_there(pushing):
    for path in ("/cron/", "/cron/deliver", "/cron/sweep/x"):
        assert pushing.client.get(path, headers=CRON).status_code == 404
    assert pushing.client.post("/cron/sweep", headers=CRON).status_code == 405


def test_without_a_queue_cron_is_told_so(scene, pushing):
    object.__setattr__(scene.services, "queue", MissingQueue())

    answer = pushing.client.get("/cron/audit", headers=CRON)
    assert answer.status_code == 503
    assert "queue" in answer.get_json()["error"]


def test_a_queue_that_is_away_is_told_too(pushing, monkeypatch):
    def away(*_args):
        raise TransientError("away")

    monkeypatch.setattr(pushing.scene.services.queue, "put", away)
    assert pushing.client.get("/cron/sweep", headers=CRON).status_code == 503


def test_cron_yaml_names_what_is_there(scene):
    text = (ROOT / "cron.yaml").read_text()
    urls = re.findall(r"url: (\S+)", text)
    rules = {str(rule) for rule in create_app(scene.source).url_map.iter_rules()}

    assert urls == ["/cron/sweep", "/cron/watch", "/cron/audit"]
    assert text.count("target: worker") == len(urls)
    [rule] = [r for r in rules if r.startswith("/cron/")]
    assert all(url.rpartition("/")[2] in rule for url in urls)
