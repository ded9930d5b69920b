"""The provider's pushes when a mailbox changes, so that the service need not ask so often."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from server.domain.ids import Cursor
from server.domain.mailbox import Mailbox


@dataclass(frozen=True)
class ActiveWatch:
    """``expires_at`` is in epoch seconds. ``position`` is where the mailbox's history stood as the watch began."""

    expires_at: float
    position: Cursor


class Watch(Protocol):
    """Every method may raise what ``MailProvider`` raises, and is safe to call again."""

    def start(self, mailbox: Mailbox) -> ActiveWatch:
        """Begin or renew a watch. Raises ConfigurationError where the topic that Gmail shall publish to is at fault."""

    def stop(self, mailbox: Mailbox) -> None:
        """End a watch, if there is one."""
