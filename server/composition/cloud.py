"""The doctor's view of the Google Cloud project that the settings name."""

from __future__ import annotations

import sys
from pathlib import Path

from server.adapters.cloud.admin import CloudAdmin, OwnToken, ProjectNames, simulated_token
from server.adapters.transport import Transport
from server.ports.clock import Clock
from server.settings import Settings

APP_YAML = Path(__file__).parent.parent.parent / "app.yaml"
RUNTIME = "runtime:"


def connect_project(settings: Settings, transport: Transport, clock: Clock) -> CloudAdmin | None:
    """None where the settings put nothing into Google Cloud. Nothing is asked before the doctor asks."""
    cloud = settings.cloud
    database, key_database = _name_databases(settings.state)
    if not (database or cloud.key_ring or cloud.queue_location):
        return None
    names = ProjectNames(database, key_database, cloud.key_ring, cloud.queue_location, cloud.tasks_service_account)
    token = simulated_token(cloud.simulator_identity) if settings.simulator_url else OwnToken(transport)
    return CloudAdmin(names, transport, clock, token)


def read_runtime(path: Path = APP_YAML) -> str:
    """What app.yaml names; where that file did not travel along, what this process runs on."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = [line.removeprefix(RUNTIME).strip() for line in lines if line.startswith(RUNTIME)]
    return named[0] if named else f"python{sys.version_info.major}{sys.version_info.minor}"


def _name_databases(state: str) -> tuple[str, str]:
    """The full names of the two databases, empty for a state that is not in Firestore."""
    kind, _, name = state.partition(":")
    if kind != "firestore":
        return "", ""
    project, _, database = name.partition("/")
    place = f"projects/{project}/databases"
    return (f"{place}/{database}", f"{place}/{database}-deks") if database else (f"{place}/(default)", f"{place}/deks")
