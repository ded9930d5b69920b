"""What an org says of itself that no decision needs: for the doctor, and for the pace of older mail."""

from __future__ import annotations

from dataclasses import dataclass

from server.domain.ids import SalesforceId

KILOBYTES_PER_ACTIVITY = 2
"""Of an org's data storage, whatever the activity holds."""


@dataclass(frozen=True)
class Storage:
    """An org's data storage in megabytes. Older mail stops once ``share`` (0 to 1) of it is used."""

    used_mb: int
    allowed_mb: int
    share: float = 1.0

    @property
    def is_short(self) -> bool:
        """No room is left for older mail. New mail is still logged."""
        return self.allowed_mb > 0 and self.used_mb >= self.share * self.allowed_mb

    @property
    def room_for(self) -> int:
        """Activities of older mail that still fit."""
        return max(int(self.share * self.allowed_mb - self.used_mb), 0) * 1024 // KILOBYTES_PER_ACTIVITY


@dataclass(frozen=True)
class OrgSurvey:
    """Each figure is None where the integration user may not read it, or the org does not count so far.

    ``captured_users``: Users whose email Einstein Activity Capture reads. ``email_sources`` are the tools that made the
    newest email records, by Salesforce's names for them. ``an_account`` and ``a_contact`` are some that there are.
    """

    accounts: int | None = None
    accounts_with_domain: int | None = None
    captured_users: int | None = None
    email_sources: tuple[str, ...] = ()
    an_account: SalesforceId | None = None
    a_contact: SalesforceId | None = None


@dataclass(frozen=True)
class TaskAutomation:
    """The org's own automation that runs when a Task is saved, by name. None where it may not be read."""

    triggers: tuple[str, ...] | None = None
    flows: tuple[str, ...] | None = None
