"""What an admin reads of mailboxes that left, are out of scope or have no Gmail; doctor and witness."""

from __future__ import annotations

import json
from typing import Any

from simulator.people import People
from tests.support.scene import Scene, eml, forget
from tests.system.test_flask_commands import run

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
    shown = run(scene, "mailbox", BEN)
    said = "suspended in Google Workspace. This mailbox is draining"
    assert said in flat(shown.stdout)
    assert "Complete to 2026-09-21 14:13 UTC." in flat(shown.stdout)
    covered = run(scene, "coverage")
    assert covered.exit_code == 0
    assert said in flat(covered.stdout)
    assert run(scene, "export", str(scene.folder / "out.json")).exit_code == 0
    ledger = json.loads((scene.folder / "out.json").read_text())
    assert [m["mailbox"] for m in ledger["messages"]] == [BEN]
    assert BEN not in ledger["coverage"]
    assert list(ledger["complete_to"]) == [BEN]


def test_coverage_of_a_draining_mailbox_misses_nothing_that_came_since(scene: Scene) -> None:
    scene.sync()
    assert run(scene, "mailbox", BEN, "--stage", "draining").exit_code == 0
    scene.deliver(BEN, eml(to=BEN))
    assert run(scene, "coverage", BEN).exit_code == 0


def test_doctor_tells_the_scope_its_missing_groups_and_alarms(scene: Scene) -> None:
    well = flat(run(scene, "doctor").stdout)
    assert "Scope: 3 people are in scope." in well
    assert "Alarms: None in the last day." in well
    scene.sync()
    scene.restart(MAILBOXES="ann@acme.example", SCOPE_GROUPS="gone@acme.example")
    scene.sync()
    done = run(scene, "doctor")
    found = flat(done.stdout)
    assert done.exit_code == 11
    assert "SCOPE_GROUPS names groups that do not exist: gone@acme.example." in found
    assert "a mailbox that we read left the configured scope (2)" in found


def test_doctor_says_when_nobody_is_in_scope(scene: Scene) -> None:
    scene.restart(SCOPE_ORG_UNITS="/Nowhere")
    assert "Nobody is in scope." in flat(run(scene, "doctor").stdout)


def test_witness_bears_out_a_whole_ledger(scene: Scene) -> None:
    scene.restart(REPORTS_WITNESS="yes")
    scene.deliver("ann@acme.example", eml())
    scene.sync()
    done = run(scene, "witness", "--days", "30")
    assert done.exit_code == 0
    assert "1 deliveries compared, 0 without a row." in flat(done.stdout)


def test_witness_names_what_is_missing(scene: Scene) -> None:
    scene.restart(REPORTS_WITNESS="yes")
    lost = scene.deliver("ann@acme.example", eml())
    scene.sync()
    forget(scene, "ann@acme.example", lost)
    done = run(scene, "witness", "--days", "30")
    assert done.exit_code == 9
    assert f"ann@acme.example has no row for: {lost}" in flat(done.stderr)


def test_witness_needs_its_setting_and_at_most_thirty_days(scene: Scene) -> None:
    done = run(scene, "witness")
    assert (done.exit_code, "REPORTS_WITNESS" in done.stderr) == (3, True)
    assert run(scene, "witness", "--days", "31").exit_code == 2
