"""The service on a simulated Google Cloud: a sidebar and workers, each as an account of its own, and a scheduler."""

from __future__ import annotations

import contextlib
import json
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from simulator.demo.deployment import SYNCING, Part

WORKER_URL = "https://worker.simulated.example"
"""What the tasks' tokens are for; the simulator knows where that is on loopback."""
SCHEDULER = "scheduler@simulated.iam.gserviceaccount.com"
WATCH_EVERY = 3_600.0
"""Seconds, as in cron.yaml."""
PAUSE = 0.5
"""Seconds before a request that was refused is sent again."""
TIMEOUT = 60.0
SHARING = ("--reuse-port",)
"""Several processes listen at one address, and the kernel shares the calls out, as a front end does."""

Ask = Callable[[str, Any], Any]
"""Posts to the simulator's own interface, and returns the answer."""


@dataclass(frozen=True)
class CloudSettings:
    """``roles`` has the settings of a process by the role of its account."""

    common: Mapping[str, str]
    roles: Mapping[str, Mapping[str, str]]

    def of(self, role: str) -> dict[str, str]:
        return {**self.common, **self.roles[role]}

    @property
    def break_glass(self) -> dict[str, str]:
        return {**self.of("break_glass"), "MAY_OPEN_COPIES": "yes"}


def make_parts(env: Mapping[str, str], settings: CloudSettings, sidebar: str, worker: str, workers: int) -> list[Part]:
    """One sidebar, and so many workers that listen at one address."""
    parts = [Part("sidebar", sidebar, {**env, **settings.of("sidebar"), "ROLE": "sidebar"})]
    for number in range(1, workers + 1):
        worker_env = {**env, **settings.of("worker"), "ROLE": "worker"}
        parts.append(Part(f"worker-{number}", worker, worker_env, (*SYNCING, *SHARING)))
    return parts


class Scheduler:
    """Stands for App Engine's cron: it calls ``/cron/sweep`` and ``/cron/watch`` of a worker in their time."""

    def __init__(self, ask: Ask, worker: str, sweep_every: float) -> None:
        """``worker`` is its address on loopback, with the scheme; ``sweep_every`` is in seconds."""
        self._ask = ask
        self._worker = worker
        self._every = {"sweep": sweep_every, "watch": WATCH_EVERY}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="scheduler", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        due = dict.fromkeys(self._every, 0.0)
        while not self._stopping.wait(PAUSE):
            for kind, seconds in self._every.items():
                if time.monotonic() >= due[kind] and self._call(f"/cron/{kind}"):
                    due[kind] = time.monotonic() + seconds

    def _call(self, path: str) -> bool:
        """False where it has to be called again."""
        with contextlib.suppress(OSError):
            token = self._ask("id-token", {"aud": WORKER_URL + path, "email": SCHEDULER, "sub": "1", "azp": "1"})
            request = urllib.request.Request(  # noqa: S310  # on loopback
                self._worker + path, headers={"Authorization": f"Bearer {token['token']}"}
            )
            with urllib.request.urlopen(request, timeout=TIMEOUT) as response:  # noqa: S310
                return int(response.status) < 300
        return False


def read_cloud_settings(cloud: Mapping[str, Any], project: str, salesforce_key: str) -> CloudSettings:
    """``cloud`` is the simulator's answer; ``salesforce_key`` the version of the secret that holds it."""
    location = f"projects/{cloud['project']}/locations/europe-west1"
    common = {
        "STATE": f"firestore:{project}",
        "QUEUE": f"tasks:{location}",
        "WORKER_URL": WORKER_URL,
        "TASKS_SERVICE_ACCOUNT": cloud["accounts"].get("tasks", "tasks@simulated.iam.gserviceaccount.com"),
        "CRON_SERVICE_ACCOUNT": SCHEDULER,
        "SALESFORCE_PRIVATE_KEY_FILE": f"secret:{salesforce_key}",
    }
    return CloudSettings(common, json.loads(json.dumps(cloud["settings"])))
