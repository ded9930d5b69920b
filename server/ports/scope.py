"""Whose mailbox may be read at all."""

from __future__ import annotations

from typing import Protocol

from server.domain.mailbox import Person


class Scope(Protocol):
    """Thread-safe. Raises TransientError where the answer cannot be known now: that is no permission."""

    def includes(self, person: Person) -> bool:
        """By address, org unit or group. Membership in groups may be as old as an hour."""
