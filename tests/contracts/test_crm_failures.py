"""SalesforceCrm when the org is slow, busy, gone, or no longer wants us."""

import logging

import pytest
import requests
import urllib3
from urllib3.connection import HTTPConnection
from urllib3.exceptions import MaxRetryError, NewConnectionError

from server.adapters.salesforce.client import OrgClient
from server.adapters.salesforce.crm import SalesforceCrm
from server.adapters.salesforce.login import Login
from server.domain.crm import Query
from server.domain.errors import (
    DoubtError,
    ReconnectRequiredError,
    ThrottledError,
    TransientError,
    TrulyError,
    UnansweredError,
)
from simulator.faults import Fault
from tests.contracts.test_crm import activity, calls, key
from tests.support.scene import PRIVATE_PEM, PUBLIC_PEM, small_world
from tests.support.wire import replace_answers

QUERY = Query(frozenset({"ada@byron.example"}), frozenset({"byron.example"}))
SECRETS = ("ada@", "byron", "acme", "SELECT", "Email", "Lamps", "00DS", "http")
APP = {"consumer_key": "key", "public_key": PUBLIC_PEM, "username": "sync@acme.example"}
LOGIN = {"domain": "acme.my", "consumer_key": "key", "version": "67.0"}


@pytest.fixture
def crm(scene):
    """Logged in, its shape known."""
    crm = scene.services.ports.crm
    crm.shape()
    return crm


def fail(scene, method, kind, times=1, service="salesforce"):
    scene.universe.faults.plan(Fault(service, method, kind, times))


def logins(scene):
    return len(scene.universe.calls.calls("salesforce_token"))


def crm_of(scene, **login):
    return SalesforceCrm(OrgClient(Login(**{**LOGIN, **login}), scene.transport))


def assert_names_nobody(error):
    assert not any(secret in repr(error) for secret in SECRETS)
    assert error.__suppress_context__ or error.__context__ is None


ASK = {
    "look_up": lambda crm: crm.look_up(QUERY),
    "find": lambda crm: crm.find_by_key([key(1)]),
    "file": lambda crm: crm.file([activity()]),
}


@pytest.mark.parametrize("what", ["look_up", "find"])
@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("503", TransientError),
        ("500", TransientError),
        ("drop_answer", TransientError),
        ("timeout", TransientError),
        ("REQUEST_LIMIT_EXCEEDED", ThrottledError),
        ("401", ReconnectRequiredError),
    ],
)
def test_a_failed_question_is_one_of_our_errors_and_quotes_nothing(scene, crm, caplog, what, kind, expected):
    fail(scene, "composite", kind, times=-1)

    with caplog.at_level(logging.DEBUG), pytest.raises(expected) as caught:
        ASK[what](crm)

    assert type(caught.value) is expected
    assert (getattr(caught.value, "retry_after", None) is not None) is (expected is ThrottledError)
    assert_names_nobody(caught.value)
    ours = [r for r in caplog.records if r.name.startswith(("server", "simple_salesforce"))]
    assert not any(secret in record.getMessage() for record in ours for secret in SECRETS)


@pytest.mark.parametrize("kind", ["drop_answer", "timeout", "503", "500"])
def test_a_lost_answer_to_an_insert_is_a_doubt(scene, crm, kind):
    fail(scene, "collections.create", kind)

    with pytest.raises(DoubtError) as caught:
        crm.file([activity(1), activity(2)])

    assert_names_nobody(caught.value)
    assert len(calls(scene, "collections.create")) == 1
    found = crm.find_by_key([key(1), key(2)])
    assert set(found) == ({key(1), key(2)} if kind == "drop_answer" else set())
    assert len(scene.tasks()) == len(found)


@pytest.mark.parametrize("kind", ["drop_answer", "timeout", "503", "500", "504"])
def test_no_answer_is_more_than_an_answer_that_says_nothing(scene, crm, kind):
    """Behind it the insert may go on."""
    fail(scene, "collections.create", kind)

    with pytest.raises(DoubtError) as caught:
        crm.file([activity()])

    assert isinstance(caught.value, UnansweredError) is (kind in ("drop_answer", "timeout", "504"))


def test_what_was_never_sent_is_no_doubt(scene, crm, monkeypatch):
    crm.shape()

    def refuse(_self, _request, **_):
        pool = urllib3.HTTPConnectionPool("127.0.0.1")
        raise requests.ConnectionError(
            MaxRetryError(pool, "/", NewConnectionError(HTTPConnection("127.0.0.1"), "refused"))
        )

    monkeypatch.setattr("requests.Session.send", refuse)
    with pytest.raises(TransientError) as caught:
        crm.file([activity()])

    assert type(caught.value) is TransientError


@pytest.mark.parametrize(
    ("kind", "expected"), [("REQUEST_LIMIT_EXCEEDED", ThrottledError), ("401", ReconnectRequiredError)]
)
def test_a_refused_insert_is_no_doubt(scene, crm, kind, expected):
    fail(scene, "collections.create", kind, times=-1)

    with pytest.raises(expected) as caught:
        crm.file([activity()])

    assert type(caught.value) is expected
    assert scene.tasks() == []


@pytest.mark.parametrize("what", ["look_up", "find", "file"])
def test_a_session_that_ends_is_renewed_once_and_nobody_notices(scene, crm, what):
    assert logins(scene) == 1
    scene.universe.org.end_sessions()

    assert ASK[what](crm) is not None
    assert logins(scene) == 2
    assert len(scene.tasks()) == (what == "file")


def test_a_session_that_ends_between_two_pages_is_renewed(make_scene):
    people = [{"Id": f"003A0000000{n:04d}", "LastName": "P", "Email": "info@byron.example"} for n in range(2_500)]
    scene = make_scene(small_world({"Contact": people}))
    fail(scene, "queryMore", "401")

    found = scene.services.ports.crm.look_up(Query(frozenset({"info@byron.example"})))

    assert len(found.contacts["info@byron.example"]) == 2_500
    assert logins(scene) == 2


def test_a_second_refusal_in_a_row_asks_for_a_reconnect(scene, crm):
    fail(scene, "composite", "401", times=2)

    with pytest.raises(ReconnectRequiredError):
        crm.look_up(QUERY)

    assert logins(scene) == 2
    assert crm.look_up(QUERY).contacts


def test_the_daily_limit_is_a_pause(scene, crm):
    scene.universe.org.daily_limit = 1

    with pytest.raises(ThrottledError) as caught:
        crm.file([activity()])

    assert caught.value.retry_after >= 60


@pytest.mark.parametrize("page", [b"<html>Down for maintenance</html>", b"", b'{"records": ['])
@pytest.mark.parametrize(
    ("what", "expected"), [("look_up", TransientError), ("find", TransientError), ("file", DoubtError)]
)
def test_a_page_that_is_no_answer_is_transient_and_for_a_write_a_doubt(scene, crm, what, expected, page):
    replace_answers(scene, page, only="/services/data")

    with pytest.raises(expected) as caught:
        ASK[what](crm)

    assert type(caught.value) is expected
    assert_names_nobody(caught.value)


@pytest.mark.parametrize(
    ("status", "page", "expected"),
    [
        (401, b"<html>Who are you?</html>", ReconnectRequiredError),
        (401, b"{}", ReconnectRequiredError),
        (403, b"<html>No</html>", ReconnectRequiredError),
        (429, b"", ThrottledError),
        (414, b"<html>URI Too Long</html>", TrulyError),
        (502, b"<html>Bad gateway</html>", TransientError),
        (418, b"null", TrulyError),
        (400, b'[{"errorCode": "MALFORMED_QUERY", "message": "SELECT Id FROM Contact WHERE Email"}]', TrulyError),
        (400, b'[{"errorCode": "INVALID_FIELD", "message": "SELECT Id FROM Contact WHERE Email"}]', TrulyError),
        (400, b'["text"]', TrulyError),
    ],
)
def test_a_status_counts_whatever_the_page_says(scene, crm, status, page, expected):
    replace_answers(scene, page, status, only="/services/data")

    with pytest.raises(expected) as caught:
        crm.look_up(QUERY)

    assert_names_nobody(caught.value)


def test_nothing_is_kept_of_a_shape_that_could_not_be_read(scene):
    crm = scene.services.ports.crm
    fail(scene, "composite", "503")

    with pytest.raises(TransientError):
        crm.shape()

    assert crm.shape().key_field


@pytest.mark.parametrize(
    ("app", "consumer_key"),
    [
        ({}, "other"),
        ({"public_key": "-----BEGIN PUBLIC KEY-----"}, "key"),
        ({"username": "somebody@acme.example"}, "key"),
    ],
    ids=["unknown app", "wrong key", "user not approved"],
)
def test_a_refused_login_asks_for_a_reconnect(scene, app, consumer_key):
    scene.universe.org.register({**APP, **app})

    crm = crm_of(scene, consumer_key=consumer_key, username="sync@acme.example", private_key=PRIVATE_PEM)

    with pytest.raises(ReconnectRequiredError) as caught:
        crm.shape()

    assert_names_nobody(caught.value)
    assert calls(scene) == []


def test_our_consumer_key_reaches_nobody(scene, recwarn, capfd):
    scene.universe.org.register({**APP, "consumer_key": "3MVG9secret"})

    with pytest.raises(ReconnectRequiredError) as caught:
        crm_of(scene, consumer_key="3MVG9secret", username="x@acme.example", private_key=PRIVATE_PEM).shape()

    assert not recwarn.list
    assert "3MVG9" not in "".join([repr(caught.value), *capfd.readouterr()])


def test_a_login_service_that_is_down_is_transient(scene):
    fail(scene, "token", "503", service="salesforce_token")
    crm = scene.services.ports.crm

    with pytest.raises(TransientError):
        crm.shape()

    assert crm.shape()


@pytest.mark.parametrize("page", [b"<html>Sign in</html>", b"[]", b"{}", b'{"access_token": null}'])
def test_a_login_that_answers_nonsense_asks_for_a_reconnect(scene, page):
    replace_answers(scene, page, only="/oauth2/token")

    with pytest.raises(ReconnectRequiredError) as caught:
        scene.services.ports.crm.shape()

    assert_names_nobody(caught.value)


@pytest.mark.parametrize("pem", ["not a key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"])
def test_a_private_key_that_is_none_asks_for_a_reconnect(scene, pem):
    with pytest.raises(ReconnectRequiredError) as caught:
        crm_of(scene, username="sync@acme.example", private_key=pem).shape()

    assert_names_nobody(caught.value)


def test_client_credentials_log_in_too(scene):
    scene.universe.org.register({"consumer_key": "cc", "secret": "s3cret"})
    crm = crm_of(scene, consumer_key="cc", consumer_secret="s3cret")

    assert crm.file([activity()])[0].activity_id
    assert logins(scene) == 1
    with pytest.raises(ReconnectRequiredError) as caught:
        crm_of(scene, consumer_key="cc", consumer_secret="wrong").shape()
    assert "wrong" not in repr(caught.value)
