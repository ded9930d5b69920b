"""``python -m simulator --world DIR [--port N] [--port-file FILE]``: the outside world on loopback."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication

from simulator.app import Simulator
from simulator.publisher import Publisher
from simulator.universe import Universe
from simulator.world import WorldError, load

BAD_WORLD = 4


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    def __init__(self, simulator: Simulator, port: int, port_file: Path | None) -> None:
        self._simulator = simulator
        self._port = port
        self._port_file = port_file
        super().__init__()

    def load_config(self) -> None:
        for name, value in {
            "bind": f"127.0.0.1:{self._port}",
            "worker_class": "gthread",
            "threads": 16,
            "workers": 1,
            "timeout": 120,
            "keepalive": 30,
            "loglevel": "warning",
            "limit_request_line": 0,  # the Salesforce half has its own limit
            "when_ready": self._tell_port,
            "post_worker_init": self._publish,
        }.items():
            self.cfg.set(name, value)

    def _publish(self, _worker: Any) -> None:
        """After the fork: a thread does not survive it."""
        Publisher(self._simulator.universe.pubsub).start()

    def load(self) -> Simulator:
        return self._simulator

    def _tell_port(self, server: Any) -> None:
        port = server.LISTENERS[0].sock.getsockname()[1]
        if self._port_file:
            fresh = self._port_file.with_suffix(".new")
            fresh.write_text(str(port))
            fresh.rename(self._port_file)
        else:
            print(f"http://127.0.0.1:{port}", flush=True)  # noqa: T201  # a program's own words


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m simulator")
    parser.add_argument("--world", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--port-file", type=Path)
    arguments = parser.parse_args()
    try:
        universe = Universe.of(load(arguments.world))
    except WorldError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return BAD_WORLD
    except OSError as error:
        print(f"{error.filename} cannot be read: {error.strerror}.", file=sys.stderr)  # noqa: T201
        return BAD_WORLD
    sys.argv = sys.argv[:1]
    _Server(Simulator(universe), arguments.port, arguments.port_file).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
