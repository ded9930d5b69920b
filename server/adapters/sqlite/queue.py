"""A durable queue in SQLite that behaves as Cloud Tasks does: named, coalesced, at least once."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

from server.adapters.sqlite.files import SqliteFile
from server.logs.trail import name_on_trail
from server.ports.queue import LONGEST_RUN, REMEMBERED, Job, Task, name_job

FORM = 2
"""The version of the table. 2 has the holder of a job; a job of an older file has none."""


class SqliteQueue:
    """Implements ``server.ports.queue.Queue``. Thread-safe; beside the state file, in one of its own."""

    def __init__(self, path: Path, holder: str = "", is_dead: Callable[[str], bool] = lambda _holder: False) -> None:
        """``holder`` is this process. ``is_dead`` says of a process that it is certainly gone: its jobs are free."""
        self._file = SqliteFile(path.with_name(f"{path.stem}.queue{path.suffix}"), FORM, _prepare)
        self._holder = holder
        self._is_dead = is_dead

    def put(self, job: Job, now: float, delay: float = 0.0, *, after: Task | None = None) -> bool:
        name, due_at = name_job(job, now, delay, after)
        name_on_trail("tasks", name)
        with self._file.transaction() as connection:
            # A name stays for a while after its job, as Cloud Tasks keeps it: a late request then makes no second job.
            connection.execute("DELETE FROM jobs WHERE done_at < ?", (now - REMEMBERED,))
            insertion = connection.execute(
                "INSERT OR IGNORE INTO jobs (name, kind, subject, due_at) VALUES (?, ?, ?, ?)",
                (name, job.kind, job.subject, due_at),
            )
            return insertion.rowcount == 1

    def take(self, now: float) -> Task | None:
        """The job that has been due longest. No other worker gets it until it is put back or its lease ends."""
        with self._file.transaction() as connection:
            self._free_jobs_of_the_dead(connection, now)
            row = connection.execute(
                "SELECT name, kind, subject, attempts, due_at FROM jobs WHERE done_at IS NULL AND due_at <= ?"
                " ORDER BY due_at, name LIMIT 1",
                (now,),
            ).fetchone()
            if row is None:
                return None
            name, kind, subject, attempts, due_at = row
            connection.execute(
                "UPDATE jobs SET due_at = ?, attempts = attempts + 1, holder = ? WHERE name = ?",
                (now + LONGEST_RUN, self._holder, name),
            )
            return Task(name, Job(kind, subject), attempts + 1, due_at)

    def _free_jobs_of_the_dead(self, connection: sqlite3.Connection, now: float) -> None:
        """A killed process cannot put its jobs back. They are due at once, not when their lease ends."""
        running = connection.execute(
            "SELECT DISTINCT holder FROM jobs WHERE done_at IS NULL AND due_at > ? AND holder NOT IN ('', ?)",
            (now, self._holder),
        ).fetchall()
        for (holder,) in running:
            if self._is_dead(holder):
                connection.execute(
                    "UPDATE jobs SET due_at = ?, holder = '' WHERE done_at IS NULL AND holder = ?", (now, holder)
                )

    def finish(self, task: Task, now: float) -> None:
        with self._file.transaction() as connection:
            connection.execute("UPDATE jobs SET done_at = ? WHERE name = ?", (now, task.name))

    def put_back(self, task: Task, due_at: float) -> None:
        with self._file.transaction() as connection:
            connection.execute("UPDATE jobs SET due_at = ?, holder = '' WHERE name = ?", (due_at, task.name))

    def require(self) -> None:
        """It is here."""

    def close(self) -> None:
        self._file.close()


def _prepare(connection: sqlite3.Connection) -> None:
    connection.execute(
        "CREATE TABLE IF NOT EXISTS jobs (name TEXT PRIMARY KEY, kind TEXT NOT NULL, subject TEXT NOT NULL,"
        " due_at REAL NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, done_at REAL)"
    )
    connection.execute("CREATE INDEX IF NOT EXISTS jobs_due ON jobs (done_at, due_at)")
    connection.execute("ALTER TABLE jobs ADD COLUMN holder TEXT NOT NULL DEFAULT ''")
