"""``make faults``: weeks of failures, one a seed, to build/faults.json; ends with 1 where anything was violated."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.faults.week import KILLS, Result, run

OUT = Path("build") / "faults.json"
SHOWN = 10
"""Violations of a seed that are printed; all of them are in the file."""
WIDTH = 110
"""Characters of the table where nobody says how wide the screen is."""
COLUMNS = ("Seed", "Messages", "Logged", "Activities", "Kills", "Failures", "Pushes", "Violations", "Seconds")


def main() -> int:
    wanted = _arguments()
    seeds = [wanted.seed] if wanted.seed is not None else list(range(1, wanted.seeds + 1))
    console = Console()
    console.width = max(console.width, WIDTH)
    results: list[Result] = []
    for seed in seeds:
        results.append(run(seed, wanted.mailboxes, wanted.messages, wanted.kills, wanted.keep))
        _write(results, wanted)
        _tell(console, results[-1], wanted)
    console.print(_table(results))
    return 1 if any(result.violations for result in results) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.faults", description=__doc__)
    parser.add_argument("--seeds", type=int, default=10, help="how many, from 1 on")
    parser.add_argument("--seed", type=int, help="only this one")
    parser.add_argument("--mailboxes", type=int, default=50)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--keep", type=Path, help="copy the state and the worker's log of the last seed to this folder")
    return parser.parse_args()


def _write(results: list[Result], wanted: argparse.Namespace) -> None:
    """After each seed: who stops a long run keeps what it found."""
    OUT.parent.mkdir(exist_ok=True)
    found = {
        "mailboxes": wanted.mailboxes,
        "messages": wanted.messages,
        "violations": sum(len(result.violations) for result in results),
        "seeds": [asdict(result) for result in results],
    }
    OUT.write_text(json.dumps(found, indent=1) + "\n")


def _tell(console: Console, result: Result, wanted: argparse.Namespace) -> None:
    console.print(
        f"Seed {result.seed}: {result.messages} messages, {result.kills} kills, {sum(result.suffered.values())}"
        f" failures, {len(result.violations)} violations, {result.seconds:.0f} s"
    )
    for violation in result.violations[:SHOWN]:
        console.print(f"  {violation.what}: {violation.where} {violation.detail}", markup=False, highlight=False)
    if result.violations:
        console.print(
            f"  Again: make faults SEED={result.seed} MAILBOXES={wanted.mailboxes} MESSAGES={wanted.messages}"
        )


def _table(results: list[Result]) -> Table:
    table = Table(*COLUMNS)
    for found in results:
        numbers = (
            found.seed, found.messages, found.outcomes.get("logged", 0), found.activities, found.kills,
            sum(found.suffered.values()), found.pushes, len(found.violations), round(found.seconds),
        )  # fmt: skip
        table.add_row(*map(str, numbers))
    return table


if __name__ == "__main__":
    sys.exit(main())
