"""What the doctor asks about the Google Cloud project in which the service runs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from server.ports.queue import Lane


class Deed(StrEnum):
    """What this process may or may not do there."""

    OPEN_COPIES = "open copies with the key vault"
    WRAP_WORK = "wrap with the key work"
    UNWRAP_WORK = "unwrap with the key work"
    SEND_TASKS = "send tasks as the account TASKS_SERVICE_ACCOUNT"


@dataclass(frozen=True)
class DatabaseRecovery:
    """What could bring back a database, or a document that was deleted in it. ``backups`` are there already."""

    name: str
    is_delete_protected: bool
    has_point_in_time_recovery: bool
    backup_schedules: int
    backups: int


class CloudProject(Protocol):
    """Google's own view of it.

    Every method raises NotFoundError for what is not there, RefusedError with the name of the permission that is
    missing, and TransientError where Google does not answer.
    """

    def describe_database(self, *, is_of_keys: bool) -> DatabaseRecovery:
        """The database of the ledger, or the second one, of the wrapped keys."""

    def is_queue_running(self, lane: Lane) -> bool: ...

    def may(self, deed: Deed) -> bool:
        """Asks Google for our own permissions; nothing is done."""

    def measure_clock(self) -> float:
        """Seconds by which our clock is ahead of Google's; an answer's date has whole seconds."""
