"""``gunicorn tests.soak.cloud.service:create_app()``: the service itself, on a clock that goes wrong, and metered."""

from __future__ import annotations

import os
import time
from pathlib import Path

from flask import Flask

from server.bootstrap import build
from server.settings import Settings
from server.web.app import create_app as create_app_from
from tests.soak.cloud.meter import Meter

SKEW, METER = "SOAK_CLOCK_SKEW", "SOAK_METER_FOLDER"


class SkewedClock:
    """``skew`` (seconds) ahead of this machine's."""

    def __init__(self, skew: float) -> None:
        self._skew = skew

    def now(self) -> float:
        return time.time() + self._skew


def create_app() -> Flask:
    """In the process that serves, after the fork."""
    Meter(Path(os.environ[METER])).start()
    clock = SkewedClock(float(os.environ.get(SKEW, "0")))
    return create_app_from(os.environ, build(Settings.of(os.environ), clock=clock))
