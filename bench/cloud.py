"""The cloud engine over a thousand mailboxes for some minutes, where there is a Firestore emulator; nothing fails."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from pathlib import Path

from simulator.demo import emulator
from simulator.demo.deployment import ProcessError
from simulator.demo.stage import scene
from tests.soak.cloud.plan import MAILS_A_DAY, write_town
from tests.soak.cloud.run import Order, Outcome, Soak
from tests.support.engines import PUSHED

MAILBOXES = 1_000
SECONDS = 240.0
PATIENCE = 120.0
"""Seconds for the simulator to make so many mailboxes."""
Figure = tuple[float, str, float | None, str]


def figures() -> dict[str, Figure]:
    """Empty where there is no Firestore emulator. Raises RuntimeError where a mail was lost or doubled."""
    if not emulator.is_here():
        return {}
    try:
        outcome, calls = _measure()
    except ProcessError:
        return {}  # gcloud is here, and its emulator is not
    found = outcome.findings
    if found.lost or found.doubled or not found.logged:
        raise RuntimeError(f"{len(found.lost)} mails were lost and {len(found.doubled)} doubled.")
    decrypts = sum(count for name, count in calls.items() if name.startswith("kms Decrypt ") and _is_of_service(name))
    per = f"{MAILBOXES} mailboxes at {MAILS_A_DAY} mails a day and bursts, {SECONDS:.0f} s, two workers and a sidebar"
    return {
        "kms_calls_per_1000_copies": (
            _spread_over_day(outcome, calls), "calls", 1.0, f"a day's, with starts and DEKs of all processes; {per}"
        ),
        "work_dek_decrypts": (decrypts / outcome.starts, "calls", 1.0, f"of each process for one day's DEK; {per}"),
        "lag_p95_s": (
            found.steady.p95, "s", 15.0,
            f"from the mailbox to Salesforce by push; {per}; in bursts {found.bursts.p95:.1f}",
        ),
        "cloud_writes_per_logged": (
            outcome.counts["firestore writes"] / found.logged, "writes", None,
            f"all documents, those of skipped mail and leases too; {per}",
        ),
        "cloud_reads_per_logged": (
            outcome.counts["firestore reads"] / found.logged, "reads", None, f"as Firestore bills them; {per}"
        ),
    }  # fmt: skip


def _spread_over_day(outcome: Outcome, calls: Counter[str]) -> float:
    """Calls of Cloud KMS for a thousand of the copies that such a day makes.

    Each process makes some at its start and one for the day's DEK; any other call counts as made for a copy.
    """
    during = sum(count for name, count in outcome.cloud_calls.items() if _is_of_service(name))
    once = min(during, outcome.starts)
    before = sum(count for name, count in calls.items() if _is_of_service(name)) - during
    logged = outcome.findings.logged
    thousands = MAILBOXES * MAILS_A_DAY * logged / outcome.mails / 1_000
    return (before + once) / thousands + 1_000 * (during - once) / logged


def _is_of_service(call: str) -> bool:
    """A call of Cloud KMS, and not by an operator's command."""
    return call.startswith("kms ") and " operator " not in call


def _measure() -> tuple[Outcome, Counter[str]]:
    """The outcome, and all calls of the simulated Google Cloud from the start on."""
    with emulator.firestore_emulator() as address, tempfile.TemporaryDirectory(prefix="bench-") as name:
        os.environ[emulator.VARIABLE] = address
        folder = Path(name)
        world = write_town(folder / "world", MAILBOXES)
        settings = {**PUSHED, "BACKFILL_MONTHS": "1"}
        with scene(world, folder / "run", extra=settings, patience=PATIENCE, is_cloud=True) as stage:
            soak = Soak(stage, Order(1, MAILBOXES, SECONDS, is_calm=True), address)
            try:
                return soak.run(), soak.list_cloud_calls()
            finally:
                soak.stop()


if __name__ == "__main__":
    for name, figure in figures().items():
        print(name, *figure)  # noqa: T201
