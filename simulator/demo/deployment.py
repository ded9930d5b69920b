"""The service's processes as they are deployed: one on one machine, a sidebar and workers in the cloud."""

from __future__ import annotations

import os
import runpy
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 60.0
"""Seconds for a process to answer, or to end."""
SYNCING = ("-c", "gunicorn.conf.py")
THREADS = runpy.run_path(str(ROOT / "gunicorn.conf.py"))["threads"]
ANSWERING = ("-c", "/dev/null", "-k", "gthread", "--threads", str(THREADS))
"""As many threads as are deployed, and none that syncs."""


class ProcessError(Exception):
    """One sentence for the person at the keyboard, and the end of the process's log."""


@dataclass(frozen=True)
class Part:
    """One process of the service. ``address`` is where it listens (host and port), ``options`` are gunicorn's."""

    name: str
    address: str
    env: Mapping[str, str]
    options: Sequence[str] = SYNCING
    program: str = "server.main:create_app()"

    @property
    def url(self) -> str:
        return f"http://{self.address}"


@dataclass
class Deployment:
    """Starts, kills and stops the parts, each with a log in ``folder``. ``front`` names the one that cards ask."""

    folder: Path
    parts: Mapping[str, Part]
    front: str
    _processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return self.parts[self.front].url

    def start(self, *names: str) -> None:
        """Start these parts, or all of them, and wait until they answer. Raises ProcessError."""
        started = names or tuple(self.parts)
        for name in started:
            self.spawn(name)
        for name in started:
            self._wait(self.parts[name])

    def kill(self, name: str) -> None:
        """Without a word, as a machine dies: the process, and the workers that it forked."""
        process = self._processes.pop(name)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(PATIENCE)

    def stop(self, *names: str) -> None:
        """As an admin or the platform stops a process: what is at hand is finished."""
        stopping = [self._processes.pop(name) for name in names or tuple(self._processes)]
        for process in stopping:
            process.terminate()
        for process in stopping:
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait(PATIENCE)

    def is_up(self, name: str) -> bool:
        return name in self._processes

    def has_ended(self, name: str) -> bool:
        """Whether a part that was started ended by itself. Parts that share an address answer for each other."""
        process = self._processes.get(name)
        return process is not None and process.poll() is not None

    def pid(self, name: str) -> int:
        return self._processes[name].pid

    def log_of(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def spawn(self, name: str) -> None:
        """Start one part, and do not wait for it."""
        part = self.parts[name]
        # One log over all starts of a part: what a killed process wrote last is worth most.
        with self.log_of(part.name).open("ab") as log:
            self._processes[part.name] = subprocess.Popen(  # noqa: S603  # our own program
                [sys.executable, "-m", "gunicorn", *part.options, "-b", part.address, part.program],
                env=dict(part.env), cwd=ROOT, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def _wait(self, part: Part) -> None:
        ends = time.monotonic() + PATIENCE
        process = self._processes[part.name]
        while time.monotonic() < ends and process.poll() is None:
            try:
                with urllib.request.urlopen(f"{part.url}/healthz", timeout=2):  # noqa: S310  # on loopback
                    return
            except OSError:
                time.sleep(0.05)
        tail = self.log_of(part.name).read_text(errors="replace")[-2000:]
        raise ProcessError(f"The service did not start.\n{tail}")


def find_address() -> str:
    """A free port on loopback, with its host."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"
