"""Secret Manager: versions of secrets, which only their accessors read."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import grpc
from google.cloud import secretmanager_v1 as secrets
from google_crc32c import value as crc32c

from simulator.cloud.service import Caller, Method, Refusal, missing

State = secrets.SecretVersion.State


class SecretManager:
    """Implements ``simulator.cloud.service.CloudService``. Thread-safe."""

    name = "secretmanager"
    full_name = "google.cloud.secretmanager.v1.SecretManagerService"

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._payloads: dict[str, bytes] = {}
        self._states: dict[str, State] = {}

    @property
    def methods(self) -> Mapping[str, Method]:
        return {
            "AccessSecretVersion": Method(
                self._access, secrets.AccessSecretVersionRequest, secrets.AccessSecretVersionResponse
            )
        }

    def add_version(self, secret: str, payload: bytes) -> str:
        """Returns the new version's name. ``secret`` is ``projects/P/secrets/S``."""
        with self._lock:
            number = 1 + sum(name.startswith(f"{secret}/versions/") for name in self._payloads)
            name = f"{secret}/versions/{number}"
            self._payloads[name] = payload
            self._states[name] = State(State.ENABLED)
            return name

    def set_state(self, version: str, state: State) -> None:
        with self._lock:
            self._states[version] = state

    def _access(
        self, caller: Caller, request: secrets.AccessSecretVersionRequest
    ) -> secrets.AccessSecretVersionResponse:
        caller.demand("secretmanager.versions.access", request.name)
        with self._lock:
            payload, state = self._payloads.get(request.name), self._states.get(request.name)
        if payload is None or state is None:
            raise missing(f"Secret Version [{request.name}]")
        if state is not State.ENABLED:
            raise Refusal(
                grpc.StatusCode.FAILED_PRECONDITION, f"Secret Version [{request.name}] is in {state.name} state."
            )
        return secrets.AccessSecretVersionResponse(
            name=request.name, payload=secrets.SecretPayload(data=payload, data_crc32c=crc32c(payload))
        )
