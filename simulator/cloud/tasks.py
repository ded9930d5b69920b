"""Cloud Tasks: queues of named HTTP requests, which are posted with signed tokens until somebody says 2xx.

What is due is posted by ``pump``: by threads where the simulator is a process of its own, by the test otherwise.
Planned failures of a dispatch (service ``cloudtasks``, method ``dispatch``, ``record`` is the queue's short name):

================  =====================================================================================
``duplicate``     the request is posted twice; the answer to the second one counts
``reorder``       the task comes after the next one that is done
``delay:SECONDS`` the task comes so much later
``lost_answer``   the target answers, and the answer is lost: the task comes again
a status' number  the request does not reach the target, and counts as answered so
================  =====================================================================================
"""

from __future__ import annotations

import itertools
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import grpc
from google.cloud import tasks_v2 as tasks
from google.protobuf import empty_pb2

from simulator.calls import Call
from simulator.cloud.iam import name_account
from simulator.cloud.service import Caller, Method, Refusal, invalid
from simulator.cloud.task_queue import HELD, NameTakenError, Rates, TaskQueue, Waiting
from simulator.universe import Universe

MOST_BYTES = 100 * 1024
"""Of a task."""
MOST_AHEAD = 30 * 86_400.0
"""Seconds from now to a task's time."""
DEADLINES = (15.0, 1_800.0)
USUAL_DEADLINE = 600.0
"""Seconds for an answer."""
TOKEN_KEPT = 300.0
"""Seconds for which a token is used again."""
SOON = 15.0
"""Seconds: what is due within them counts as work that is at hand."""
TASK_ID = re.compile(r"[A-Za-z0-9_-]{1,500}")


@dataclass(frozen=True)
class Post:
    """One HTTP request, as Cloud Tasks makes it. ``timeout`` is in seconds."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    timeout: float


Poster = Callable[[Post], int]
"""Posts, and returns the status; 0 where nobody answered."""


@dataclass
class CloudTasks:
    """Implements ``simulator.cloud.service.CloudService``. Thread-safe.

    ``targets`` maps the origin that a task names to the addresses on loopback that take its requests by turns.
    """

    universe: Universe
    name: str = "cloudtasks"
    full_name: str = "google.cloud.tasks.v2.CloudTasks"
    queues: dict[str, TaskQueue] = field(default_factory=dict)
    targets: dict[str, list[str]] = field(default_factory=dict)
    _turns: itertools.count[int] = field(default_factory=itertools.count)
    _names: itertools.count[int] = field(default_factory=itertools.count)
    _tokens: dict[tuple[str, str], tuple[float, str]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def methods(self) -> Mapping[str, Method]:
        return {
            "CreateTask": Method(self._create_task, tasks.CreateTaskRequest, tasks.Task),
            "GetTask": Method(self._get_task, tasks.GetTaskRequest, tasks.Task),
            "ListTasks": Method(self._list_tasks, tasks.ListTasksRequest, tasks.ListTasksResponse),
            "DeleteTask": Method(self._delete_task, tasks.DeleteTaskRequest, empty_pb2.Empty),
            "GetQueue": Method(self._get_queue, tasks.GetQueueRequest, tasks.Queue),
            "ListQueues": Method(self._list_queues, tasks.ListQueuesRequest, tasks.ListQueuesResponse),
        }

    def create_queue(self, name: str, rates: Rates | None = None) -> TaskQueue:
        """``name`` is the full one."""
        return self.queues.setdefault(name, TaskQueue(name, rates or Rates()))

    def set_target(self, url: str, endpoints: Iterable[str]) -> None:
        self.targets[url] = list(endpoints)

    def pump(self, post: Poster, run: Callable[..., Iterable[None]] = map) -> int:
        """Post what is due now; returns how many tries were made."""
        now = self.universe.clock.now()
        due = [(queue, waiting) for queue in list(self.queues.values()) for waiting in queue.take_due(now)]
        for _ in run(lambda pair: self.attempt(pair[0], pair[1], post), due):
            pass
        return len(due)

    def attempt(self, queue: TaskQueue, waiting: Waiting, post: Poster) -> None:
        """One try for a task that ``take_due`` gave."""
        kind = self.universe.faults.take("cloudtasks", "dispatch", record=queue.short_name) or ""
        if kind == "reorder" or kind.startswith("delay:"):
            seconds = float(kind.partition(":")[2] or HELD)
            queue.hold(waiting, seconds, self.universe.clock.now(), is_overtaken=kind == "reorder")
            return
        status = int(kind) if kind.isdigit() else self._post(queue, waiting, post)
        if kind == "duplicate":
            status = self._post(queue, waiting, post)
        if kind == "lost_answer":
            status = 0
        self.universe.calls.record(Call("cloudtasks", "dispatch", 0, status, detail={"queue": queue.short_name}))
        queue.report(waiting, status, self.universe.clock.now())

    def next_at(self) -> float | None:
        """When the next task is due (mail time)."""
        return min((due for queue in self.queues.values() if (due := queue.next_at()) is not None), default=None)

    def as_json(self) -> dict[str, Any]:
        """``due_soon`` counts tasks that run or are due within ``SOON`` seconds."""
        queues, until = list(self.queues.values()), self.universe.clock.now() + SOON
        return {
            "queues": {
                q.short_name: {"waiting": len(q.list_tasks()), "done": q.done, "is_slow": q.is_slow} for q in queues
            },
            "done": sum(q.done for q in queues),
            "due_soon": sum(q.count_due(until) for q in queues),
            "next_at": self.next_at(),
            "targets": dict(self.targets),
        }

    def _create_task(self, caller: Caller, request: tasks.CreateTaskRequest) -> tasks.Task:
        caller.demand("cloudtasks.tasks.create", request.parent)
        queue, now = self._find_queue(request.parent), self.universe.clock.now()
        task = tasks.Task(request.task)
        task.name = task.name or f"{request.parent}/tasks/{next(self._names):020d}"
        _check_task(task, request.parent, now)
        self._check_act_as(caller, task, request.parent)
        try:
            queue.add(task, max(_read_due_at(task) or now, now), now)
        except NameTakenError:
            message = "The task cannot be created because a task with this name existed too recently."
            raise Refusal(grpc.StatusCode.ALREADY_EXISTS, message) from None
        return task

    def _check_act_as(self, caller: Caller, task: tasks.Task, parent: str) -> None:
        token = task.http_request.oidc_token
        if not token.service_account_email:
            return
        project = parent.split("/")[1]
        if not str(token.service_account_email).endswith(f"@{project}.iam.gserviceaccount.com"):
            raise invalid("The service account must be of the queue's project.")
        caller.demand("iam.serviceAccounts.actAs", name_account(token.service_account_email, project))

    def _get_task(self, caller: Caller, request: tasks.GetTaskRequest) -> tasks.Task:
        caller.demand("cloudtasks.tasks.get", request.name)
        queue = self._find_queue(request.name.partition("/tasks/")[0])
        for waiting in queue.list_tasks():
            if waiting.task.name == request.name:
                return _show(waiting)
        raise Refusal(grpc.StatusCode.NOT_FOUND, "Requested entity was not found.")

    def _list_tasks(self, caller: Caller, request: tasks.ListTasksRequest) -> tasks.ListTasksResponse:
        caller.demand("cloudtasks.tasks.list", request.parent)
        return tasks.ListTasksResponse(tasks=[_show(w) for w in self._find_queue(request.parent).list_tasks()])

    def _delete_task(self, caller: Caller, request: tasks.DeleteTaskRequest) -> empty_pb2.Empty:
        caller.demand("cloudtasks.tasks.delete", request.name)
        queue = self._find_queue(request.name.partition("/tasks/")[0])
        if not queue.delete(request.name, self.universe.clock.now()):
            raise Refusal(grpc.StatusCode.NOT_FOUND, "The task no longer exists, though a task with this name existed.")
        return empty_pb2.Empty()

    def _get_queue(self, caller: Caller, request: tasks.GetQueueRequest) -> tasks.Queue:
        caller.demand("cloudtasks.queues.get", request.name)
        return _describe(self._find_queue(request.name))

    def _list_queues(self, caller: Caller, request: tasks.ListQueuesRequest) -> tasks.ListQueuesResponse:
        caller.demand("cloudtasks.queues.list", request.parent)
        found = [q for name, q in sorted(self.queues.items()) if name.startswith(f"{request.parent}/queues/")]
        return tasks.ListQueuesResponse(queues=[_describe(queue) for queue in found])

    def _find_queue(self, name: str) -> TaskQueue:
        """Raises Refusal."""
        if name not in self.queues:
            raise Refusal(grpc.StatusCode.NOT_FOUND, "Queue does not exist.")
        return self.queues[name]

    def _post(self, queue: TaskQueue, waiting: Waiting, post: Poster) -> int:
        request = waiting.task.http_request
        headers = {
            **dict(request.headers),
            "User-Agent": "Google-Cloud-Tasks",
            "X-CloudTasks-QueueName": queue.short_name,
            "X-CloudTasks-TaskName": waiting.short_name,
            "X-CloudTasks-TaskRetryCount": str(waiting.attempts),
            "X-CloudTasks-TaskExecutionCount": str(waiting.attempts),
            "X-CloudTasks-TaskETA": f"{waiting.due_at:.6f}",
        }
        if waiting.last_status:
            headers["X-CloudTasks-TaskPreviousResponse"] = str(waiting.last_status)
        token = request.oidc_token
        if token.service_account_email:
            headers["Authorization"] = self._authorize(token.service_account_email, token.audience or request.url)
        endpoint = self._locate(request.url)
        deadline = _read_deadline(waiting.task) or USUAL_DEADLINE
        return post(Post(endpoint, headers, request.body, deadline)) if endpoint else 0

    def _locate(self, url: str) -> str:
        """The address on loopback that stands for the URL, or nothing: nothing leaves this machine."""
        parts = urlsplit(url)
        endpoints = self.targets.get(f"{parts.scheme}://{parts.netloc}", [])
        return endpoints[next(self._turns) % len(endpoints)] + parts.path if endpoints else ""

    def _authorize(self, account: str, audience: str) -> str:
        """The header with the token. Tokens live in this machine's time, whatever the mail's time is."""
        now = time.time()
        with self._lock:
            until, token = self._tokens.get((account, audience), (0.0, ""))
            if until <= now:
                claims = {"aud": audience, "azp": "1", "sub": "1", "email": account}
                times = {"iat": int(now), "exp": int(now) + 3600}
                token = self.universe.identity.id_token({**claims, **times})
                self._tokens[account, audience] = (now + TOKEN_KEPT, token)
        return f"Bearer {token}"


def _check_task(task: tasks.Task, parent: str, now: float) -> None:
    """Raises Refusal."""
    queue, _, identifier = task.name.rpartition("/tasks/")
    if queue != parent or not TASK_ID.fullmatch(identifier):
        raise invalid('Task name must be formatted: "projects/<P>/locations/<L>/queues/<Q>/tasks/<TASK_ID>".')
    if len(tasks.Task.serialize(task)) > MOST_BYTES:
        raise invalid("Task size too large.")
    if not re.fullmatch(r"https?://[^\s]{1,2075}", task.http_request.url):
        raise invalid("Invalid url for HttpRequest.url.")
    if (_read_due_at(task) or now) > now + MOST_AHEAD:
        raise invalid("The schedule_time must not exceed 720h from now.")
    shortest, longest = DEADLINES
    if not shortest <= (_read_deadline(task) or shortest) <= longest:
        raise invalid("Task.dispatchDeadline must be between [15s, 30m].")


def _read_due_at(task: tasks.Task) -> float | None:
    message = tasks.Task.pb(task)
    return float(message.schedule_time.ToNanoseconds() / 1e9) if message.HasField("schedule_time") else None


def _read_deadline(task: tasks.Task) -> float | None:
    message = tasks.Task.pb(task)
    return float(message.dispatch_deadline.ToNanoseconds() / 1e9) if message.HasField("dispatch_deadline") else None


def _show(waiting: Waiting) -> tasks.Task:
    shown = tasks.Task(waiting.task)
    shown.dispatch_count = waiting.attempts
    shown.response_count = waiting.attempts
    return shown


def _describe(queue: TaskQueue) -> tasks.Queue:
    rates = queue.rates
    return tasks.Queue(
        name=queue.name,
        rate_limits=tasks.RateLimits(max_dispatches_per_second=500, max_concurrent_dispatches=rates.concurrent),
        retry_config=tasks.RetryConfig(
            max_attempts=-1,
            min_backoff=timedelta(seconds=rates.min_backoff),
            max_backoff=timedelta(seconds=rates.max_backoff),
            max_doublings=rates.max_doublings,
        ),
        state=tasks.Queue.State.PAUSED if queue.is_paused else tasks.Queue.State.RUNNING,
    )
