"""The Firestore emulator: the one that $FIRESTORE_EMULATOR_HOST names, or one of our own for as long as it is used."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from simulator.demo.deployment import ProcessError, find_address

VARIABLE = "FIRESTORE_EMULATOR_HOST"
NO_EMULATOR = (
    "There is no Firestore emulator. Set FIRESTORE_EMULATOR_HOST, or install one: gcloud components install"
    " cloud-firestore-emulator (and Java 21)."
)
PATIENCE = 60.0
"""Seconds until it must answer."""


def is_here() -> bool:
    """Whether there is an emulator, or what it takes to start one."""
    return bool(os.environ.get(VARIABLE)) or bool(shutil.which("gcloud") and shutil.which("java"))


@contextmanager
def firestore_emulator() -> Iterator[str]:
    """Its host and port. Raises ProcessError where it does not start."""
    if given := os.environ.get(VARIABLE):
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="firestore-") as folder:
        log = Path(folder) / "log"
        address = find_address()
        command = ["gcloud", "--quiet", "emulators", "firestore", "start", f"--host-port={address}"]
        with (
            log.open("wb") as out,
            subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, start_new_session=True) as process,  # noqa: S603
        ):
            try:
                _wait(address, process, log)
                yield address
            finally:
                # Its group, for gcloud is a script around a script around Java. Its data need not be kept.
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)


def _wait(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://{address}/", timeout=2):  # on loopback
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise ProcessError(f"The Firestore emulator did not start.\n{log.read_text(errors='replace')[-2000:]}")
