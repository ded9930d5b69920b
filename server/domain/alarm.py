"""What a person must look at soon, although nothing failed: counted, and said once."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from server.domain.ids import MailboxId


class AlarmCode(StrEnum):
    """``what happened`` in one word; ``server.engine.operations.alarm_texts`` has the sentence for each."""

    OUT_OF_SCOPE_ASKED = "out_of_scope_asked"
    LEFT_SCOPE = "left_scope"
    WITNESS_MISSED = "witness_missed"
    AUDIT_MISSED = "audit_missed"
    WATCH_ENDS = "watch_ends"
    SALESFORCE_CALLS = "salesforce_calls"
    WATCH_SETTING = "watch_setting"
    PUSHES_MISSING = "pushes_missing"
    TEXT_UNREADABLE = "text_unreadable"
    SEAL_BROKEN = "seal_broken"
    GROUP_UNLISTED = "group_unlisted"
    SCOPE_GROUP_UNLISTED = "scope_group_unlisted"
    OTHER_ORG = "other_org"
    MAILBOX_REFUSED = "mailbox_refused"
    GOOGLE_SETTING = "google_setting"


@dataclass(frozen=True)
class Alarm:
    """``count`` times between ``first_at`` and ``last_at`` (epoch seconds). Without a mailbox it concerns everybody.

    ``about`` is what the alarm concerns, in the words of the settings: a group of SCOPE_GROUPS.
    """

    code: str
    mailbox_id: MailboxId | None = None
    count: int = 1
    first_at: float = 0.0
    last_at: float = 0.0
    about: str = ""
