"""Cloud Tasks' own work where the simulator is a process: threads post over HTTP what is due."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import requests

from simulator.cloud.task_queue import TaskQueue, Waiting
from simulator.cloud.tasks import CloudTasks, Post

PAUSE = 0.02
"""Seconds between looks: mail time may be pushed forward at any moment."""
AT_ONCE = 64
"""Requests; a queue's own limit may be lower."""


class Dispatcher:
    """Start it in the process that serves. Tasks of all queues are posted at the same time."""

    def __init__(self, cloud_tasks: CloudTasks) -> None:
        self._tasks = cloud_tasks
        self._stopping = threading.Event()
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="dispatch")
        self._thread = threading.Thread(target=self._run, name="dispatcher", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Posts what was begun to its end."""
        self._stopping.set()
        self._thread.join()
        self._pool.shutdown()

    def _run(self) -> None:
        while not self._stopping.wait(PAUSE):
            now = self._tasks.universe.clock.now()
            for queue in list(self._tasks.queues.values()):
                for waiting in queue.take_due(now):
                    self._pool.submit(self._attempt, queue, waiting)

    def _attempt(self, queue: TaskQueue, waiting: Waiting) -> None:
        self._tasks.attempt(queue, waiting, post_over_http)


def post_over_http(post: Post) -> int:
    try:
        answer = requests.post(
            post.url, data=post.body, headers=dict(post.headers), timeout=post.timeout, allow_redirects=False
        )
    except requests.RequestException:
        return 0
    return answer.status_code
