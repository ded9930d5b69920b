"""Does Google answer, and whose mailboxes are read?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from server.engine.operations.doctor.registry import Checks, Finding
from server.ports.directory import Directory
from server.ports.scope import Scope


@dataclass(frozen=True)
class GoogleContext:
    """``scope_groups`` are the groups that the setting SCOPE_GROUPS names."""

    directory: Directory
    scope: Scope
    scope_groups: frozenset[str]


CHECKS = Checks[GoogleContext]()


@CHECKS.register("Google Directory")
def check_directory(context: GoogleContext) -> Iterator[Finding]:
    people, domains = len(context.directory.people()), len(context.directory.domains())
    yield Finding("Google Directory", is_good=True, text=f"{people} people, {domains} domains.")


@CHECKS.register("Scope")
def check_scope(context: GoogleContext) -> Iterator[Finding]:
    """Whose mailboxes are read, and whether the groups in the settings exist."""
    included = sum(context.scope.includes(p) for p in context.directory.people() if not p.is_guest)
    missing = context.scope_groups - context.directory.groups()
    if missing:
        # These are the words of the settings, shown to the person who wrote the settings.
        names = ", ".join(sorted(missing))
        yield Finding("Scope", is_good=False, text=f"SCOPE_GROUPS names groups that do not exist: {names}.")
    if not included:
        text = "Nobody is in scope. Check MAILBOXES, SCOPE_ORG_UNITS and SCOPE_GROUPS."
        yield Finding("Scope", is_good=False, text=text)
    elif not missing:
        yield Finding("Scope", is_good=True, text=f"{included} people are in scope.")
