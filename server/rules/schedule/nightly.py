"""When the nightly job begins, if no cron starts it."""

from __future__ import annotations

import hashlib
import math

DAY = 86_400.0
NIGHT = 6 * 60
"""Minutes after midnight UTC within which the nightly job begins."""
MIDDLE = 2.5
"""Seconds into the minute: the middle of a queue's bucket, so that rounding cannot lead to another bucket."""


def find_next_nightly_run(deployment: str, now: float) -> float:
    """The next start of the nightly job in epoch seconds. Each deployment has a minute of its own, always the same."""
    minute = int.from_bytes(hashlib.sha256(deployment.encode()).digest()[:4], "big") % NIGHT
    since_midnight = minute * 60 + MIDDLE
    midnight = math.floor(now / DAY) * DAY
    return midnight + since_midnight + (0.0 if midnight + since_midnight > now else DAY)
