"""A second list of all mail, kept by the Workspace itself: the ledger is checked against it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Sighting:
    """A message came into the mailbox of ``address``, or went out of it, at ``at`` (epoch seconds)."""

    address: str
    rfc822_message_id: str
    at: float


class Witness(Protocol):
    """Reports what it saw come and go."""

    def sightings(self, since: float, until: float) -> Iterator[Sighting]:
        """All mail between two moments (epoch seconds), at most thirty days apart, in no promised order.

        A sighting may come some hours late.

        Raises TransientError or ReconnectRequiredError.
        """
