"""What the Queue port promises, over both queues: coalesced by name, durable, at least once, whatever clocks say."""

from __future__ import annotations

import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.ports.queue import BUCKET, LANES, MARGIN, REMEMBERED, Job, JobKind, Lane, Task, choose_lane, name_job
from tests.support.queues import BACKOFF, NOW, both_queues, make_queue
from tests.support.threads import at_once

COLLECT = Job(JobKind.COLLECT, "mailbox-1")
SWEEP = Job(JobKind.SWEEP)
DUE = BUCKET + MARGIN
"""Seconds: NOW begins a bucket."""


@pytest.fixture(params=["local", "cloud"])
def tested(request, tmp_path):
    with closing(make_queue(request.param, tmp_path)) as made:
        yield made


@pytest.fixture
def queue(tested):
    return tested.open()


@pytest.fixture
def drain(tested):
    """Lets time pass, and runs what is due."""

    def run(seconds: float) -> list[Job]:
        tested.clock.advance(seconds)
        ran: list[Job] = []
        tested.run_due(lambda task: ran.append(task.job) or True)
        return ran

    return run


def test_an_empty_queue_runs_nothing(queue, drain):
    assert drain(3_600) == []


def test_a_job_is_due_after_its_bucket_and_runs_once(queue, drain):
    assert queue.put(COLLECT, NOW)

    assert drain(DUE - 0.01) == []
    assert drain(0.02) == [COLLECT]
    assert drain(86_400) == []


def test_equal_jobs_of_one_bucket_are_one(queue, drain):
    asked = [queue.put(COLLECT, NOW + i * BUCKET / 5) for i in range(5)]

    assert asked == [True, False, False, False, False]
    assert drain(100) == [COLLECT]


def test_other_jobs_and_other_buckets_are_jobs_of_their_own(queue, drain):
    jobs = [COLLECT, Job(JobKind.COLLECT, "mailbox-2"), SWEEP, Job(JobKind.COLLECT), Job(JobKind.DELIVER)]

    assert all(queue.put(job, NOW) for job in jobs)
    assert queue.put(COLLECT, NOW + BUCKET)
    ran = drain(100)
    assert len(ran) == 6
    assert set(ran) == set(jobs)


def test_what_changes_while_the_job_runs_is_a_new_job(tested, queue, drain):
    """Mail that arrives just after a job looked must not be swallowed by the job's name."""
    queue.put(COLLECT, NOW)
    tested.clock.advance(DUE)

    asked = []
    tested.run_due(lambda _task: asked.append(queue.put(COLLECT, tested.clock.now())) or True)
    assert asked == [True]
    assert drain(DUE) == [COLLECT]


def test_a_delay_is_kept(queue, drain):
    queue.put(COLLECT, NOW, delay=60)

    assert drain(60) == []
    assert drain(DUE) == [COLLECT]


def test_the_longest_due_comes_first(queue, drain):
    late, soon = Job(JobKind.COLLECT, "a"), Job(JobKind.COLLECT, "z")
    queue.put(late, NOW, delay=50)
    queue.put(soon, NOW)

    assert drain(100) == [soon, late]


def test_a_failed_job_comes_later_under_its_name_and_counts_its_tries(tested, queue):
    ran: list[Task] = []

    def fail_twice(task):
        ran.append(task)
        return len(ran) == 3

    queue.put(COLLECT, NOW)
    tested.clock.advance(DUE)
    tries = [tested.run_due(fail_twice)]
    for wait in (BACKOFF, 2 * BACKOFF, 4 * BACKOFF):
        tested.clock.advance(wait - 1)
        tries.append(tested.run_due(fail_twice))
        tested.clock.advance(1)
        tries.append(tested.run_due(fail_twice))

    assert tries == [1, 0, 1, 0, 1, 0, 0]
    assert [task.attempt for task in ran] == [1, 2, 3]
    assert {(task.name, task.job) for task in ran} == {(name_job(COLLECT, NOW)[0], COLLECT)}
    assert [round(task.due_at - NOW) for task in ran] == [DUE, DUE + BACKOFF, DUE + 3 * BACKOFF]


def test_a_task_has_its_name_while_it_waits_runs_and_for_a_day_after(tested, queue, drain):
    queue.put(COLLECT, NOW)
    asked = [queue.put(COLLECT, NOW)]
    tested.clock.advance(DUE)
    tested.run_due(lambda _task: asked.append(queue.put(COLLECT, NOW)) or True)
    tested.clock.advance(REMEMBERED - 60)
    asked.append(queue.put(COLLECT, NOW))
    assert asked == [False] * 3

    tested.clock.advance(120)
    # The local queue forgets names when something else is put.
    queue.put(SWEEP, tested.clock.now())
    assert queue.put(COLLECT, NOW)


def test_what_continues_a_task_is_named_after_it_and_due_at_once(tested, queue, drain):
    queue.put(COLLECT, NOW)
    tested.clock.advance(DUE)
    asked = []

    def go_on(task):
        asked.append([queue.put(COLLECT, tested.clock.now(), after=task) for _ in range(2)])
        return True

    tested.run_due(go_on)
    assert asked[0] == [True, False]
    assert drain(0.001) == [COLLECT]


def test_a_second_run_of_a_task_finds_its_continuation_put(tested, queue):
    """A worker that died after it had put the next turn: the task comes again, and puts no second one."""
    queue.put(COLLECT, NOW)
    tested.clock.advance(DUE)
    asked = []

    def put_and_fail(task):
        asked.append(queue.put(SWEEP, tested.clock.now(), after=task))
        return False

    tested.run_due(put_and_fail)
    tested.clock.advance(BACKOFF)
    ran = []
    tested.run_due(lambda task: ran.append(task.job) or (task.job == SWEEP or put_and_fail(task)))

    assert asked == [True, False]
    assert sorted(job.kind for job in ran) == [JobKind.COLLECT, JobKind.SWEEP]


def test_a_job_survives_the_process_that_put_it(tested, drain):
    with closing(tested.open()) as first:
        first.put(COLLECT, NOW)
    tested.open()

    assert drain(DUE) == [COLLECT]


def test_many_who_ask_at_once_make_one_job(tested, drain):
    queues = [tested.open() for _ in range(2)]

    answers = at_once(lambda n: queues[n % 2].put(COLLECT, NOW))

    assert answers.count(True) == 1
    assert drain(DUE) == [COLLECT]


def test_many_who_put_many_lose_none(tested, drain):
    queues = [tested.open() for _ in range(2)]

    at_once(lambda n: [queues[n % 2].put(Job(JobKind.COLLECT, f"{n}-{i}"), NOW) for i in range(8)])

    ran = drain(DUE)
    assert len(ran) == len(set(ran)) == 64


SKEW = st.floats(-0.5, 0.5)
"""Seconds by which a worker's clock is ahead of the queue's: two are up to a second apart."""
REQUESTS = st.lists(st.tuples(st.floats(0, 30), st.integers(0, 1)), min_size=1, max_size=12)
"""When each request is made, and on which worker."""


@both_queues
@settings(deadline=None, max_examples=30)
@given(skews=st.tuples(SKEW, SKEW), requests=REQUESTS, runners=st.lists(st.integers(0, 1), min_size=1))
def test_every_request_is_followed_by_a_run_that_begins_after_it(kind, skews, requests, runners):
    """Whatever the clocks of the two workers say; jobs that run ask for the same job once more."""
    with tempfile.TemporaryDirectory() as folder, closing(make_queue(kind, Path(folder))) as tested:
        queue, asked, begun = tested.open(), [], []

        def ask(worker):
            asked.append(tested.clock.now())
            queue.put(COLLECT, tested.clock.now() + skews[worker])

        def run(_task):
            begun.append(tested.clock.now())
            if len(begun) < 8:
                ask(runners[len(begun) % len(runners)])
            return True

        for moment, worker in sorted(requests):
            while tested.clock.now() < NOW + moment:
                tested.clock.advance(min(0.25, NOW + moment - tested.clock.now()))
                tested.run_due(run)
            ask(worker)
        for _ in range(500):
            tested.clock.advance(0.25)
            tested.run_due(run)
    assert max(begun) > max(asked)
    assert len(begun) >= 8


@both_queues
@settings(deadline=None, max_examples=20)
@given(
    skews=st.tuples(SKEW, SKEW), runners=st.lists(st.integers(0, 1), min_size=10, max_size=10), start=st.floats(0, 10)
)
def test_a_chain_goes_on_whichever_worker_runs_the_next_turn(kind, skews, runners, start):
    with tempfile.TemporaryDirectory() as folder, closing(make_queue(kind, Path(folder))) as tested:
        queue, turns = tested.open(), []

        def run(task):
            worker = runners[len(turns)]
            turns.append(worker)
            if len(turns) < len(runners):
                queue.put(COLLECT, tested.clock.now() + skews[worker], after=task)
            return True

        tested.clock.advance(start)
        queue.put(COLLECT, tested.clock.now() + skews[0])
        for _ in range(200):
            tested.clock.advance(0.25)
            tested.run_due(run)
    assert turns == runners


@given(st.floats(0, 4e9), st.floats(0, 1e6))
def test_a_job_is_due_after_it_was_asked_for_and_within_one_bucket(now, delay):
    _, due_at = name_job(COLLECT, now, delay)

    assert now + delay + MARGIN <= due_at <= now + delay + BUCKET + MARGIN


@given(st.text(), st.text())
def test_a_name_has_nothing_of_its_subject(kind, subject):
    name, _ = name_job(Job(kind, subject), NOW)

    assert len(name) == 40
    assert set(name) <= set("0123456789abcdef")


def test_every_lane_has_a_kind_and_new_kinds_are_live():
    assert {choose_lane(kind) for kind in JobKind} == set(Lane)
    assert choose_lane("a-newer-version-s") is Lane.LIVE
    assert set(LANES) <= set(JobKind)
