"""Who works here."""

from __future__ import annotations

from typing import Protocol

from server.domain.ids import MailboxId
from server.domain.mailbox import Members, Person


class Directory(Protocol):
    """Every method may raise TransientError or ReconnectRequiredError. A listing is whole or it raises."""

    def people(self) -> list[Person]:
        """All users of the Workspace, suspended ones included."""

    def person(self, key: MailboxId | str) -> Person | None:
        """One user by id or by any address; None where the Directory has nobody under it, or nobody any more."""

    def members(self, group: str) -> Members:
        """Who is in the group, by itself or through groups in it. A group that does not exist has nobody.

        Also raises TrulyError where the Directory cannot tell. To be unable to tell is never "nobody".
        """

    def domains(self) -> frozenset[str]:
        """Verified domains and alias domains, lower-case A-labels."""

    def groups(self) -> frozenset[str]:
        """Addresses and aliases of all groups, lower-case."""
