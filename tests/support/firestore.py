"""The Firestore emulator: the one that $FIRESTORE_EMULATOR_HOST names, or one of our own for as long as the tests run."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

VARIABLE = "FIRESTORE_EMULATOR_HOST"
PATIENCE = 60.0
"""Seconds until it must answer."""


@pytest.fixture(scope="session")
def firestore_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its host and port, which the environment names too."""
    if given := os.environ.get(VARIABLE):
        yield given
        return
    with _started(tmp_path_factory.mktemp("firestore") / "log") as address:
        os.environ[VARIABLE] = address
        try:
            yield address
        finally:
            del os.environ[VARIABLE]


@contextmanager
def _started(log: Path) -> Iterator[str]:
    address = f"127.0.0.1:{_free_port()}"
    command = ["gcloud", "--quiet", "emulators", "firestore", "start", f"--host-port={address}"]
    with (
        log.open("wb") as out,
        subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, start_new_session=True) as process,
    ):
        try:
            _wait(address, process, log)
            yield address
        finally:
            _end(process)


def _wait(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://{address}/", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    pytest.fail(f"The Firestore emulator did not start:\n{log.read_text(errors='replace')[-2000:]}", pytrace=False)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Its group, for gcloud is a script around a script around Java. Its data is nobody's, so it need not say goodbye."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
