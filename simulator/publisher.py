"""Pub/Sub's own work where the simulator is a process: a thread posts over HTTP what is due."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import requests

from simulator.pubsub import Post, PubSub

PAUSE = 0.05
"""Seconds between looks: mail time may be pushed forward at any moment."""
DEADLINE = 10.0
"""Seconds for an answer: a subscription's ackDeadlineSeconds."""
AT_ONCE = 8


class Publisher:
    """Start it in the process that serves."""

    def __init__(self, pubsub: PubSub) -> None:
        self._pubsub = pubsub
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            while not self._stopping.wait(PAUSE):
                self._pubsub.pump(_post, pool.map)


def _post(post: Post) -> int:
    headers = {
        "Authorization": post.authorization,
        "Content-Type": "application/json",
    }
    try:
        answer = requests.post(post.url, data=post.body, headers=headers, timeout=DEADLINE)
    except requests.RequestException:
        return 0
    return answer.status_code
