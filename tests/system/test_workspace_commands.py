"""What an admin reads of mailboxes that left, are out of scope or have no Gmail; doctor and witness."""

from __future__ import annotations

import json
from typing import Any

import pytest

from simulator.people import People
from tests.support.scene import Scene, eml, forget

BEN = "ben@acme.example"


def admin(scene: Scene, op: str, **more: Any) -> None:
    People(scene.universe).change({"op": op, "email": BEN, **more})


def flat(text: str) -> str:
    """Without the line ends of a narrow terminal."""
    return " ".join(text.split())


def test_mailbox_and_coverage_say_up_to_when_a_leaver_is_complete(scene: Scene) -> None:
    scene.deliver(BEN, eml(to=BEN))
    scene.sync()
    admin(scene, "suspend")
    scene.clock.advance(3600)
    shown = scene.flask("mailbox", BEN)
    said = "suspended in Google Workspace. This mailbox is draining"
    assert said in flat(shown.stdout)
    assert "Complete to 2026-09-21 14:13 UTC." in flat(shown.stdout)
    covered = scene.flask("coverage")
    assert covered.code == 0
    assert said in flat(covered.stdout)
    assert scene.flask("export", str(scene.folder / "out.json")).code == 0
    ledger = json.loads((scene.folder / "out.json").read_text())
    assert [m["mailbox"] for m in ledger["messages"]] == [BEN]
    assert BEN not in ledger["coverage"]
    assert list(ledger["complete_to"]) == [BEN]


def test_coverage_of_a_draining_mailbox_misses_nothing_that_came_since(scene: Scene) -> None:
    scene.sync()
    assert scene.flask("mailbox", BEN, "--stage", "draining").code == 0
    scene.deliver(BEN, eml(to=BEN))
    assert scene.flask("coverage", BEN).code == 0


def test_doctor_tells_the_scope_its_missing_groups_and_alarms(scene: Scene) -> None:
    well = flat(scene.flask("doctor").stdout)
    assert "Scope: 3 people are in scope." in well
    assert "Alarms: None in the last day." in well
    scene.sync()
    scene.restart(MAILBOXES="ann@acme.example", SCOPE_GROUPS="gone@acme.example")
    scene.sync()
    done = scene.flask("doctor")
    found = flat(done.stdout)
    assert done.code == 11
    assert "SCOPE_GROUPS names groups that do not exist: gone@acme.example." in found
    assert "a mailbox that we read left the configured scope (2)" in found


def test_doctor_says_when_nobody_is_in_scope(scene: Scene) -> None:
    scene.restart(SCOPE_ORG_UNITS="/Nowhere")
    assert "Nobody is in scope." in flat(scene.flask("doctor").stdout)


def test_witness_bears_out_a_whole_ledger(scene: Scene) -> None:
    scene.restart(REPORTS_WITNESS="yes")
    scene.deliver("ann@acme.example", eml())
    scene.sync()
    done = scene.flask("witness", "--days", "30")
    assert done.code == 0
    assert "1 deliveries compared, 0 without a row." in flat(done.stdout)


def test_witness_names_what_is_missing(scene: Scene) -> None:
    scene.restart(REPORTS_WITNESS="yes")
    lost = scene.deliver("ann@acme.example", eml())
    scene.sync()
    forget(scene, "ann@acme.example", lost)
    done = scene.flask("witness", "--days", "30")
    assert done.code == 9
    assert f"ann@acme.example has no row for: {lost}" in flat(done.stderr)


def test_witness_needs_its_setting_and_at_most_thirty_days(scene: Scene) -> None:
    done = scene.flask("witness")
    assert (done.code, "REPORTS_WITNESS" in done.stderr) == (3, True)
    assert scene.flask("witness", "--days", "31").code == 2


@pytest.mark.parametrize(
    "command",
    [
        ("coverage", "ID"),
        ("mailbox", "ID"),
        ("dry-run", "ID"),
        ("sync", "ID"),
        ("replay", "ID"),
        ("backfill", "ID", "--since", "2026-09-01"),
        ("explain", "FILE", "--mailbox", "ID"),
    ],
)
def test_the_id_of_an_alert_stands_for_the_address(scene: Scene, command: tuple[str, ...]) -> None:
    scene.restart(BACKFILL_MONTHS="0")
    scene.deliver(BEN, eml(to=BEN))
    scene.sync()
    file = scene.folder / "a.eml"
    file.write_bytes(eml(to=BEN))
    mailbox_id = scene.mailbox(BEN).mailbox_id
    arguments = {"ID": mailbox_id, "FILE": str(file)}

    scene.flask(*(arguments.get(word, word) for word in command))  # a second run has nothing left to read
    done = scene.flask(*(arguments.get(word, word) for word in command))

    by_address = scene.flask(*({**arguments, "ID": BEN}.get(word, word) for word in command))
    assert done.code == 0
    assert flat(done.stdout) == flat(by_address.stdout)


def test_mailbox_prints_the_id_that_log_and_alerts_name(scene: Scene) -> None:
    scene.sync()
    mailbox_id = scene.mailbox(BEN).mailbox_id
    assert f"Directory id, by which log and alerts name it: {mailbox_id}" in scene.flask("mailbox", BEN).stdout
    assert BEN in scene.flask("mailbox", mailbox_id).stdout
