"""Both queues under one face: what is due runs when the test says so, on a clock that the test owns."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import pytest

from server.adapters.cloud.channels import CloudChannels
from server.adapters.cloud.cloud_tasks import CloudTasksQueue, Target
from server.adapters.sqlite.queue import SqliteQueue
from server.ports.queue import Job, Queue, Task
from simulator.clock import Clock
from simulator.cloud.iam import Iam, name_account
from simulator.cloud.server import CloudServer
from simulator.cloud.task_queue import Rates, TaskQueue
from simulator.cloud.tasks import CloudTasks, Post
from simulator.universe import Universe
from tests.support.scene import small_world

NOW = 1_800_000_000.0
PROJECT = "acme-email"
LOCATION = f"projects/{PROJECT}/locations/europe-west1"
WORKER_URL = "https://worker.example"
ACCOUNT = f"tasks@{PROJECT}.iam.gserviceaccount.com"
CALLER = f"worker@{PROJECT}.iam.gserviceaccount.com"
ENDPOINT = "http://127.0.0.1:9"
LANES = ("live", "deliver", "backfill", "audit")
BACKOFF = 10.0
"""Seconds before the second try, in both."""

Handler = Callable[[Task], bool]
"""Runs a task; False where it failed."""


class QueueInTest(Protocol):
    """``clock`` decides what is due."""

    clock: Clock

    def open(self) -> Queue:
        """The queue as one more process opens it."""

    def run_due(self, handler: Handler) -> int:
        """Run what is due now; returns how many tries there were."""

    def close(self) -> None: ...


class LocalQueueInTest:
    def __init__(self, path: Path) -> None:
        self.clock = Clock(NOW, frozen=True)
        self.path = path
        self._opened: list[SqliteQueue] = []

    def open(self) -> SqliteQueue:
        self._opened.append(SqliteQueue(self.path))
        return self._opened[-1]

    def run_due(self, handler: Handler) -> int:
        queue, now = self._opened[-1], self.clock.now()
        # What the tasks put is for the next call, as at Cloud Tasks.
        due = list(iter(lambda: queue.take(now), None))
        for task in due:
            if handler(task):
                queue.finish(task, now)
            else:
                queue.put_back(task, now + BACKOFF * 2 ** (task.attempt - 1))
        return len(due)

    def close(self) -> None:
        for queue in self._opened:
            queue.close()


class CloudQueueInTest:
    """A simulated Cloud Tasks on a real port, where ``CALLER`` may enqueue."""

    def __init__(self) -> None:
        self.clock = Clock(NOW, frozen=True)
        self.universe = Universe.of(small_world(), self.clock)
        self.iam = Iam()
        self.tasks = CloudTasks(self.universe)
        self.tasks.set_target(WORKER_URL, [ENDPOINT])
        for lane in LANES:
            self.tasks.create_queue(f"{LOCATION}/queues/{lane}", Rates(min_backoff=BACKOFF))
            self.iam.grant(CALLER, "roles/cloudtasks.enqueuer", f"{LOCATION}/queues/{lane}")
        self.iam.grant(CALLER, "roles/iam.serviceAccountUser", name_account(ACCOUNT, PROJECT))
        self.server = CloudServer(self.universe, self.iam, (self.tasks,))
        self.server.start()
        self.posts: list[Post] = []
        self._opened: list[CloudTasksQueue] = []

    def open(self, identity: str = CALLER, location: str = LOCATION, account: str = ACCOUNT) -> CloudTasksQueue:
        target = Target(location, WORKER_URL, account)
        self._opened.append(CloudTasksQueue(target, CloudChannels(self.server.address, identity)))
        return self._opened[-1]

    def lane(self, name: str) -> TaskQueue:
        return self.tasks.queues[f"{LOCATION}/queues/{name}"]

    def run_due(self, handler: Handler, run: Callable[..., Iterable[None]] = map) -> int:
        return self.answer_due(lambda task: 200 if handler(task) else 500, run)

    def answer_due(self, answer: Callable[[Task], int], run: Callable[..., Iterable[None]] = map) -> int:
        """Run what is due; ``answer`` gives the HTTP status."""

        def post(request: Post) -> int:
            self.posts.append(request)
            return answer(read_task(request))

        return self.tasks.pump(post, run)

    def close(self) -> None:
        for queue in self._opened:
            queue.close()
        self.server.stop()


def read_task(post: Post) -> Task:
    """As the service reads its headers and its body."""
    kind = urlsplit(post.url).path.removeprefix("/jobs/")
    body: dict[str, Any] = json.loads(post.body)
    headers = post.headers
    job = Job(kind, body["subject"])
    attempt = int(headers["X-CloudTasks-TaskRetryCount"]) + 1
    return Task(headers["X-CloudTasks-TaskName"], job, attempt, float(headers["X-CloudTasks-TaskETA"]))


def make_queue(kind: str, folder: Path) -> LocalQueueInTest | CloudQueueInTest:
    return LocalQueueInTest(folder / "state.sqlite3") if kind == "local" else CloudQueueInTest()


both_queues = pytest.mark.parametrize("kind", ["local", "cloud"])
