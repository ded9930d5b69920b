"""A process on one machine starts without Google Cloud's clients, which take a second of processor to import."""

from __future__ import annotations

import subprocess
import sys

CLOUD_CLIENTS = (
    "grpc",
    "google.cloud.firestore",
    "google.cloud.tasks_v2",
    "google.cloud.kms_v1",
    "google.cloud.secretmanager_v1",
)


def test_commands_and_web_import_no_client_of_google_cloud() -> None:
    program = f"import sys, server.cli, server.web.app; print([m for m in {CLOUD_CLIENTS!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
