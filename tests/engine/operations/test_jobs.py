"""What jobs put into the queue: collects spread over time, and chains that neither a crash nor a lease ends."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from server.domain.errors import TransientError
from server.engine.collect.backfill import Backfilled
from server.engine.collect.collect import Collected
from server.engine.deliver.round import Delivered
from server.engine.mailboxes.lease import Lease, Leases
from server.engine.mailboxes.sweep import Sweeper
from server.engine.operations.jobs import BUSY_AGAIN, LONGEST_SPREAD, SPREAD_PER_MAILBOX, put_spread
from server.ports.queue import BUCKET, MARGIN, Job, JobKind, Task
from server.runner.worker import Worker
from tests.support.pushing import Pushing
from tests.support.scene import Scene, eml

ANN = "ann@acme.example"
DUE = BUCKET + MARGIN


class Asked:
    """A queue that keeps what it is asked for, and knows which names were used."""

    def __init__(self) -> None:
        self.puts: list[tuple[Job, float, str]] = []
        self.used: set[tuple[Job, str]] = set()

    def put(self, job: Job, _now: float, delay: float = 0.0, *, after: Task | None = None) -> bool:
        name = after.name if after else ""
        self.puts.append((job, delay, name))
        is_new = not name or (job, name) not in self.used
        self.used.add((job, name))
        return is_new


def run(scene: Scene, queue: Asked, job: Job, name: str = "t1", attempt: int = 1) -> None:
    scene.services.rooms.jobs.run(job, queue, Task(name, job, attempt))


@pytest.fixture
def asked() -> Asked:
    return Asked()


def _fail(*_args, **_options):
    raise TransientError("It is away.")


def lease_of(scene: Scene, name: str) -> Lease:
    """Of a thread of this process, which counts as alive: elsewhere nobody knows that a worker is dead."""
    ports = scene.services.ports
    return Leases(ports.store, ports.clock, ports.holder).lease(name)


@pytest.mark.parametrize("count", [3, 1_000, 50_000])
def test_many_jobs_are_spread_evenly_and_always_alike(asked, count):
    spread = min(LONGEST_SPREAD, SPREAD_PER_MAILBOX * count)
    jobs = [Job(JobKind.COLLECT, f"{number:021d}") for number in range(count)]
    put_spread(asked, jobs, 0.0, spread)
    again = Asked()
    put_spread(again, jobs, 0.0, spread)

    delays = {job.subject: delay for job, delay, _ in asked.puts}
    assert len(delays) == count
    assert delays == {job.subject: delay for job, delay, _ in again.puts}
    assert 0 <= min(delays.values()) <= max(delays.values()) < spread <= LONGEST_SPREAD
    if count >= 1_000:
        tenths = [int(10 * delay / spread) for delay in delays.values()]
        assert all(0.07 * count < tenths.count(tenth) < 0.13 * count for tenth in range(10))


def test_a_put_that_fails_fails_the_sweep(scene):
    class Away(Asked):
        def put(self, job, now, delay=0.0, *, after=None):
            if job.kind == JobKind.COLLECT:
                raise ConnectionError
            return True

    with pytest.raises(ConnectionError):
        run(scene, Away(), Job(JobKind.SWEEP))


@pytest.mark.parametrize(("poll", "longest"), [("5", 5.0), ("60", 60.0), ("3600", LONGEST_SPREAD)])
def test_a_spread_is_never_longer_than_the_time_between_sweeps(scene, poll, longest):
    scene.restart(POLL_SECONDS=poll)

    assert scene.services.rooms.jobs.longest_spread == longest


def test_an_hour_without_the_directory_leaves_no_pile_of_sweeps(scene, monkeypatch):
    """Each sweep gives way to the next one, and the first one after the trouble finds everything as always."""
    worker, clock = Worker(scene.services), scene.clock

    def work(seconds):
        for _ in range(int(seconds / 30)):
            clock.advance(30)
            worker.tick()
            while worker.work_once():
                pass

    sweeps = []
    sweep = Sweeper.follow

    def note(self, **options):
        sweeps.append(clock.now())
        return sweep(self, **options)

    monkeypatch.setattr(Sweeper, "follow", note)
    work(1_200)
    normal = len(sweeps)
    with monkeypatch.context() as patch:
        patch.setattr(type(scene.services.ports.directory), "people", _fail)
        work(3_600)
    work(600)
    sweeps.clear()
    work(1_200)

    assert len(sweeps) == normal == 4


@pytest.mark.parametrize(("poll", "tries"), [("5", 3), ("300", 9), ("3600", 12)])
def test_a_sweep_is_tried_until_the_next_one_is_due(scene, asked, monkeypatch, poll, tries):
    scene.restart(POLL_SECONDS=poll)
    monkeypatch.setattr(type(scene.services.ports.directory), "people", _fail)
    for attempt in range(1, tries):
        with pytest.raises(TransientError):
            run(scene, asked, Job(JobKind.SWEEP), attempt=attempt)
    run(scene, asked, Job(JobKind.SWEEP), attempt=tries)

    assert [job for job, _, _ in asked.puts] == [Job(JobKind.DELIVER)]


def test_while_the_directory_is_away_known_mailboxes_are_polled_once_a_sweep(scene, asked, monkeypatch):
    scene.sync()
    monkeypatch.setattr(type(scene.services.ports.directory), "people", _fail)
    for attempt in (1, 2, 3):
        with pytest.raises(TransientError):
            run(scene, asked, Job(JobKind.SWEEP), attempt=attempt)

    assert Counter(job.kind for job, _, _ in asked.puts) == {JobKind.COLLECT: 3, JobKind.DELIVER: 1}


@pytest.mark.parametrize(
    ("kind", "tries"),
    [
        (JobKind.DELIVER, 9),
        (JobKind.COLLECT, 12),
        (JobKind.PUSHED, 12),
        (JobKind.BACKFILL, 12),
        (JobKind.AUDIT, 35),
        (JobKind.PUBLISH, 35),
        (JobKind.WATCH, 12),
    ],
)
def test_a_job_that_fails_for_days_makes_room_for_the_next_of_its_kind(scene, asked, monkeypatch, kind, tries):
    """Deliveries, pushes and audits are asked for again and again: each that failed for ever would stay in the queue."""
    scene.restart(POLL_SECONDS="300")
    scene.sync()
    jobs = scene.services.rooms.jobs
    for part, method in ((jobs.workspaces, "current"), (jobs.watches, "renew"), (jobs.days, "publish")):
        monkeypatch.setattr(type(part), method, _fail)
    is_of_mailbox = kind in (JobKind.COLLECT, JobKind.PUSHED, JobKind.BACKFILL, JobKind.AUDIT)
    job = Job(kind, scene.mailbox(ANN).mailbox_id if is_of_mailbox else "")
    with pytest.raises(TransientError):
        run(scene, asked, job, attempt=tries - 1)
    run(scene, asked, job, attempt=tries)

    assert asked.puts == []


def test_where_the_queue_is_away_the_rest_of_a_sweep_is_not_put(monkeypatch):
    puts: list[Job] = []

    class Away:
        def put(self, job: Job, *_args, **_options) -> bool:
            puts.append(job)
            raise TransientError("It is away.")

    with pytest.raises(TransientError):
        put_spread(Away(), [Job(JobKind.COLLECT, str(number)) for number in range(10_000)], 0.0, 300.0)
    assert len(puts) < 100


def test_pushes_are_not_put_off(scene, asked):
    Pushing(scene)
    scene.sync()
    scene.deliver(ANN, eml())
    run(scene, asked, Job(JobKind.PUSHED, scene.mailbox(ANN).mailbox_id))

    assert asked.puts == [(Job(JobKind.DELIVER), 0.0, "")]


def test_a_retry_whose_next_turn_was_put_already_puts_one_more(scene, asked, monkeypatch):
    """The first run's turn may have come and gone while this one worked: without another the chain would stop."""
    turns = iter([Delivered(read=3, settled=3)] * 2)
    monkeypatch.setattr(type(scene.services.rooms.deliverer), "deliver_next", lambda *_args: next(turns))
    for attempt in (1, 2):
        run(scene, asked, Job(JobKind.DELIVER), attempt=attempt)

    deliver = Job(JobKind.DELIVER)
    assert asked.puts == [(deliver, 0.0, "t1"), (deliver, 0.0, "t1"), (deliver, 0.0, "")]


def test_a_task_without_a_name_goes_on_by_the_clock(scene, asked, monkeypatch):
    monkeypatch.setattr(type(scene.services.rooms.deliverer), "deliver_next", lambda *_args: Delivered(1, 1))
    run(scene, asked, Job(JobKind.DELIVER), name="")

    assert asked.puts == [(Job(JobKind.DELIVER), 0.0, "")]


@pytest.mark.parametrize(
    ("part", "method", "answer", "job"),
    [
        ("past_collector", "collect_past", Backfilled(is_done=False, is_busy=True), Job(JobKind.BACKFILL, "m")),
        ("deliverer", "deliver_next", Delivered(is_busy=True), Job(JobKind.DELIVER)),
    ],
)
def test_who_meets_another_s_lease_looks_again_within_a_minute(scene, asked, monkeypatch, part, method, answer, job):
    monkeypatch.setattr(type(getattr(scene.services.rooms, part)), method, lambda *_args, **_more: answer)
    for _ in range(5):
        run(scene, asked, job)
        scene.clock.advance(1)

    assert {(put, name) for put, _, name in asked.puts} == {(job, "")}
    assert all(0 < delay <= BUSY_AGAIN + BUCKET for _, delay, _ in asked.puts)


def test_all_who_look_again_are_one_job(scene, monkeypatch):
    busy = Backfilled(is_done=False, is_busy=True)
    monkeypatch.setattr(type(scene.services.rooms.past_collector), "collect_past", lambda *_args, **_more: busy)
    queue, clock = scene.services.local_queue, scene.clock
    clock.advance(BUSY_AGAIN - clock.now() % BUSY_AGAIN + 1)
    job = Job(JobKind.BACKFILL, "m")
    for _ in range(50):
        scene.services.rooms.jobs.run(job, queue, Task("t", job))
        clock.advance(1)
    clock.advance(BUSY_AGAIN)

    assert len(list(iter(lambda: queue.take(clock.now()), None))) == 1


def test_a_collect_that_meets_another_s_lease_comes_again(scene, asked, monkeypatch):
    monkeypatch.setattr(
        type(scene.services.rooms.collector), "collect", lambda *_args, **_options: Collected(is_busy=True)
    )
    for kind in (JobKind.COLLECT, JobKind.PUSHED):
        run(scene, asked, Job(kind, "m"))

    assert [(job.kind, delay > 0) for job, delay, _ in asked.puts] == [(JobKind.COLLECT, True), (JobKind.PUSHED, True)]


def test_a_past_goes_on_after_its_worker_was_killed(scene):
    """Its lease is held by nobody alive for two minutes; no sweep helps."""
    for number in range(3):
        scene.deliver(ANN, eml(subject=f"Old {number}"))
    services, queue, clock = scene.services, scene.services.local_queue, scene.clock
    services.rooms.sweeper.sweep()
    mailbox_id = scene.mailbox(ANN).mailbox_id
    services.rooms.collector.collect(services.workspaces.current(), mailbox_id)
    assert lease_of(scene, f"backfill/{mailbox_id}").take()
    queue.put(Job(JobKind.BACKFILL, mailbox_id), clock.now())
    for _ in range(300):
        clock.advance(1)
        while task := queue.take(clock.now()):
            services.rooms.jobs.run(task.job, queue, task)
            queue.finish(task, clock.now())

    assert len(scene.tasks()) == 3
    assert scene.mailbox(ANN).backfill is None


def test_mail_goes_on_after_its_worker_was_killed(scene):
    """The shards that a dead worker holds are looked at until they are free; no sweep helps."""
    scene.sync()
    scene.deliver(ANN, eml())
    services, queue, clock = scene.services, scene.services.local_queue, scene.clock
    services.rooms.collector.collect(services.workspaces.current(), scene.mailbox(ANN).mailbox_id)
    for shard in range(16):
        assert lease_of(scene, f"shard/{shard}").take()
    queue.put(Job(JobKind.DELIVER), clock.now())
    for _ in range(400):
        clock.advance(1)
        while task := queue.take(clock.now()):
            services.rooms.jobs.run(task.job, queue, task)
            queue.finish(task, clock.now())

    assert len(scene.tasks()) == 1


def test_a_round_says_that_another_has_what_is_due(scene):
    scene.sync()
    scene.deliver(ANN, eml())
    services = scene.services
    workspace = services.workspaces.current()
    services.rooms.collector.collect(workspace, scene.mailbox(ANN).mailbox_id)
    leases = [lease_of(scene, f"shard/{shard}") for shard in range(16)]
    assert all(lease.take() for lease in leases)

    assert services.rooms.deliverer.deliver_next(workspace) == Delivered(is_busy=True)
    for lease in leases:
        lease.release()
    delivered = services.rooms.deliverer.deliver_next(workspace)
    assert replace(delivered, read=0) == Delivered(settled=1, logged=1)
    assert services.rooms.deliverer.deliver_next(workspace) == Delivered()
