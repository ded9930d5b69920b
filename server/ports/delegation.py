"""For which scopes Google lets us act."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Delegation(Protocol):
    def refused_scopes(self, addresses: Sequence[str], *, has_reports: bool) -> Sequence[str]:
        """The scopes that domain-wide delegation lacks, each asked for alone where Google refused several at once.

        ``addresses`` are those of some mailboxes in scope. A scope of Gmail lacks only where Google refuses it for all
        of them: one person's trouble says nothing of the delegation. Raises TransientError, ReconnectRequiredError
        where this service cannot sign at all, and what else the mint raises for GOOGLE_ADMIN.
        """
