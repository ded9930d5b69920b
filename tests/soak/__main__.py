"""``make faults``: a day of a failing org and a week in which all fails, a seed each, to build/faults.json.

Ends with 1 where anything was violated.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.soak.org.run import HardDay
from tests.soak.play import KILLS, Result
from tests.soak.week import Week

OUT = Path("build") / "faults.json"
SHOWN = 10
"""Violations of a seed that are printed; all of them are in the file."""
WIDTH = 110
"""Characters of the table where nobody says how wide the screen is."""
COLUMNS = ("Run", "Seed", "Messages", "Logged", "Refused", "Activities", "Kills", "Failures", "Violations", "Seconds")
NICE = 10


@dataclass(frozen=True)
class Run:
    """``mailboxes`` and ``messages`` are its full size."""

    name: str
    make: Callable[[Path, int, int, int, int], HardDay | Week]
    mailboxes: int
    messages: int


RUNS = (Run("org", HardDay, 40, 10_000), Run("week", Week, 50, 20_000))


def main() -> int:
    wanted = _arguments()
    os.nice(NICE)
    seeds = [wanted.seed] if wanted.seed is not None else list(range(1, wanted.seeds + 1))
    console = Console()
    console.width = max(console.width, WIDTH)
    results: dict[str, list[Result]] = {}
    for run in RUNS:
        if wanted.run not in (None, run.name):
            continue
        found = results.setdefault(run.name, [])
        for seed in seeds:
            found.append(_played(run, seed, wanted))
            _write(results, wanted)
            _tell(console, run, found[-1], wanted)
    console.print(_table(results))
    return 1 if any(result.violations for found in results.values() for result in found) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--run", choices=[run.name for run in RUNS], help="only this one")
    parser.add_argument("--seeds", type=int, default=10, help="how many, from 1 on")
    parser.add_argument("--seed", type=int, help="only this one")
    parser.add_argument("--mailboxes", type=int, help="50 in the week, 40 for the org, unless said")
    parser.add_argument("--messages", type=int, help="20,000 in the week, 10,000 for the org, unless said")
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--keep", type=Path, help="copy the state and the worker's log of the last seed to this folder")
    return parser.parse_args()


def _size(run: Run, wanted: argparse.Namespace) -> tuple[int, int]:
    return wanted.mailboxes or run.mailboxes, wanted.messages or run.messages


def _played(run: Run, seed: int, wanted: argparse.Namespace) -> Result:
    """In a folder in memory where there is one: no crash of ours is a power failure."""
    memory = Path("/dev/shm")  # a folder of our own in it
    folder = Path(tempfile.mkdtemp(prefix="faults-", dir=memory if memory.is_dir() else None))
    try:
        return run.make(folder, seed, *_size(run, wanted), wanted.kills).run()
    finally:
        if wanted.keep:
            shutil.copytree(folder, wanted.keep, dirs_exist_ok=True)
        shutil.rmtree(folder, ignore_errors=True)


def _write(results: dict[str, list[Result]], wanted: argparse.Namespace) -> None:
    """After each seed: who stops a long run keeps what it found."""
    OUT.parent.mkdir(exist_ok=True)
    runs = {}
    for run in RUNS:
        if found := results.get(run.name):
            mailboxes, messages = _size(run, wanted)
            runs[run.name] = {
                "mailboxes": mailboxes,
                "messages": messages,
                "violations": sum(len(result.violations) for result in found),
                "seeds": [asdict(result) for result in found],
            }
    total = sum(len(result.violations) for found in results.values() for result in found)
    OUT.write_text(json.dumps({"violations": total, "runs": runs}, indent=1) + "\n")


def _tell(console: Console, run: Run, result: Result, wanted: argparse.Namespace) -> None:
    console.print(
        f"{run.name}, seed {result.seed}: {result.messages} messages, {result.kills} kills,"
        f" {sum(result.suffered.values())} failures,{_describe_calls(result)} {len(result.violations)} violations, {result.seconds:.0f} s"
    )
    for violation in result.violations[:SHOWN]:
        console.print(f"  {violation.what}: {violation.where} {violation.detail}", markup=False, highlight=False)
    if result.violations:
        mailboxes, messages = _size(run, wanted)
        console.print(
            f"  Again: make faults RUN={run.name} SEED={result.seed} MAILBOXES={mailboxes} MESSAGES={messages}"
        )


def _describe_calls(result: Result) -> str:
    """For each thousand activities."""
    if result.least_borne is None:
        return ""
    calls = f"{result.crm_calls_per_thousand:.0f} calls per 1,000 ({result.calm_crm_calls_per_thousand:.0f} calm"
    return f" {calls}, at least {result.least_borne} borne),"


def _table(results: dict[str, list[Result]]) -> Table:
    table = Table(*COLUMNS)
    for name, every in results.items():
        for found in every:
            outcomes = found.outcomes
            numbers = (
                found.seed, found.messages, outcomes.get("logged", 0), outcomes.get("failed", 0), found.activities,
                found.kills, sum(found.suffered.values()), len(found.violations), round(found.seconds),
            )  # fmt: skip
            table.add_row(name, *map(str, numbers))
    return table


if __name__ == "__main__":
    sys.exit(main())
