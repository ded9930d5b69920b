"""``make demo CLOUD=1`` runs the cloud engine, and gives the result of one machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from simulator.demo.deployment import ROOT
from simulator.demo.emulator import NO_EMULATOR
from tests.support.compare_runs import list_differences

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("engines")]


def run_demo(path: Path, *options: str, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "simulator.demo", "--once", "--json", str(path), *options]
    return subprocess.run(  # our own program
        command, cwd=ROOT, env={**os.environ, **env}, capture_output=True, text=True, check=False
    )


@pytest.mark.firestore
def test_both_engines_make_the_same_of_the_demo(tmp_path: Path, firestore_emulator: str) -> None:
    """But for the calls: only one of them calls Cloud KMS and Cloud Tasks, and the other one polls."""
    results: list[dict[str, Any]] = []
    for name, options in (("local", ()), ("cloud", ("--cloud",))):
        done = run_demo(tmp_path / name, *options, FIRESTORE_EMULATOR_HOST=firestore_emulator)
        assert done.returncode == 0, done.stderr
        # What became of each email, as README promises: in a table, outcome by outcome.
        assert "All emails accounted for" in done.stdout
        assert "contact_match" in done.stdout
        results.append({**json.loads((tmp_path / name).read_text()), "calls": {}})
    assert list(list_differences(*results)) == []
    assert len(results[1]["messages"]) > 60


def test_a_machine_without_the_emulator_is_told_so(tmp_path: Path) -> None:
    done = run_demo(tmp_path / "result", "--cloud", PATH="/nowhere", FIRESTORE_EMULATOR_HOST="")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.strip() == f"Error: CLOUD=1 needs the Firestore emulator. {NO_EMULATOR}"
