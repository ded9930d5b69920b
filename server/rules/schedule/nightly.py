"""When what is done by time is due, where no cron asks for it."""

from __future__ import annotations

import hashlib
import math

DAY = 86_400.0
NIGHT = 6 * 60
"""Minutes after midnight UTC within which the nightly work begins."""
MIDDLE = 2.5
"""Seconds into the minute: in the middle of a queue's bucket, so that rounding names no other."""


def find_next_nightly_run(deployment: str, now: float) -> float:
    """The next nightly moment (epoch seconds): always the same minute for a deployment, and not the same for all."""
    minute = int.from_bytes(hashlib.sha256(deployment.encode()).digest()[:4], "big") % NIGHT
    since_midnight = minute * 60 + MIDDLE
    midnight = math.floor(now / DAY) * DAY
    return midnight + since_midnight + (0.0 if midnight + since_midnight > now else DAY)
