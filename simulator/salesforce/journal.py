"""What happened to an org's activities and people, in order: what a test holds a sync against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

API = "api"
PERSON = "person"


@dataclass(frozen=True)
class Entry:
    """``what`` is insert, refuse, update, delete, undelete, merge, convert, change, rule; ``by`` the API or a person.

    ``values`` are the fields as they were saved, or as they would have been; ``code`` is that of a refusal.
    """

    at: float
    by: str
    what: str
    kind: str
    identifier: str = ""
    other: str = ""
    code: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
