"""What a mark is, and the facts it is read from.

Weights: ``DECISIVE`` settles the matter alone. Everything else is added up; from ``THRESHOLD`` on a machine wrote it.
Bulk marks that ordinary people's mail carries too (Precedence, List-Unsubscribe with or without one click,
X-Auto-Response-Suppress) stay below the threshold even all together.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from server.domain.message import Headers

DECISIVE = 100
THRESHOLD = 50


class AuthorKind(StrEnum):
    """Who wrote it; the first three are people."""

    PERSON = "person"
    PERSON_VIA_LIST = "person_via_list"
    SALES_SEQUENCE = "sales_sequence"
    CALENDAR = "calendar"
    AUTO_REPLY = "auto_reply"
    BOUNCE = "bounce"
    RECEIPT = "receipt"
    NOTIFICATION = "notification"
    BULK = "bulk"


@dataclass(frozen=True)
class Facts:
    """A mail's headers, read once. ``local`` is the author's; ``domain_labels`` stand left of the registrable domain.

    ``name`` and ``subject`` are decoded. ``is_discussion``: people write to this list, and the author is not the list.
    ``is_agent``: a person answers through a help desk, which marks all its mail as automatic.
    """

    headers: Headers
    label_ids: frozenset[str]
    local: str
    domain: str
    domain_labels: frozenset[str]
    name: str
    subject: str
    is_from_list: bool
    has_list_marks: bool
    is_discussion: bool
    is_agent: bool

    def token(self, name: str) -> str:
        """The first header of that name as a bare word: lower case, no comments, cut at the first semicolon."""
        return strip_token(self.headers.first(name) or "")

    def parameter(self, name: str) -> str:
        """A parameter of the top-level Content-Type, in lower case, or ""."""
        value = (self.headers.first("Content-Type") or "")[:2000].lower()
        found = re.search(rf';\s*{re.escape(name)}\s*=\s*"?([^";\s]+)', value)
        return found.group(1) if found else ""


Predicate = Callable[[Facts], str | None]
"""The name of the header that shows the mark, "" if none of them does but it holds, None if it does not hold."""


class SetBy(StrEnum):
    """Whose doing a mark is: it says nothing of the author where a list, a sales tool or a help desk put it there."""

    AUTHOR = "author"
    LIST = "list"
    SERVICE = "service"
    HELP_DESK = "help desk"


@dataclass(frozen=True)
class Mark:
    """``on_outbound``: it counts in mail that left one of our mailboxes too."""

    name: str
    weight: int
    kind: AuthorKind
    shows: Predicate
    set_by: SetBy = SetBy.AUTHOR
    on_outbound: bool = False


def strip_token(value: str) -> str:
    return re.sub(r"\([^()]*\)", " ", value[:1000]).partition(";")[0].strip().lower()
