"""What one person's account may answer although nobody else's does: every kind as Google's services say it."""

from __future__ import annotations

from dataclasses import dataclass

GONE_AFTER = 20 * 86_400.0
"""Seconds for which a deleted user can be restored: as long Google answers 412 and not 404."""


@dataclass(frozen=True)
class Trouble:
    """Status, reason, message and Google's own code of a refusal; None where all is well.

    ``gmail`` is what every call of Gmail answers, ``token`` what the token endpoint says of this person, and
    ``directory`` what ``users.get`` answers.
    """

    gmail: tuple[int, str, str, str] | None = None
    token: tuple[int, str, str] | None = None
    directory: tuple[int, str, str, str] | None = None


DENIED = "PERMISSION_DENIED"
TROUBLES: dict[str, Trouble] = {
    "auth_error": Trouble((401, "authError", "Invalid Credentials", "UNAUTHENTICATED")),
    "suspended": Trouble((403, "forbidden", "The user account is suspended.", DENIED)),
    "domain_policy": Trouble((403, "domainPolicy", "The domain administrators have disabled Gmail apps.", DENIED)),
    "delegation_denied": Trouble((403, "insufficientPermissions", "Delegation denied for this user", DENIED)),
    "invalid_argument": Trouble((400, "invalidArgument", "Invalid Argument", "INVALID_ARGUMENT")),
    "no_gmail": Trouble((400, "failedPrecondition", "Mail service not enabled", "FAILED_PRECONDITION")),
    "conflict": Trouble((409, "aborted", "The operation was aborted.", "ABORTED")),
    "unauthorized_client": Trouble(
        token=(401, "unauthorized_client", "Client is unauthorized to retrieve access tokens using this method.")
    ),
    "invalid_grant": Trouble(token=(400, "invalid_grant", "Invalid email or User ID")),
    "directory_refused": Trouble(directory=(403, "forbidden", "Not Authorized to access this resource/api", DENIED)),
    "directory_broken": Trouble(directory=(500, "backendError", "Backend Error", "INTERNAL")),
}
"""By the name that ``trouble`` of a world's user has."""
