"""Proof of who is calling us."""

from __future__ import annotations

from typing import Protocol

from server.domain.caller import Caller


class Identity(Protocol):
    """Raises UntrustedCallerError for a token that proves nothing, TransientError where Google's keys are away."""

    def check_service(self, token: str, audience: str, account: str) -> None:
        """Pass if Google made the token for this URL and for exactly this service account."""

    def person(self, token: str, audience: str) -> Caller:
        """The person for whom Google made the token, for this audience."""
