"""What the Cloud Tasks adapter asks for, what each refusal means to us, and what a real queue does with the calls."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import jwt
import pytest
from google.api_core.exceptions import InvalidArgument, PermissionDenied
from google.cloud import tasks_v2 as tasks
from google.cloud.tasks_v2.services.cloud_tasks.transports import CloudTasksGrpcTransport

from server.adapters.cloud.channels import CloudChannels
from server.adapters.cloud.cloud_tasks import ONE_TRY, PATIENCE, CloudTasksQueue, Target
from server.domain.errors import ConfigurationError, ReconnectRequiredError, ThrottledError, TransientError
from server.ports.queue import BUCKET, LONGEST_RUN, MARGIN, Job, JobKind, name_job
from simulator.cloud.dispatcher import Dispatcher
from simulator.cloud.iam import name_account
from simulator.faults import Fault
from tests.support.queues import (
    ACCOUNT,
    BACKOFF,
    CALLER,
    LOCATION,
    NOW,
    PROJECT,
    WORKER_URL,
    CloudQueueInTest,
)

COLLECT = Job(JobKind.COLLECT, "mailbox-1")
DUE = BUCKET + MARGIN
QUEUE = f"{LOCATION}/queues/live"


@pytest.fixture
def cloud():
    with closing(CloudQueueInTest()) as made:
        yield made


@pytest.fixture
def queue(cloud):
    return cloud.open()


@pytest.fixture
def client(cloud):
    """Google's own client, as the worker."""
    cloud.iam.grant(CALLER, "roles/cloudtasks.taskDeleter", LOCATION)
    cloud.iam.grant(CALLER, "roles/cloudtasks.viewer", LOCATION)
    return CloudChannels(cloud.server.address, CALLER).connect(tasks.CloudTasksClient, CloudTasksGrpcTransport)


def fail(cloud, kind, method="CreateTask", times=1):
    cloud.universe.faults.plan(Fault("cloudtasks", method, kind, times))


def test_a_task_is_all_that_the_worker_needs(cloud, queue, client):
    queue.put(COLLECT, NOW)

    [task] = client.list_tasks(parent=QUEUE)
    name, due_at = name_job(COLLECT, NOW)
    assert task.name == f"{QUEUE}/tasks/{name}"
    assert task.http_request.url == task.http_request.oidc_token.audience == f"{WORKER_URL}/jobs/collect"
    assert task.http_request.http_method == tasks.HttpMethod.POST
    assert task.http_request.oidc_token.service_account_email == ACCOUNT
    assert task.http_request.body == b'{"subject": "mailbox-1"}'
    assert task.schedule_time.timestamp() == due_at
    assert task.dispatch_deadline.total_seconds() == LONGEST_RUN


@pytest.mark.parametrize(
    ("kind", "lane"), [("sweep", "live"), ("deliver", "deliver"), ("backfill", "backfill"), ("audit", "audit")]
)
def test_each_kind_goes_into_its_lane(cloud, queue, kind, lane):
    queue.put(Job(kind), NOW)

    assert [name for name in ("live", "deliver", "backfill", "audit") if cloud.lane(name).list_tasks()] == [lane]


def test_a_post_carries_a_signed_token_of_the_account_for_its_url_alone(cloud, queue):
    queue.put(COLLECT, NOW)
    cloud.clock.advance(DUE)
    cloud.answer_due(lambda _task: 200)

    [post] = cloud.posts
    key = cloud.universe.identity.signing_key().public_key()
    token = post.headers["Authorization"].removeprefix("Bearer ")
    claims = jwt.decode(token, key, ["RS256"], audience=f"{WORKER_URL}/jobs/collect")
    assert (claims["email"], claims["email_verified"]) == (ACCOUNT, True)
    assert post.headers["X-CloudTasks-QueueName"] == "live"
    assert post.headers["X-CloudTasks-TaskRetryCount"] == "0"


@pytest.mark.parametrize("kind", ["UNAVAILABLE", "DEADLINE_EXCEEDED", "drop_answer"])
def test_a_call_that_fails_for_a_moment_is_tried_again(cloud, queue, kind):
    fail(cloud, kind)

    # After a lost answer the second try finds the task of the first.
    assert queue.put(COLLECT, NOW) is (kind != "drop_answer")
    assert len(cloud.lane("live").list_tasks()) == 1


@pytest.mark.parametrize(
    ("kind", "error", "words"),
    [
        ("PERMISSION_DENIED", ConfigurationError, "roles/cloudtasks.enqueuer.*actAs"),
        ("NOT_FOUND", ConfigurationError, "no such queue"),
        ("FAILED_PRECONDITION", ConfigurationError, "no such queue"),
        ("INVALID_ARGUMENT", ConfigurationError, "WORKER_URL"),
        ("UNAUTHENTICATED", ReconnectRequiredError, "credentials"),
        ("RESOURCE_EXHAUSTED", ThrottledError, "no more tasks"),
        ("INTERNAL", TransientError, "does not answer"),
        ("ABORTED", TransientError, "does not answer"),
        ("UNKNOWN", TransientError, "does not answer"),
        ("UNAVAILABLE", TransientError, "does not answer"),
    ],
)
def test_each_refusal_is_one_of_our_errors(cloud, queue, kind, error, words):
    fail(cloud, kind, times=-1)

    with pytest.raises(error, match=words) as raised:
        queue.put(COLLECT, NOW)
    assert type(raised.value) is error
    assert raised.value.__cause__ is None


def test_who_has_no_role_may_not_enqueue(cloud):
    stranger = cloud.open(identity="stranger@acme-email.iam.gserviceaccount.com")

    with pytest.raises(ConfigurationError, match="enqueuer"):
        stranger.put(COLLECT, NOW)
    with pytest.raises(ReconnectRequiredError):
        cloud.open(identity="").put(COLLECT, NOW)


def test_who_may_not_act_as_the_account_may_not_enqueue(cloud, queue):
    cloud.iam.revoke(CALLER, "roles/iam.serviceAccountUser", name_account(ACCOUNT, PROJECT))

    with pytest.raises(ConfigurationError, match="actAs"):
        queue.put(COLLECT, NOW)


def test_a_queue_or_an_account_that_is_not_there_is_named(cloud):
    cloud.iam.grant(CALLER, "roles/cloudtasks.enqueuer", "projects/acme-email")
    with pytest.raises(ConfigurationError, match="locations/elsewhere/queues/live"):
        cloud.open(location=f"projects/{PROJECT}/locations/elsewhere").put(COLLECT, NOW)
    with pytest.raises(ConfigurationError, match="TASKS_SERVICE_ACCOUNT"):
        cloud.open(account="tasks@elsewhere.iam.gserviceaccount.com").put(COLLECT, NOW)


@pytest.mark.parametrize("is_listening", [False, True])
def test_a_dead_address_is_given_up_within_five_seconds(is_listening):
    """Where nobody listens, and where somebody does and never says a word."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        if is_listening:
            server.listen(16)
        address = f"127.0.0.1:{server.getsockname()[1]}"
        with closing(CloudTasksQueue(Target(LOCATION, WORKER_URL, ACCOUNT), CloudChannels(address, CALLER))) as queue:
            began = time.monotonic()
            with pytest.raises(TransientError):
                queue.put(COLLECT, NOW)
            assert PATIENCE / 2 < time.monotonic() - began < PATIENCE + ONE_TRY + 1


def test_a_slow_answer_is_given_up_too(cloud, queue):
    fail(cloud, "slow:6", times=-1)
    began = time.monotonic()

    with pytest.raises(TransientError):
        queue.put(COLLECT, NOW)
    assert time.monotonic() - began < PATIENCE + ONE_TRY + 1


def test_an_outage_ends_for_a_process_that_saw_it(cloud, queue):
    cloud.server.stop()
    with pytest.raises(TransientError):
        queue.put(COLLECT, NOW)
    cloud.server.start()

    put, until = False, time.monotonic() + 10
    while not put and time.monotonic() < until:
        with suppress(TransientError):
            put = queue.put(COLLECT, NOW)
    assert put


def test_a_task_that_is_delivered_twice_keeps_its_name(cloud, queue):
    fail(cloud, "duplicate", "dispatch")
    queue.put(COLLECT, NOW)
    cloud.clock.advance(DUE)
    ran = []
    cloud.answer_due(lambda task: ran.append(task.name) or 200)

    assert len(ran) == 2
    assert len(set(ran)) == 1


def test_a_lost_answer_brings_the_task_again(cloud, queue):
    fail(cloud, "lost_answer", "dispatch")
    queue.put(COLLECT, NOW)
    cloud.clock.advance(DUE)
    attempts = []
    for _ in range(2):
        cloud.answer_due(lambda task: attempts.append(task.attempt) or 200)
        cloud.clock.advance(BACKOFF)

    assert attempts == [1, 2]
    assert not cloud.lane("live").list_tasks()


def test_tasks_may_come_out_of_order(cloud, queue):
    fail(cloud, "reorder", "dispatch")
    for number in range(2):
        queue.put(Job(JobKind.COLLECT, str(number)), NOW + number * BUCKET)
    cloud.clock.advance(2 * DUE)
    ran = []
    for _ in range(2):
        cloud.answer_due(lambda task: ran.append(task.job.subject) or 200)

    assert ran == ["1", "0"]


@pytest.mark.parametrize(("status", "is_slowed"), [(503, True), (429, True), (500, False), (401, False), (0, False)])
def test_only_some_answers_slow_the_whole_queue(cloud, queue, status, is_slowed):
    for number in range(5):
        queue.put(Job(JobKind.COLLECT, str(number)), NOW)
    cloud.clock.advance(DUE)
    cloud.lane("live").rates.concurrent = 1
    cloud.answer_due(lambda _task: status)
    cloud.lane("live").rates.concurrent = 10

    assert cloud.answer_due(lambda _task: 200) == (0 if is_slowed else 4)
    queue.put(Job(JobKind.DELIVER), NOW)
    assert cloud.answer_due(lambda _task: 200) == 1  # the other lanes go on
    for _ in range(10):
        cloud.clock.advance(BACKOFF)
        cloud.answer_due(lambda _task: 200)
    assert not cloud.lane("live").list_tasks()
    assert not cloud.lane("live").is_slow


def test_a_name_stays_used_after_its_task_was_deleted(cloud, queue, client):
    queue.put(COLLECT, NOW)
    [task] = client.list_tasks(parent=QUEUE)
    client.delete_task(name=task.name)

    assert not queue.put(COLLECT, NOW)
    cloud.clock.advance(86_401)
    assert queue.put(COLLECT, NOW)


def test_google_s_own_limits_are_kept(client, cloud):
    def create(**changed):
        http_request = tasks.HttpRequest(url=changed.pop("url", WORKER_URL), body=changed.pop("body", b""))
        return client.create_task(parent=QUEUE, task=tasks.Task(http_request=http_request, **changed))

    assert create().name.startswith(f"{QUEUE}/tasks/")
    wrong = [
        {"name": f"{QUEUE}/tasks/a b"}, {"name": f"{LOCATION}/queues/audit/tasks/a"}, {"body": b"x" * 103_000},
        {"url": "ftp://x"}, {"dispatch_deadline": timedelta(seconds=5)},
    ]  # fmt: skip
    for changed in wrong:
        with pytest.raises(InvalidArgument):
            create(**changed)
    cloud.iam.revoke(CALLER, "roles/cloudtasks.viewer", LOCATION)
    with pytest.raises(PermissionDenied):
        client.get_queue(name=QUEUE)


class Worker(BaseHTTPRequestHandler):
    """Fails the first call of each task, takes the next one, and notes how many are at work."""

    lock = threading.Lock()
    taken: ClassVar[Counter[str]] = Counter()
    at_work: ClassVar[Counter[str]] = Counter()

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        with self.lock:
            self.at_work["now"] += 1
            self.at_work["most"] = max(self.at_work["most"], self.at_work["now"])
        time.sleep(0.02)
        is_taken = self.headers["X-CloudTasks-TaskRetryCount"] != "0"
        with self.lock:
            self.at_work["now"] -= 1
            self.taken[self.headers["X-CloudTasks-TaskName"]] += is_taken
        self.send_response(204 if is_taken else 500)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_args):
        """Nothing."""


@contextmanager
def listening():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Worker)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_over_http_every_task_is_taken_once_and_no_more_run_than_the_queue_lets(cloud, queue):
    cloud.lane("live").rates.concurrent = 4
    dispatcher = Dispatcher(cloud.tasks)
    with listening() as endpoint:
        cloud.tasks.set_target(WORKER_URL, [endpoint])
        dispatcher.start()
        try:
            with ThreadPoolExecutor(8) as pool:
                list(pool.map(lambda n: queue.put(Job(JobKind.COLLECT, str(n)), NOW), range(40)))
            cloud.clock.advance(DUE)
            until = time.monotonic() + 30
            while cloud.lane("live").list_tasks() and time.monotonic() < until:
                cloud.clock.advance(1)
                time.sleep(0.05)
        finally:
            dispatcher.stop()
    assert cloud.lane("live").done == 40
    assert len(Worker.taken) == 40
    assert set(Worker.taken.values()) == {1}
    assert 1 < Worker.at_work["most"] <= 4
