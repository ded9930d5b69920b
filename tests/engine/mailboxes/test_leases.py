"""Threads of one process are workers of their own: what one is at, another leaves alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest

from server.domain.crm import Activity
from server.domain.errors import TransientError
from server.domain.history import MessageRef
from server.domain.ids import MessageId, ThreadId
from server.domain.ledger import LIVE
from server.engine.collect.reader import MailboxReader
from server.engine.deliver.filing import REQUEST_LIVES
from server.engine.mailboxes.lease import SECONDS, Lease, Leases, keep_renewed
from server.rules.decision.screen import HEADERS
from tests.support.scene import Scene, eml

File = Callable[[Sequence[Activity]], Any]


def lease_of(scene: Scene, name: str) -> Lease:
    ports = scene.services.ports
    return Leases(ports.store, ports.clock, ports.holder).lease(name)


def deliver_one(scene: Scene, around: Callable[[File, Sequence[Activity]], Any]) -> Any:
    """One mail is read and delivered; ``around`` stands in the place of the insert, and gets it."""
    scene.sync()
    scene.deliver("ann@acme.example", eml())
    ports, workspace = scene.services.ports, scene.services.workspaces.current()
    scene.services.rooms.collector.collect(workspace, scene.mailbox("ann@acme.example").mailbox_id)
    crm: Any = ports.crm
    crm.file = partial(around, crm.file)
    return scene.services.rooms.deliverer.deliver_next(workspace)


def test_a_mailbox_that_another_thread_reads_is_busy(scene: Scene) -> None:
    services = scene.services
    services.rooms.sweeper.sweep()
    mailbox = scene.mailbox("ann@acme.example")
    other = lease_of(scene, f"mailbox/{mailbox.mailbox_id}")
    assert other.take()
    assert services.rooms.collector.collect(services.workspaces.current(), mailbox.mailbox_id).is_busy
    other.release()
    assert not services.rooms.collector.collect(services.workspaces.current(), mailbox.mailbox_id).is_busy


def test_mail_that_another_thread_delivers_is_left_to_it(scene: Scene) -> None:
    """Between the insert and its closing another thread looks: it must find nothing to do."""
    seen = []

    def look_after(file: File, activities: Sequence[Activity]) -> Any:
        done = file(activities)
        seen.append(scene.services.rooms.deliverer.deliver_next(scene.services.workspaces.current()).read)
        return done

    assert deliver_one(scene, look_after).logged == 1
    assert seen == [0]


def test_a_lease_that_is_held_can_be_renewed_and_let_go(scene: Scene) -> None:
    lease = lease_of(scene, "mailbox/1")
    assert lease.take()
    scene.clock.advance(100)
    lease.renew()
    assert not lease_of(scene, "mailbox/1").take()
    lease.release()
    assert lease_of(scene, "mailbox/1").take()


def test_a_lease_that_another_had_meanwhile_is_lost_even_where_it_is_free(scene: Scene) -> None:
    """The other one has done the work by now: to go on would do it twice."""
    slow, other = lease_of(scene, "shard/1"), lease_of(scene, "shard/1")
    assert slow.take()
    scene.clock.advance(SECONDS)
    assert other.take()
    other.release()
    with pytest.raises(TransientError):
        slow.renew()
    slow.release()
    assert other.take()


def test_what_salesforce_may_still_be_doing_outlives_a_dead_worker(scene: Scene) -> None:
    lease = lease_of(scene, "shard/1")
    assert lease.take()
    lease.renew(outlast=REQUEST_LIVES)
    scene.clock.advance(SECONDS / 2)
    lease.renew()
    scene.clock.advance(REQUEST_LIVES - SECONDS / 2 - 1)
    assert not lease_of(scene, "shard/1").take()
    scene.clock.advance(1)
    assert lease_of(scene, "shard/1").take()


def test_an_insert_begins_with_a_lease_that_outlives_it(scene: Scene) -> None:
    """Its worker may die in it, on a machine whose processes nobody here can see."""
    store, held = scene.services.ports.store, []

    def look_before(file: File, activities: Sequence[Activity]) -> Any:
        later = scene.clock.now() + REQUEST_LIVES - 1
        held.extend(shard for shard in LIVE if not store.lease(f"shard/{shard}", "other", later, 1.0))
        return file(activities)

    assert deliver_one(scene, look_before).logged == 1
    assert len(held) == 1


def test_a_call_that_lasts_longer_than_a_lease_keeps_it(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.engine.mailboxes.lease.SECONDS", 0.04)
    lease = lease_of(scene, "mailbox/1")
    assert lease.take()
    with keep_renewed([lease]):
        for _ in range(20):
            before = lease.renewed_at
            scene.clock.advance(0.03)
            wait_until(lambda before=before: lease.renewed_at > before)
            assert not lease_of(scene, "mailbox/1").take()
    lease.release()
    assert lease_of(scene, "mailbox/1").take()


def wait_until(is_so: Callable[[], bool]) -> None:
    ends = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < ends
        time.sleep(0.002)


@pytest.mark.parametrize("is_known", [True, False])
def test_what_a_slow_worker_read_before_does_not_stand_against_a_newer_label(scene: Scene, is_known: bool) -> None:
    """It lost its lease while Gmail kept it waiting, and writes what it was told when it asked."""
    scene.sync()
    box = scene.universe.mailboxes["ann@acme.example"]
    message = scene.deliver("ann@acme.example", eml(), "INBOX", "CATEGORY_UPDATES")
    ports, workspace = scene.services.ports, scene.services.workspaces.current()
    mailbox = scene.mailbox("ann@acme.example")
    if is_known:
        scene.services.rooms.collector.collect(workspace, mailbox.mailbox_id)
        box.relabel(message, {"CATEGORY_FORUMS"}, {"CATEGORY_UPDATES"})
    mail: Any = ports.mail
    headers, refs = mail.headers, [MessageRef(MessageId(message), ThreadId(message))]
    older = headers(mailbox, refs, HEADERS)
    box.relabel(message, set(), {"CATEGORY_UPDATES", "CATEGORY_FORUMS"})

    def overtaken(*args: Any) -> Any:
        """Between our question and our writing the slow one writes."""
        mail.headers = lambda *_args: older
        tools = scene.services.rooms.collector.tools
        lease = lease_of(scene, "slow")
        assert lease.take()
        slow = MailboxReader(tools, workspace, mailbox, lease, lambda _n: None)
        slow.screen(refs, ports.store.existing_rows(mailbox.mailbox_id, [MessageId(message)]))
        mail.headers = headers
        return headers(*args)

    mail.headers = overtaken
    scene.services.rooms.collector.collect(workspace, mailbox.mailbox_id)
    scene.sync()
    assert scene.outcomes() == {message: "contact_match"}
