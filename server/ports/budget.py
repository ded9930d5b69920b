"""What all calls to the mail provider together may use of its quota in a day."""

from __future__ import annotations

from typing import Protocol

from server.domain.quota import Purpose


class Budget(Protocol):
    """Thread-safe."""

    def spend(self, purpose: Purpose, units: int, subject: str = "") -> None:
        """Count units that are about to be used, by the mailbox ``subject``, whose time to come back is its own.

        Raises DayBudgetError where this purpose has to leave what is left to others, and TransientError; never for
        live work.
        """

    def give_back(self, purpose: Purpose, units: int) -> None:
        """Units that were counted for calls that were not made."""
