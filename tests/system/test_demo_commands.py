"""The operator's commands run on a demo that runs, with the file of settings that the demo names."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from simulator.demo.stage import ROOT, scene
from tests.support.engines import BYRON_ORG, write_world
from tests.support.scene import eml

pytestmark = pytest.mark.slow
ANN = "ann@acme.example"


def test_a_shell_that_reads_the_file_runs_every_command_on_the_demo(tmp_path: Path) -> None:
    workspace = {
        "customer": "C01",
        "domains": [{"name": "acme.example", "primary": True}],
        "users": [{"email": ANN, "name": "Ann", "admin": True}],
    }
    world = write_world(
        tmp_path / "world", {"name": "commands", "workspace": workspace, "salesforce": BYRON_ORG}, {ANN: [eml()]}
    )
    with scene(world, tmp_path / "a folder with spaces") as stage:
        stage.server("sync", quiet=True)
        path = stage.write_operator_file()
        done = subprocess.run(
            ["/bin/sh", "-c", f"set -a; . '{path}'; set +a; exec '{sys.executable}' -m flask --app server.main status --json"],
            cwd=ROOT, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["live"] == 1
