"""The running service is stopped and killed in the middle of its work, and started again: each email is logged once."""

from __future__ import annotations

import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.support.engines import BYRON_ORG, LOCAL, run_engine, until, write_world
from tests.support.scene import eml

pytestmark = pytest.mark.slow
ANN, BEN = "ann@acme.example", "ben@acme.example"
MAILS = 60
WORLD: dict[str, Any] = {
    "name": "restarts",
    "workspace": {
        "customer": "C01",
        "domains": [{"name": "acme.example", "primary": True}],
        "users": [{"email": ANN, "name": "Ann", "admin": True}, {"email": BEN, "name": "Ben"}],
    },
    "salesforce": BYRON_ORG,
}


def write_mail(tmp_path: Path) -> Path:
    """The past of two mailboxes; every third email lies in both."""
    mail: dict[str, list[bytes]] = {ANN: [], BEN: []}
    for n in range(MAILS):
        to = f"{ANN}, {BEN}" if n % 3 == 0 else ANN if n % 2 else BEN
        raw = eml(to=to, subject=f"Mail {n:02}", text="x" * 2_000)
        for address in (ANN, BEN):
            if address in to:
                mail[address].append(raw)
    return write_world(tmp_path / "world", WORLD, mail)


@pytest.mark.parametrize("way", ["SIGTERM", "SIGKILL"])
def test_stopped_in_the_middle_everything_is_logged_once(tmp_path: Path, way: str) -> None:
    seed = random.randrange(1, 10**6)
    chance = random.Random(seed)
    with run_engine(LOCAL, write_mail(tmp_path), tmp_path / "run", POLL_SECONDS="5") as engine:
        engine.stage.post("latency", {"seconds": 0.05})
        engine.start()
        for turn in range(4):
            # During the first pass and after it: in a collect, a delivery, between an insert and its answer.
            time.sleep(chance.uniform(2.0, 9.0))
            engine.deliver(ANN, eml(subject=f"New {turn}"))
            if way == "SIGTERM":
                engine.deployment.stop("service")
                log = engine.deployment.log_of("service").read_text(errors="replace")
                assert "Traceback" not in log, log[-3000:]
            else:
                engine.deployment.kill("service")
            engine.start()
        engine.stage.post("latency", {"seconds": 0})

        assert until(lambda: len(set(engine.subjects())) == MAILS + 4), f"seed {seed}"
        exported = engine.export_at_rest()
        inserted = Counter(engine.subjects())

    assert set(inserted.values()) == {1}, f"seed {seed}"
    assert {row["outcome"] for row in exported["messages"]} == {"logged"}, f"seed {seed}"
