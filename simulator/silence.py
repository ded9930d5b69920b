"""Services that take a request and say nothing, as a vendor's do on a bad day."""

from __future__ import annotations

import threading
from collections.abc import Sequence

SERVICES = ("gmail", "salesforce", "google_token", "google_certs", "directory")
LONGEST = 90.0
"""Seconds after which a request is answered all the same: who asked has given up by then."""


class Silence:
    """Thread-safe. Who waits already is answered when the silence of that service ends."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._silent: frozenset[str] = frozenset()

    def set(self, services: Sequence[str]) -> None:
        """From now on these services are silent, and no others. Raises ValueError for a service that is not known."""
        if unknown := sorted(set(services) - set(SERVICES)):
            raise ValueError(f"{unknown[0]} is none of {', '.join(SERVICES)}.")
        with self._changed:
            self._silent = frozenset(services)
            self._changed.notify_all()

    def keep(self, service: str) -> None:
        """Returns once the service is not silent any more."""
        with self._changed:
            self._changed.wait_for(lambda: service not in self._silent, LONGEST)


def name_service(host: str, path: str) -> str:
    """Which of ``SERVICES`` a request is for; empty for another."""
    if host.endswith("salesforce.com") or path.startswith("/services/"):
        return "salesforce"
    if path.startswith(("/gmail/", "/batch")):
        return "gmail"
    if path.startswith("/admin/directory/"):
        return "directory"
    return {"/token": "google_token", "/o/oauth2/token": "google_token", "/oauth2/v1/certs": "google_certs"}.get(
        path, ""
    )
