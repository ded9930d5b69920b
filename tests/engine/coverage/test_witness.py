"""Google's own record of deliveries against our ledger: a row that is missing is named, whatever hid it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from server.engine.coverage.witness import Comparison, DeliveryComparer
from simulator.faults import Fault
from tests.support.scene import START, MakeScene, Scene, eml, forget

DAY = 86_400.0
ANN, BEN = "ann@acme.example", "ben@acme.example"


@pytest.fixture
def scene(make_scene: MakeScene) -> Scene:
    return make_scene(REPORTS_WITNESS="yes")


def comparer_of(scene: Scene) -> DeliveryComparer:
    comparer = scene.services.rooms.comparer
    assert comparer is not None
    return comparer


def compare(scene: Scene) -> Comparison:
    return comparer_of(scene).compare_with_deliveries(START - 20 * DAY, scene.clock.now())


def test_a_whole_ledger_is_borne_out_for_logged_skipped_spam_and_sent_mail(scene: Scene) -> None:
    scene.deliver(ANN, eml(message_id="<1@x>"))
    scene.deliver(ANN, eml(sender=BEN, message_id="<2@x>"))
    scene.deliver(BEN, eml(to=BEN, message_id="<3@x>"), "SPAM")
    scene.deliver(BEN, eml(sender=BEN, to="ada@byron.example", message_id="<4@x>"), "SENT")
    scene.sync()
    found = compare(scene)
    assert (found.deliveries, found.is_whole, found.vanished, found.later) == (4, True, 0, 0)


def test_a_row_that_is_missing_is_named_and_raises_an_alarm(scene: Scene) -> None:
    kept, lost = (scene.deliver(ANN, eml(subject=s, message_id=f"<{s}@x>")) for s in ("kept", "lost"))
    scene.sync()
    forget(scene, ANN, lost)
    ann = scene.mailbox(ANN)
    found = compare(scene)
    assert found.missed == {ann.mailbox_id: [lost]}
    assert kept not in str(found.missed)
    assert [(a.code, a.mailbox_id) for a in scene.services.ports.alarms.since(0)] == [
        ("witness_missed", ann.mailbox_id)
    ]


def test_two_messages_of_one_message_id_are_both_held_against_it(scene: Scene) -> None:
    ids = [scene.deliver(ANN, eml(subject=s, message_id="<same@x>")) for s in ("one", "two")]
    scene.sync()
    forget(scene, ANN, ids[1])
    assert list(compare(scene).missed.values()) == [[ids[1]]]


def test_mail_after_the_last_sync_is_no_loss(scene: Scene) -> None:
    scene.sync()
    scene.clock.advance(7200)
    scene.deliver(ANN, eml(date="Mon, 21 Sep 2026 16:00:00 +0000"))
    found = compare(scene)
    assert (found.is_whole, found.later, found.deliveries) == (True, 1, 0)


def test_what_was_deleted_from_gmail_has_vanished_and_is_no_loss(scene: Scene) -> None:
    message = scene.deliver(ANN, eml(message_id="<1@x>"))
    scene.sync()
    comparer = comparer_of(scene)
    deliveries = list(comparer.witness.sightings(START - 20 * DAY, START))
    scene.universe.mailboxes[ANN].delete(message)

    class Remembers:
        def sightings(self, _since: float, _until: float) -> Iterator[object]:
            return iter(deliveries)

    remembering = replace(comparer, witness=Remembers())  # type: ignore[arg-type]
    found = remembering.compare_with_deliveries(0, START)
    assert (found.is_whole, found.vanished) == (True, 1)


def test_a_mailbox_that_cannot_be_asked_stops_no_other(scene: Scene) -> None:
    scene.deliver(ANN, eml(message_id="<1@x>"))
    scene.deliver(BEN, eml(message_id="<2@x>"))
    scene.sync()
    scene.universe.faults.plan(Fault("gmail", "messages.list", "503", times=-1, mailbox=ANN))
    found = compare(scene)
    assert (found.deliveries, found.unread, found.is_whole) == (2, 1, True)


def test_deliveries_to_mailboxes_that_are_not_read_are_counted_apart(scene: Scene) -> None:
    scene.restart(MAILBOXES=BEN)
    scene.deliver(ANN, eml(message_id="<1@x>"))
    scene.deliver(BEN, eml(message_id="<2@x>"))
    scene.sync()
    found = compare(scene)
    assert (found.deliveries, found.elsewhere) == (1, 1)
