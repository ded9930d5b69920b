"""Threads of one process are workers of their own: what one is at, another leaves alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from server.domain.crm import Activity
from server.engine.collect import collect
from server.engine.deliver import deliver_next
from server.engine.reading import Lease
from server.engine.stages import find_mailbox
from server.engine.sweep import sweep
from tests.support.scene import Scene, eml


def test_a_mailbox_that_another_thread_reads_is_busy(scene: Scene) -> None:
    services = scene.services
    sweep(services.ports, services.workspaces)
    mailbox = find_mailbox(services.ports, "ann@acme.example")
    other = Lease(services.ports, f"mailbox/{mailbox.mailbox_id}")
    assert other.take()
    assert collect(services.ports, services.workspaces.current(), mailbox.mailbox_id).is_busy
    other.release()
    assert not collect(services.ports, services.workspaces.current(), mailbox.mailbox_id).is_busy


def test_mail_that_another_thread_delivers_is_left_to_it(scene: Scene) -> None:
    """Between the insert and its closing another thread looks: it must find nothing to do."""
    scene.sync()
    scene.deliver("ann@acme.example", eml())
    ports, workspace = scene.services.ports, scene.services.workspaces.current()
    collect(ports, workspace, find_mailbox(ports, "ann@acme.example").mailbox_id)
    crm: Any = ports.crm
    file, seen = crm.file, []

    def filed(activities: Sequence[Activity]) -> Any:
        done = file(activities)
        seen.append(deliver_next(ports, workspace).read)
        return done

    crm.file = filed
    assert deliver_next(ports, workspace).logged == 1
    assert seen == [0]


def test_a_lease_that_is_held_can_be_renewed_and_let_go(scene: Scene) -> None:
    lease = Lease(scene.services.ports, "mailbox/1")
    assert lease.take()
    scene.clock.advance(100)
    lease.renew()
    assert lease.take()
    lease.release()
    assert Lease(scene.services.ports, "mailbox/1").take()
