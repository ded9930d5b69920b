"""``gunicorn "server.main:create_app()"``: one process; the syncing threads start in it, after the fork.

Where the state is Firestore the queue is Cloud Tasks' business, and no thread of ours is started.
"""

from typing import Any

bind = "127.0.0.1:8000"
workers = 1
worker_class = "gthread"
threads = 8
timeout = 120
graceful_timeout = 60
accesslog = None  # request lines can hold ids that need not be in a log


def post_worker_init(worker: Any) -> None:
    worker.log.info("starting to sync")
    worker.app.callable.start_syncing()


def worker_exit(_server: Any, worker: Any) -> None:
    worker.app.callable.stop_syncing()
