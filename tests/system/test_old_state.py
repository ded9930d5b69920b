"""A state that version 0.1.0 wrote is opened by the code of today, and its work is finished."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from addon import texts
from addon.codes import Refusal
from server.adapters.documents import Replace
from server.adapters.schema.registry import FIRST, MIGRATIONS
from server.domain.errors import ConfigurationError
from server.domain.ids import ActivityKey
from server.domain.ledger import ActivityState, Row
from server.domain.mailbox import Mailbox, Stage
from server.engine.copies.opening import verify_access
from server.engine.ledger.refusals import read_sentence
from tests.support import cards
from tests.support.old_state import (
    FOLDER,
    PATIENCE,
    find_message,
    name_tasks,
    open_old_state,
    read_coverage,
    read_json,
    read_rows,
    read_tasks,
)
from tests.support.scene import Scene

ANN, CEM = "ann@acme.example", "cem@acme.example"


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Scene]:
    scene = open_old_state(tmp_path)
    yield scene
    scene.close()


@pytest.fixture(scope="module")
def expected() -> Any:
    return read_json("expected.json")


def get_mailbox(scene: Scene, address: str) -> Mailbox:
    return scene.mailbox(address)


def get_row(scene: Scene, address: str, mail: str) -> Row:
    message_id = find_message(address, mail)
    rows = scene.services.ports.store.rows(get_mailbox(scene, address).mailbox_id)
    return next(row for row in rows if row.message_id == message_id)


def test_the_ledger_reads_as_it_was_written(old: Scene, expected: Any) -> None:
    assert read_rows(old) == expected["before"]["rows"]
    assert read_coverage(old) == expected["before"]["coverage"]
    assert read_tasks(old) == expected["before"]["tasks"], "the simulated org is as it was"


def test_it_is_brought_to_the_version_of_today(old: Scene) -> None:
    stored = old.services.documents.get("state", "schema")
    assert stored is not None
    assert stored.data["version"] == FIRST + len(MIGRATIONS)


def test_a_newer_version_made_it_its_own(old: Scene) -> None:
    stored = old.services.documents.get("state", "schema")
    assert stored is not None
    newer = {**stored.data, "version": FIRST + len(MIGRATIONS) + 1, "oldest": FIRST + len(MIGRATIONS) + 1}
    old.services.documents.commit([Replace("state", "schema", newer, stored.version)])

    with pytest.raises(ConfigurationError, match="written by a newer version"):
        old.restart()


def test_what_stands_beside_the_rows_reads_as_it_was_written(old: Scene, expected: Any) -> None:
    ports = old.services.ports
    activities = ports.store.activities([ActivityKey(key) for key in expected["claimed"]])
    assert {key: activity.state for key, activity in activities.items()} == dict.fromkeys(
        expected["claimed"], ActivityState.CLAIMED
    )
    past = get_mailbox(old, expected["past"]["mailbox"]).backfill
    assert past is not None
    assert (past.until, past.seen, past.size) == tuple(expected["past"][n] for n in ("until", "seen", "size"))
    addresses = {mailbox.mailbox_id: mailbox.address for mailbox in ports.store.mailboxes()}
    found = ports.alarms.since(0)
    assert [[alarm.code, addresses[alarm.mailbox_id], alarm.count] for alarm in found] == expected["alarms"]
    task = old.services.queue.take(old.clock.now() + 60)
    assert task is not None
    assert [task.job.kind, addresses[task.job.subject]] == expected["queued"]


def test_a_keyed_hash_of_today_finds_what_was_hashed_then(old: Scene, expected: Any) -> None:
    explainable = expected["explainable"]
    hashes = get_row(old, ANN, explainable["mail"]).hashes
    assert old.services.ports.hasher.hash("address", explainable["address"]) in hashes


def test_its_work_is_finished(old: Scene, expected: Any) -> None:
    before, after = expected["before"]["rows"], expected["after"]
    stood = {row["Id"] for row in old.universe.org.everything("Task")}

    assert old.sync(patience=PATIENCE).is_at_rest

    rows, keys = read_rows(old), name_tasks(old)
    for address, found in rows.items():
        for message_id, row in found.items():
            activity = row.pop("activity")
            row["task"] = keys.get(activity)
            known = before[address].get(message_id, {}).get("activity")
            assert known in (None, activity), "what was logged stays on its activity"
    assert rows == after["rows"]
    assert read_coverage(old) == after["coverage"]
    assert read_tasks(old) == after["tasks"]
    assert max(Counter(keys.values()).values()) == 1, "no mail was inserted twice, not even into the Recycle Bin"
    assert len(keys.keys() - stood) == after["inserted"]
    assert_refusal_and_ledger_hold(old, expected)

    assert old.sync(patience=PATIENCE).is_at_rest
    assert read_tasks(old) == after["tasks"], "a second pass finds nothing to do"


def assert_refusal_and_ledger_hold(old: Scene, expected: Any) -> None:
    refused = get_row(old, ANN, "refused.eml")
    assert (refused.reason.value, refused.cause) == ("rejected", expected["refused"]["cause"])
    assert read_sentence(old.services.rooms.sealing, refused) == expected["refused"]["sentence"]
    entries, verdict = verify_access(old.services.ports.store)
    assert verdict.ok
    assert [entry.entry_hash for entry in entries] == expected["access"]


def test_a_copy_that_was_sealed_then_opens_and_the_access_ledger_goes_on(old: Scene, expected: Any) -> None:
    key = get_row(old, ANN, "contact.eml").activity_key
    assert key is not None

    raw = old.services.rooms.opener.open_copy(key, "olga", "Does it open?")

    assert raw == (FOLDER / "world" / "mail" / "contact.eml").read_bytes()
    entries, verdict = verify_access(old.services.ports.store)
    assert verdict.ok
    assert [entry.entry_hash for entry in entries[:-1]] == expected["access"]


def test_mail_that_a_dry_run_held_is_logged_once_its_mailbox_is_live(old: Scene) -> None:
    old.set_stage(CEM, Stage.LIVE)

    old.sync(patience=PATIENCE)

    assert get_row(old, CEM, "dry-run.eml").reason.value == "contact_match"


@pytest.mark.parametrize("label", ["Move", "Stop logging"])
def test_a_button_of_an_old_card_is_out_of_date_and_does_nothing(old: Scene, tmp_path: Path, label: str) -> None:
    button = read_json("button.json")
    before = dump_state(tmp_path), read_tasks(old)

    answer = old.ask(button["path"], button["rep"], button["message"], parameters=button["buttons"][label])

    card = cards.card_of(answer)
    assert cards.texts(card)[1] == texts.REFUSALS[Refusal.STALE][0]
    assert cards.action(card, texts.REFRESH)
    assert (dump_state(tmp_path), read_tasks(old)) == before


def dump_state(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / "state.sqlite3")) as connection:
        return list(connection.iterdump())
