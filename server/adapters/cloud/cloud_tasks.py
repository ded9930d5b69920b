"""The queue at Cloud Tasks: each job is one named task, which Google posts to the worker's own address."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from google.api_core.exceptions import (
    AlreadyExists,
    DeadlineExceeded,
    FailedPrecondition,
    Forbidden,
    GoogleAPICallError,
    InvalidArgument,
    NotFound,
    ResourceExhausted,
    RetryError,
    ServiceUnavailable,
    Unauthenticated,
)
from google.api_core.retry import Retry, if_exception_type
from google.auth.exceptions import GoogleAuthError
from google.cloud.tasks_v2 import CloudTasksClient, CreateTaskRequest, HttpMethod, HttpRequest, OidcToken
from google.cloud.tasks_v2 import Task as CloudTask
from google.cloud.tasks_v2.services.cloud_tasks.transports import CloudTasksGrpcTransport

from server.adapters.cloud.channels import CloudChannels
from server.domain.errors import ConfigurationError, ReconnectRequiredError, ThrottledError, TransientError, TrulyError
from server.logs.trail import name_on_trail
from server.ports.patience import shorten
from server.ports.queue import LONGEST_RUN, Job, Task, choose_lane, name_job

PATIENCE = 3.0
"""Seconds after which no further try begins."""
ONE_TRY = 2.0
"""Seconds for one try, so that a call ends within five. A try without an answer may have made the task; the next one
then finds that it exists."""
TRIED_AGAIN = (ServiceUnavailable, DeadlineExceeded)
"""``create_task`` has no retry of its own. Its name makes a second try safe."""


@dataclass(frozen=True)
class Target:
    """``location`` is the queues' place, ``projects/P/locations/L``; ``url`` the worker's, without a path.

    ``account`` is the service account whose token each task carries.
    """

    location: str
    url: str
    account: str


class CloudTasksQueue:
    """Implements ``server.ports.queue.Queue``. Thread-safe."""

    def __init__(self, target: Target, channels: CloudChannels) -> None:
        """Raises ConfigurationError."""
        self._target = target
        self._client: CloudTasksClient = channels.connect(CloudTasksClient, CloudTasksGrpcTransport)

    def put(self, job: Job, now: float, delay: float = 0.0, *, after: Task | None = None) -> bool:
        name, due_at = name_job(job, now, delay, after)
        name_on_trail("tasks", name)
        request = self._make_request(job, name, due_at)
        retry = Retry(if_exception_type(*TRIED_AGAIN), initial=0.1, maximum=1.0, multiplier=2.0, timeout=PATIENCE)
        try:
            self._client.create_task(request, retry=retry, timeout=shorten(ONE_TRY))
        except AlreadyExists:
            return False
        except (GoogleAPICallError, RetryError, GoogleAuthError) as error:
            raise self._translate(error, request.parent) from None
        return True

    def require(self) -> None:
        """It is here."""

    def close(self) -> None:
        self._client.transport.close()

    def _make_request(self, job: Job, name: str, due_at: float) -> CreateTaskRequest:
        queue = f"{self._target.location}/queues/{choose_lane(job.kind)}"
        url = f"{self._target.url}/jobs/{job.kind}"
        http_request = HttpRequest(
            url=url,
            http_method=HttpMethod.POST,
            headers={"Content-Type": "application/json"},
            body=json.dumps({"subject": job.subject}).encode(),
            oidc_token=OidcToken(service_account_email=self._target.account, audience=url),
        )
        task = CloudTask(
            name=f"{queue}/tasks/{name}",
            http_request=http_request,
            schedule_time=datetime.fromtimestamp(due_at, UTC),
            dispatch_deadline=timedelta(seconds=LONGEST_RUN),
        )
        return CreateTaskRequest(parent=queue, task=task)

    def _translate(self, error: Exception, queue: str) -> TrulyError:
        match error:
            case Forbidden():
                return ConfigurationError(
                    f"Cloud Tasks refuses this process. It needs roles/cloudtasks.enqueuer on the queue {queue}, and"
                    f" roles/iam.serviceAccountUser (actAs) on the account {self._target.account}."
                )
            case NotFound() | FailedPrecondition():
                return ConfigurationError(f"Cloud Tasks has no such queue, or it is disabled: {queue}.")
            case InvalidArgument():
                return ConfigurationError(
                    "Cloud Tasks does not accept the task: check WORKER_URL, and that TASKS_SERVICE_ACCOUNT is an"
                    " account of the queue's project."
                )
            case Unauthenticated():
                return ReconnectRequiredError("Cloud Tasks does not accept this process's credentials.")
            case ResourceExhausted():
                return ThrottledError("Cloud Tasks takes no more tasks for the moment.")
            case _:
                return TransientError("Cloud Tasks does not answer.")
