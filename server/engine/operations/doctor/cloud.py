"""Is the Google Cloud project as a deployment leaves it: what is protected, what is not kept, and who may do what?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from server.domain.errors import NotFoundError, TrulyError
from server.engine.operations.doctor.registry import Checks, Finding
from server.ports.clock import Clock
from server.ports.cloud import CloudProject, DatabaseRecovery, Deed
from server.ports.queue import Lane
from server.rules.schedule.runtime_support import ENDS, needs_change

LARGEST_SKEW = 5.0
"""Seconds. Tokens and the names of tasks bear less than minutes, and a clock that runs wrong gets worse."""


@dataclass(frozen=True)
class CloudContext:
    """Which parts the settings put into Google Cloud; the others are not asked for.

    ``may_open``: MAY_OPEN_COPIES, the break-glass process. ``runtime`` is App Engine's name of ours.
    """

    project: CloudProject
    clock: Clock
    has_databases: bool
    has_keys: bool
    has_queues: bool
    may_open: bool
    runtime: str


CHECKS = Checks[CloudContext]()


@CHECKS.register("Ledger's database")
def check_ledger_database(context: CloudContext) -> Iterator[Finding]:
    """It must be possible to bring it back."""
    if not context.has_databases:
        return
    database = context.project.describe_database(is_of_keys=False)
    missing = []
    if not database.is_delete_protected:
        missing.append(
            f"delete protection (gcloud firestore databases update --database='{database.name}' --delete-protection)"
        )
    if not database.has_point_in_time_recovery:
        missing.append(
            f"point-in-time recovery (gcloud firestore databases update --database='{database.name}' --enable-pitr)"
        )
    text = f"{database.name} has delete protection and point-in-time recovery."
    if missing:
        text = f"{database.name} lacks {' and '.join(missing)}: after a mistake the ledger could not be brought back."
    yield Finding("Ledger's database", is_good=not missing, text=text)


@CHECKS.register("Keys' database")
def check_key_database(context: CloudContext) -> Iterator[Finding]:
    """It must not be possible to bring back a wrapped key: deleting it is what erases a copy."""
    if not context.has_databases:
        return
    database = context.project.describe_database(is_of_keys=True)
    keeps = _list_keeping(database)
    text = f"{database.name} keeps nothing that was deleted, beyond the hour that Firestore always keeps."
    if keeps:
        text = (
            f"{database.name} has {' and '.join(keeps)}: an erased copy could be opened again. Switch it off, and"
            " delete what was kept."
        )
    yield Finding("Keys' database", is_good=not keeps, text=text)


def _list_keeping(database: DatabaseRecovery) -> list[str]:
    keeps = ["point-in-time recovery"] if database.has_point_in_time_recovery else []
    if database.backup_schedules:
        keeps.append(f"{database.backup_schedules} backup schedules")
    if database.backups:
        keeps.append(f"{database.backups} backups (gcloud firestore backups list)")
    return keeps


@CHECKS.register("Key vault")
def check_vault(context: CloudContext) -> Iterator[Finding]:
    """A process that serves and works must not be able to open a copy."""
    if not context.has_keys:
        return
    may = context.project.may(Deed.OPEN_COPIES)
    if context.may_open:
        text = "This break-glass process may open copies." if may else "MAY_OPEN_COPIES is set, but KMS refuses us."
        yield Finding("Key vault", is_good=may, text=text)
        return
    text = "KMS refuses this process to open copies, as it must."
    if may:
        text = (
            "This process's account may decrypt with the key vault, and so read every stored copy."
            " Take roles/cloudkms.cryptoKeyDecrypter on that key, and roles that include it, from the account."
        )
    yield Finding("Key vault", is_good=not may, text=text)


@CHECKS.register("Key work")
def check_work(context: CloudContext) -> Iterator[Finding]:
    if not context.has_keys:
        return
    missing = [deed.value for deed in (Deed.WRAP_WORK, Deed.UNWRAP_WORK) if not context.project.may(deed)]
    text = "This process may wrap and unwrap with the key work."
    if missing:
        text = f"This process may not {' or '.join(missing)}: grant roles/cloudkms.cryptoKeyEncrypterDecrypter on it."
    yield Finding("Key work", is_good=not missing, text=text)


@CHECKS.register("Queues")
def check_queues(context: CloudContext) -> Iterator[Finding]:
    if not context.has_queues:
        return
    problems = list(filter(None, (_examine_queue(context.project, lane) for lane in Lane)))
    text = " ".join(problems) or f"{', '.join(Lane)} are running."
    yield Finding("Queues", is_good=not problems, text=text)


def _examine_queue(project: CloudProject, lane: Lane) -> str:
    """Empty where all is well. Trouble with one queue hides no other."""
    try:
        if project.is_queue_running(lane):
            return ""
    except NotFoundError:
        return f"The queue {lane} does not exist: run `make deploy` again."
    except TrulyError as error:
        return f"{lane}: {error}"
    return f"The queue {lane} is paused: `gcloud tasks queues resume {lane}`."


@CHECKS.register("Tasks' account")
def check_tasks_account(context: CloudContext) -> Iterator[Finding]:
    if not context.has_queues:
        return
    may = context.project.may(Deed.SEND_TASKS)
    text = f"This process may {Deed.SEND_TASKS}."
    if not may:
        text = (
            f"This process may not {Deed.SEND_TASKS}, so no work is queued: grant roles/iam.serviceAccountUser on it."
        )
    yield Finding("Tasks' account", is_good=may, text=text)


@CHECKS.register("Clock")
def check_clock(context: CloudContext) -> Iterator[Finding]:
    skew = context.project.measure_clock()
    is_good = abs(skew) <= LARGEST_SKEW
    ahead = "ahead of" if skew > 0 else "behind"
    text = f"Our clock and Google's differ by {abs(skew):.0f} seconds at most."
    if not is_good:
        text = f"Our clock is {abs(skew):.0f} seconds {ahead} Google's: tokens are refused. Set it by a time server."
    yield Finding("Clock", is_good=is_good, text=text)


@CHECKS.register("Runtime")
def check_runtime(context: CloudContext) -> Iterator[Finding]:
    end = ENDS.get(context.runtime)
    is_good = not needs_change(context.runtime, context.clock.now())
    text = f"{context.runtime} is supported until {end}."
    if end is None:
        text = f"{context.runtime} is not in our list of runtimes: look at `gcloud app runtimes list`."
    elif not is_good:
        text = f"Support of {context.runtime} ends on {end}: move to a newer runtime in app.yaml and worker.yaml."
    yield Finding("Runtime", is_good=is_good, text=text)
