"""What the integration user may write of a Task, by describe, and what follows where it lacks a right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from server.domain.errors import RightsError

NEEDED = ("Subject", "Description", "ActivityDate", "Status", "OwnerId", "WhoId", "WhatId")
"""Standard fields without which an activity would be wrong for ever: it is not changed later."""
MOVED = ("WhoId", "WhatId")
"""Fields that change where an activity is moved to another record."""
SPARED = frozenset({"Type", "TaskSubtype", "TaskWhoIds", "RecordTypeId"})
"""Standard fields that an activity can do without."""
EVERYWHERE = frozenset({"TaskSubtype"})
"""Those of them that every org has: the user does not see one that describe leaves out."""
PERMISSION_SET = "Assign the permission set Email Sync Integration to the user, or give it edit access to the field."


@dataclass(frozen=True)
class TaskRights:
    """``closed`` are fields that cannot be written when an activity is made, ``fixed`` those that cannot be changed.

    ``lacking`` are needed fields among them, and those that are not even visible.
    """

    closed: frozenset[str] = frozenset()
    fixed: frozenset[str] = frozenset()
    lacking: tuple[str, ...] = ()

    def require(self, names: Sequence[str] | None = None) -> None:
        """Raises RightsError where a needed right lacks, of all needed fields or of these."""
        lacking = [name for name in self.lacking if names is None or name in names]
        if lacking:
            raise RightsError(*(f"The integration user may not write Task.{n}. {PERMISSION_SET}" for n in lacking))

    def explain(self, optional: AbstractSet[str]) -> Iterator[str]:
        """A sentence for each right that lacks."""
        for name in self.lacking:
            yield f"The integration user may not write Task.{name}, so no email can be logged. {PERMISSION_SET}"
        for name in sorted(self.closed & optional):
            yield f"The integration user may not write Task.{name}: emails are logged without it. {PERMISSION_SET}"


def read_rights(fields: Mapping[str, Any], key: str | None, custom: Sequence[str]) -> TaskRights:
    """``fields`` are describe's, by name. ``key``: the field of our key where the org has one, visible or not.

    Describe leaves out what the user may not see. Where some of our fields are there, the key is hidden and not
    missing: without it nothing would keep a mail from being logged twice.
    """
    sent = [*NEEDED, *SPARED, *custom]
    closed = frozenset(name for name in sent if name in fields and not fields[name].get("createable", True))
    closed |= EVERYWHERE - fields.keys()
    fixed = frozenset(name for name in sent if name in fields and not fields[name].get("updateable", True))
    needed = [*NEEDED, *([key] if key else [])]
    lacking = [name for name in needed if name not in fields or name in closed or (name in MOVED and name in fixed)]
    return TaskRights(closed, fixed, tuple(lacking))
