"""The service's memory over a mailbox a hundred times larger: it must not grow with the mailbox."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

from bench.world import ME
from simulator.demo.stage import ROOT, Scene, scene

SMALL, LARGE = 1_000, 100_000
PRIMARY_EVERY = 25
"""One message in so many is read, the others are decided by their labels."""
NEWEST = datetime(2026, 9, 1, tzinfo=UTC)
YEARS = 3
Figure = tuple[float, str, float | None, str]


def figures() -> dict[str, Figure]:
    peaks = {count: _peak(count) for count in (SMALL, LARGE)}
    against = f"peak of a whole sync of {LARGE:,} messages over one of {SMALL:,} ({peaks[SMALL] / 1e6:.0f} MB)"
    return {"rss_growth": (peaks[LARGE] / peaks[SMALL], "ratio", 1.1, against)}


def _peak(count: int) -> int:
    """Bytes."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        _write(Path(folder) / "world", count)
        with scene(Path(folder) / "world", Path(folder) / "run") as stage:
            return _peak_of_sync(stage)


def _peak_of_sync(stage: Scene) -> int:
    command = [sys.executable, "-m", "flask", "--app", "server.main", "sync"]
    with subprocess.Popen(command, env=dict(stage.env), cwd=ROOT, stdout=subprocess.DEVNULL) as process:  # noqa: S603
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"The sync ended with {process.returncode}.")
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _write(folder: Path, count: int) -> None:
    """One mbox over some years, as Takeout writes it."""
    (folder / "mail").mkdir(parents=True)
    with (folder / "mail" / f"{ME}.mbox").open("w", newline="\n") as out:
        for number in range(count):
            date = format_datetime(NEWEST - timedelta(days=365 * YEARS * number / count))
            label = "Inbox" if number % PRIMARY_EVERY == 0 else "Inbox,Category Promotions"
            out.write(
                f"From {number}@x Mon Sep 01 00:00:00 +0000 2026\n"
                f"X-Gmail-Labels: {label}\nFrom: a{number}@nowhere{number}.example\nTo: {ME}\n"
                f"Subject: {number}\nDate: {date}\nMessage-ID: <{number}@nowhere.example>\n\nHello.\n\n"
            )
    user = {"Id": "005A00000000001", "Email": ME, "Name": "Rep", "IsActive": True}
    world = {
        "name": "memory",
        "workspace": {"domains": [{"name": "bench.example", "primary": True}], "users": [{"email": ME, "admin": True}]},
        "salesforce": {"namespace": "TrulyActivity", "User": [user], "Account": [], "Contact": [], "Lead": []},
    }
    (folder / "world.json").write_text(json.dumps(world))


if __name__ == "__main__":
    print(figures())  # noqa: T201
