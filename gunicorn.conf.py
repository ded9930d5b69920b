"""``gunicorn "server.main:create_app()"``: one process; the syncing threads start in it, after the fork.

Where the queue is Cloud Tasks' business, no thread of ours is started. The same file serves one machine, App Engine and
Cloud Run: the last two name their port in ``PORT``, and each service's file adds to the command line what differs.
"""

import os
from typing import Any

PORT = os.environ.get("PORT", "")

bind = f"0.0.0.0:{PORT}" if PORT else "127.0.0.1:8000"
workers = 1  # allowances and caches are a process's own: more instances, not more processes
worker_class = "gthread"
# app.yaml lets 24 requests in, which a silent upstream may hold for eight seconds each; the rest is for health checks.
threads = 32
timeout = 120  # seconds; of gthread, how long the process may be stuck. worker.yaml sets more
graceful_timeout = 60  # seconds that running requests have after SIGTERM
logger_class = "server.logs.gunicorn_logger.SafeLogger"
accesslog = None  # request lines can hold ids that need not be in a log
control_socket_disable = True  # App Engine's disk is read-only, and nobody commands the process by it
# No header of a caller or a proxy changes scheme, path or address: what is trusted are tokens and settings.
forwarded_allow_ips = ""
forwarder_headers = ""


def post_worker_init(worker: Any) -> None:
    worker.log.info("starting to sync")
    worker.app.callable.start_syncing()


def worker_exit(_server: Any, worker: Any) -> None:
    worker.app.callable.stop_syncing()
