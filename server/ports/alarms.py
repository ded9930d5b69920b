"""Where alarms go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from server.domain.alarm import Alarm, AlarmCode
from server.domain.ids import MailboxId


class Alarms(Protocol):
    """Thread-safe."""

    def raise_alarm(self, code: AlarmCode, mailbox_id: MailboxId | None = None) -> None:
        """Never raises. Says it in the log (code and id, never an address) at most once an hour, and counts it."""

    def since(self, moment: float) -> Sequence[Alarm]:
        """Alarms that were raised at or after ``moment`` (epoch seconds), the latest first. Raises TransientError."""
