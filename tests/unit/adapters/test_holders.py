"""Who is alive on this machine."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from server.adapters.holders import LocalHolders

ROOT = Path(__file__).parents[3]
HOLD = (
    "import sys, pathlib\nfrom server.adapters.holders import LocalHolders\n"
    "print(LocalHolders(pathlib.Path(sys.argv[1])).me, flush=True)\nsys.stdin.read()"
)


@pytest.fixture
def other(tmp_path):
    """Another process that holds on until it is killed."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, text=True,
    ) as process:  # fmt: skip
        process.me = process.stdout.readline().strip()
        yield process
        process.kill()


def test_a_process_knows_that_it_lives(tmp_path):
    me = LocalHolders(tmp_path)

    assert not me.is_dead(me.me)
    assert not me.is_dead(f"{me.me}/thread-2")
    me.close()


def test_another_process_is_alive_until_it_is_killed(tmp_path, other):
    me = LocalHolders(tmp_path)
    assert not me.is_dead(other.me)

    os.kill(other.pid, signal.SIGKILL)
    other.wait()

    assert me.is_dead(other.me)
    assert me.is_dead(f"{other.me}/thread-1")
    me.close()


def test_one_that_was_never_here_is_dead(tmp_path):
    me = LocalHolders(tmp_path)

    assert me.is_dead("0" * 32)
    me.close()


def test_one_that_said_goodbye_is_dead_and_leaves_no_file(tmp_path):
    me, gone = LocalHolders(tmp_path), LocalHolders(tmp_path)

    gone.close()
    gone.close()

    assert me.is_dead(gone.me)
    assert [path.name for path in tmp_path.iterdir()] == [me.me]
    me.close()


def test_the_files_of_the_dead_are_swept_and_those_of_the_living_stay(tmp_path, other):
    (tmp_path / "dead").touch()

    me = LocalHolders(tmp_path)

    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([me.me, other.me])
    me.close()


def test_what_cannot_be_looked_at_counts_as_alive(tmp_path):
    me = LocalHolders(tmp_path)
    (tmp_path / "folder").mkdir()

    assert not me.is_dead("folder")
    me.close()
