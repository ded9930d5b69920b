"""Cloud Tasks' calls: each is one job, verified, run here and answered by what the queue should do with it."""

from __future__ import annotations

import json
import logging
import re

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from server.bootstrap import Services
from server.domain.errors import BadInputError, TransientError, TrulyError, UntrustedCallerError
from server.domain.ids import MailboxId
from server.logs.events import Event, describe_error
from server.ports.queue import Job, Task
from server.web.guards import Guard
from server.web.lazy_services import LazyServices

log = logging.getLogger(__name__)

JOBS = "/jobs/"
LONGEST = 4 * 1024
"""Bytes; a job is one id."""
LONGEST_SUBJECT = 256
"""Characters; a Directory id has 21."""
KIND = re.compile(r"[a-z_]{1,40}")
NAME = re.compile(r"[A-Za-z0-9_-]{1,500}")
SECONDS = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?")
MOST_RETRIES = 10**9
NOBODY = MailboxId("-")
"""A mailbox that is not there: to look for it shows whether the state answers."""


def blueprint(lazy: LazyServices) -> Blueprint:
    routes = Blueprint("jobs", __name__)

    @routes.post(f"{JOBS}<kind>")
    def run_job(kind: str) -> tuple[Response, int]:
        services = lazy.get()
        Guard(services.identity, services.settings).check_tasks(JOBS + kind, request.headers.get("Authorization", ""))
        try:
            subject = _read_subject()
        except BadInputError:
            return _drop("malformed")
        # A kind that only a newer version knows is left to that version: the runner sends the job back.
        if not KIND.fullmatch(kind):
            return _drop("unknown kind")
        return _run(services, Task(_read_name(), Job(kind, subject), _read_attempt(), _read_due_at()))

    @routes.errorhandler(UntrustedCallerError)
    def refuse_caller(_error: UntrustedCallerError) -> tuple[Response, int]:
        return jsonify(error="The caller cannot prove who it is."), 401

    @routes.errorhandler(TrulyError)
    def ask_all_later(error: TrulyError) -> tuple[Response, int]:
        """Neither the services nor Google's keys are there: no job can run, so the whole queue slows down."""
        log.error("no job can run: %s", type(error).__name__, extra=describe_error(Event.QUEUE_FAILED, error))
        return jsonify(error="No job can run now. Send it again."), 503

    return routes


def _run(services: Services, task: Task) -> tuple[Response, int]:
    """A failure is answered with 500: 429 and 503 would slow the queue for all other jobs too."""
    try:
        services.rooms.jobs.run(task.job, services.queue, task)
    except Exception as error:  # noqa: BLE001  # after any error the queue brings the job again, and its line is written
        status = 503 if isinstance(error, TransientError) and _is_state_down(services) else 500
        return jsonify(error="The job failed. Send it again."), status
    return Response(), 204


def _is_state_down(services: Services) -> bool:
    try:
        services.ports.store.mailbox(NOBODY)
    except TransientError:
        return True
    except TrulyError:
        return False
    return False


def _drop(code: str) -> tuple[Response, int]:
    """Answers 204 all the same: after anything but 2xx the task would come again for ever."""
    log.error("a job was dropped: %s", code)
    return Response(), 204


def _read_subject() -> str:
    """Raises BadInputError. The body is read only after the caller has proved who it is."""
    request.max_content_length = LONGEST
    try:
        body = json.loads(request.get_data(cache=False))
    except (HTTPException, ValueError, RecursionError):
        raise BadInputError("The job cannot be read.") from None
    subject = body.get("subject") if isinstance(body, dict) else None
    if not isinstance(subject, str) or len(subject) > LONGEST_SUBJECT:
        raise BadInputError("The job cannot be read.")
    return subject


def _read_name() -> str:
    """Empty where there is none. It proves nothing: it only names what follows this job."""
    name = request.headers.get("X-CloudTasks-TaskName", "")
    return name if NAME.fullmatch(name) else ""


def _read_attempt() -> int:
    """Counts from 1. It proves nothing either, and is only told."""
    retries = request.headers.get("X-CloudTasks-TaskRetryCount", "")
    is_count = retries.isascii() and retries.isdigit() and len(retries) < len(str(MOST_RETRIES))
    return int(retries) + 1 if is_count else 1


def _read_due_at() -> float:
    """Epoch seconds; 0 where the header does not say."""
    seconds = request.headers.get("X-CloudTasks-TaskETA", "")
    return float(seconds) if SECONDS.fullmatch(seconds) else 0.0
