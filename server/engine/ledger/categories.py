"""What a row says of the category into which Gmail put its message."""

from __future__ import annotations

from enum import StrEnum

from server.domain.decision import Evidence, Outcome, Reason
from server.domain.ledger import Row
from server.domain.mail import Mail
from server.rules.decision.screen import BY_PERSON, CATEGORIES


class InCategory(StrEnum):
    """``LOGGED`` all the same; left out and written ``BY_PERSON``, or ``BY_OTHERS``; ``UNREAD``: nobody looked."""

    LOGGED = "logged"
    BY_PERSON = "by_person"
    BY_OTHERS = "by_others"
    UNREAD = "unread"


def find_place(row: Row) -> InCategory | None:
    """None for what is in no category, and for what has another reason."""
    marks = {evidence.mark for evidence in row.evidence}
    if marks.isdisjoint(CATEGORIES):
        return None
    if row.outcome is Outcome.LOGGED:
        return InCategory.LOGGED
    if row.reason is not Reason.NOT_PRIMARY:
        return None
    if not row.internal_date:
        return InCategory.UNREAD
    return InCategory.BY_PERSON if BY_PERSON in marks else InCategory.BY_OTHERS


def note_category(row: Row, mail: Mail) -> tuple[Evidence, ...]:
    """The evidence of a logged row that has no other: the category of its copy."""
    copies = (c for c in mail.copies if (c.mailbox_id, c.message_id) == (row.mailbox_id, row.message_id))
    return tuple(Evidence(copy.category) for copy in copies if copy.category)
