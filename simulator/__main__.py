"""``python -m simulator --world DIR [--port N] [--port-file FILE]``: the outside world on loopback.

With ``--grpc-port PORT`` Google Cloud is simulated too, by gRPC (``SIMULATOR_GRPC``).
With ``--tls-proxy PORT --ca FILE`` any client of Google's or Salesforce's finds it at their own https addresses.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication

from simulator.app import Simulator
from simulator.cloud.dispatcher import Dispatcher
from simulator.cloud.project import CloudProject
from simulator.publisher import Publisher
from simulator.tls_proxy import TlsProxy
from simulator.universe import Universe
from simulator.world import WorldError, load

BAD_WORLD = 4


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    def __init__(
        self, simulator: Simulator, port: int, port_file: Path | None, proxy: TlsProxy | None,
        cloud: CloudProject | None,
    ) -> None:  # fmt: skip
        self._simulator = simulator
        self._cloud = cloud
        self._port = port
        self._port_file = port_file
        self._proxy = proxy
        super().__init__()

    def load_config(self) -> None:
        for name, value in {
            "bind": f"127.0.0.1:{self._port}",
            "worker_class": "gthread",
            "threads": 64,  # a silent service holds one for each request
            "workers": 1,
            "timeout": 120,
            "keepalive": 30,
            "loglevel": "warning",
            "limit_request_line": 0,  # the Salesforce half has its own limit
            "when_ready": self._tell_port,
            "post_worker_init": self._begin,
        }.items():
            self.cfg.set(name, value)

    def _begin(self, worker: Any) -> None:
        """After the fork: a thread does not survive it, and gRPC neither."""
        if self._cloud:
            self._cloud.server.start()
            Dispatcher(self._cloud.tasks).start()
        Publisher(self._simulator.universe.pubsub).start()
        if self._proxy:
            self._proxy.start(_port_of(worker.sockets[0]))

    def load(self) -> Simulator:
        return self._simulator

    def _tell_port(self, server: Any) -> None:
        port = _port_of(server.LISTENERS[0])
        if self._port_file:
            fresh = self._port_file.with_suffix(".new")
            fresh.write_text(str(port))
            fresh.rename(self._port_file)
        else:
            print(f"http://127.0.0.1:{port}", flush=True)  # noqa: T201  # a program's own words


def _port_of(listener: Any) -> int:
    port: int = listener.sock.getsockname()[1]
    return port


def _proxy(port: int, ca_file: Path) -> TlsProxy:
    """Raises OSError for a port that is taken, or a file that cannot be written."""
    proxy = TlsProxy(port)
    ca_file.write_bytes(proxy.authority.pem)
    print(f"HTTPS_PROXY={proxy.url}", flush=True)  # noqa: T201
    return proxy


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m simulator")
    parser.add_argument("--world", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--port-file", type=Path)
    parser.add_argument("--tls-proxy", type=int, metavar="PORT", help="an HTTPS proxy there; 0 for any free port")
    parser.add_argument(
        "--ca", type=Path, metavar="FILE", help="where to write the certificate that clients must trust"
    )
    parser.add_argument(
        "--grpc-port",
        type=int,
        metavar="PORT",
        help="Google Cloud there; 0 for any free port",
    )
    arguments = parser.parse_args()
    if (arguments.tls_proxy is None) != (arguments.ca is None):
        parser.error("--tls-proxy and --ca go together")
    try:
        universe = Universe.of(load(arguments.world))
        proxy = _proxy(arguments.tls_proxy, arguments.ca) if arguments.ca else None
    except WorldError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return BAD_WORLD
    except OSError as error:
        what = f"{error.filename} cannot be used" if error.filename else "The proxy cannot be set up"
        print(f"{what}: {error.strerror or error}.", file=sys.stderr)  # noqa: T201
        return BAD_WORLD
    except OverflowError as error:
        print(f"The proxy cannot be set up: {error}.", file=sys.stderr)  # noqa: T201
        return BAD_WORLD
    cloud = None if arguments.grpc_port is None else CloudProject(universe, port=arguments.grpc_port)
    sys.argv = sys.argv[:1]
    _Server(Simulator(universe, cloud), arguments.port, arguments.port_file, proxy, cloud).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
