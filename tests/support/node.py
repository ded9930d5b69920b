"""Programs for Node that are not ours: their packages, installed when a test first asks for them."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.demo import ROOT

FOLDER = ROOT / "tests" / "node"
STAMP = FOLDER / "node_modules" / ".installed"
PATIENCE = 300.0
"""Seconds for the packages to come."""
OLDEST = 18


def is_here() -> bool:
    """Node itself, new enough, and npm to bring the packages; or these are here already."""
    node = shutil.which("node")
    if node is None or not (shutil.which("npm") or STAMP.exists()):
        return False
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    return said.startswith("v") and int(said[1:].partition(".")[0]) >= OLDEST


def packages() -> Path:
    """The folder with the packages as the lock file has them. Skips where they cannot be brought, unless all must run."""
    wanted = hashlib.sha256((FOLDER / "package-lock.json").read_bytes()).hexdigest()
    with (FOLDER / ".lock").open("w") as lock:  # two workers of one run may ask at once
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not STAMP.exists() or STAMP.read_text() != wanted:
            _install()
            STAMP.write_text(wanted)
    return FOLDER


def _install() -> None:
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=PATIENCE, check=False)
    if done.returncode == 0:
        return
    reason = f"npm cannot bring the packages of {FOLDER.name}: {done.stderr.strip()[-300:]}"
    if os.environ.get("REQUIRE_ALL"):
        pytest.fail(reason)
    pytest.skip(reason)
