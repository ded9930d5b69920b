"""``make soak RUN=cloud``: the cloud engine under kills and failures for half an hour; report in build/soak.json.

Ends with 1 where a mail was lost or doubled, or memory grew, and with 3 where there is no Firestore emulator.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from simulator.demo.deployment import ProcessError
from simulator.demo.emulator import NO_EMULATOR, firestore_emulator, is_here
from simulator.demo.stage import scene
from tests.soak.cloud.forecasting import Comparison, compare_with_forecast
from tests.soak.cloud.plan import MAILS_A_DAY, write_town
from tests.soak.cloud.run import Order, Outcome, Soak, as_json
from tests.soak.cloud.throughput import Rate, measure_throughput
from tests.support.engines import PUSHED

OUT = Path("build") / "soak.json"
FEW, MANY = 60, 1_000
LONG = 10.0
"""Minutes from which on there are a thousand mailboxes, and the throughput is measured."""
SHORT_PACE = 20.0
"""How often as much mail comes in a short run: a few mailboxes would get next to none."""
LONG_POLL, SHORT_POLL = 300, 60
"""Seconds from one sweep to the next, in a long soak and in one of minutes."""
SHARES = {"setup": 0.25, "rest": 0.2, "throughput": 0.15}
"""Of the minutes: what is kept for other things than mail that arrives."""
MOST_GROWTH = 1.5
"""How often as large a worker may be at the end as when it was warm."""
GROWTH_BYTES = 60_000_000
"""What it may grow in any case: caches fill."""
KILLS_SHARE = 0.6
"""Of the time in which mail comes, in a short run: then leases of the dead end before it does."""
FAILED, NO_ENGINE = 1, 3
PATIENCE = 120.0
"""Seconds for the simulator to make so many mailboxes."""


def main() -> int:
    wanted = _arguments()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", stream=sys.stderr)
    if not is_here():
        print(f"Error: {NO_EMULATOR}", file=sys.stderr)  # noqa: T201
        return NO_ENGINE
    mailboxes = wanted.mailboxes or (MANY if wanted.minutes >= LONG else FEW)
    try:
        with firestore_emulator() as emulator:
            os.environ["FIRESTORE_EMULATOR_HOST"] = emulator
            outcome, rates = _play(wanted, mailboxes, emulator)
    except ProcessError as error:
        print(f"Error: {error}", file=sys.stderr)  # noqa: T201
        return NO_ENGINE
    problems = list_problems(outcome)
    _write(wanted, mailboxes, outcome, rates, problems)
    _show(Console(width=120), wanted, mailboxes, outcome, rates, problems)
    return FAILED if problems else 0


def _count_mail_seconds(minutes: float) -> float:
    """For how long mail arrives."""
    kept = SHARES["setup"] + SHARES["rest"] + (SHARES["throughput"] if minutes >= LONG else 0)
    return 60 * minutes * (1 - kept)


def _play(wanted: argparse.Namespace, mailboxes: int, emulator: str) -> tuple[Outcome, list[Rate]]:
    is_long = wanted.minutes >= LONG
    pace = 1.0 if is_long else SHORT_PACE
    seconds = _count_mail_seconds(wanted.minutes)
    within = None if is_long else KILLS_SHARE * seconds
    order = Order(wanted.seed, mailboxes, seconds, is_calm=wanted.calm, pace=pace, kills_within=within)
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        folder = Path(name)
        world = write_town(folder / "world", mailboxes)
        settings = {**PUSHED, "POLL_SECONDS": str(LONG_POLL if is_long else SHORT_POLL), "BACKFILL_MONTHS": "1"}
        with scene(world, folder / "run", extra=settings, patience=PATIENCE, is_cloud=True) as stage:
            soak = Soak(stage, order, emulator)
            try:
                outcome = soak.run()
                return outcome, measure_throughput(soak, min(mailboxes, 600)) if is_long else []
            finally:
                soak.stop()


def list_problems(outcome: Outcome) -> list[str]:
    """What must not be, with ids only."""
    found = outcome.findings
    problems = [f"lost: {name}" for name in found.lost]
    problems += [f"doubled: {name}" for name in found.doubled]
    problems += [f"wrong: {name}" for name in found.wrong]
    problems += [f"still waiting: {name}" for name in found.waiting]
    memory = outcome.memory
    if memory and memory["end"] > max(MOST_GROWTH * memory["start"], memory["start"] + GROWTH_BYTES):
        problems.append(f"memory grew from {memory['start']} to {memory['end']} bytes")
    return problems


def _write(
    wanted: argparse.Namespace, mailboxes: int, outcome: Outcome, rates: list[Rate], problems: list[str]
) -> None:  # fmt: skip
    OUT.parent.mkdir(exist_ok=True)
    report: dict[str, Any] = {
        "minutes": wanted.minutes, "seed": wanted.seed, "mailboxes": mailboxes, "time": "real, not compressed", "pace": 1.0 if wanted.minutes >= LONG else SHORT_PACE,
        "problems": problems, **as_json(outcome), "forecast": _list_comparisons(wanted, mailboxes, outcome),
        "throughput": [asdict(rate) for rate in rates],
    }  # fmt: skip
    OUT.write_text(json.dumps(report, indent=1) + "\n")


def _show(
    console: Console,
    wanted: argparse.Namespace,
    mailboxes: int,
    outcome: Outcome,
    rates: list[Rate],
    problems: list[str],
) -> None:
    found, counts = outcome.findings, outcome.counts
    table = Table("What", "Figure", title=_name_run(mailboxes, outcome.seconds, wanted.minutes))
    rows = {
        "Mails that arrived (of them in bursts)": f"{outcome.mails:,} ({outcome.in_bursts:,})",
        "Activities": f"{found.logged:,}",
        "Lost, doubled, on a wrong record, waiting": ", ".join(
            str(len(names)) for names in (found.lost, found.doubled, found.wrong, found.waiting)
        ),
        "On their way when a short run ended": str(len(found.late)),
        "Kills of a worker; planned failures": f"{outcome.kills}; {sum(outcome.failures.values())} kinds and moments",
        "Seconds to Salesforce p50, p95, p99, worst": _show_lags(found.steady),
        "The same in bursts": _show_lags(found.bursts),
        "Memory of the longest-lived process, MB": _show_memory(outcome.memory),
        "Most writes of one document in a second": f"{outcome.hottest[1]} ({_show_document(outcome.hottest[0])})",
        "Firestore reads, writes; of each activity": _show_firestore(counts, found.logged),
        "Gmail units; Salesforce calls": f"{counts.get('gmail units', 0):,}; {counts.get('salesforce requests', 0):,}",
        "Tasks put; calls of Cloud KMS": f"{_sum(outcome, 'cloudtasks'):,}; {_sum(outcome, 'kms'):,}",
        "The forecast over what was counted": ", ".join(
            f"{name} {comparison.ratio:.2f}" for name, comparison in _compare(wanted, mailboxes, outcome).items()
        ),
        "Processor seconds": ", ".join(f"{name} {spent:.0f}" for name, spent in outcome.cpu.items()),
        "Processors of this machine busy": f"{outcome.machine_busy:.0%}",
    }
    for name, figure in rows.items():
        table.add_row(name, figure)
    console.print(table)
    if rates:
        table = Table("Workers", "Mails", "Seconds", "Mails a minute", "Bound by", title="A burst, nothing fails")
        for rate in rates:
            table.add_row(str(rate.workers), f"{rate.logged}", f"{rate.seconds:.0f}", f"{rate.per_minute}", rate.bound)
        console.print(table)
    for problem in problems[:20]:
        console.print(f"  {problem}", markup=False)


def _name_run(mailboxes: int, seconds: float, minutes: float) -> str:
    a_day = MAILS_A_DAY * (1 if minutes >= LONG else SHORT_PACE)
    return f"{mailboxes:,} mailboxes at {a_day:.0f} mails a day and bursts, {seconds / 60:.1f} minutes of real time"


def _compare(wanted: argparse.Namespace, mailboxes: int, outcome: Outcome) -> Mapping[str, Comparison]:
    order = Order(wanted.seed, mailboxes, _count_mail_seconds(wanted.minutes))
    return compare_with_forecast(order, outcome, LONG_POLL if wanted.minutes >= LONG else SHORT_POLL)


def _list_comparisons(wanted: argparse.Namespace, mailboxes: int, outcome: Outcome) -> dict[str, dict[str, float]]:
    """What was counted, what the forecast says of the same mail, and the forecast over the count."""
    return {
        name: {"measured": c.measured, "forecast": round(c.forecast, 1), "ratio": round(c.ratio, 3)}
        for name, c in _compare(wanted, mailboxes, outcome).items()
    }


def _show_lags(lags: Any) -> str:
    return f"{lags.p50:.1f}, {lags.p95:.1f}, {lags.p99:.1f}, {lags.worst:.1f} ({lags.count} activities)"


def _show_memory(memory: dict[str, int]) -> str:
    if not memory:
        return "not known"
    start, end, most = (memory[name] / 1e6 for name in ("start", "end", "most"))
    return f"{start:.0f} at first, {end:.0f} at the end, {most:.0f} at most ({memory['seconds']} s)"


def _show_document(name: str) -> str:
    """Its collection: a document's name may hold an id that is somebody's."""
    return name.partition("/")[0]


def _show_firestore(counts: dict[str, float], logged: int) -> str:
    reads, writes = counts.get("firestore reads", 0), counts.get("firestore writes", 0)
    return f"{reads:,}, {writes:,}; {reads / max(logged, 1):.0f}, {writes / max(logged, 1):.1f}"


def _sum(outcome: Outcome, service: str) -> int:
    return sum(count for name, count in outcome.cloud_calls.items() if name.startswith(f"{service} "))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak.cloud", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0, help="of wall time, about")
    parser.add_argument("--mailboxes", type=int, help=f"{MANY} from {LONG:.0f} minutes on, {FEW} below, unless said")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--calm", action="store_true", help="nothing is killed and nothing fails")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
