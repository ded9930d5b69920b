"""The card while an upstream takes the connection and says nothing: many such cards at once, and health beside them."""

from __future__ import annotations

import json
import random
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import world
from bench.cards import arrive
from simulator.demo.page import OPEN
from simulator.demo.stage import Scene, scene

UPSTREAMS = ("salesforce", "gmail", "google_token")
AT_ONCE = 16
ROUNDS = 2
"""Who waited in vain asks again: what still hangs of the first round must not starve the second."""
KNOWN = 20
LONGEST_CARD, LONGEST_HEALTH = 9.0, 1.0
BETWEEN = 0.25
"""Seconds between two questions for health."""
PATIENCE = 120.0


@dataclass(frozen=True)
class Stalled:
    """Seconds: of each card, and of each answer for health meanwhile. ``titles`` is what the cards say."""

    cards: Sequence[float]
    health: Sequence[float]
    titles: frozenset[str]


def figures() -> dict[str, tuple[float, str, float | None, str]]:
    """Value, unit, aim and what it is measured against, by name."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, stage_of(Path(folder)) as stage:
        found = [measure(stage, upstream) for upstream in UPSTREAMS]
    against = (
        f"{AT_ONCE} cards at once, twice, each of {', '.join(UPSTREAMS)} silent in turn, a fresh process each time"
    )
    return {
        "card_stalled_upstream_s": (max(max(one.cards) for one in found), "s", LONGEST_CARD, against),
        "health_stalled_upstream_s": (max(max(one.health) for one in found), "s", LONGEST_HEALTH, against),
    }


@contextmanager
def stage_of(folder: Path) -> Iterator[Scene]:
    """A world whose first mail is known."""
    world.write(folder / "world", KNOWN, "customer")
    with scene(folder / "world", folder / "run", extra={"POLL_SECONDS": "86400"}) as stage:
        stage.server("sync", quiet=True)
        yield stage


def measure(stage: Scene, silent: str, *, rounds: int = ROUNDS, is_known: bool = False) -> Stalled:
    """Mail is opened in a service that has just started: it has no token, no session and no description yet.

    ``is_known``: mail that is in the ledger already.
    """
    mail = stage.get("world")["mailboxes"][world.ME][:AT_ONCE]
    new = [m["gmail_message_id"] for m in mail] if is_known else [_arrive(stage) for _ in range(AT_ONCE)]
    events = [stage.post("addon/event", {"mailbox": world.ME, "message": i, "url": _url(stage)}) for i in new]
    cards: list[float] = []
    titles: set[str] = set()
    with stage.service(syncing=False) as service, ThreadPoolExecutor(AT_ONCE) as pool:
        _ask(service + "/readyz")
        stage.post("silence", {"services": [silent]})
        try:
            with _watched_health(service) as health:
                for _ in range(rounds):
                    for seconds, title in pool.map(lambda event: _open(service, event), events):
                        cards.append(seconds)
                        titles.add(title)
        finally:
            stage.post("silence", {"services": []})
    return Stalled(cards, health, frozenset(titles))


@contextmanager
def _watched_health(service: str) -> Iterator[list[float]]:
    """How long each answer for health took, while the block runs."""
    times: list[float] = []
    is_over = threading.Event()

    def watch() -> None:
        while not is_over.wait(BETWEEN):
            begin = time.perf_counter()
            _ask(service + "/healthz")
            times.append(time.perf_counter() - begin)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield times
    finally:
        is_over.set()
        watcher.join()


def _open(service: str, event: dict[str, Any]) -> tuple[float, str]:
    request = urllib.request.Request(  # noqa: S310  # our own service, on loopback
        service + OPEN,
        data=json.dumps(event["event"]).encode(),
        headers={"Content-Type": "application/json", "Authorization": event["authorization"]},
    )
    begin = time.perf_counter()
    card = json.loads(_ask(request))["action"]["navigations"][0]["pushCard"]
    return time.perf_counter() - begin, next(s["header"] for s in card["sections"] if "header" in s)


def _arrive(stage: Scene) -> str:
    return arrive(stage, random.randrange(10**6, 10**9))


def _ask(request: str | urllib.request.Request) -> bytes:
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
        read: bytes = answer.read()
        return read


def _url(stage: Scene) -> str:
    return stage.env["PUBLIC_URL"] + OPEN
