"""What a mark is, and the facts that it looks at.

A mark of weight ``DECISIVE`` settles the matter alone. The other weights are added up, and from ``THRESHOLD`` on a
machine wrote the mail. Bulk marks that ordinary people's mail carries too (Precedence, List-Unsubscribe with or without
one click, X-Auto-Response-Suppress) stay below the threshold even all together.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from server.domain.message import Headers
from server.rules.authorship.away_words import AWAY

DECISIVE = 100
THRESHOLD = 50


class AuthorKind(StrEnum):
    """Who wrote the mail; the first three are people."""

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
class AuthorFacts:
    """A mail's headers, read once. ``local`` is the local part of the author's address.

    ``domain_labels`` stand left of the registrable domain. ``name`` and ``subject`` are decoded. ``is_discussion``:
    people write to this list, and the author is not the list. ``is_agent``: a person answers through a help desk, which
    marks all its mail as automatic.
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

    @cached_property
    def content_type(self) -> str:
        """The top-level media type in lower case; "" if it is missing."""
        return self.token("Content-Type")

    @cached_property
    def lower_subject(self) -> str:
        return self.subject.lower()

    @cached_property
    def begins_as_absence(self) -> bool:
        """Whether the subject begins with words for the author's absence. People begin a sentence so too."""
        return AWAY.match(self.subject) is not None

    def token(self, name: str) -> str:
        """The first header of that name as a bare word: lower case, no comments, cut at the first semicolon.

        "" stands for a header that is empty or missing.
        """
        value = self.headers.first(name)
        return strip_token(value) if value else ""

    def parameter(self, name: str) -> str:
        """A parameter of the top-level Content-Type in lower case, or "" if it is missing."""
        value = (self.headers.first("Content-Type") or "")[:2000].lower()
        match = re.search(rf';\s*{re.escape(name)}\s*=\s*"?([^";\s]+)', value)
        return match.group(1) if match else ""


Predicate = Callable[[AuthorFacts], str | None]
"""The name of the header that shows the mark, "" if the mark holds without a header, None if it does not hold."""


class SetBy(StrEnum):
    """Who puts a mark into the mail. What a list, a service or a help desk put there says nothing of the author.

    A site is a machine, unless its mail is a form that somebody filled in.
    """

    AUTHOR = "author"
    LIST = "list"
    SERVICE = "service"
    HELP_DESK = "help desk"
    SITE = "site"


@dataclass(frozen=True)
class Mark:
    """``on_outbound``: the mark also counts in mail that left one of the workspace's mailboxes.

    ``is_carriers``: a sending service puts it into all mail that it carries. All such marks of a mail count as one.
    """

    name: str
    weight: int
    kind: AuthorKind
    shows: Predicate
    set_by: SetBy = SetBy.AUTHOR
    on_outbound: bool = False
    is_carriers: bool = False


def strip_token(value: str) -> str:
    """The value up to its first semicolon, in lower case, without comments in parentheses."""
    return re.sub(r"\([^()]*\)", " ", value[:1000]).partition(";")[0].strip().lower()
