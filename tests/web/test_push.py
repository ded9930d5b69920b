"""Pub/Sub's pushes: forged ones never reach the body, honest ones become one job, and none is an error of ours."""

from __future__ import annotations

import base64
import hmac
import io
import json
import logging
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.adapters.missing_queue import MissingQueue
from server.domain.errors import BadInputError, TransientError
from server.domain.mailbox import Stage
from server.engine.mailboxes.stages import set_stage
from server.ports.queue import Job, JobKind
from server.web.hints import Hint
from simulator.addon_host import SERVICE_ACCOUNT
from simulator.faults import Fault
from simulator.identity import KEY_ID
from tests.support.pushing import ACCOUNT, URL, Pushing
from tests.support.scene import Scene

ANN, BEN = "ann@acme.example", "ben@acme.example"
OTHER_KEY = rsa.generate_private_key(65537, 2048)


class Unread(io.BytesIO):
    """A body that cannot be read without being noticed."""

    def read(self, *_args):
        raise AssertionError("the body was read")

    readinto = readline = read


@pytest.fixture
def pushing(scene):
    made = Pushing(scene)
    made.begin()
    scene.universe.calls.clear()
    made.jobs()
    return made


def envelope(data, **more):
    return json.dumps({"message": {"data": data, **more}, "subscription": "projects/p/subscriptions/s"}).encode()


def body(address=ANN, history_id=9876543210, encode=base64.b64encode):
    said = json.dumps({"emailAddress": address, "historyId": history_id}).encode()
    return envelope(encode(said).decode())


def claims(**changed):
    now = int(time.time())
    base = {
        "iss": "https://accounts.google.com", "aud": URL, "sub": "1", "email": ACCOUNT, "email_verified": True,
        "iat": now, "exp": now + 3600,
    }  # fmt: skip
    return {k: v for k, v in {**base, **changed}.items() if v is not None}


def signed(pushing, **changed):
    key = pushing.scene.universe.identity.signing_key()
    return jwt.encode(claims(**changed), key, "RS256", {"kid": KEY_ID})


def certificate_as_secret(pushing):
    """The old confusion of RS256 with HS256: the certificate is public, so anybody could sign with it."""
    certificate = json.loads(pushing.scene.universe.identity.certificates().get_data())[KEY_ID]
    head = jwt.encode(claims(), "x" * 32, "HS256", {"kid": KEY_ID}).rpartition(".")[0]
    mac = hmac.digest(certificate.encode(), head.encode(), "sha256")
    return f"{head}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


FORGED = {
    "another key": lambda _p: jwt.encode(claims(), OTHER_KEY, "RS256", {"kid": KEY_ID}),
    "an unknown key": lambda p: jwt.encode(claims(), p.scene.universe.identity.signing_key(), "RS256", {"kid": "no"}),
    "alg none": lambda _p: jwt.encode(claims(), None, "none", {"kid": KEY_ID}),
    "the certificate as a secret": certificate_as_secret,
    "another issuer": lambda p: signed(p, iss="https://evil.example"),
    "no issuer": lambda p: signed(p, iss=None),
    "another endpoint": lambda p: signed(p, aud="https://truly.example/addon/open"),
    "another host": lambda p: signed(p, aud="https://evil.example/push"),
    "another case": lambda p: signed(p, aud="https://truly.example/Push"),
    "no audience": lambda p: signed(p, aud=None),
    "another project's account": lambda p: signed(p, email="pubsub@elsewhere.iam.gserviceaccount.com"),
    "the add-on's account": lambda p: signed(p, email=SERVICE_ACCOUNT),
    "no account": lambda p: signed(p, email=None),
    "unverified": lambda p: signed(p, email_verified=False),
    "unverified in words": lambda p: signed(p, email_verified="true"),
    "expired": lambda p: signed(p, iat=int(time.time()) - 7200, exp=int(time.time()) - 3600),
    "not yet": lambda p: signed(p, iat=int(time.time()) + 3600, exp=int(time.time()) + 7200),
    "cut off": lambda p: signed(p)[:-4],
    "nothing": lambda _p: "",
    "noise": lambda _p: "a.b.c",
    "huge": lambda _p: "a" * 9000,
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_push_is_refused_before_its_body_is_read(pushing, name):
    token = FORGED[name](pushing)

    for header in (f"Bearer {token}", token, f"Basic {token}") if token else ("", "Bearer", "Bearer "):
        headers = {"Authorization": header} if header else {}
        answer = pushing.client.post("/push", input_stream=Unread(body()), headers=headers)
        assert answer.status_code == 401
    assert pushing.jobs() == []


def test_the_body_that_proves_it_is_read_where_the_caller_is_right(pushing):
    pushing.client.application.testing = True
    headers = {"Authorization": pushing.authorization()}

    with pytest.raises(AssertionError, match="the body was read"):
        pushing.client.post("/push", input_stream=Unread(body()), headers=headers)


def test_without_its_setting_nobody_is_trusted(scene):
    pushing = Pushing(scene)
    header = pushing.authorization()
    scene.restart(PUBSUB_TOPIC="", PUSH_SERVICE_ACCOUNT="")
    pushing.serve()

    assert pushing.post(body(), header) == 401


def test_google_s_keys_away_brings_the_push_again(scene):
    pushing = Pushing(scene)
    scene.universe.faults.plan(Fault("google_certs", "certs", "503", times=-1))

    assert pushing.post(body()) == 503


def test_a_push_is_one_job_and_asks_nobody_anything(pushing):
    assert pushing.post(body()) == 204

    assert pushing.jobs() == [Job(JobKind.PUSHED, pushing.mailbox(ANN).mailbox_id)]
    assert pushing.scene.universe.calls.calls("gmail") == []


def test_a_hundred_pushes_within_a_bucket_are_one_job_for_each_mailbox(pushing):
    assert {pushing.post(body(address)) for _ in range(50) for address in (ANN, BEN)} == {204}

    assert len(pushing.jobs()) == 2


@pytest.mark.parametrize("address", [ANN, "Ann@Acme.Example", " ann@acme.example "])
@pytest.mark.parametrize("history_id", [1, "1", 9876543210, "9876543210", 2**63])
@pytest.mark.parametrize(
    "encode",
    [
        base64.b64encode,
        base64.urlsafe_b64encode,
        lambda said: base64.b64encode(said).rstrip(b"="),
        lambda said: base64.urlsafe_b64encode(said + b"  ").rstrip(b"="),
    ],
)
def test_every_form_that_was_seen_is_understood(address, history_id, encode):
    hint = Hint.parse(body(address, history_id, encode))

    assert (hint.address, hint.position) == (ANN, int(history_id))


def test_both_alphabets_are_understood():
    said = json.dumps({"emailAddress": "ann?>~ÿ@acme.example", "historyId": 1}, ensure_ascii=False).encode()
    plain, url = base64.b64encode(said).decode(), base64.urlsafe_b64encode(said).decode()

    assert plain != url
    assert Hint.parse(envelope(plain)) == Hint.parse(envelope(url))


def test_an_alias_leads_to_its_mailbox(pushing):
    assert pushing.post(body("b@acme.example")) == 204

    assert pushing.jobs() == [Job(JobKind.PUSHED, pushing.mailbox(BEN).mailbox_id)]


MALFORMED = [
    b"", b"{", b"[]", b"null", b"1", b'"x"', b"\xff\xfe", b"{}", b'{"message": null}', b'{"message": []}', b"[" * 100_000,
    envelope(None), envelope(1), envelope([]), envelope(""), envelope("!!!"), envelope("YQ"), envelope("A"), envelope("é"),
    envelope(base64.b64encode(b"[" * 30_000).decode()), b" " * 70_000, body(address=None), body(address=1), body(address=""),
    body(history_id=None), body(history_id=True), body(history_id=1.5), body(history_id="-1"), body(history_id="x"),
    body(history_id="9" * 5000), body(history_id=[]), body(history_id="\u0661"), b'{"message": {"data": "\\ud800"}}',
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(MALFORMED)))
def test_what_cannot_be_read_is_taken_and_logged_by_code(pushing, number, caplog):
    with caplog.at_level(logging.INFO):
        assert pushing.post(MALFORMED[number]) == 204

    assert pushing.jobs() == []
    warnings = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [record.getMessage() for record in warnings] == ["a push was ignored: malformed"]


def test_a_push_for_nobody_we_know_is_taken_and_logged_by_code(pushing, caplog):
    assert pushing.post(body("stranger@acme.example")) == 204

    assert pushing.jobs() == []
    assert "a push was ignored: unknown_mailbox" in caplog.text
    assert "stranger" not in caplog.text


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)
said = st.fixed_dictionaries({}, optional={"emailAddress": json_values, "historyId": json_values})
messages = st.fixed_dictionaries({}, optional={"data": json_values, "messageId": json_values})
bodies = st.one_of(
    st.binary(max_size=300),
    json_values.map(lambda v: json.dumps(v).encode()),
    st.builds(lambda m: json.dumps({"message": m}).encode(), messages | json_values),
    st.builds(lambda s: envelope(base64.b64encode(json.dumps(s).encode()).decode()), said | json_values),
    st.builds(lambda raw: envelope(base64.b64encode(raw).decode()), st.binary(max_size=100)),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(bodies)
def test_no_body_is_an_error_of_ours(pushing, hostile):
    assert pushing.post(hostile) == 204


@given(bodies)
def test_a_body_is_a_hint_or_bad_input(hostile):
    try:
        hint = Hint.parse(hostile)
    except BadInputError:
        return
    assert "@" in hint.address


def test_the_store_is_read_once_for_many_pushes_and_once_a_minute_for_unknown_ones(pushing, monkeypatch):
    reads = []
    store = pushing.scene.services.ports.store
    original = store.mailboxes
    monkeypatch.setattr(store, "mailboxes", lambda: reads.append(1) or original())
    pushing.scene.clock.advance(3600)
    for _ in range(50):
        pushing.post(body(ANN))
        pushing.post(body("stranger@acme.example"))
    assert len(reads) == 1
    pushing.scene.clock.advance(61)
    for _ in range(50):
        pushing.post(body("stranger@acme.example"))
    assert len(reads) == 2


def test_a_mailbox_that_begins_to_collect_is_heard_within_a_minute(pushing):
    ports = pushing.scene.services.ports
    set_stage(ports.store, pushing.scene.clock, pushing.mailbox(ANN), Stage.OFF)
    pushing.scene.clock.advance(3600)
    assert (pushing.post(body()), pushing.jobs()) == (204, [])
    set_stage(ports.store, pushing.scene.clock, pushing.mailbox(ANN), Stage.LIVE)
    pushing.scene.clock.advance(61)
    assert pushing.post(body()) == 204
    assert len(pushing.jobs()) == 1


@pytest.mark.parametrize("part", ["store", "queue"])
def test_state_that_is_away_brings_the_push_again(pushing, monkeypatch, part):
    def away(*_args):
        raise TransientError("The state is away.")

    pushing.scene.clock.advance(3600)
    services = pushing.scene.services
    if part == "store":
        monkeypatch.setattr(services.ports.store, "mailboxes", away)
    else:
        monkeypatch.setattr(services.queue, "put", away)
    assert pushing.post(body()) == 503
    monkeypatch.undo()
    assert pushing.post(body()) == 204


def test_without_a_queue_a_push_comes_again(scene: Scene):
    pushing = Pushing(scene)
    scene.sync()
    object.__setattr__(scene.services, "queue", MissingQueue())

    assert pushing.post(body()) == 503
