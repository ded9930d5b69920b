"""What load balancers, App Engine and anybody else may ask, and what it costs."""

from __future__ import annotations

import threading

import pytest

from server.domain.errors import TransientError
from server.web import health
from server.web.app import create_app
from server.web.health import Readiness
from server.web.lazy_services import LazyServices


@pytest.fixture
def client(scene):
    return create_app(scene.source, scene.services).test_client()


@pytest.fixture
def reads(scene, monkeypatch):
    """Reads of the state, by method."""
    counted = []
    documents = scene.services.documents

    def counting(name):
        original = getattr(documents, name)

        def count(*args, **options):
            counted.append(name)
            return original(*args, **options)

        return count

    for name in ("get", "get_many", "query", "scan"):
        monkeypatch.setattr(documents, name, counting(name))
    return counted


@pytest.mark.parametrize("path", ["/health", "/healthz", "/ready", "/readyz", "/_ah/warmup", "/_ah/start", "/_ah/stop"])
def test_each_says_ok(client, path):
    answer = client.get(path)
    assert (answer.status_code, answer.get_json()) == (200, {"status": "ok"})


def test_readiness_reads_one_document_however_many_mailboxes_there_are_and_callers_come(scene, client, reads):
    scene.sync()
    reads.clear()
    for _ in range(20):
        assert client.get("/readyz").status_code == 200
    assert reads == ["get"]


@pytest.mark.parametrize("path", ["/health", "/healthz", "/_ah/stop"])
def test_the_others_read_nothing(client, reads, path):
    client.get(path)
    assert reads == []


def test_a_state_that_is_away_is_told_and_found_again(scene, client, monkeypatch):
    monkeypatch.setattr(health, "FRESH", 0.0)
    with monkeypatch.context() as patch:
        patch.setattr(scene.services.documents, "get", away)
        answer = client.get("/readyz")
        assert (answer.status_code, answer.get_json()) == (503, {"status": "not ready", "cause": "TransientError"})
        assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 200


def away(*_args):
    raise TransientError("ann@acme.example is away")


def test_a_state_that_hangs_holds_one_caller_and_not_all(scene, monkeypatch):
    """A probe that hangs must not take every thread of the service."""
    asked, released = threading.Event(), threading.Event()

    def hang(*_args):
        asked.set()
        released.wait(30)

    monkeypatch.setattr(scene.services.documents, "get", hang)
    readiness = Readiness(LazyServices(scene.source, scene.services))
    first = threading.Thread(target=readiness.find_problem)
    first.start()
    assert asked.wait(30)
    assert readiness.find_problem() == "Starting"
    released.set()
    first.join(30)
    assert readiness.find_problem() == ""


def test_warm_up_builds_the_services_once_and_the_first_request_finds_them(scene, monkeypatch):
    built = []

    def build_once(settings):
        built.append(settings)
        return scene.services

    monkeypatch.setattr("server.web.lazy_services.build", build_once)
    client = create_app(scene.source).test_client()
    for _ in range(3):
        assert client.get("/_ah/warmup").status_code == 200
    assert client.get("/readyz").status_code == 200
    assert len(built) == 1


def test_settings_that_are_wrong_are_told_by_class_and_without_their_values(scene):
    client = create_app({**scene.source, "ORGANISATION": "", "SALESFORCE_CONSUMER_SECRET": "swordfish"}).test_client()
    for path in ("/_ah/warmup", "/_ah/start", "/readyz"):
        answer = client.get(path)
        assert (answer.status_code, answer.get_json()["cause"]) == (503, "ConfigurationError")
        assert b"swordfish" not in answer.data
    assert client.get("/healthz").status_code == 200


def test_a_stranger_who_announces_a_stop_stops_nothing(scene, client):
    assert client.get("/_ah/stop").status_code == 200
    assert client.get("/readyz").status_code == 200
    assert client.post("/_ah/stop").status_code == 405
