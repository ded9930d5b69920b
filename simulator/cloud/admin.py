"""Google Cloud's REST admin APIs, as far as a doctor asks them: databases, queues, and one's own permissions.

Failures (``Fault``): service ``cloudadmin``, methods ``databases.get``, ``backupSchedules.list``, ``backups.list``,
``queues.get``, ``testIamPermissions`` and ``permissions``; kinds are an HTTP status, ``drop_answer`` or ``not_json`` (a
proxy's page).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from email.utils import formatdate
from typing import Any
from urllib.parse import unquote

from werkzeug.wrappers import Request, Response

from simulator.answers import NOT_FOUND, Failure, drop_connection, reply
from simulator.calls import Call
from simulator.cloud.iam import Iam, name_account
from simulator.cloud.tasks import CloudTasks
from simulator.universe import Universe

HOSTS = frozenset(f"{name}.googleapis.com" for name in ("firestore", "cloudtasks", "cloudkms", "iam"))
TOKEN = "Bearer simulated:"  # noqa: S105  # the word before the account, no secret
SERVICE = "cloudadmin"
PERMISSIONS = {
    "databases.get": "datastore.databases.get",
    "backupSchedules.list": "datastore.backupSchedules.list",
    "backups.list": "datastore.backups.list",
    "queues.get": "cloudtasks.queues.get",
}
_DATABASE = re.compile(r"/v1/(projects/[^/]+/databases/[^/]+)")
_SCHEDULES = re.compile(r"/v1/(projects/[^/]+/databases/[^/]+)/backupSchedules")
_BACKUPS = re.compile(r"/v1/(projects/[^/]+)/locations/-/backups")
_QUEUE = re.compile(r"/v2/(projects/[^/]+/locations/[^/]+/queues/[^/]+)")
_TEST = re.compile(r"/v1/(projects/.+):testIamPermissions")


class CloudAdmin:
    """``databases`` and ``schedules`` are by id, in the vendor's own JSON; queues are those of Cloud Tasks.

    ``resources`` are the keys and accounts of which permissions may be asked, by full name. ``skew`` is by how many
    seconds Google's clock is ahead of the universe's.
    """

    def __init__(self, universe: Universe, iam: Iam, project: str, tasks: CloudTasks, resources: Iterable[str]) -> None:
        self._universe = universe
        self._iam = iam
        self._project = project
        self.databases = {"(default)": _database(is_protected=True), "deks": _database(is_protected=False)}
        self.schedules: dict[str, list[dict[str, Any]]] = {name: [] for name in self.databases}
        self.backups: list[dict[str, Any]] = []
        self._tasks = tasks
        self.resources = set(resources)
        self.skew = 0.0

    def answer(self, request: Request) -> Response:
        method, resource = _read_method(request)
        kind = self._universe.faults.take(SERVICE, method)
        status = 200
        try:
            if kind == "drop_answer":
                return drop_connection()
            if kind == "not_json":
                return Response("<html>Sign in to the network</html>", mimetype="text/html")
            response = reply(self._act(method, resource, request, kind))
        except Failure as failure:
            status, response = failure.status, failure.response()
        finally:
            self._universe.calls.record(Call(SERVICE, method, 0, status))
        response.headers["Date"] = formatdate(self._universe.clock.now() + self.skew, usegmt=True)
        return response

    def _act(self, method: str, resource: str, request: Request, kind: str | None) -> Any:
        if kind:
            raise Failure(int(kind), "backendError", "The service is currently unavailable.", "UNAVAILABLE")
        account = _read_account(request)
        if method == "testIamPermissions":
            return self._test_permissions(account, resource, request)
        if method not in PERMISSIONS:
            raise Failure(*NOT_FOUND)
        if not self._iam.is_allowed(account, PERMISSIONS[method], resource):
            message = f"Permission '{PERMISSIONS[method]}' denied on resource '{resource}' (or it may not exist)."
            raise Failure(403, "forbidden", message, "PERMISSION_DENIED")
        if method == "queues.get":
            return self._show_queue(resource)
        if method == "backups.list":
            return {"backups": self.backups} if self.backups else {}
        name = resource.rpartition("/")[2]
        if name not in self.databases:
            raise Failure(*NOT_FOUND)
        if method == "backupSchedules.list":
            schedules = self.schedules[name]
            return {"backupSchedules": schedules} if schedules else {}
        return {"name": resource, **self.databases[name]}

    def _show_queue(self, name: str) -> Any:
        if (queue := self._tasks.queues.get(name)) is None:
            raise Failure(*NOT_FOUND)
        return {"name": name, "state": "PAUSED" if queue.is_paused else "RUNNING"}

    def _test_permissions(self, account: str, resource: str, request: Request) -> Any:
        """The subset that the caller has; of a resource that is not there, Google says as little as of a secret one."""
        name = resource
        if "/serviceAccounts/" in resource:
            name = name_account(resource.rpartition("/")[2], self._project)
        if name not in self.resources:
            raise Failure(*NOT_FOUND)
        asked = json.loads(request.get_data() or b"{}").get("permissions", [])
        held = [permission for permission in asked if self._iam.is_allowed(account, permission, name)]
        return {"permissions": held} if held else {}


def _database(*, is_protected: bool) -> dict[str, Any]:
    state = "ENABLED" if is_protected else "DISABLED"
    return {
        "type": "FIRESTORE_NATIVE",
        "deleteProtectionState": f"DELETE_PROTECTION_{state}",
        "pointInTimeRecoveryEnablement": f"POINT_IN_TIME_RECOVERY_{state}",
        "versionRetentionPeriod": "604800s" if is_protected else "3600s",
    }


def _read_method(request: Request) -> tuple[str, str]:
    path = unquote(request.path)
    for name, verb, form in (
        ("databases.get", "GET", _DATABASE),
        ("backupSchedules.list", "GET", _SCHEDULES),
        ("backups.list", "GET", _BACKUPS),
        ("queues.get", "GET", _QUEUE),
        ("testIamPermissions", "POST", _TEST),
    ):
        if request.method == verb and (match := form.fullmatch(path)):
            return name, match.group(1)
    return "permissions", ""


def _read_account(request: Request) -> str:
    header = request.headers.get("Authorization", "")
    if not header.startswith(TOKEN):
        raise Failure(401, "authError", "Request had invalid authentication credentials.", "UNAUTHENTICATED")
    return header.removeprefix(TOKEN)
