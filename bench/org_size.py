"""The same mail against a small org and a large one: the calls, and the bytes that are asked, must not know which."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.scene import Scene, eml, small_world

SMALL, LARGE = 1_000, 1_000_000
MESSAGES = 200
ANN = "ann@acme.example"
Figure = tuple[float, str, float | None, str]


@dataclass(frozen=True)
class Asked:
    """``bytes_sent`` counts the bodies of all requests to Salesforce; ``cpu`` is in seconds, simulator included."""

    calls: tuple[str, ...]
    bytes_sent: int
    logged: int
    cpu: float


def contacts(count: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        yield {
            "Id": f"003B{number:011d}", "LastName": f"P{number}", "Email": f"p{number}@c{number % 997}.example",
            "AccountId": "001A00000000001", "OwnerId": "005A00000000001",
        }  # fmt: skip


def asked(count: int, messages: int = MESSAGES) -> Asked:
    """Mail of people who are in both orgs, and of strangers."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        scene = Scene(Path(folder), small_world({"Contact": list(contacts(count))}))
        scene.services.ports.crm.shape()
        scene.sync()
        for number in range(messages):
            name = f"p{number}@c{number % 997}.example" if number % 2 else f"nobody{number}@nowhere.example"
            scene.deliver(ANN, eml(sender=name, subject=str(number), message_id=f"<{number}@x.example>"))
        scene.universe.calls.clear()
        sent = _listen(scene)
        began = time.process_time()
        scene.sync()
        found = Asked(
            tuple(call.method for call in scene.universe.calls.calls("salesforce")), sum(sent), len(scene.tasks()),
            time.process_time() - began,
        )  # fmt: skip
        scene.close()
        return found


def _listen(scene: Scene) -> list[int]:
    """The length of each request to the org from now on."""
    sent: list[int] = []
    wire = scene.transport._wsgi  # noqa: SLF001  # the wire itself
    ask = wire.ask

    def heard(url: str, method: str, headers: Any, body: Any) -> Any:
        if "/services/data/" in url:
            sent.append(len(url) + len(body or b""))
        return ask(url, method, headers, body)

    wire.ask = heard  # type: ignore[method-assign]
    return sent


def figures() -> dict[str, Figure]:
    small, large = asked(SMALL), asked(LARGE)
    per = f"{MESSAGES} messages, {LARGE:,} contacts against {SMALL:,}"
    if small.logged != large.logged:
        raise RuntimeError("The size of the org changed what was logged.")
    return {
        "salesforce_calls_large_over_small": (len(large.calls) / len(small.calls), "ratio", 1.0, per),
        "salesforce_bytes_large_over_small": (large.bytes_sent / small.bytes_sent, "ratio", 1.0, per),
    }


if __name__ == "__main__":
    for name, figure in figures().items():
        print(name, *figure)  # noqa: T201
