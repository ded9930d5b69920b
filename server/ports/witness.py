"""A second list of all mail, kept by somebody else: against it our own is proved."""

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
    def sightings(self, since: float, until: float) -> Iterator[Sighting]:
        """Between two moments (epoch seconds), at most thirty days apart, in no promised order; late by some hours.

        Raises TransientError or ReconnectRequiredError.
        """
