"""``make bench``: figures of the whole path to build/bench.json, as ratios against a floor of the same run."""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from rich.console import Console
from rich.table import Table

from bench import (
    backfill,
    backfill_days,
    cards,
    cloud,
    floor,
    memory,
    org_calls,
    org_size,
    plan_domain,
    quota,
    stalled,
    world,
)
from bench.addresses import __main__ as addresses
from bench.authorship import figures as authorship
from bench.bodies import figures as bodies
from bench.bodies import hostile
from server.adapters.local_kek import BITS, RsaWrap
from server.bootstrap import build
from server.settings import Settings
from simulator.demo.stage import scene

OUT = Path("build") / "bench.json"
COUNT = 600
RUNS = 3
PARTS = (
    authorship,
    addresses,
    bodies,
    hostile,
    backfill,
    memory,
    cards,
    stalled,
    org_calls,
    org_size,
    cloud,
    plan_domain,
    backfill_days,
)
"""Modules that measure a matter of their own: ``figures`` gives value, unit, aim and what it is held against."""


@dataclass(frozen=True)
class Run:
    """One sync of one world, with the simulator in another process."""

    messages: int
    logged: int
    seconds: float
    cpu: float
    writes: dict[str, int]
    calls: dict[str, Any]


def run(folder: Path, count: int, *senders: str) -> tuple[Run, list[bytes]]:
    mails = world.write(folder / "world", count, *senders)
    with scene(folder / "world", folder / "run") as stage:
        services = build(Settings.of(stage.env))
        wall, cpu = time.perf_counter(), time.process_time()
        result = services.rooms.syncer.sync(workers=services.settings.workers)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        writes = services.ports.store.writes()
        services.close()
        return Run(count, result.logged, wall, cpu, writes, stage.get("calls/summary")), mails


def measured(*senders: str) -> tuple[Run, list[bytes]]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        return run(Path(folder), COUNT, *senders)


def figures() -> dict[str, dict[str, Any]]:
    mixed = [measured("customer", "stranger")[0] for _ in range(RUNS)]
    logged, mails = measured("customer")
    skipped, _ = measured("colleague")
    unmatched, _ = measured("stranger")
    per_logged = statistics.median([logged.cpu, *(measured("customer")[0].cpu for _ in range(RUNS - 1))]) / COUNT
    floor_cpu = statistics.median(floor.cpu_of_floor(mails) for _ in range(RUNS))
    one = mixed[0]
    units = one.calls["gmail"]["units"]
    kek = RsaWrap(rsa.generate_private_key(65537, BITS).public_key())
    seal = statistics.median(floor.seal_over_raw_gcm(mails, kek) for _ in range(RUNS))
    return {
        "messages_per_second": _figure(
            statistics.median(r.messages / r.seconds for r in mixed), "1/s", None,
            f"{COUNT} messages, half of them logged; simulator in another process, no latency",
        ),
        "cpu_over_floor": _figure(
            per_logged / floor_cpu, "ratio", None, "base64 and headers decoded, one AES-GCM seal, one JSON encode"
        ),
        "gmail_units_per_message": _figure(units / one.messages, "units", 30.2, "20 for headers, 20 more if logged"),
        "store_writes_per_skipped": _figure(
            sum(skipped.writes.values()) / COUNT, "writes", 1.1, "skipped by screening; documents, leases included"
        ),
        "store_writes_per_unmatched": _figure(
            sum(unmatched.writes.values()) / COUNT, "writes", None, "looked up and unknown: it waited once"
        ),
        "store_writes_per_logged": _figure(sum(logged.writes.values()) / COUNT, "writes", 6.2, "leases included"),
        "seal_over_raw_gcm": _figure(seal, "ratio", None, "AES-256-GCM alone; ours wraps a key with RSA-3072 besides"),
        "backfill_quota_use": _figure(*quota.figure()),
        **{name: _figure(*found) for part in PARTS for name, found in part.figures().items()},
    }  # fmt: skip


def _figure(value: float, unit: str, aim: float | None, against: str) -> dict[str, Any]:
    return {"value": round(value, 3), "unit": unit, "aim": aim, "against": against}


def main() -> None:
    found = figures()
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(found, indent=1) + "\n")
    table = Table("Figure", "Value", "Unit", "Aim", "Against")
    for name, figure in found.items():
        table.add_row(name, f"{figure['value']:g}", figure["unit"], str(figure["aim"] or ""), figure["against"])
    Console().print(table)


if __name__ == "__main__":
    main()
