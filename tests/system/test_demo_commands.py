"""The operator's commands run on a demo that runs, with the file of settings that the demo names."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from simulator.demo.stage import ROOT, scene
from tests.support.engines import write_small_world
from tests.support.scene import eml

pytestmark = pytest.mark.slow


def test_a_shell_that_reads_the_file_runs_every_command_on_the_demo(tmp_path: Path) -> None:
    world = write_small_world(tmp_path / "world", "commands", [eml()])
    with scene(world, tmp_path / "a folder with spaces") as stage:
        stage.server("sync", quiet=True)
        path = stage.write_operator_file()
        done = subprocess.run(
            ["/bin/sh", "-c", f"set -a; . '{path}'; set +a; exec '{sys.executable}' -m flask --app server.main status --json"],
            cwd=ROOT, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["live"] == 1


def test_a_state_that_is_kept_opens_with_the_keys_beside_it(tmp_path: Path) -> None:
    """The simulated Gmail and Salesforce are gone; commands that ask neither work on what is left."""
    world = write_small_world(tmp_path / "world", "kept", [eml()])
    # It runs where the person is, and the state is named from there.
    demo = subprocess.run(
        [sys.executable, "-m", "simulator.demo", "--once", "--world", str(world), "--state", "sqlite:kept.sqlite3",
         "--json", "result.json"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    line = next(line for line in demo.stdout.splitlines() if line.startswith("To look at it afterwards: "))
    command = line.partition(": ")[2]
    [message] = json.loads((tmp_path / "result.json").read_text())["messages"]

    def run(text: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": os.environ["PATH"]}
        return subprocess.run(
            ["/bin/sh", "-c", text], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )

    looked = run(command)
    assert (looked.returncode, "Mailboxes that are read" in looked.stdout) == (0, True), looked.stderr
    key = read_activity_key(tmp_path / "kept.sqlite3")
    opened = run(
        command.replace("; set +a; ", "; MAY_OPEN_COPIES=yes; set +a; ").removesuffix("status")
        + f"vault open {key} --reason look --to {tmp_path / 'a.eml'}"
    )
    assert opened.returncode == 0, opened.stderr
    assert message["outcome"] == "logged"
    assert b"Subject: " in (tmp_path / "a.eml").read_bytes()


def read_activity_key(state: Path) -> str:
    with sqlite3.connect(state) as connection:
        [(key,)] = connection.execute("SELECT key FROM activities").fetchall()
    connection.close()
    return str(key)


def test_one_person_in_trouble_does_not_end_the_demo(tmp_path: Path) -> None:
    world = write_small_world(tmp_path / "world", "trouble", [eml()])
    described = json.loads((world / "world.json").read_text())
    described["workspace"]["users"].append({"email": "out@acme.example", "name": "Out", "trouble": "domain_policy"})
    (world / "world.json").write_text(json.dumps(described))

    demo = subprocess.run(
        [sys.executable, "-m", "simulator.demo", "--once", "--world", str(world), "--json", str(tmp_path / "r.json")],
        cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert demo.returncode == 8, demo.stderr
    assert [m["outcome"] for m in json.loads((tmp_path / "r.json").read_text())["messages"]] == ["logged"]
    assert "1 activities in Salesforce" in demo.stdout
    assert "A second pass added nothing." in demo.stdout
    assert "Some mail could not be read or waits for another try" in demo.stdout
