"""Whatever the order in which Gmail tells a history, the ledger comes out the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from simulator.google_switches import GoogleSwitches
from simulator.universe import Universe
from tests.support.scene import Scene, eml

ANN, BEN = "ann@acme.example", "ben@acme.example"
LABELS = ("SPAM", "CATEGORY_UPDATES", "CATEGORY_PURCHASES", "INBOX", "TRASH", "Don't log", "STARRED")


def live_a_day(universe: Universe, deliver: Callable[..., str], chance: Random) -> None:
    """Mail arrives, moves and goes, in conversations of two mailboxes."""
    ids: list[tuple[str, str]] = []
    for number in range(60):
        address = chance.choice([ANN, BEN])
        box = universe.mailboxes[address]
        if not ids or chance.random() < 0.4:
            thread = chance.choice(["a1", "a2", "a3", "a4", "a5"])
            raw = eml(subject=f"Mail {number}", to=f"{ANN}, {BEN}", References=f"<{thread}@byron.example>")
            ids.append((address, deliver(address, raw, "INBOX", thread=thread)))
            continue
        address, message = chance.choice(ids)
        box = universe.mailboxes[address]
        label = chance.choice(LABELS)
        label = box.label_id(label) if label == "Don't log" else label
        if chance.random() < 0.08:
            box.delete(message)
            ids.remove((address, message))
        else:
            on = chance.random() < 0.6
            box.relabel(message, {label} if on else set(), set() if on else {label})


def read_ledger(scene: Scene) -> dict[str, Any]:
    store = scene.services.ports.store
    rows = {a: list(store.rows(scene.mailbox(a).mailbox_id)) for a in (ANN, BEN)}
    kept = {
        (address, row.message_id): (row.reason, tuple(e.mark for e in row.evidence), row.record_id)
        for address in rows
        for row in rows[address]
    }
    return {"rows": kept, "subjects": sorted(task["Subject"] for task in scene.tasks())}


@pytest.mark.parametrize("seed", range(4))
def test_any_order_of_a_history_gives_the_same_rows(make_scene: Callable[..., Scene], seed: int) -> None:
    ledgers = []
    for is_disordered in (False, True):
        scene = make_scene()
        google = GoogleSwitches(disordered_history=is_disordered)
        scene.universe.world = replace(scene.universe.world, google=google)
        scene.sync()
        live_a_day(scene.universe, scene.deliver, Random(seed))
        scene.sync()
        scene.sync()
        live_a_day(scene.universe, scene.deliver, Random(seed + 100))
        scene.sync()
        scene.sync()
        ledgers.append(read_ledger(scene))
    assert ledgers[0] == ledgers[1]
    assert len(ledgers[0]["rows"]) > 20
