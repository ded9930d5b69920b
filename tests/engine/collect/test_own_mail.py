"""Own mail that Gmail does not mark as sent: migrated, appended by IMAP, or still scheduled."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from server.engine.collect import collect
from simulator.faults import Fault
from simulator.google_switches import GoogleSwitches
from tests.support.rep import Rep
from tests.support.scene import eml

ANN, ADA = "ann@acme.example", "ada@byron.example"
DAY = 86_400
MONTHS_AGO = "Mon, 02 Jun 2025 09:00:00 +0000"
TODAY = "Mon, 21 Sep 2026 14:00:00 +0000"


def own(date: str = MONTHS_AGO, **headers: str) -> bytes:
    return eml(sender=ANN, to=ADA, subject="Contract", date=date, **headers)


@pytest.fixture
def scene(make_scene):
    return make_scene()


def count_lists(scene) -> int:
    return sum(call.method == "messages.list" for call in scene.universe.calls.calls("gmail"))


@pytest.mark.parametrize("switches", [GoogleSwitches(), GoogleSwitches.hard()], ids=["easy", "hard"])
@pytest.mark.parametrize("place", ["Sent Items", None], ids=["migrated", "appended"])
def test_old_mail_under_no_label_of_gmails_is_sent_mail(scene, switches, place):
    scene.universe.world = replace(scene.universe.world, google=switches)
    labels = [scene.universe.mailboxes[ANN].label_id(place)] if place else ["UNREAD"]
    message = scene.deliver(ANN, own(), *labels)
    scene.sync()

    (task,) = scene.tasks()
    assert "Contract" in task["Subject"]
    assert task["TrulyActivity__Direction__c"] == "Outbound"
    assert task["OwnerId"].startswith("005A00000000001")
    assert "Logged in Salesforce" in Rep(scene, ANN, message).read


def test_what_is_scheduled_is_not_logged_however_old(scene):
    scene.universe.world = replace(scene.universe.world, google=GoogleSwitches(unlabelled_schedule=True))
    message = scene.deliver(ANN, own(), "SCHEDULED")
    scene.sync()
    scene.universe.clock.advance(30 * DAY)
    scene.sync()

    assert scene.tasks() == []
    assert scene.outcomes(ANN)[message] == "not_mail"


def test_young_own_mail_is_looked_at_again_when_it_is_seven_days_old(scene):
    message = scene.deliver(ANN, own(TODAY), "UNREAD")
    scene.sync()
    assert scene.outcomes(ANN)[message] == "not_mail"
    assert any("it is logged when it is 7 days old" in text for text in Rep(scene, ANN, message).read)

    scene.universe.clock.advance(6 * DAY)
    scene.sync()
    assert scene.tasks() == []

    scene.universe.clock.advance(2 * DAY)
    scene.sync()
    assert len(scene.tasks()) == 1


def test_a_label_of_sent_mail_decides_at_once(scene):
    message = scene.deliver(ANN, own(TODAY), "UNREAD")
    scene.sync()
    scene.universe.mailboxes[ANN].relabel(message, {"SENT"}, set())
    scene.sync()

    assert len(scene.tasks()) == 1


def test_mail_that_was_scheduled_is_logged_once_it_is_sent(scene):
    message = scene.deliver(ANN, own(TODAY), "SCHEDULED")
    scene.sync()
    assert "This email is scheduled: it is not sent yet." in Rep(scene, ANN, message).read

    scene.universe.mailboxes[ANN].relabel(message, {"SENT"}, {"SCHEDULED"})
    scene.sync()

    assert len(scene.tasks()) == 1


def test_the_wait_of_young_own_mail_outlives_a_restart(scene):
    scene.deliver(ANN, own(TODAY), "UNREAD")
    scene.sync()
    scene.restart()
    scene.universe.clock.advance(8 * DAY)
    scene.sync()

    assert len(scene.tasks()) == 1


def test_young_own_mail_that_leaves_gmail_stays_unsent(scene):
    message = scene.deliver(ANN, own(TODAY), "UNREAD")
    scene.sync()
    scene.universe.mailboxes[ANN].delete(message)
    scene.universe.clock.advance(8 * DAY)
    scene.sync()
    scene.universe.clock.advance(8 * DAY)
    scene.sync()

    assert scene.outcomes(ANN)[message] == "not_mail"
    assert scene.services.ports.store.unscreened_rows(scene.mailbox(ANN).mailbox_id, 1e12) == []


def test_mail_dated_in_the_future_is_not_logged_before(scene):
    message = scene.deliver(ANN, own("Mon, 01 Feb 2027 09:00:00 +0000"), "UNREAD")
    scene.sync()
    scene.universe.clock.advance(60 * DAY)
    scene.sync()
    assert scene.outcomes(ANN)[message] == "not_mail"

    scene.universe.clock.advance(120 * DAY)
    scene.sync()
    assert len(scene.tasks()) == 1


def test_gmail_is_asked_for_scheduled_mail_once_and_only_for_such_mail(scene):
    scene.sync()
    scene.universe.calls.clear()
    scene.deliver(ANN, eml())
    scene.sync()
    assert count_lists(scene) == 0

    for number in range(120):
        scene.deliver(ANN, own(message_id=f"<{number}@old.example>", text=f"{number}"), "UNREAD")
    scene.sync()
    assert count_lists(scene) == 1
    assert len(scene.tasks()) == 121


def test_old_own_mail_is_sent_mail_in_a_category_too(scene):
    scene.sync()
    scene.deliver(ANN, own(), "CATEGORY_UPDATES")
    scene.sync()

    assert len(scene.tasks()) == 1


def test_the_card_of_old_own_mail_that_is_not_read_yet_foresees_it(scene):
    scene.sync()
    message = scene.deliver(ANN, own(), "UNREAD")

    assert "Will be logged in Salesforce" in Rep(scene, ANN, message).read


def test_nothing_but_headers_is_read_of_own_mail_that_may_be_scheduled(scene):
    scene.deliver(ANN, own(TODAY), "UNREAD")
    scene.sync()

    assert not [c for c in scene.universe.calls.calls("gmail") if c.detail.get("body") or c.detail.get("snippet")]


def test_an_audit_gives_own_mail_of_an_earlier_version_a_time(scene):
    message = scene.deliver(ANN, own(TODAY), "UNREAD")
    scene.sync()
    store, mailbox = scene.services.ports.store, scene.mailbox(ANN)
    row = store.existing_rows(mailbox.mailbox_id, [message])[message]
    store.change_rows([replace(row, wait=None)])
    scene.universe.clock.advance(8 * DAY)
    scene.sync()
    assert scene.tasks() == []

    scene.services.rooms.auditor.audit(scene.services.workspaces.current(), mailbox)
    scene.sync()
    assert len(scene.tasks()) == 1


DRAFTS = [
    ("Sent Items", {"X-Mozilla-Draft-Info": "internal/draft; vcard=0"}),
    ("Notes", {"X-Uniform-Type-Identifier": "com.apple.mail-draft"}),
    ("Notes", {"X-Unsent": "1"}),
    ("[Imap]/Drafts", {}),
    ("Outlook/Entwürfe", {}),
    ("INBOX.Brouillons", {}),
    ("Outbox", {}),
    ("Migrated/下書き", {}),
    ("Postausgang", {}),
    ("Templates", {}),
]


@pytest.mark.parametrize(("place", "headers"), DRAFTS)
def test_an_unsent_draft_of_a_mail_program_is_never_logged(scene, place, headers):
    labels = scene.universe.mailboxes[ANN].label_id(place)
    messages = [scene.deliver(ANN, own(**headers), labels) for _ in range(3)]
    scene.sync()
    scene.universe.clock.advance(8 * DAY)
    scene.sync()

    assert scene.tasks() == []
    assert [scene.outcomes(ANN)[m] for m in messages] == ["not_mail"] * 3


def test_mail_under_a_label_of_another_meaning_is_sent_mail(scene):
    scene.deliver(ANN, own(), scene.universe.mailboxes[ANN].label_id("Drafts/Contracts"))
    scene.sync()

    assert len(scene.tasks()) == 1


@pytest.mark.parametrize("fault", ["503", "403", "400", "429"])
def test_a_search_that_gmail_refuses_keeps_back_nothing_but_such_mail(scene, fault):
    scene.sync()
    scene.universe.faults.plan(Fault("gmail", "messages.list", fault, 10**6))
    old = scene.deliver(ANN, own(), "UNREAD")
    new = scene.deliver(ANN, eml(subject="New customer mail"))
    scene.sync()
    assert scene.outcomes(ANN) == {old: "not_mail", new: "contact_match"}
    assert scene.mailbox(ANN).last_error is None

    scene.universe.faults.clear()
    scene.universe.clock.advance(2 * DAY)
    scene.sync()
    assert scene.outcomes(ANN)[old] == "contact_match"


def test_new_mail_goes_before_what_a_migration_brought(scene, monkeypatch):
    """A migrated mailbox's own mail falls due together. It is read in portions, as older mail is, and not as new."""
    monkeypatch.setattr(collect, "MOST_LOOKS", 3)
    scene.sync()
    for number in range(8):
        raw = eml(sender=ANN, to=ADA, subject=f"Old {number}", date=TODAY, message_id=f"<{number}@old>")
        scene.deliver(ANN, raw, "UNREAD")
    scene.sync()
    scene.universe.clock.advance(8 * DAY)
    new = scene.deliver(ANN, eml(subject="New customer mail"))
    mailbox_id = scene.mailbox(ANN).mailbox_id
    scene.services.rooms.collector.collect(scene.services.workspaces.current(), mailbox_id)

    reasons = Counter(scene.outcomes(ANN).values())
    assert (reasons["ready"], reasons["not_mail"]) == (4, 5)
    assert scene.outcomes(ANN)[new] == "ready"

    scene.sync()
    assert len(scene.tasks()) == 9
