"""One machine behind nginx: slow clients hold no thread of the service, and what strangers say of themselves ends there."""

from __future__ import annotations

import time
from contextlib import ExitStack

import pytest

from server.bootstrap import create_keys
from tests.support.nginx import connect, exchange, serve
from tests.support.scene import PRIVATE_PEM

pytestmark = [pytest.mark.nginx, pytest.mark.slow]
THREADS = 2
STRANGERS = (
    "X-Appengine-Cron: true", "X-AppEngine-QueueName: live", "X-CloudTasks-QueueName: live", "X-CloudTasks-TaskName: t",
    "X-CloudTasks-TaskRetryCount: 7", "X-CloudScheduler: true", "X-Forwarded-For: 10.0.0.1", "X-Forwarded-Host: evil.example",
    "X-Forwarded-Proto: http", "X-Forwarded-Ssl: off", "Forwarded: for=10.0.0.1;host=evil.example", "Script_Name: /jobs", "X_Appengine_Cron: true",
)  # fmt: skip
"""What a stranger may claim to be."""


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """The real service with key files and SQLite, as the sidebar alone: it calls nobody by itself."""
    folder = tmp_path_factory.mktemp("machine")
    create_keys(folder / "keys")
    (folder / "salesforce.pem").write_text(PRIVATE_PEM)
    settings = {
        "ORGANISATION": "acme", "GOOGLE_ADMIN": "ann@acme.example", "GOOGLE_DELEGATE": "d@p.iam.gserviceaccount.com", "SALESFORCE_DOMAIN": "acme.my",
        "SALESFORCE_CONSUMER_KEY": "key", "SALESFORCE_USERNAME": "sync@acme.example", "SALESFORCE_PRIVATE_KEY_FILE": str(folder / "salesforce.pem"),
        "STATE": f"sqlite:{folder / 'truly.sqlite3'}", "KEYS": str(folder / "keys"), "PUBLIC_URL": "https://truly.acme.com", "ROLE": "sidebar",
        "PUSH_SERVICE_ACCOUNT": "push@p.iam.gserviceaccount.com", "ADDON_SERVICE_ACCOUNT": "addon@p.iam.gserviceaccount.com",
    }  # fmt: skip
    with serve(folder, "server.main:create_app()", settings, "--threads", str(THREADS)) as front:
        yield front


@pytest.fixture(scope="module")
def echo(tmp_path_factory):
    with serve(tmp_path_factory.mktemp("echo"), "tests.support.nginx:echo", {}) as front:
        yield front


def hold(stack, open_connection, text, count):
    """Clients that begin a request and never end it."""
    for _ in range(count):
        client = stack.enter_context(open_connection())
        client.sendall(text)


SLOW_BODY = b"POST /push HTTP/1.1\r\nHost: truly.acme.com\r\nContent-Length: 1000\r\n\r\n{"
SLOW_HEADERS = b"POST /push HTTP/1.1\r\nHost: truly.acme.com\r\nX-Slow: "


@pytest.mark.parametrize("text", [SLOW_BODY, SLOW_HEADERS])
def test_slow_clients_hold_no_thread_of_the_service(service, text):
    with ExitStack() as stack:
        hold(stack, service.connect, text, THREADS * 10)
        began = time.monotonic()
        assert service.ask("/healthz")[0] == 200
        assert service.ask("/readyz")[0] == 200
        assert time.monotonic() - began < 12  # nginx itself ends such clients after 15 seconds


def test_without_the_proxy_they_hold_every_thread(service):
    """Why a proxy stands there: the same clients, straight at gunicorn."""
    with ExitStack() as stack:
        hold(stack, lambda: connect(service.behind), SLOW_BODY, THREADS * 2)
        time.sleep(0.5)
        client = stack.enter_context(connect(service.behind))
        client.settimeout(3)
        with pytest.raises(TimeoutError):
            exchange(client, "/healthz")


def test_cards_and_pushes_come_through_and_are_refused_without_a_token(service):
    assert service.ask("/addon/open", method="POST", body=b"{}")[0] == 401
    assert service.ask("/push", method="POST", body=b"{}")[0] == 401
    assert service.ask("/privacy")[0] == 200
    assert service.ask("/static/pages.css")[0] == 200


@pytest.mark.parametrize(
    "path", ["/cron/sweep", "/jobs/sweep", "/_ah/warmup", "/", "/addon/../cron/sweep", "/push/", "//cron/sweep"]
)
def test_what_is_not_for_the_internet_ends_at_the_proxy(echo, path):
    assert echo.ask(path, *STRANGERS)[0] == 404


def test_a_body_that_is_too_large_ends_at_the_proxy(echo):
    assert echo.ask("/push", method="POST", body=b"x" * 1_200_000)[0] == 413


def test_what_strangers_say_of_themselves_gets_nowhere(echo):
    status, text = echo.ask("/push", *STRANGERS, method="POST")
    seen = dict(line.split("=", 1) for line in text.splitlines())

    assert status == 200
    assert {name for name in seen if "APPENGINE" in name or "CLOUD" in name} == set()
    assert "evil.example" not in text
    assert "10.0.0.1" not in text
    assert (seen["SCRIPT_NAME"], seen["PATH_INFO"]) == ("", "/push")
    assert (seen["HTTP_X_FORWARDED_FOR"], seen["HTTP_X_FORWARDED_PROTO"]) == ("127.0.0.1", "https")


def test_without_a_proxy_no_header_changes_what_the_service_believes(echo):
    with connect(echo.behind) as client:
        status, text = exchange(client, "/push", *STRANGERS, "SCRIPT_NAME: /jobs", method="POST")
    seen = dict(line.split("=", 1) for line in text.splitlines())

    assert status == 200
    assert (seen["wsgi.url_scheme"], seen["REMOTE_ADDR"], seen["SCRIPT_NAME"], seen["PATH_INFO"]) == (
        "http",
        "127.0.0.1",
        "",
        "/push",
    )
