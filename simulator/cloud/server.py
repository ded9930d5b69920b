"""One gRPC server on loopback that stands for Google Cloud: Cloud KMS, Secret Manager and Cloud Tasks."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc

from simulator.cloud.iam import Iam
from simulator.cloud.service import CloudService, Gate
from simulator.universe import Universe

THREADS = 16


class CloudServer:
    """Answers while it is started; what the services hold outlives a stop, so that an outage loses nothing.

    ``port`` is 0 for any free one, and from the first start on the one that was taken.
    """

    def __init__(self, universe: Universe, iam: Iam, services: Sequence[CloudService], port: int = 0) -> None:
        self.iam = iam
        self.gate = Gate(universe, iam)
        self.port = port
        self._services = services
        self._server: grpc.Server | None = None

    @property
    def address(self) -> str:
        """What SIMULATOR_GRPC is set to."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Raises RuntimeError for a port that is taken. gRPC does not survive a fork: start it after."""
        server = grpc.server(ThreadPoolExecutor(THREADS), options=[("grpc.so_reuseport", 0)])
        server.add_generic_rpc_handlers([self.gate.make_handler(service) for service in self._services])
        self.port = server.add_secure_port(self.address, grpc.local_server_credentials())
        server.start()
        self._server = server

    def stop(self) -> None:
        """Nobody listens until the next start. Calls that run are cut off."""
        if self._server:
            self._server.stop(None).wait()
            self._server = None

    def as_json(self) -> dict[str, Any]:
        return {"address": self.address, "calls": self.gate.counts(), "roles": self.iam.as_json()}
