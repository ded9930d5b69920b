"""Where alarms go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from server.domain.alarm import Alarm, AlarmCode
from server.domain.ids import MailboxId


class Alarms(Protocol):
    """Things that a person must look at soon. Thread-safe."""

    def raise_alarm(self, code: AlarmCode, mailbox_id: MailboxId | None = None, *, about: str = "") -> None:
        """Count the alarm, and log its code and the mailbox's id (no address) once an hour at most. Never raises.

        ``about``, a word of the settings, is kept with the alarm and not logged.
        """

    def since(self, moment: float) -> Sequence[Alarm]:
        """Alarms that were raised at or after ``moment`` (epoch seconds), the latest first. Raises TransientError."""
