"""The cloud engine over a thousand mailboxes for some minutes, where there is a Firestore emulator; nothing fails."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from pathlib import Path

from simulator.demo import emulator
from simulator.demo.deployment import ProcessError
from simulator.demo.stage import scene
from tests.soak.cloud.plan import write_town
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
    decrypts = sum(
        count for name, count in calls.items() if name.startswith("kms Decrypt ") and " operator " not in name
    )
    during = sum(count for name, count in outcome.cloud_calls.items() if name.startswith("kms "))
    per = f"{MAILBOXES} mailboxes at 40 mails a day and bursts, {SECONDS:.0f} s of real time, two workers and a sidebar"
    bursts = f"{per}; in bursts {found.bursts.p95:.1f}"
    return {
        "kms_calls_per_1000_copies": (1_000 * during / found.logged, "calls", 1.0, f"{per}; process starts left out"),
        "work_dek_decrypts": (decrypts / outcome.starts, "calls", 1.0, f"of each process for one day's DEK; {per}"),
        "lag_p95_s": (found.steady.p95, "s", 15.0, f"from the mailbox to Salesforce by push; {bursts}"),
        "cloud_writes_per_logged": (
            outcome.counts["firestore writes"] / found.logged, "writes", None,
            f"all documents, those of skipped mail and leases too; {per}",
        ),
        "cloud_reads_per_logged": (
            outcome.counts["firestore reads"] / found.logged, "reads", None, f"as Firestore bills them; {per}"
        ),
    }  # fmt: skip


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
