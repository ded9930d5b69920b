"""One machine and Google Cloud do the same: real processes, other settings, one set of tests in their order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import CommandError
from tests.support.engines import CLOUD, LOCAL, Engine, describe_world, run_engine, until, write_world
from tests.support.scene import eml, small_world

ANN, BEN, CEM = "ann@acme.example", "ben@acme.example", "cem@acme.example"
ENGINES = (LOCAL, pytest.param(CLOUD, marks=pytest.mark.firestore))
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("engines")]
BOTH = eml(to=f"{ANN}, {BEN}", subject="To both")
PAST = {
    ANN: [
        eml(subject="A contact's"),
        eml("new@byron.example", subject="A company's"),
        eml("who@nowhere.example", subject="A stranger's"),
        eml(BEN, subject="A colleague's"),
        eml("news@byron.example", subject="A machine's", Auto_Submitted="auto-generated"),
        BOTH,
    ],
    BEN: [eml("leo@brandt.example", BEN, "A lead's"), eml("old@harbor.example", BEN, "Contacts only"), BOTH],
    CEM: [eml(to=CEM, subject="Somebody else's")],
}
REASONS = {
    ANN: ["contact_match", "account_domain_match", "no_match", "internal_only", "automated", "contact_match"],
    BEN: ["lead_match", "contacts_only_account", "contact_match"],
    CEM: ["contact_match"],
}
LOGGED = ["A company's", "A contact's", "A lead's", "Somebody else's", "To both"]
BURST = [f"Burst {n:02d}" for n in range(12)]
ADA, LEO = "003A00000000001", "00QA00000000001"
KEY = "TrulyActivity__Message_Key__c"


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Started over mailboxes with a past, and at rest."""
    if request.param == CLOUD:
        request.getfixturevalue("firestore_emulator")
    folder = tmp_path
    world = write_world(folder / "world", describe_world(small_world()), PAST)
    with run_engine(request.param, world, folder / "run") as made:
        made.start()
        assert until(lambda: made.subjects() == LOGGED and len(made.stage.get("pubsub")["watches"]) == len(PAST))
        yield made


def read_sources(engine: Engine) -> dict[tuple[str, str], str]:
    """Gmail message id by mailbox and file name."""
    boxes = engine.stage.get("world")["mailboxes"]
    return {(box, m["source"]): m["gmail_message_id"] for box, messages in boxes.items() for m in messages}


def check_coverage(exported: dict[str, Any]) -> None:
    """Every message that Gmail lists has its outcome, and nothing waits."""
    listed = Counter(row["mailbox"] for row in exported["messages"])
    for address, counts in exported["coverage"].items():
        in_gmail = counts.pop("gmail") + counts.pop("left")
        assert in_gmail == listed[address] == sum(counts.values())
        assert counts["waiting"] == 0


def check_every_message_of_the_past_has_its_outcome(engine: Engine) -> None:
    exported, sources = engine.export_at_rest(), read_sources(engine)
    wanted = {sources[box, f"{n:03d}.eml"]: reason for box, whys in REASONS.items() for n, reason in enumerate(whys)}
    assert {row["gmail_message_id"]: row["reason"] for row in exported["messages"]} == wanted
    check_coverage(exported)


def check_each_mail_is_one_task_on_its_record(engine: Engine) -> None:
    found = {t["Subject"].rpartition(": ")[2]: (t["WhoId"] or t["WhatId"])[:15] for t in engine.tasks()}
    assert found == {
        "A contact's": ADA, "A company's": "001A00000000001", "A lead's": LEO, "Somebody else's": ADA, "To both": ADA,
    }  # fmt: skip


def check_mail_that_is_pushed_twice_is_logged_once(engine: Engine) -> None:
    engine.plan_fault("pubsub", "publish", "duplicate", 3)
    engine.plan_fault("cloudtasks", "dispatch", "duplicate", 10)
    engine.deliver(ANN, eml(subject="Pushed"))
    assert until(lambda: "Pushed" in engine.subjects())
    engine.stage.post("faults/clear", {})
    assert until(lambda: engine.stage.get("pubsub")["waiting"] == 0)
    assert engine.subjects().count("Pushed") == 1


def check_a_click_in_the_sidebar_moves_a_mail_to_another_record(engine: Engine) -> None:
    sidebar = engine.sidebar(ANN, read_sources(engine)[ANN, "001.eml"])
    sidebar.click("Move").click("Search", search="Brandt").click("Use")
    assert any("Leo Brandt" in line for line in sidebar.read)
    [moved] = [t for t in engine.tasks() if t["Subject"].endswith("A company's")]
    assert moved["WhoId"][:15] == LEO


def check_what_a_rep_stops_goes_from_salesforce(engine: Engine) -> None:
    sidebar = engine.sidebar(BEN, read_sources(engine)[BEN, "000.eml"])
    sidebar.click("Stop logging").click("Delete and stop")
    assert until(lambda: "A lead's" not in engine.subjects())


def check_break_glass_alone_opens_a_copy(engine: Engine) -> None:
    key, out = engine.key_of("A contact's"), engine.stage.folder / "opened.eml"
    with pytest.raises(CommandError):
        engine.command("vault", "open", key, "--reason", "To see", "--to", str(out))
    assert not out.exists()
    engine.break_glass("vault", "open", key, "--reason", "To see", "--to", str(out))
    assert b"Subject: A contact's" in out.read_bytes()
    ledger = engine.command("vault", "ledger")
    assert "The access ledger is intact." in ledger
    assert key[:8] in ledger


def check_an_erased_copy_never_opens_again(engine: Engine) -> None:
    key, out = engine.key_of("Somebody else's"), engine.stage.folder / "erased.eml"
    engine.command("erase", key, "--yes")
    with pytest.raises(CommandError):
        engine.break_glass("vault", "open", key, "--reason", "To see", "--to", str(out))


def check_a_burst_outlives_a_crash_of_every_process(engine: Engine) -> None:
    """What dies in the middle of its work waits for a lease of the dead: see the soak."""
    before, pushes = engine.subjects(), count_pushes(engine)

    def deliver_burst() -> None:
        for number, subject in enumerate(BURST):
            mailbox = (ANN, BEN, CEM)[number % 3]
            engine.deliver(mailbox, eml(to=mailbox, subject=subject))
        assert until(lambda: count_pushes(engine) > pushes)

    engine.crash(deliver_burst)
    assert until(lambda: set(BURST) <= set(engine.subjects()))
    assert engine.subjects() == sorted([*before, *BURST])


def count_pushes(engine: Engine) -> int:
    return int(engine.stage.get("calls/summary").get("pubsub", {}).get("push", 0))


def check_in_the_end_all_is_accounted_for(engine: Engine) -> None:
    assert set(Counter(task[KEY] for task in engine.tasks()).values()) == {1}
    exported, sources = engine.export_at_rest(), read_sources(engine)
    reasons = {row["gmail_message_id"]: row["reason"] for row in exported["messages"]}
    asked = [(ANN, "001.eml"), (BEN, "000.eml"), (CEM, "000.eml")]
    assert [reasons[sources[place]] for place in asked] == ["thread_override", "kept_out", "erased"]
    check_coverage(exported)


STEPS = (
    check_every_message_of_the_past_has_its_outcome,
    check_each_mail_is_one_task_on_its_record,
    check_mail_that_is_pushed_twice_is_logged_once,
    check_a_click_in_the_sidebar_moves_a_mail_to_another_record,
    check_what_a_rep_stops_goes_from_salesforce,
    check_break_glass_alone_opens_a_copy,
    check_an_erased_copy_never_opens_again,
    check_a_burst_outlives_a_crash_of_every_process,
    check_in_the_end_all_is_accounted_for,
)
"""In their order: each goes on from what the one before it left."""


def test_the_engine_does_all_of_it(engine: Engine) -> None:
    for check in STEPS:
        check(engine)
