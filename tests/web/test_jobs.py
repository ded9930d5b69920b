"""Cloud Tasks' calls: forged ones never reach the body, honest ones run a job, and each answer is the queue's next step."""

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
from server.domain.errors import ConfigurationError, InvariantError, ThrottledError, TransientError
from server.ports.queue import Job, JobKind, Task
from server.web.app import create_app
from simulator.faults import Fault
from simulator.identity import KEY_ID
from tests.support.pushing import Pushing
from tests.support.scene import eml

WORKER = "https://worker.example"
ACCOUNT = "tasks@acme-email.iam.gserviceaccount.com"
SCHEDULER = "cron@acme-email.iam.gserviceaccount.com"
CLOUD = {"WORKER_URL": WORKER, "TASKS_SERVICE_ACCOUNT": ACCOUNT, "CRON_SERVICE_ACCOUNT": SCHEDULER}
OTHER_KEY = rsa.generate_private_key(65537, 2048)
BODY = json.dumps({"subject": "mailbox-1"}).encode()


class Unread(io.BytesIO):
    """A body that cannot be read without being noticed."""

    def read(self, *_args):
        raise AssertionError("the body was read")

    readinto = readline = read


class Called:
    """A worker whose jobs are noted, and fail as they are told."""

    def __init__(self, scene, **more):
        self.scene = scene
        scene.restart(**CLOUD, **more)
        self.client = create_app(scene.source, scene.services).test_client()
        self.tasks: list[Task] = []
        self.error: Exception | None = None
        jobs = scene.services.rooms.jobs
        object.__setattr__(jobs, "run", self._run)

    def _run(self, _job, _queue, task):
        self.tasks.append(task)
        if self.error:
            raise self.error

    def token(self, **changed):
        now = int(time.time())
        claims = {
            "iss": "https://accounts.google.com", "aud": f"{WORKER}/jobs/collect", "sub": "1", "email": ACCOUNT,
            "email_verified": True, "iat": now, "exp": now + 3600,
        }  # fmt: skip
        claims = {k: v for k, v in {**claims, **changed}.items() if v is not None}
        return jwt.encode(claims, self.scene.universe.identity.signing_key(), "RS256", {"kid": KEY_ID})

    def post(self, body=BODY, kind="collect", token=None, **headers):
        token = token or self.token(aud=f"{WORKER}/jobs/{kind}")
        sent = {"Authorization": f"Bearer {token}", **{k.replace("_", "-"): v for k, v in headers.items()}}
        return self.client.post(f"/jobs/{kind}", data=body, headers=sent).status_code


@pytest.fixture
def called(scene):
    return Called(scene)


def certificate_as_secret(called):
    certificate = json.loads(called.scene.universe.identity.certificates().get_data())[KEY_ID]
    claims = jwt.decode(called.token(), options={"verify_signature": False})
    head = jwt.encode(claims, "x" * 32, "HS256", {"kid": KEY_ID}).rpartition(".")[0]
    mac = hmac.digest(certificate.encode(), head.encode(), "sha256")
    return f"{head}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def unsigned(called):
    claims = jwt.decode(called.token(), options={"verify_signature": False})
    return jwt.encode(claims, None, "none", {"kid": KEY_ID})


def signed_by_another(called):
    claims = jwt.decode(called.token(), options={"verify_signature": False})
    return jwt.encode(claims, OTHER_KEY, "RS256", {"kid": KEY_ID})


FORGED = {
    "another key": signed_by_another,
    "alg none": unsigned,
    "the certificate as a secret": certificate_as_secret,
    "another issuer": lambda c: c.token(iss="https://evil.example"),
    "another job": lambda c: c.token(aud=f"{WORKER}/jobs/sweep"),
    "the front's host": lambda c: c.token(aud="https://truly.example/jobs/collect"),
    "another host": lambda c: c.token(aud="https://evil.example/jobs/collect"),
    "a path alone": lambda c: c.token(aud="/jobs/collect"),
    "no audience": lambda c: c.token(aud=None),
    "the scheduler": lambda c: c.token(email=SCHEDULER),
    "another project's account": lambda c: c.token(email="tasks@elsewhere.iam.gserviceaccount.com"),
    "another case": lambda c: c.token(email=ACCOUNT.title()),
    "no account": lambda c: c.token(email=None),
    "unverified": lambda c: c.token(email_verified=False),
    "expired": lambda c: c.token(iat=int(time.time()) - 7200, exp=int(time.time()) - 3600),
    "not yet": lambda c: c.token(iat=int(time.time()) + 3600, exp=int(time.time()) + 7200),
    "cut off": lambda c: c.token()[:-4],
    "huge": lambda _c: "a" * 9000,
    "noise": lambda _c: "a.b.c",
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_call_is_refused_before_its_body_is_read(called, name):
    token = FORGED[name](called)

    for header in (f"Bearer {token}", token, f"Basic {token}", "", "Bearer"):
        headers = {"Authorization": header} if header else {}
        headers |= {"X-CloudTasks-TaskName": "t", "X-CloudTasks-QueueName": "live", "X-AppEngine-QueueName": "live"}
        answer = called.client.post("/jobs/collect", input_stream=Unread(BODY), headers=headers)
        assert answer.status_code == 401
    assert called.tasks == []


def test_without_an_account_or_an_address_nobody_is_trusted(scene):
    for missing in ("TASKS_SERVICE_ACCOUNT", "WORKER_URL"):
        called = Called(scene)
        token = called.token(aud="/jobs/collect") if missing == "WORKER_URL" else called.token()
        scene.restart(**{missing: ""})
        client = create_app(scene.source, scene.services).test_client()
        for header in (f"Bearer {token}", f"Bearer {called.token()}"):
            assert client.post("/jobs/collect", data=BODY, headers={"Authorization": header}).status_code == 401


def test_a_call_runs_its_job_under_the_task_s_name(called):
    status = called.post(
        X_CloudTasks_TaskName="abc-1", X_CloudTasks_TaskRetryCount="2", X_CloudTasks_TaskETA="1790000000.25"
    )

    assert status == 204
    assert called.tasks == [Task("abc-1", Job(JobKind.COLLECT, "mailbox-1"), 3, 1790000000.25)]


@pytest.mark.parametrize("value", ["", "-1", "x", "1.5", "9" * 40, "\u0661", "1e9", " "])
def test_hostile_headers_are_as_none(called, value):
    assert called.post(
        X_CloudTasks_TaskName=f"../{value}", X_CloudTasks_TaskRetryCount=value.encode("utf-8").decode("latin-1"),
        X_CloudTasks_TaskETA="nan",
    ) == 204  # fmt: skip
    assert called.tasks == [Task("", Job(JobKind.COLLECT, "mailbox-1"), 1, 0.0)]


def test_a_call_that_comes_twice_runs_twice_under_one_name(called):
    token = called.token()

    assert [called.post(token=token, X_CloudTasks_TaskName="abc") for _ in range(2)] == [204, 204]
    assert {task.name for task in called.tasks} == {"abc"}


MALFORMED = [
    b"", b"{", b"[]", b"null", b"1", b'"x"', b"\xff\xfe", b"{}", b"[" * 3000, b'{"subject": null}', b'{"subject": 1}',
    b'{"subject": []}', json.dumps({"subject": "x" * 300}).encode(), b" " * 5000, b'{"subject": "' + b"x" * 10**6 + b'"}',
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(MALFORMED)))
def test_what_no_version_can_read_is_dropped(called, number, caplog):
    with caplog.at_level(logging.INFO):
        assert called.post(MALFORMED[number]) == 204

    assert called.tasks == []
    assert "a job was dropped: malformed" in caplog.text


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(st.binary(max_size=200) | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(json.dumps))
def test_no_body_is_an_error_of_ours(called, hostile):
    assert called.post(hostile) == 204


@pytest.mark.parametrize(
    "error",
    [
        TransientError("x"),
        ThrottledError("x"),
        ConfigurationError("x"),
        InvariantError("x"),
        KeyError("x"),
        ValueError("x"),
    ],
)
def test_one_job_s_trouble_does_not_slow_the_queue(called, error):
    called.error = error

    assert called.post() == 500


def test_a_state_that_is_down_slows_the_queue(called, monkeypatch):
    def away(*_args):
        raise TransientError("The state is away.")

    called.error = TransientError("x")
    monkeypatch.setattr(called.scene.services.ports.store, "mailbox", away)
    assert called.post() == 503


def test_google_s_keys_away_slows_the_queue(scene):
    called = Called(scene)
    scene.universe.faults.plan(Fault("google_certs", "certs", "503", times=-1))

    assert called.post() == 503


def test_nothing_of_a_job_s_error_reaches_the_log(called, caplog):
    called.error = ValueError("ada@byron.example wrote Lamps")
    with caplog.at_level(logging.DEBUG):
        called.post()

    assert "ada" not in caplog.text + str([vars(r) for r in caplog.records])


def test_a_kind_of_a_newer_version_comes_again(scene):
    scene.restart(**CLOUD)
    called = Called.__new__(Called)
    called.scene, called.client = scene, create_app(scene.source, scene.services).test_client()

    assert called.post(kind="newer", X_CloudTasks_TaskRetryCount="0") == 500
    assert called.post(kind="newer", X_CloudTasks_TaskRetryCount="100") == 204


def test_mail_is_logged_by_calls_alone(scene):
    """The jobs that the calls run are the real ones, and so is their queue."""
    scene.deliver("ann@acme.example", eml())
    scene.restart(**CLOUD)
    caller = Called.__new__(Called)
    caller.scene, caller.client = scene, create_app(scene.source, scene.services).test_client()
    queue = scene.services.local_queue

    assert caller.post(b'{"subject": ""}', "sweep") == 204
    for _ in range(60):
        scene.clock.advance(1)
        while task := queue.take(scene.clock.now()):
            body = json.dumps({"subject": task.job.subject}).encode()
            assert caller.post(body, task.job.kind, X_CloudTasks_TaskName=task.name) == 204
            queue.finish(task, scene.clock.now())
    assert len(scene.tasks()) == 1


SIDEBAR = ["/addon/home", "/addon/open", "/addon/act", "/push"]
WORK = ["/jobs/collect", "/jobs/x"]


@pytest.mark.parametrize(("role", "here", "gone"), [("sidebar", SIDEBAR, WORK), ("worker", WORK, SIDEBAR)])
def test_each_role_has_its_own_routes(scene, role, here, gone):
    client = create_app({**scene.source, **CLOUD, "ROLE": role}, scene.services).test_client()

    assert {client.post(path).status_code for path in here} == {401}
    assert {client.post(path).status_code for path in gone} == {404}
    assert client.get("/cron/sweep", headers={"Authorization": "Bearer x"}).status_code == (
        404 if role == "sidebar" else 401
    )
    assert client.get("/healthz").status_code == 200


def test_settings_that_cannot_be_read_hide_no_command(scene):
    source = {**scene.source, "ROLE": "sidebars"}

    assert create_app(source).test_cli_runner().invoke(args=["cards", "--reasons"]).exit_code == 0
    assert "ROLE" in create_app(source).test_cli_runner().invoke(args=["doctor"]).output


def test_a_scheduler_s_token_is_as_good_as_app_engine_s_header(scene):
    pushing, called = Pushing(scene), None
    scene.restart(**CLOUD)
    pushing.serve()
    called = Called.__new__(Called)
    called.scene = scene

    def ask(**changed):
        token = called.token(**{"aud": f"{WORKER}/cron/sweep", "email": SCHEDULER, **changed})
        return pushing.client.get("/cron/sweep", headers={"Authorization": f"Bearer {token}"}).status_code

    wrong = [{"email": ACCOUNT}, {"aud": f"{WORKER}/cron/audit"}, {"aud": "https://truly.example/cron/sweep"}]
    assert [ask(**changed) for changed in wrong] == [401] * 3
    assert pushing.jobs() == []
    assert [ask(), ask()] == [204, 204]
    assert [job.kind for job in pushing.jobs()] == ["sweep"]


def test_a_service_without_a_queue_does_not_start(scene):
    app = create_app(scene.source, scene.services)
    object.__setattr__(scene.services, "queue", MissingQueue())
    object.__setattr__(scene.services, "local_queue", None)

    with pytest.raises(ConfigurationError, match="QUEUE=tasks:"):
        app.start_syncing()
    # Commands need none.
    assert scene.flask("sync").code == 0


def test_a_card_is_shown_though_the_queue_is_away(scene, monkeypatch, caplog):
    scene.sync()
    message = scene.deliver("ann@acme.example", eml())

    def away(*_args, **_more):
        raise TransientError("away")

    monkeypatch.setattr(scene.services.queue, "put", away)
    card = scene.ask("/addon/open", "ann@acme.example", message)
    assert "Byron" in json.dumps(card)
    assert "TransientError" in caplog.text
