"""Who works here."""

from __future__ import annotations

from typing import Protocol

from server.domain.mailbox import Person


class Directory(Protocol):
    """Every method may raise TransientError or ReconnectRequiredError. A listing is whole or it raises."""

    def people(self) -> list[Person]:
        """All users of the Workspace, suspended ones included."""

    def domains(self) -> frozenset[str]:
        """Verified domains and alias domains, lower-case A-labels."""

    def groups(self) -> frozenset[str]:
        """Addresses and aliases of all groups, lower-case."""
