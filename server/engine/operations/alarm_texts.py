"""What the alarms say, in sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from server.domain.alarm import AlarmCode
from server.ports.alarms import Alarms
from server.ports.clock import Clock

A_DAY = 86_400.0
"""Seconds."""
SENTENCES: Mapping[str, str] = {
    AlarmCode.OUT_OF_SCOPE_ASKED: "a request to read a mailbox outside the configured scope was refused",
    AlarmCode.LEFT_SCOPE: "a mailbox that we read left the configured scope",
    AlarmCode.WITNESS_MISSED: "Google delivered a message that has no row in our ledger",
    AlarmCode.AUDIT_MISSED: "an audit found messages that were missed for longer than a poll takes",
    AlarmCode.WATCH_ENDS: "a Gmail watch ends soon and cannot be renewed, so new mail is only polled",
    AlarmCode.SALESFORCE_CALLS: "background work has used its share of the org's daily API calls, so mail waits",
    AlarmCode.TEXT_UNREADABLE: "an email could not be read within its bounds, and was logged without its text",
    AlarmCode.SEAL_BROKEN: "sealed headers of waiting mail did not open, so Gmail is read again: compare the keys",
    AlarmCode.GROUP_UNLISTED: "who is in a group of yours could not be read, so email to it waits: run doctor",
    AlarmCode.SCOPE_GROUP_UNLISTED: "who is in a group of SCOPE_GROUPS could not be read: run doctor",
    AlarmCode.OTHER_ORG: "another Salesforce org answers than the one that the log belongs to, so all email waits",
    AlarmCode.MAILBOX_REFUSED: "one person's mailbox is refused or fails for hours, others are read: run doctor",
    AlarmCode.GOOGLE_SETTING: "Google refuses all mailboxes alike, so no email is read: run doctor",
    AlarmCode.WATCH_SETTING: "the settings of push are wrong, so new mail is only polled",
    AlarmCode.PUSHES_MISSING: "Gmail's pushes do not arrive, so new mail is only polled: run doctor",
}
"""A code without a sentence is shown as it is."""


def count_alarms(alarms: Alarms, clock: Clock, seconds: float = A_DAY) -> dict[str, int]:
    """How many mailboxes each alarm of the last ``seconds`` concerned, by its code. Raises TransientError."""
    return dict(Counter(alarm.code for alarm in alarms.since(clock.now() - seconds)))


def list_subjects(alarms: Alarms, clock: Clock, seconds: float = A_DAY) -> list[str]:
    """What the alarms of the last ``seconds`` name: groups, in the words of the settings. Raises TransientError."""
    return sorted({alarm.about for alarm in alarms.since(clock.now() - seconds) if alarm.about})


def describe_alarms(counts: Mapping[str, int]) -> str:
    return "; ".join(f"{SENTENCES.get(code, code)} ({count})" for code, count in sorted(counts.items()))
