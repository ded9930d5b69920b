"""Why one person's mailbox cannot be read, in one word, and what failed of it when."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class TroubleCode(StrEnum):
    """A closed list. Where every mailbox has the same one, it is the fault of a setting and not of the people."""

    NO_GMAIL = "no_gmail"
    NO_SUCH_USER = "no_such_user"
    NOT_DELEGATED = "not_delegated"
    NOT_SIGNED = "not_signed"
    CREDENTIALS_REFUSED = "credentials_refused"
    DOMAIN_POLICY = "domain_policy"
    DELEGATION_DENIED = "delegation_denied"
    ACCESS_REFUSED = "access_refused"
    API_OFF = "api_off"
    CALL_REFUSED = "call_refused"
    CONFLICT = "conflict"
    OUT_OF_SCOPE = "out_of_scope"
    DIRECTORY_REFUSED = "directory_refused"
    UNAVAILABLE = "unavailable"


class PersonStep(StrEnum):
    """What is done for one person, each with a trouble of its own."""

    READ = "read"
    ADDRESSES = "addresses"
    WATCH = "watch"
    DIRECTORY = "directory"


@dataclass(frozen=True)
class Trouble:
    """``step`` failed last at ``at`` (epoch seconds), ``failures`` times in a row; ``code`` is empty where it may pass.

    ``since`` is when it first failed, None where an earlier version did not keep that. It is kept until the step
    succeeds.
    """

    step: str
    at: float
    code: str = ""
    failures: int = 1
    since: float | None = None

    @property
    def lasted(self) -> float:
        """Seconds between the first failure and the last."""
        return self.at - (self.at if self.since is None else self.since)
