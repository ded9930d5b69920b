"""What the org says of itself and of the users that the admin named, before anything is changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from installer.sf import Sf

ORGANIZATION = "SELECT Id, Name, IsSandbox FROM Organization"
USERS = "SELECT Username, IsActive FROM User WHERE Username IN ({})"


@dataclass(frozen=True)
class Org:
    name: str
    id: str
    is_sandbox: bool

    @property
    def kind(self) -> str:
        return "sandbox" if self.is_sandbox else "production or developer org"

    def __str__(self) -> str:
        return f"{self.name} ({self.id}), a {self.kind}"


def read_org(sf: Sf) -> Org:
    """Raises InstallError with what sf says."""
    record = next(iter(sf.query(ORGANIZATION)), {})
    return Org(str(record.get("Name", "without a name")), str(record.get("Id", "no id")), bool(record.get("IsSandbox")))


def find_missing_users(sf: Sf, usernames: Iterable[str]) -> tuple[str, ...]:
    """One sentence for each username that no active User has. Raises InstallError with what sf says."""
    wanted = tuple(dict.fromkeys(usernames))
    if not wanted:
        return ()
    listed = ", ".join(_quote(name) for name in wanted)
    records = sf.query(USERS.format(listed))
    is_active = {str(record.get("Username")).lower(): bool(record.get("IsActive")) for record in records}
    return tuple(
        f"{name} is the username of no User of this org."
        if name.lower() not in is_active
        else f"The User {name} is not active."
        for name in wanted
        if not is_active.get(name.lower())
    )


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
