"""Google Cloud's own view of our project, over its REST admin APIs. It reads, and changes nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import google.auth
import google.auth.exceptions
import requests
from google.auth.transport.requests import Request

from server.adapters.cloud.channels import SIMULATED_TOKEN
from server.adapters.transport import Transport
from server.domain.errors import ConfigurationError, NotFoundError, RefusedError, TransientError, TrulyError
from server.ports.clock import Clock
from server.ports.cloud import DatabaseRecovery, Deed
from server.ports.queue import Lane

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
SECONDS = 10.0
"""For one answer."""
FIRESTORE = "https://firestore.googleapis.com/v1"
TASKS = "https://cloudtasks.googleapis.com/v2"
KMS = "https://cloudkms.googleapis.com/v1"
IAM = "https://iam.googleapis.com/v1"
DATABASES_GET = "datastore.databases.get"
SCHEDULES_LIST = "datastore.backupSchedules.list"
BACKUPS_LIST = "datastore.backups.list"
QUEUES_GET = "cloudtasks.queues.get"
ENCRYPT = "cloudkms.cryptoKeyVersions.useToEncrypt"
DECRYPT = "cloudkms.cryptoKeyVersions.useToDecrypt"
ACT_AS = "iam.serviceAccounts.actAs"


@dataclass(frozen=True)
class ProjectNames:
    """Full resource names; empty for what the settings do not put into Google Cloud."""

    database: str = ""
    key_database: str = ""
    key_ring: str = ""
    queue_location: str = ""
    tasks_account: str = ""


class CloudAdmin:
    """Implements ``server.ports.cloud.CloudProject``. Thread-safe."""

    def __init__(self, names: ProjectNames, transport: Transport, clock: Clock, token: Callable[[], str]) -> None:
        self._names = names
        self._session = transport.session()
        self._clock = clock
        self._token = token

    def describe_database(self, *, is_of_keys: bool) -> DatabaseRecovery:
        name = self._names.key_database if is_of_keys else self._names.database
        database = self._ask("GET", f"{FIRESTORE}/{_quote(name)}", DATABASES_GET)
        schedules = self._ask("GET", f"{FIRESTORE}/{_quote(name)}/backupSchedules", SCHEDULES_LIST)
        return DatabaseRecovery(
            name=name.rpartition("/")[2],
            is_delete_protected=database.get("deleteProtectionState") == "DELETE_PROTECTION_ENABLED",
            has_point_in_time_recovery=database.get("pointInTimeRecoveryEnablement")
            == "POINT_IN_TIME_RECOVERY_ENABLED",
            backup_schedules=len(schedules.get("backupSchedules", ())),
            backups=self._count_backups(name),
        )

    def _count_backups(self, database: str) -> int:
        """In all locations: a backup outlives its schedule, and stays where the database was when it was made."""
        place, _, own = database.partition("/databases/")
        answer = self._ask("GET", f"{FIRESTORE}/{_quote(place)}/locations/-/backups", BACKUPS_LIST)
        if answer.get("unreachable"):
            raise TransientError("Firestore does not say which backups there are in every location. Ask again later.")
        # Google may name the project by its number.
        return sum(backup.get("database", "").endswith(f"/databases/{own}") for backup in answer.get("backups", ()))

    def is_queue_running(self, lane: Lane) -> bool:
        answer = self._ask("GET", f"{TASKS}/{self._names.queue_location}/queues/{lane}", QUEUES_GET)
        return bool(answer.get("state") == "RUNNING")

    def may(self, deed: Deed) -> bool:
        resource, permission = self._locate(deed)
        answer = self._ask("POST", f"{resource}:testIamPermissions", permission, {"permissions": [permission]})
        return permission in answer.get("permissions", ())

    def measure_clock(self) -> float:
        """Any answer has a date, also a refusal; half of the way there and back is ours to guess."""
        asked_at = self._clock.now()
        answer = self._send("GET", f"{IAM}/permissions")
        middle = (asked_at + self._clock.now()) / 2
        try:
            stated = parsedate_to_datetime(answer.headers["Date"]).astimezone(UTC).timestamp()
        except (KeyError, ValueError, TypeError):
            raise TransientError("Google's answer had no date.") from None
        # A date is cut to whole seconds, so that the true time is half a second later on average.
        return middle - (stated + 0.5)

    def _locate(self, deed: Deed) -> tuple[str, str]:
        keys = f"{KMS}/{self._names.key_ring}/cryptoKeys"
        return {
            Deed.OPEN_COPIES: (f"{keys}/vault", DECRYPT),
            Deed.WRAP_WORK: (f"{keys}/work", ENCRYPT),
            Deed.UNWRAP_WORK: (f"{keys}/work", DECRYPT),
            Deed.SEND_TASKS: (f"{IAM}/projects/-/serviceAccounts/{quote(self._names.tasks_account)}", ACT_AS),
        }[deed]

    def _ask(self, method: str, url: str, permission: str, body: Any = None) -> dict[str, Any]:
        answer = self._send(method, url, body)
        if answer.status_code >= 300:
            raise _translate(answer.status_code, url, permission)
        try:
            content = answer.json()
        except ValueError:
            content = None
        if not isinstance(content, dict):
            raise TransientError(f"{_host(url)} answered with something else than JSON: is there a proxy between?")
        return content

    def _send(self, method: str, url: str, body: Any = None) -> requests.Response:
        headers = {"Authorization": f"Bearer {self._token()}"}
        try:
            return self._session.request(method, url, json=body, headers=headers, timeout=SECONDS)
        except requests.RequestException as error:
            raise TransientError(f"{_host(url)} cannot be reached: {type(error).__name__}.") from None


class OwnToken:
    """The access token of this process's own identity. Thread-safe."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._lock = threading.Lock()
        self._credentials: Any = None

    def __call__(self) -> str:
        """Raises ConfigurationError without an identity, TransientError where Google does not answer."""
        request = Request(session=self._transport.session())
        with self._lock:
            try:
                if self._credentials is None:
                    self._credentials, _project = google.auth.default(scopes=[SCOPE], request=request)
                if not self._credentials.valid:
                    self._credentials.refresh(request)
                return str(self._credentials.token)
            except google.auth.exceptions.DefaultCredentialsError:
                raise ConfigurationError(
                    "This machine has no Google identity of its own, so nothing can be asked."
                ) from None
            except google.auth.exceptions.GoogleAuthError as error:
                raise TransientError(f"Google gave no token ({type(error).__name__}).") from None


def simulated_token(account: str) -> Callable[[], str]:
    """The token by which a simulated Google Cloud knows its caller."""
    return lambda: f"{SIMULATED_TOKEN}{account}"


def _translate(status: int, url: str, permission: str) -> TrulyError:
    what = url.partition(".googleapis.com/")[2].partition("/")[2]
    if status == 404:
        return NotFoundError(f"There is no {what}.")
    if status in (401, 403):
        return RefusedError(
            f"This cannot be asked: the permission {permission} on {what} is missing, or the API is off."
        )
    if status == 429 or status >= 500:
        return TransientError(f"{_host(url)} answered {status}.")
    return TrulyError(f"{_host(url)} refused one of our calls with {status}.")


def _host(url: str) -> str:
    return url.partition("//")[2].partition("/")[0]


def _quote(name: str) -> str:
    return quote(name, safe="/()")
