"""What the operator's commands print, where a misreading would cost somebody something."""

from __future__ import annotations

import io
import json
import shutil

import pytest
from rich.console import Console

from server.commands.reports.coverage import make_coverage_table
from server.domain.decision import Outcome
from server.domain.ledger import DayCoverage
from simulator.faults import Fault
from tests.support.scene import Scene, eml, forget
from tests.system.test_flask_commands import run

ANN = "ann@acme.example"
REFUSAL = "FIELD_CUSTOM_VALIDATION_EXCEPTION"
WIDTH = 80
"""Columns of a narrow terminal, and of a pipe."""


def flat(text: str) -> str:
    """Without the line ends of a narrow terminal."""
    return " ".join(text.split())


def refuse_one(scene: Scene) -> None:
    scene.universe.faults.plan(Fault("salesforce", "insert", f"{REFUSAL}:Region, please.", 1))
    scene.deliver(ANN, eml(subject="Refused"))
    scene.sync()


def export_key(scene: Scene) -> str:
    """The activity key of the first message in the ledger."""
    path = scene.folder / "ledger.json"
    run(scene, "export", str(path))
    return str(json.loads(path.read_text())["messages"][0]["activity_key"])


def test_coverage_shows_columns_that_count_something_and_fits_80_columns(scene: Scene) -> None:
    scene.deliver(ANN, eml())
    scene.sync()
    lines = run(scene, "coverage").stdout.splitlines()
    assert next(line.split() for line in lines if "Mailbox" in line) == [
        "Mailbox", "Gmail", "Logged", "Skipped", "Missing",
    ]  # fmt: skip
    assert [ANN, "1", "1", "0", "0"] in [line.split() for line in lines]
    assert lines[-1] == "Every email that Gmail lists has a row."
    assert max(map(len, lines)) <= WIDTH
    assert run(scene, "coverage", "--days").stdout.splitlines()[-1] == "Every email that Gmail lists has a row."

    refuse_one(scene)
    lines = run(scene, "coverage").stdout.splitlines()
    assert [ANN, "2", "1", "0", "1", "0"] in [line.split() for line in lines]


def test_coverage_folds_a_long_address_and_cuts_no_figure() -> None:
    address = "bartholomew.longname@subsidiary.northlight.example"
    every = DayCoverage("", 12345, 12, dict.fromkeys(Outcome, 1234), 3)
    screen = Console(file=io.StringIO(), width=WIDTH)
    screen.print(make_coverage_table("Mailbox", {address: every}))
    assert isinstance(screen.file, io.StringIO)
    lines = screen.file.getvalue().splitlines()
    [figures] = [line.split()[1:] for line in lines if "12345" in line]
    assert figures == ["12345", "12", *["1234"] * len(Outcome), "3"]
    assert "".join(line.split()[0] for line in lines[3:] if line.strip()) == address
    assert max(map(len, lines)) <= WIDTH


def test_coverage_counts_in_its_last_sentence_what_has_no_row(scene: Scene) -> None:
    lost = scene.deliver(ANN, eml())
    scene.sync()
    forget(scene, ANN, lost)
    assert run(scene, "coverage").stdout.splitlines()[-1] == "Without a row: 1 email that Gmail lists."


def test_mailbox_says_whether_mail_is_held_or_free(scene: Scene) -> None:
    scene.restart(NEW_MAILBOX_STAGE="dry_run")
    scene.deliver(ANN, eml())
    scene.deliver(ANN, eml(subject="Another"))
    scene.sync()
    shown = flat(run(scene, "mailbox", ANN).stdout)
    assert "is logged from" not in shown
    assert "Once it is live, its mail will be logged from its first message on." in shown

    freed = flat(run(scene, "mailbox", ANN, "--stage", "live").stdout)
    assert "Free now; the next sync logs those that match: 2 waiting messages." in freed
    assert f"Mail of {ANN} is logged from its first message on." in freed
    assert "waiting message" not in run(scene, "mailbox", ANN, "--stage", "live").stdout

    held = flat(run(scene, "mailbox", ANN, "--stage", "off").stdout)
    assert "Held now: 2 waiting messages." in held
    assert "will be logged from its first message on." in held
    assert f"Mail of {ANN} is logged" not in held


def test_dry_run_before_any_sync_says_so(scene: Scene) -> None:
    assert run(scene, "dry-run").stdout == "No mail has been read yet. Run sync first.\n"
    run(scene, "mailbox", ANN)
    assert run(scene, "dry-run", ANN).stdout == "No mail has been read yet. Run sync first.\n"
    scene.sync()
    assert "0 activities would be added" in run(scene, "dry-run").stdout


def test_dry_run_also_counts_what_is_settled(scene: Scene) -> None:
    scene.deliver(ANN, eml())
    scene.sync()
    shown = run(scene, "dry-run").stdout
    assert "contact_match" in shown
    assert "0 activities would be added" in shown


def test_replay_names_the_causes_where_one_is_unknown(scene: Scene) -> None:
    done = run(scene, "replay", "--cause", "FOO")
    assert (done.exit_code, done.stderr) == (
        4, "Error: Nothing was refused for the cause FOO. Salesforce refused nothing.\n",
    )  # fmt: skip
    refuse_one(scene)
    done = run(scene, "replay", "--cause", "FOO")
    assert (done.exit_code, done.stderr) == (
        4, f"Error: Nothing was refused for the cause FOO. The causes are {REFUSAL}.\n",
    )  # fmt: skip
    assert "1 messages wait" in run(scene, "replay", "--cause", REFUSAL).stdout


def test_replay_waits_for_the_next_sync(scene: Scene) -> None:
    refuse_one(scene)
    run(scene, "replay")
    assert scene.tasks() == []
    scene.sync()
    assert len(scene.tasks()) == 1


@pytest.mark.parametrize("label", ["Foo", "CATEGORY_PROMOTION", "", "Label_12"])
def test_explain_names_the_labels_where_one_is_unknown(scene: Scene, label: str) -> None:
    path = scene.folder / "a.eml"
    path.write_bytes(eml())
    done = run(scene, "explain", str(path), "--label", label)
    assert done.exit_code == 4
    assert f"Error: No rule looks at the label {label}. The labels are INBOX, SENT," in done.stderr
    assert "CATEGORY_PROMOTIONS" in done.stderr
    assert done.stderr.endswith("Don't log.\n")


@pytest.mark.parametrize(
    ("label", "reason"),
    [
        ("category_promotions", "not_primary"),
        ("Category Social", "not_primary"),
        ("bin", "not_primary"),
        ("UNREAD", "contact_match"),
        (" don't log ", "kept_out"),
    ],
)
def test_explain_takes_a_label_in_every_form(scene: Scene, label: str, reason: str) -> None:
    path = scene.folder / "a.eml"
    path.write_bytes(eml())
    assert f"({reason})" in run(scene, "explain", str(path), "--label", label).stdout


@pytest.mark.parametrize("arguments", [("mailbox", ANN, "--start", "yesterday"), ("backfill", ANN, "--since", "soon")])
def test_a_day_that_is_none_gets_an_example(scene: Scene, arguments: tuple[str, ...]) -> None:
    done = run(scene, *arguments)
    assert done.exit_code == 2
    assert f"{arguments[-1]} is not a day such as 2026-09-05." in flat(done.stderr)


def test_erase_asks_only_about_what_is_there(scene: Scene) -> None:
    done = run(scene, "erase", "no-such-key")
    assert (done.exit_code, done.stdout) == (4, "")
    assert "Nothing is stored under this key." in done.stderr

    scene.deliver(ANN, eml())
    scene.sync()
    done = run(scene, "erase", export_key(scene))
    assert done.exit_code == 1, "nobody answered"
    assert "Erase it? [y/N]" in done.output
    assert set(scene.outcomes().values()) == {"contact_match"}
    assert "Marked as erased: 1 ledger row." in run(scene, "erase", export_key(scene), "--yes").stdout


def test_the_access_ledger_shows_days_and_times(scene: Scene) -> None:
    scene.deliver(ANN, eml())
    scene.sync()
    scene.restart(MAY_OPEN_COPIES="yes")
    target = str(scene.folder / "copy.eml")
    assert run(scene, "vault", "open", export_key(scene), "--reason", "audit", "--to", target).exit_code == 0
    shown = flat(run(scene, "vault", "ledger").stdout)
    assert "When (UTC)" in shown
    assert "2026-09-21" in shown
    assert str(int(scene.clock.now())) not in shown


def test_export_says_how_many_messages_it_wrote(scene: Scene) -> None:
    scene.deliver(ANN, eml())
    scene.sync()
    path = scene.folder / "ledger.json"
    assert flat(run(scene, "export", str(path)).stdout).startswith("1 message written to ")


def test_doctor_says_how_to_fill_the_reports(scene: Scene) -> None:
    shown = flat(run(scene, "doctor").stdout)
    assert "Install the package, or assign its permission set Email Sync Integration to the user." in shown


def test_doctor_looks_for_the_private_key_where_it_must_not_be(scene: Scene) -> None:
    done = run(scene, "doctor")
    assert done.exit_code == 11
    assert "LOOK Opening copies: This process may not open stored copies, and yet vault.private.pem" in flat(
        done.stdout
    )
    assert "Move that file to another user" in flat(done.stdout)

    shutil.copy(scene.folder / "keys" / "vault.private.pem", scene.folder / "keys" / "vault.private.2.pem")
    scene.restart()
    both = flat(run(scene, "doctor").stdout)
    assert "yet vault.private.pem and vault.private.2.pem lie in its folder KEYS. Move these files" in both

    (scene.folder / "keys" / "vault.private.pem").rename(scene.folder / "moved.pem")
    scene.restart()
    assert "yet vault.private.2.pem lies in its folder KEYS" in flat(run(scene, "doctor").stdout)

    (scene.folder / "keys" / "vault.private.2.pem").unlink()
    scene.restart()
    assert "ok Opening copies: This process cannot open stored copies." in flat(run(scene, "doctor").stdout)
