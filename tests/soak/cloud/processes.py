"""Processor time of groups of processes, as Linux keeps it; nothing on other systems."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")
GROUP, USER, SYSTEM = 2, 11, 12
"""Places in /proc/PID/stat behind the name."""


@dataclass(frozen=True)
class Usage:
    """Seconds of the processor by the name of a group, and of the whole machine: busy, and all there were."""

    groups: Mapping[str, float]
    busy: float
    all: float

    def since(self, before: Usage) -> Usage:
        """A group that was started or killed between counts from zero."""
        groups = {name: max(spent - before.groups.get(name, 0.0), 0.0) for name, spent in self.groups.items()}
        return Usage(groups, self.busy - before.busy, self.all - before.all)


def read_usage(leaders: Mapping[str, int], words: Mapping[str, str]) -> Usage:
    """``leaders`` are process groups by name; ``words`` name processes by what stands in their command line."""
    groups = dict.fromkeys((*leaders, *words), 0.0)
    for folder in PROC.glob("[0-9]*") if PROC.is_dir() else ():
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            spent = (int(fields[USER]) + int(fields[SYSTEM])) / TICKS
            name = _name_group(int(fields[GROUP]), leaders) or _name_command(folder, words)
        except (OSError, ValueError, IndexError):
            continue  # it has just ended
        if name:
            groups[name] += spent
    return Usage(groups, *_read_machine())


def _name_group(group: int, leaders: Mapping[str, int]) -> str:
    return next((name for name, leader in leaders.items() if leader == group), "")


def _name_command(folder: Path, words: Mapping[str, str]) -> str:
    command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return next((name for name, word in words.items() if word in command), "")


def _read_machine() -> tuple[float, float]:
    """Busy and all seconds of all processors together."""
    try:
        ticks = [int(field) for field in (PROC / "stat").read_text().splitlines()[0].split()[1:9]]
    except (OSError, ValueError):
        return 0.0, 0.0
    idle = ticks[3] + ticks[4]
    return (sum(ticks) - idle) / TICKS, sum(ticks) / TICKS
