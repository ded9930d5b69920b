"""Which processes are alive on this machine, so that a killed process's leases end with it.

Each process keeps an exclusive lock on a file of its own; the kernel lets go of it whatever way the process ends.
"""

from __future__ import annotations

import fcntl
import os
import time
import uuid
from pathlib import Path

ABANDONED = 3600.0
"""Seconds after which a hidden file belongs to a process that died early."""


class LocalHolders:
    """``folder`` is shared by the processes of one machine. Not safe over network file systems."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self.me = uuid.uuid4().hex
        # Locked under a hidden name, which no process sweeps, and shown only then: unlocked, we would look dead.
        hidden = folder / f".{self.me}"
        self._file = os.open(hidden, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        hidden.rename(folder / self.me)
        self._sweep()

    def is_dead(self, holder: str) -> bool:
        """True only for a process of this folder that is certainly gone."""
        name = holder.partition("/")[0]
        if name == self.me:
            return False
        try:
            file = os.open(self._folder / name, os.O_RDWR)
        except FileNotFoundError:
            return True
        except OSError:
            return False
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        else:
            return True
        finally:
            os.close(file)

    def close(self) -> None:
        """Safe to call twice."""
        (self._folder / self.me).unlink(missing_ok=True)
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _sweep(self) -> None:
        for path in self._folder.iterdir():
            if path.name.startswith("."):
                _remove_if_old(path)
            elif path.name != self.me and self.is_dead(path.name):
                path.unlink(missing_ok=True)


def _remove_if_old(path: Path) -> None:
    """A process died between making its file and showing it."""
    try:
        if time.time() - path.stat().st_mtime > ABANDONED:
            path.unlink(missing_ok=True)
    except FileNotFoundError:
        return
