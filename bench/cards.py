"""The card's time as Gmail sees it: ten opens a second, whether or not the last one was answered."""

from __future__ import annotations

import base64
import json
import random
import statistics
import tempfile
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bench import world
from simulator.demo.page import OPEN
from simulator.demo.stage import Scene, scene

KNOWN = 200
OPENS = 200
A_SECOND = 10
ME = world.ME


def figures() -> dict[str, tuple[float, str, float | None, str]]:
    """Value, unit, aim and what it is measured against, by name."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        world.write(Path(folder) / "world", KNOWN, "customer")
        with scene(Path(folder) / "world", Path(folder) / "run", extra={"POLL_SECONDS": "86400"}) as stage:
            stage.server("sync", quiet=True)
            # Without a worker, for the first open of a mailbox would make the rest of it known.
            with stage.service(syncing=False) as service:
                known = [item["gmail_message_id"] for item in stage.get("world")["mailboxes"][ME]]
                _opened(stage, service, known[:5])
                on_known = _measured(stage, service, known)
                on_unknown = _measured(stage, service, [arrive(stage, i) for i in range(OPENS)])
    against = f"{A_SECOND} opens a second in an open loop, simulator in another process without latency"
    out: dict[str, tuple[float, str, float | None, str]] = {}
    for name, (times, calls), aim, most in (("known", on_known, 50.0, 0.0), ("unknown", on_unknown, None, 2.0)):
        ranked = statistics.quantiles(times, n=100)
        for percent in (50, 95, 99):
            out[f"card_{name}_p{percent}_ms"] = (ranked[percent - 1], "ms", aim if percent == 99 else None, against)
        out[f"card_{name}_upstream_calls"] = (calls, "calls", most, "Gmail's and Salesforce's, for each card")
    return out


def arrive(stage: Scene, number: int) -> str:
    raw = world.message(KNOWN + number, random.Random(number), "customer")
    body = {"op": "deliver", "mailbox": ME, "raw": base64.b64encode(raw).decode(), "source": f"new-{number}"}
    return str(stage.post("mail", body)["id"])


def _measured(stage: Scene, service: str, ids: list[str]) -> tuple[list[float], float]:
    before = _calls(stage)
    times = _opened(stage, service, ids)
    return times, (_calls(stage) - before) / len(ids)


def _calls(stage: Scene) -> int:
    found: dict[str, dict[str, int]] = stage.get("calls/summary")
    sums = ("units", "requests")
    return sum(n for service in ("gmail", "salesforce") for name, n in found[service].items() if name not in sums)


def _opened(stage: Scene, service: str, ids: list[str]) -> list[float]:
    """Milliseconds from when each was due to be opened."""
    url = stage.env["PUBLIC_URL"] + OPEN
    made = [stage.post("addon/event", {"mailbox": ME, "message": i, "url": url}) for i in ids]
    begin = time.perf_counter() + 0.1

    def one(number: int) -> float:
        due = begin + number / A_SECOND
        time.sleep(max(due - time.perf_counter(), 0))
        _post(service, made[number])
        return (time.perf_counter() - due) * 1000

    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(one, range(len(ids))))


def _post(service: str, event: dict[str, Any]) -> None:
    request = urllib.request.Request(  # noqa: S310  # our own service, on loopback
        service + OPEN,
        data=json.dumps(event["event"]).encode(),
        headers={"Content-Type": "application/json", "Authorization": event["authorization"]},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        card = json.load(answer)
    title = card["action"]["navigations"][0]["pushCard"]["sections"][0]["header"]
    if "ogged in Salesforce" not in title:
        raise RuntimeError(f"A card was measured that says: {title}")
