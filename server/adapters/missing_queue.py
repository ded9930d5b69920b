"""What stands in place of a queue where the settings name none. Commands work without one, the service does not."""

from __future__ import annotations

from typing import NoReturn

from server.domain.errors import ConfigurationError
from server.ports.queue import Job, Task

SENTENCE = "STATE is Firestore, which has no queue of its own: set QUEUE=tasks:projects/PROJECT/locations/LOCATION."


class MissingQueue:
    """Implements ``server.ports.queue.Queue``: refuses every job."""

    def put(self, _job: Job, _now: float, _delay: float = 0.0, *, after: Task | None = None) -> NoReturn:  # noqa: ARG002
        raise ConfigurationError(SENTENCE)

    def require(self) -> None:
        raise ConfigurationError(SENTENCE)

    def close(self) -> None:
        """Nothing is held open."""
