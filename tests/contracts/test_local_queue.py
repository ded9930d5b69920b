"""What only the queue of one machine does: it knows which processes are dead, and opens files of older versions."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from server.adapters.sqlite.queue import SqliteQueue
from server.ports.queue import BUCKET, MARGIN, Job

NOW = 1_700_000_000.0
SYNC = Job("sync", "mailbox-1")
DUE = NOW + BUCKET + MARGIN


def test_a_killed_process_leaves_its_job_to_the_next_at_once(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite3"
    killed = SqliteQueue(path, "one")
    killed.put(SYNC, NOW)
    assert killed.take(DUE) is not None
    alive = SqliteQueue(path, "two")
    assert alive.take(DUE + 1) is None, "nobody knows that it is dead"

    after = SqliteQueue(path, "three", is_dead=lambda holder: holder == "one")

    task = after.take(DUE + 1)
    assert task is not None
    assert (task.job, task.attempt) == (SYNC, 2)
    assert after.take(DUE + 2) is None
    for queue in (killed, alive, after):
        queue.close()


def test_a_job_that_was_put_back_belongs_to_nobody(tmp_path: Path) -> None:
    queue = SqliteQueue(tmp_path / "state.sqlite3", "one", is_dead=lambda _holder: True)
    queue.put(SYNC, NOW)
    task = queue.take(DUE)
    assert task is not None

    queue.put_back(task, DUE + 50)

    assert queue.take(DUE + 49) is None, "its delay holds, whoever is dead"
    assert queue.take(DUE + 50) is not None
    queue.close()


def test_the_queue_of_an_older_version_goes_on(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "state.queue.sqlite3", isolation_level=None)) as connection:
        connection.execute(
            "CREATE TABLE jobs (name TEXT PRIMARY KEY, kind TEXT NOT NULL, subject TEXT NOT NULL, due_at REAL NOT NULL,"
            " attempts INTEGER NOT NULL DEFAULT 0, done_at REAL)"
        )
        connection.execute("CREATE INDEX jobs_due ON jobs (done_at, due_at)")
        connection.execute(
            "INSERT INTO jobs (name, kind, subject, due_at) VALUES ('n', 'sync', 'mailbox-1', ?)", (NOW,)
        )
        connection.execute("PRAGMA user_version=1")

    queue = SqliteQueue(tmp_path / "state.sqlite3", "one")

    task = queue.take(NOW)
    assert task is not None
    assert task.job == SYNC
    queue.close()
