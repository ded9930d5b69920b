"""Ask the mail side to tell us when a mailbox changes, so that we need not ask so often."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from server.domain.ids import Cursor
from server.domain.mailbox import Mailbox


@dataclass(frozen=True)
class ActiveWatch:
    """``expires_at`` is in epoch seconds; ``position`` is the mailbox's as the watch began, and no cursor."""

    expires_at: float
    position: Cursor


class Watch(Protocol):
    """Every method may raise what the Mail port raises, and is safe to call again."""

    def start(self, mailbox: Mailbox) -> ActiveWatch:
        """Begin or renew. Raises ConfigurationError where the place that we want to be told at is at fault."""

    def stop(self, mailbox: Mailbox) -> None:
        """Also where there is no watch."""
