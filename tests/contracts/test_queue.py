"""What the Queue port promises: coalesced, durable, at least once. Cloud Tasks will be held to the same."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.adapters.sqlite.queue import LEASE, REMEMBERED, SqliteQueue
from server.ports.queue import BUCKET, MARGIN, Job, name_job
from tests.support.threads import THREADS, at_once

ROOT = Path(__file__).parents[2]
NOW = 1_700_000_000.0
SYNC = Job("sync", "mailbox-1")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state.sqlite3"


@pytest.fixture
def queue(path):
    one = SqliteQueue(path)
    yield one
    one.close()


def drain(queue, now):
    taken = []
    while task := queue.take(now):
        queue.finish(task, now)
        taken.append(task.job)
    return taken


def test_an_empty_queue_gives_nothing(queue):
    assert queue.take(NOW) is None


def test_a_job_is_due_at_the_end_of_its_bucket_and_then_comes_once(queue):
    assert queue.put(SYNC, NOW)

    assert queue.take(NOW) is None
    task = queue.take(NOW + BUCKET + MARGIN)
    assert (task.job, task.attempt) == (SYNC, 1)
    assert queue.take(NOW + BUCKET + MARGIN) is None


def test_the_same_work_in_one_bucket_is_one_job(queue):
    asked = [queue.put(SYNC, NOW + i * BUCKET / 5) for i in range(5)]

    assert asked == [True, False, False, False, False]
    assert drain(queue, NOW + 100) == [SYNC]


def test_other_work_and_other_buckets_are_jobs_of_their_own(queue):
    jobs = [SYNC, Job("sync", "mailbox-2"), Job("sweep"), Job("sync", "")]

    assert all(queue.put(job, NOW) for job in jobs)
    assert queue.put(SYNC, NOW + BUCKET + MARGIN)
    assert len(drain(queue, NOW + 100)) == 5


def test_a_change_that_came_while_its_job_ran_is_a_new_job(queue):
    """The mail that arrives just after a job looked must not be swallowed by the job's name."""
    queue.put(SYNC, NOW)
    task = queue.take(NOW + BUCKET + MARGIN)

    assert queue.put(SYNC, NOW + BUCKET + MARGIN)
    queue.finish(task, NOW + BUCKET + MARGIN + 1)
    assert drain(queue, NOW + 2 * (BUCKET + MARGIN)) == [SYNC]


def test_a_delay_is_kept(queue):
    queue.put(SYNC, NOW, delay=60)

    assert queue.take(NOW + 60 - BUCKET) is None
    assert queue.take(NOW + 60 + BUCKET + MARGIN).job == SYNC


def test_the_longest_due_comes_first(queue):
    late, soon = Job("a", "late"), Job("z", "soon")
    queue.put(late, NOW, delay=50)
    queue.put(soon, NOW)

    assert drain(queue, NOW + 100) == [soon, late]


def test_a_job_that_is_put_back_comes_again_and_counts_its_tries(queue):
    queue.put(SYNC, NOW)

    for attempt in range(1, 4):
        task = queue.take(NOW + 100 * attempt)
        assert task.attempt == attempt
        queue.put_back(task, NOW + 100 * attempt + 50)
        assert queue.take(NOW + 100 * attempt + 49) is None


def test_a_job_whose_worker_went_silent_is_handed_out_again(queue):
    queue.put(SYNC, NOW)
    queue.take(NOW + BUCKET + MARGIN)

    assert queue.take(NOW + BUCKET + MARGIN + LEASE - 1) is None
    assert queue.take(NOW + BUCKET + MARGIN + LEASE).attempt == 2


def test_a_finished_name_is_remembered_for_a_while(queue):
    queue.put(SYNC, NOW)
    drain(queue, NOW + BUCKET + MARGIN)

    assert not queue.put(SYNC, NOW)
    queue.put(Job("sweep"), NOW + REMEMBERED + 2 * (BUCKET + MARGIN))
    assert queue.put(SYNC, NOW)


def test_jobs_survive_the_process(path):
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom server.adapters.sqlite.queue import SqliteQueue\n"
        "from server.ports.queue import Job\n"
        f"SqliteQueue(Path(sys.argv[1])).put(Job('sync', 'mailbox-1'), {NOW})\nos._exit(9)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(path)], cwd=ROOT, check=False).returncode == 9

    queue = SqliteQueue(path)
    assert drain(queue, NOW + BUCKET + MARGIN) == [SYNC]
    queue.close()


def test_many_workers_share_the_jobs(path):
    queues = [SqliteQueue(path) for _ in range(2)]
    for i in range(60):
        queues[0].put(Job("sync", str(i)), NOW)
    taken: list[list[Job]] = [[] for _ in range(THREADS)]

    at_once(lambda n: taken[n].extend(drain(queues[n % 2], NOW + BUCKET + MARGIN)))

    assert sorted(int(job.subject) for part in taken for job in part) == list(range(60))
    for queue in queues:
        queue.close()


def test_many_who_ask_at_once_make_one_job(path):
    queues = [SqliteQueue(path) for _ in range(2)]
    answers: list[bool] = []

    at_once(lambda n: answers.append(queues[n % 2].put(SYNC, NOW)))

    assert answers.count(True) == 1
    for queue in queues:
        queue.close()


@given(st.floats(0, 4e9), st.floats(0, 1e6))
def test_a_job_is_due_after_it_was_asked_for_and_within_one_bucket(now, delay):
    _, due_at = name_job(SYNC, now, delay)

    assert now + delay < due_at <= now + delay + BUCKET + MARGIN


@given(st.text(), st.text())
def test_a_name_has_nothing_of_its_subject(kind, subject):
    name, _ = name_job(Job(kind, subject), NOW)

    assert len(name) == 40
    assert set(name) <= set("0123456789abcdef")
