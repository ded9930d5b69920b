"""Who is calling us."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Caller:
    """A person whom Google vouches for. ``subject`` never changes and is the Directory's id; ``address`` may."""

    subject: str
    address: str


class Identity(Protocol):
    """Raises UntrustedCallerError for a token that proves nothing, TransientError where Google's keys are away."""

    def check_service(self, token: str, audience: str, account: str) -> None:
        """The token was made for this URL, by Google, for exactly this service account."""

    def person(self, token: str, audience: str) -> Caller: ...
