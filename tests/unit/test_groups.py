"""Tests of one ``xdist_group`` run in one worker: they start real programs, of which two would be in each other's way."""

import os
import subprocess
import sys

WRITER = """
import os
import pytest

pytestmark = pytest.mark.xdist_group("one")


@pytest.mark.parametrize("number", range(6))
def test_says_where_it_runs(number):
    with open("workers", "a") as file:
        file.write(os.environ["PYTEST_XDIST_WORKER"] + " ")
"""


def test_a_group_stays_in_one_worker(tmp_path):
    """pytest-xdist renames tests inside pytest to say so; with a pytest that it does not fit they run anywhere."""
    (tmp_path / "test_it.py").write_text(WRITER)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadgroup", "test_it.py"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout
    assert len(set((tmp_path / "workers").read_text().split())) == 1
