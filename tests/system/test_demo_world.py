"""The demo world from end to end: every message has its outcome, and nobody's mail was read that need not be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server.domain.decision import Reason
from server.engine.coverage.audit import measure_coverage
from tests.support.demo import EXPECTED, demo_scene, end_state
from tests.support.scene import Scene


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    scene = demo_scene(Path(tmp_path_factory.mktemp("demo")))
    assert scene.sync().is_at_rest
    yield scene
    scene.close()


def test_every_message_has_the_outcome_that_a_person_expects(synced: Scene) -> None:
    assert end_state(synced)["rows"] == EXPECTED


def test_the_ledger_and_gmail_have_the_same_messages(synced: Scene) -> None:
    for mailbox in synced.services.ports.store.mailboxes():
        found = measure_coverage(synced.services.ports.mail, synced.services.ports.store, synced.clock, mailbox)
        assert (found.is_closed, found.missing, found.left) == (True, (), 0)
        assert found.gmail == len(synced.universe.mailboxes[mailbox.address].messages)


def test_the_world_shows_every_reason_that_a_first_sync_can_give(synced: Scene) -> None:
    shown = {found[0] for rows in EXPECTED.values() for found in rows.values()}
    later = {"thread_override", "rule_match", "ready", "held", "retrying", "rejected", "gone", "erased", "taken_back"}
    assert {r.value for r in Reason} - later == shown


def test_each_logged_mail_is_one_task_on_the_right_records(synced: Scene) -> None:
    contacts = {c["Id"]: c for c in synced.universe.world.org["Contact"]}
    logged = {found[1] for rows in EXPECTED.values() for found in rows.values() if len(found) > 1}
    tasks = synced.tasks()
    assert {t["WhoId"] or t["WhatId"] for t in tasks} == logged
    for task in tasks:
        who, what = task["WhoId"], task["WhatId"]
        assert what == (contacts[who]["AccountId"] if who in contacts else None if who else what)
        assert task["OwnerId"] in {u["Id"] for u in synced.universe.world.org["User"]}
    keys = [t["TrulyActivity__Message_Key__c"] for t in tasks]
    assert len(keys) == len(set(keys)) == _real_mails(synced)


def test_salesforce_gets_the_authors_words(synced: Scene) -> None:
    """Replies without the mail that they answer, in four languages' marks; a forward with what it forwards."""
    texts = {t["Subject"].removeprefix("From "): t["Description"] for t in synced.tasks()}
    everything = "\n".join(texts.values())
    answers = [text for subject, text in texts.items() if "Re: " in subject]
    assert len(answers) > 10
    assert not any(">" in text or "wrote:" in text or "Original Message" in text for text in answers)
    assert [everything.count(words) for words in ("with pleasure.", "about 140 fixtures", "Would two o’clock do?")] == [
        1
    ] * 3
    assert "Leo Brandt: Re: Found you at the fair" in texts
    assert "iPhone" not in everything
    assert "how long may it be?" in texts["Tomás Ruiz: Fwd: Sensor cables"]


def test_a_web_form_stands_on_the_customer_who_filled_it_in(synced: Scene) -> None:
    form = next(t for t in synced.tasks() if "second cold store" in (t["Description"] or ""))
    assert form["Subject"] == "From Nia Okafor: Contact form: lamps for a second cold store"
    assert (form["WhoId"], form["TrulyActivity__Direction__c"]) == ("003A00000000003IAA", "Inbound")


def _real_mails(scene: Scene) -> int:
    """Logged mails, copies counted once: a Message-ID, or a copy that has none."""
    seen: set[Any] = set()
    for address, box in scene.universe.mailboxes.items():
        for stored in box.messages.values():
            if len(EXPECTED[address][stored.source]) > 1:
                own = dict((k.lower(), v) for k, v in stored.headers).get("message-id")
                subject = dict((k.lower(), v) for k, v in stored.headers).get("subject")
                seen.add((own, subject) if own else (address, stored.source))
    return len(seen)


def test_no_snippet_is_asked_for_and_a_body_only_of_logged_mail(synced: Scene) -> None:
    gets = [c for c in synced.universe.calls.calls("gmail") if c.method == "messages.get"]
    assert gets
    assert not any(c.detail["snippet"] for c in gets)
    sources = {(a, m.message_id): m.source for a, b in synced.universe.mailboxes.items() for m in b.messages.values()}
    with_body = {(c.mailbox, c.detail["id"]) for c in gets if c.detail["body"]}
    unlogged = [key for key in with_body if len(EXPECTED[str(key[0])][sources[str(key[0]), key[1]]]) == 1]
    assert with_body
    assert unlogged == []


def test_a_skipped_message_leaves_nothing_that_can_be_read(synced: Scene) -> None:
    for mailbox in synced.services.ports.store.mailboxes():
        for row in synced.services.ports.store.rows(mailbox.mailbox_id):
            assert row.sealed_headers is None
            assert all(h.startswith("v1:") for h in row.hashes)
            assert bool(row.hashes) == (row.reason in {Reason.NO_MATCH, Reason.CONTACTS_ONLY_ACCOUNT})


def test_a_second_pass_adds_nothing(synced: Scene) -> None:
    before, writes = end_state(synced), synced.services.ports.store.writes()
    synced.sync()
    assert end_state(synced) == before
    after = synced.services.ports.store.writes()
    assert {k: after[k] - writes[k] for k in ("messages", "activities", "copies", "deks")} == dict.fromkeys(
        ("messages", "activities", "copies", "deks"), 0
    )


def test_the_state_files_hold_no_text_of_any_mail(synced: Scene) -> None:
    """Addresses of our own mailboxes are there; nothing that anybody wrote or is called."""
    stored = b"".join(p.read_bytes() for p in synced.folder.glob("state*") if p.is_file())
    assert len(stored) > 100_000
    for words in (b"byron-works.example", b"fixtures", b"Okafor", b"Cold store lamps", b"gmail.com"):
        assert words not in stored
