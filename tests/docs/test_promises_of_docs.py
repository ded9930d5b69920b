"""What README, matching.md and security.md promise in a sentence, tried."""

from __future__ import annotations

import json
import sqlite3

import pytest

from tests.support.rep import Rep
from tests.support.scene import eml

QUOTING = "Monday suits us.\n\nOn Mon, 14 Sep 2026 at 09:00, Ann <ann@acme.example> wrote:\n> When can you come?\n"


def test_salesforce_gets_the_words_of_the_author_without_the_quoted_history(scene):
    scene.deliver("ann@acme.example", eml(subject="Re: Visit", text=QUOTING))
    scene.sync()

    [task] = scene.tasks()
    assert "Monday suits us." in task["Description"]
    assert "When can you come?" not in task["Description"]
    assert "ann@acme.example> wrote" not in task["Description"]


@pytest.mark.parametrize("header", ["Reply_To", "Sender"])
def test_somebody_who_stands_in_reply_to_or_sender_alone_is_found_by_the_address_and_not_by_the_domain(scene, header):
    contact = scene.deliver("ann@acme.example", eml("nobody@elsewhere.example", **{header: "ada@byron.example"}))
    colleague = scene.deliver(
        "ann@acme.example", eml("nobody@elsewhere.example", text="Bob.", **{header: "bob@byron.example"})
    )
    scene.sync()

    assert scene.outcomes() == {contact: "contact_match", colleague: "no_match"}


def test_older_mail_of_a_new_contact_is_logged_by_a_click_and_by_nothing_else(scene):
    first = scene.deliver("ann@acme.example", eml("eve@nova.example", text="One."))
    scene.sync()
    contact = {"FirstName": "Eve", "LastName": "Nova", "Email": "eve@nova.example", "OwnerId": "005A00000000001"}
    scene.universe.org.change("Contact", contact)
    second = scene.deliver("ann@acme.example", eml("eve@nova.example", text="Two."))
    scene.sync()
    assert scene.outcomes() == {first: "no_match", second: "contact_match"}

    Rep(scene, "ann@acme.example", first).click("Log now")
    assert scene.outcomes() == {first: "contact_match", second: "contact_match"}


def test_explain_knows_what_a_rep_chose(scene, tmp_path):
    raw = eml("eve@nova.example")
    message = scene.deliver("ann@acme.example", raw)
    scene.sync()
    ada = "003A00000000001IAA"
    Rep(scene, "ann@acme.example", message).click("Choose a record").click("Search", search="byron").use(ada)
    path = tmp_path / "a.eml"
    path.write_bytes(raw)

    explanation = json.loads(scene.flask("explain", str(path), "--json").stdout)
    assert (explanation["reason"], explanation["record"]) == ("thread_override", ada)


def test_a_new_mailbox_waits_in_trial_mode_until_it_is_live(scene):
    scene.restart(NEW_MAILBOX_STAGE="", BACKFILL_MONTHS="")
    message = scene.deliver("ann@acme.example", eml())
    old = scene.deliver("ann@acme.example", eml(date="Mon, 01 Sep 2025 09:00:00 +0000"))
    scene.sync()
    assert scene.outcomes() == {message: "held", old: "before_start"}
    assert scene.tasks() == []

    scene.flask("mailbox", "ann@acme.example", "--stage", "live")
    scene.sync()
    assert scene.outcomes() == {message: "contact_match", old: "before_start"}


def test_somebody_in_bcc_is_found_in_the_senders_copy(scene):
    message = scene.deliver(
        "ann@acme.example", eml("ann@acme.example", "ben@acme.example", Bcc="ada@byron.example"), "SENT"
    )
    scene.sync()

    assert scene.outcomes() == {message: "contact_match"}


def test_the_card_right_after_a_move_or_a_stop_offers_undo(scene):
    message = scene.deliver("ann@acme.example", eml())
    scene.sync()
    rep = Rep(scene, "ann@acme.example", message)
    rep.click("Move").click("Search", search="leo").use("00QA00000000001MAA").click("Undo")
    assert scene.outcomes() == {message: "contact_match"}

    rep.again().open().click("Stop logging").click("Delete and stop").click("Undo")
    scene.sync()
    assert scene.outcomes() == {message: "contact_match"}


@pytest.mark.parametrize("is_lost", [True, False])
def test_a_state_that_is_lost_or_of_an_earlier_moment_writes_no_activity_twice(scene, tmp_path, is_lost):
    """deploy.md, "Restoring": the activities carry the key of their mail."""
    scene.deliver("ann@acme.example", eml(subject="Before"))
    scene.sync()
    with sqlite3.connect(scene.folder / "state.sqlite3") as state, sqlite3.connect(tmp_path / "earlier") as earlier:
        if not is_lost:
            state.backup(earlier)
    state.close()
    earlier.close()
    scene.deliver("ann@acme.example", eml(subject="After"))
    scene.sync()

    scene.restart(STATE=f"sqlite:{tmp_path / 'earlier'}", BACKFILL_MONTHS="all", NEW_MAILBOX_STAGE="live")
    scene.sync()
    scene.clock.advance(3_600)
    scene.sync()

    assert sorted(task["Subject"].rpartition(": ")[2] for task in scene.tasks()) == ["After", "Before"]
    assert set(scene.outcomes().values()) == {"contact_match"}
