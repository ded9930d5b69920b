"""Pub/Sub between the simulated Gmail and the workers: pushes come late, twice, out of order, or never."""

from __future__ import annotations

import socket
from http.client import HTTPConnection, HTTPException
from itertools import count

from simulator.pubsub import Post
from simulator.universe import Universe

TOPIC = "projects/simulated/topics/mail"
ACCOUNT = "push@simulated.iam.gserviceaccount.com"
PUBLIC_URL = "https://faults.example"
PATH = "/push"
PATIENCE = 5.0
"""Real seconds for an answer; who does not answer is told again."""


class Pushes:
    """``ports`` are where the workers listen; they take turns, as behind a load balancer."""

    def __init__(self, universe: Universe, ports: list[int]) -> None:
        self._pubsub = universe.pubsub
        self._ports = ports
        self._turns = count()
        self.sent = 0
        self._pubsub.create_topic(TOPIC)
        self._pubsub.subscribe(TOPIC, PUBLIC_URL + PATH, ACCOUNT, PUBLIC_URL + PATH)

    def pump(self) -> None:
        """Deliver what is due at this moment of mail time."""
        self.sent += self._pubsub.pump(self._post)

    def next_at(self) -> float | None:
        return self._pubsub.next_at()

    def _post(self, post: Post) -> int:
        """The status; 0 where nobody answers."""
        port = self._ports[next(self._turns) % len(self._ports)]
        connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        headers = {"Authorization": post.authorization, "Content-Type": "application/json"}
        try:
            connection.request("POST", PATH, post.body, headers)
            return connection.getresponse().status
        except (OSError, HTTPException):
            return 0
        finally:
            connection.close()


def settings() -> dict[str, str]:
    return {"PUBSUB_TOPIC": TOPIC, "PUSH_SERVICE_ACCOUNT": ACCOUNT, "PUBLIC_URL": PUBLIC_URL}


def free_ports(number: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [s.getsockname()[1] for s in sockets]
    for found in sockets:
        found.close()
    return ports
