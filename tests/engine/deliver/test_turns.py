"""Which rows a round takes: whole conversations, the longest waiting first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.domain.decision import Outcome
from server.domain.ledger import LIVE
from server.domain.mailbox import Mailbox
from server.engine.deliver import turns
from server.engine.mailboxes.stages import find_mailbox
from simulator.faults import Fault
from tests.support.scene import Scene, eml

ANN, BEN = "ann@acme.example", "ben@acme.example"


@pytest.fixture
def ann(scene: Scene) -> Mailbox:
    scene.sync()
    return scene.mailbox(ANN)


def deliver_conversation(scene: Scene, name: str, days: list[int]) -> list[str]:
    """Mails of one conversation, in the order in which they arrive; ``days`` of September are when they were written."""
    root = f"<{name}@mail.example>"
    return [
        scene.deliver(
            ANN,
            eml(
                subject=f"{name} {day}", message_id=f"<{name}{day}@mail.example>", References=root,
                date=f"Mon, {day} Sep 2026 09:00:00 +0000",
            ),
        )
        for day in days
    ]  # fmt: skip


def deliver_round(scene: Scene, limit: int) -> list[str]:
    """One round of at most ``limit`` activities; returns the subjects that it logged."""
    earlier = len(scene.tasks())
    scene.services.rooms.deliverer.deliver(scene.services.workspaces.current(), LIVE, limit)
    return sorted(str(task["Subject"]) for task in scene.tasks()[earlier:])


def collect(scene: Scene, mailbox: Mailbox) -> None:
    scene.services.rooms.collector.collect(scene.services.workspaces.current(), mailbox.mailbox_id)


def test_a_conversation_is_not_cut_where_the_next_round_can_take_it_whole(scene: Scene, ann: Mailbox) -> None:
    deliver_conversation(scene, "a", [1, 2])
    collect(scene, ann)
    scene.clock.advance(1)
    deliver_conversation(scene, "b", [3, 4])
    collect(scene, ann)

    first, second = deliver_round(scene, 3), deliver_round(scene, 3)

    assert [subject[-3:] for subject in first] == ["a 1", "a 2"]
    assert [subject[-3:] for subject in second] == ["b 3", "b 4"]


def test_a_conversation_that_is_too_large_alone_begins_with_its_oldest_mails(scene: Scene, ann: Mailbox) -> None:
    scene.clock.advance(1)
    for day in (5, 1, 4, 2, 3):
        deliver_conversation(scene, "a", [day])
        scene.clock.advance(1)
    collect(scene, ann)

    rounds = [deliver_round(scene, 2) for _ in range(3)]

    assert [sorted(int(subject[-1]) for subject in subjects) for subjects in rounds] == [[1, 2], [3, 4], [5]]


@pytest.mark.parametrize("rows_per_read", [600, 2])
def test_a_mail_is_never_cut_from_its_copies(
    scene: Scene, ann: Mailbox, monkeypatch: pytest.MonkeyPatch, rows_per_read: int
) -> None:
    """Not by the limit of a round, and not where a shard holds more than one read of it."""
    monkeypatch.setattr(turns, "LEAST_READ", rows_per_read)
    for day in (1, 2, 3):
        raw = eml(
            to=f"{ANN}, {BEN}", subject=f"a {day}", message_id=f"<a{day}@mail.example>", References="<a@mail.example>",
            date=f"Mon, {day} Sep 2026 09:00:00 +0000",
        )  # fmt: skip
        scene.deliver(ANN, raw)
        scene.deliver(BEN, raw)
    store = scene.services.ports.store
    collect(scene, ann)
    scene.clock.advance(1)
    collect(scene, find_mailbox(store, BEN))

    for logged in (1, 2, 3):
        assert len(deliver_round(scene, 1)) == 1
        rows = [row for mailbox in store.mailboxes() for row in store.rows(mailbox.mailbox_id)]
        assert sum(row.outcome is Outcome.LOGGED for row in rows) == 2 * logged


def test_every_round_that_finds_mail_takes_some(scene: Scene, ann: Mailbox) -> None:
    deliver_conversation(scene, "a", [1, 2, 3])
    collect(scene, ann)

    rounds = [deliver_round(scene, 1) for _ in range(4)]

    assert [len(subjects) for subjects in rounds] == [1, 1, 1, 0]


def test_a_round_reads_the_mailboxes_of_its_mail_alone(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """A domain has thousands of mailboxes, and there are rounds every few seconds."""
    scene.sync()
    scene.deliver("ann@acme.example", eml())
    services, store = scene.services, scene.services.ports.store
    services.rooms.collector.collect(services.workspaces.current(), scene.mailbox().mailbox_id)
    scene.clock.advance(10)
    asked: list[set[str]] = []
    read_some = store.find_mailboxes
    monkeypatch.setattr(store, "mailboxes", lambda: pytest.fail("all mailboxes were read"))
    monkeypatch.setattr(store, "find_mailboxes", lambda ids: asked.append(set(ids)) or read_some(ids))
    assert services.rooms.deliverer.deliver_next(services.workspaces.current()).logged == 1
    assert len(asked) == 1
    assert len(asked[0]) == 1


def test_new_mail_that_cannot_be_read_does_not_keep_anybodys_past_waiting(scene: Scene, ann: Mailbox) -> None:
    scene.deliver(ANN, eml(subject="stuck", message_id="<stuck@mail.example>"))
    collect(scene, ann)
    scene.deliver(BEN, eml(to=BEN, subject="past", message_id="<past@mail.example>"))
    rooms, workspace, store = scene.services.rooms, scene.services.workspaces.current(), scene.services.ports.store
    ben = store.save_mailbox(scene.mailbox(BEN).mailbox_id, lambda _m: replace(scene.mailbox(BEN), cursor=None))
    collect(scene, ben)
    assert rooms.past_collector.collect_past(workspace, ben.mailbox_id).messages == 1
    scene.universe.faults.plan(Fault("gmail", "*", "failedPrecondition", times=-1, mailbox=ANN))
    scene.clock.advance(10)

    delivered = rooms.deliverer.deliver_next(workspace)

    assert (delivered.read, delivered.settled) == (2, 1)
    assert [task["Subject"].endswith("past") for task in scene.tasks()] == [True]
