"""The commands as a person runs them: what they print, and what they end with when something is wrong."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.demo import EXPECTED, ROOT, WORLD
from tests.support.scene import eml

pytestmark = pytest.mark.slow


def demo(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "simulator.demo", *arguments]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=folder, env=env, check=False, capture_output=True, text=True, timeout=120)


def test_the_demo_ends_at_rest_with_every_message_decided(tmp_path: Path) -> None:
    done = demo(tmp_path, "--once", "--json", "out.json")
    assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / "out.json").read_text())
    found: dict[str, dict[str, list[str]]] = {}
    for m in result["messages"]:
        found.setdefault(m["mailbox"], {})[m["source"]] = [m["reason"], *([m["record"]] if m["record"] else [])]
    assert found == EXPECTED
    assert all(m["activity"] for m in result["messages"] if m["outcome"] == "logged")
    assert {c["waiting"] for c in result["coverage"].values()} == {0}
    assert result["calls"]["gmail"]["units"] > 0
    assert "A second pass added nothing." in done.stdout


def test_explain_names_the_winner_and_why_each_other_lost(tmp_path: Path) -> None:
    message = eml(sender="nia@okafor-foods.example", to="ben@northlight.example", subject="Never seen before")
    (tmp_path / "new.eml").write_bytes(message)
    done = demo(tmp_path, "--explain", "new.eml")
    assert done.returncode == 0, done.stderr
    assert "Logged (contact_match)" in done.stdout
    assert "On: Contact Nia Okafor (stores), Okafor Foods (003A00000000004IAA)" in done.stdout
    assert "Not on: Contact Nia Okafor, Okafor Foods (003A00000000003IAA): someone else owns it" in done.stdout
    assert "Not on: Account Okafor Foods (001A00000000002IAA): a person comes before a company" in done.stdout


def test_explain_knows_that_a_worlds_mailbox_starts_late(tmp_path: Path) -> None:
    message = eml(
        sender="nia@okafor-foods.example", to="ines@northlight.example", date="Tue, 01 Sep 2026 09:00:00 +0000"
    )
    (tmp_path / "old.eml").write_bytes(message)
    done = demo(tmp_path, "--explain", "old.eml")
    assert done.returncode == 0, done.stderr
    assert "(before_start)" in done.stdout.splitlines()[0]


def broken_json(world: Path) -> None:
    (world / "world.json").write_text("{")


def no_world_json(world: Path) -> None:
    (world / "world.json").unlink()


def not_an_mbox(world: Path) -> None:
    shutil.rmtree(world / "mail" / "ben@northlight.example")
    (world / "mail" / "ben@northlight.example.mbox").write_text("Dear Ben,\n")


def mail_of_nobody(world: Path) -> None:
    (world / "mail" / "zoe@northlight.example").mkdir()


def no_mail(world: Path) -> None:
    shutil.rmtree(world / "mail")


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (broken_json, "is not JSON"),
        (no_world_json, "world.json is missing"),
        (not_an_mbox, "is not an mbox"),
        (mail_of_nobody, "belongs to nobody"),
        (no_mail, "is missing"),
    ],
)
def test_a_broken_world_is_one_sentence_and_exit_4(tmp_path: Path, harm: Callable[[Path], None], words: str) -> None:
    world = tmp_path / "world"
    shutil.copytree(WORLD, world)
    harm(world)
    done = demo(tmp_path, "--once", "--world", str(world))
    assert done.returncode == 4
    assert done.stderr.startswith("Error: ")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--explain", "missing.eml"), "missing.eml cannot be read"),
        (("--explain", "empty.eml"), "empty.eml is not an email"),
        (("--once", "--world", "nowhere"), "There is no world at nowhere"),
        (("--once", "--json", "nowhere/out.json"), "nowhere/out.json cannot be written: No such file"),
        (("--port", "abc"), "PORT=abc is no port"),
        (("--port", "70000"), "PORT=70000 is no port"),
    ],
)
def test_bad_arguments_are_one_sentence_and_exit_4(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    (tmp_path / "empty.eml").write_bytes(b"")
    done = demo(tmp_path, *arguments)
    assert done.returncode == 4
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_one_unreadable_message_fails_alone(tmp_path: Path) -> None:
    world = tmp_path / "world"
    shutil.copytree(WORLD, world)
    (world / "mail" / "rita@northlight.example" / "002.eml").write_bytes(b"\x00\x01\x02 no header here")
    done = demo(tmp_path, "--once", "--world", str(world), "--json", "out.json")
    assert done.returncode == 0
    rows = {(m["mailbox"], m["source"]): m for m in json.loads((tmp_path / "out.json").read_text())["messages"]}
    assert rows["rita@northlight.example", "002.eml"]["outcome"] == "failed"
    assert rows["rita@northlight.example", "001.eml"]["outcome"] == "logged"
    assert sum(r["outcome"] == "failed" for r in rows.values()) == 2
