"""Threads of one process are workers of their own: what one is at, another leaves alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from server.domain.crm import Activity
from server.domain.history import MessageRef
from server.domain.ids import MessageId, ThreadId
from server.engine.collect.reader import MailboxReader
from server.engine.mailboxes.lease import Lease, Leases
from server.rules.decision.screen import HEADERS
from tests.support.scene import Scene, eml


def lease_of(scene: Scene, name: str) -> Lease:
    ports = scene.services.ports
    return Leases(ports.store, ports.clock, ports.holder).lease(name)


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
    scene.sync()
    scene.deliver("ann@acme.example", eml())
    ports, workspace = scene.services.ports, scene.services.workspaces.current()
    scene.services.rooms.collector.collect(workspace, scene.mailbox("ann@acme.example").mailbox_id)
    crm: Any = ports.crm
    file, seen = crm.file, []

    def filed(activities: Sequence[Activity]) -> Any:
        done = file(activities)
        seen.append(scene.services.rooms.deliverer.deliver_next(workspace).read)
        return done

    crm.file = filed
    assert scene.services.rooms.deliverer.deliver_next(workspace).logged == 1
    assert seen == [0]


def test_a_lease_that_is_held_can_be_renewed_and_let_go(scene: Scene) -> None:
    lease = lease_of(scene, "mailbox/1")
    assert lease.take()
    scene.clock.advance(100)
    lease.renew()
    assert lease.take()
    lease.release()
    assert lease_of(scene, "mailbox/1").take()


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
        slow = MailboxReader(tools, workspace, mailbox, lease_of(scene, "slow"), lambda _n: None)
        slow.screen(refs, ports.store.existing_rows(mailbox.mailbox_id, [MessageId(message)]))
        mail.headers = headers
        return headers(*args)

    mail.headers = overtaken
    scene.services.rooms.collector.collect(workspace, mailbox.mailbox_id)
    scene.sync()
    assert scene.outcomes() == {message: "contact_match"}
