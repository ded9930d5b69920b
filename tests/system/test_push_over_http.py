"""Push as it is deployed: Gmail and Pub/Sub in one process, the service in another, HTTP between them."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from simulator.demo.stage import Scene, scene
from tests.support.engines import write_small_world
from tests.support.pushing import ACCOUNT, TOPIC, URL
from tests.support.scene import eml

pytestmark = pytest.mark.slow
ANN = "ann@acme.example"
PATIENCE = 60.0
"""Seconds; a push takes some ten, most of it waiting for the end of a bucket."""


@pytest.fixture
def world(tmp_path: Path) -> Path:
    return write_small_world(tmp_path / "world", "push", [])


@pytest.fixture
def ready(world: Path, tmp_path: Path) -> Iterator[Scene]:
    """Polling is an hour away: what arrives in time came by push."""
    settings = {"PUBSUB_TOPIC": TOPIC, "PUSH_SERVICE_ACCOUNT": ACCOUNT, "POLL_SECONDS": "3600"}
    with scene(world, tmp_path / "run", extra=settings) as made:
        made.post("pubsub/topics", {"name": TOPIC})
        yield made


def until(found: Callable[[], bool]) -> bool:
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends and not found():
        time.sleep(0.1)
    return found()


def deliver(ready: Scene, subject: str) -> None:
    raw = base64.b64encode(eml(subject=subject)).decode()
    ready.post("mail", {"op": "deliver", "mailbox": ANN, "raw": raw})


def subjects(ready: Scene) -> list[str]:
    return sorted(task["Subject"].rpartition(": ")[2] for task in ready.get("salesforce")["Task"])


def test_a_mail_is_in_salesforce_soon_after_gmail_pushed(ready: Scene) -> None:
    with ready.service() as url:
        ready.post(
            "pubsub/subscriptions", {"topic": TOPIC, "endpoint": f"{url}/push", "audience": URL, "account": ACCOUNT}
        )
        assert until(lambda: bool(ready.get("pubsub")["watches"]))
        deliver(ready, "Pushed")
        assert until(lambda: subjects(ready) == ["Pushed"])
        # A watch that begins is pushed too, and Gmail says no more than one thing a second about a mailbox: that push
        # may be what brought the mail. It is noted when it is answered, which may be after the worker is done.
        assert until(lambda: bool(ready.get("calls?service=pubsub")))
        statuses = {call["status"] for call in ready.get("calls?service=pubsub")}
        assert statuses == {204}
