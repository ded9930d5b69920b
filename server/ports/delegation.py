"""For which scopes Google lets us act."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Delegation(Protocol):
    def refused_scopes(self, address: str | None, *, has_reports: bool) -> Sequence[str]:
        """The scopes that domain-wide delegation lacks, each asked for alone where Google refused several at once.

        ``address`` is that of a mailbox in scope; without one, no scope of Gmail is asked for. Raises TransientError,
        ReconnectRequiredError where this service cannot sign at all, and what the mint of the mailbox raises.
        """
