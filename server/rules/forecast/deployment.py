"""What `make deploy` creates, in numbers: deploy/ reads them here, and so does the forecast.

App Engine reads its own files: tests/deploy/test_figures.py holds app.yaml, worker.yaml and cron.yaml against this.
"""

from __future__ import annotations

from dataclasses import dataclass

WORKER_INSTANCES = 4
SIDEBAR_INSTANCES = 10
"""The most of each, unless the operator says otherwise."""
WORKER_CLASS = "B4"
SIDEBAR_CLASS = "F2"
SIDEBAR_REQUESTS = 24
"""Requests at a time of one instance (max_concurrent_requests): most of them may be cards that wait for somebody."""
PUSHES_AT_A_TIME = 8
"""Of one instance, where none has to wait."""
IDLE_MINUTES = 15
"""After so long without a request an instance of the worker ends,"""
SWEEP_MINUTES = 5
"""and cron sends one so often: the first instance never ends."""
KEY_PROTECTION = "hsm"
ROTATION_DAYS = 90
"""The key ``work`` gets a version so often, and none is destroyed."""
BACKUP_DAYS = 14
"""Daily backups of the first database are kept so long."""
PROJECT_UNITS_PER_MINUTE = 1_200_000
"""Gmail's quota for a project, of which each instance gets an equal share: each paces itself."""
MOST_WORKERS = 25
"""Instances of one version with basic scaling: App Engine runs no more in most regions."""
MAILBOX_UNITS_PER_MINUTE = 6_000
"""Gmail's quota for one mailbox."""
MOST_SIDEBARS = PROJECT_UNITS_PER_MINUTE // MAILBOX_UNITS_PER_MINUTE - MOST_WORKERS
"""With more, one instance's share of the project's quota would be less than one mailbox may use."""
MOST_DISPATCHES = 500
"""Google's most dispatches a second of one queue."""
MOST_AT_A_TIME = 5_000
"""Google's most tasks at a time of one queue."""


@dataclass(frozen=True)
class Lane:
    """Of one queue, for each instance of the worker: dispatches a second, and tasks at a time."""

    dispatches: int
    at_a_time: int

    def count_dispatches(self, instances: int) -> int:
        return min(self.dispatches * instances, MOST_DISPATCHES)

    def count_at_a_time(self, instances: int) -> int:
        return min(self.at_a_time * instances, MOST_AT_A_TIME)


LANES = {"live": Lane(15, 5), "deliver": Lane(3, 2), "backfill": Lane(2, 1), "audit": Lane(2, 1)}
"""By the queue's name. Nine tasks at a time: an instance has ten threads (gunicorn.conf.py), and one is left for cron.

A backfill yields to live work. A queue dispatches as fast as its tasks at a time can end, and a little faster.
"""
JOBS_AT_A_TIME = sum(lane.at_a_time for lane in LANES.values())
"""Of one instance."""


def share_units(workers: int, sidebars: int) -> int:
    """Gmail units a minute that one instance may use."""
    return PROJECT_UNITS_PER_MINUTE // (workers + sidebars)
