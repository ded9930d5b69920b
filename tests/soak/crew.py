"""The worker processes: started, killed without a word, started again."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from multiprocessing.sharedctypes import RawArray
from pathlib import Path
from typing import Any

from tests.soak.pushes import free_ports
from tests.soak.worker import BUSY, Orders, main

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.soak.worker"])
LOOK = 0.02
"""Seconds between looks at who is alive."""
JOIN = 10.0
"""Seconds for a killed process to be gone."""


class Crew:
    """``size`` processes of ``threads`` each. ``deaths`` counts the kills that hit."""

    def __init__(self, size: int, threads: int, cell: Any, envs: Sequence[Mapping[str, str]], folder: Path) -> None:
        self.size = size
        self.deaths = 0
        self.ports = free_ports(size)
        self._threads = threads
        self._cell = cell
        self._envs = envs
        self._log = str(folder / "worker.log")
        self._idle = RawArray("d", [BUSY] * (size * threads))
        self._wakes = RawArray("d", [0.0] * size)
        self._lock = threading.Lock()
        self._looked_at = 0.0
        self._processes: list[Any] = [None] * size

    def start(self) -> None:
        for number in range(self.size):
            self._start(number)

    def kill(self, number: int) -> None:
        """From any thread, at any moment."""
        with self._lock:
            process = self._processes[number]
            if process is None or not process.is_alive():
                return
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
            self.deaths += 1

    def mend(self) -> int:
        """Start again who is dead; returns how many. A look costs system calls, so it does not look all the time."""
        if time.monotonic() - self._looked_at < LOOK:
            return 0
        self._looked_at = time.monotonic()
        dead = [n for n, process in enumerate(self._processes) if not process.is_alive()]
        for number in dead:
            self._processes[number].join(JOIN)
            self._start(number)
        return len(dead)

    def is_resting(self, now: float) -> bool:
        """Nobody has anything to do at this moment: each process found nothing, or sleeps."""
        return all(self._is_resting(number, now) for number in range(self.size))

    def wakes_at(self, now: float) -> float | None:
        """When the first of those who sleep wakes up."""
        return min((at for at in self._wakes if at > now), default=None)

    def _is_resting(self, number: int, now: float) -> bool:
        first = number * self._threads
        return self._wakes[number] > now or all(at >= now for at in self._idle[first : first + self._threads])

    def dump(self) -> None:
        """Everybody writes down where each thread stands."""
        for process in self._processes:
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGUSR1)

    def stop(self) -> None:
        for process in self._processes:
            if process is not None:
                process.kill()
                process.join(JOIN)

    def _start(self, number: int) -> None:
        first = number * self._threads
        self._idle[first : first + self._threads] = [BUSY] * self._threads
        self._wakes[number] = 0.0
        orders = Orders(
            env=self._envs[number],
            cell=self._cell,
            idle=self._idle,
            wakes=self._wakes,
            number=number,
            threads=self._threads,
            port=self.ports[number],
            log=self._log,
            harness=os.getpid(),
        )
        process = FORKS.Process(target=main, args=(orders,), daemon=True)
        process.start()
        with self._lock:
            self._processes[number] = process
