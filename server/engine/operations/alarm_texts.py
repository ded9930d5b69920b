"""What the alarms say, in words."""

from __future__ import annotations

from collections import Counter

from server.domain.alarm import AlarmCode
from server.engine.ports import Ports

A_DAY = 86_400.0
WORDS: dict[str, str] = {
    AlarmCode.OUT_OF_SCOPE_ASKED: "somebody asked to read a mailbox outside the configured scope, and was refused",
    AlarmCode.LEFT_SCOPE: "a mailbox that was read left the configured scope",
    AlarmCode.WITNESS_MISSED: "Google delivered a message that has no row in our ledger",
    AlarmCode.AUDIT_MISSED: "an audit found messages that were missed for longer than a poll takes",
    AlarmCode.WATCH_ENDS: "a watch ends soon and cannot be renewed, so that new mail is only polled",
    AlarmCode.SALESFORCE_CALLS: "the org's daily API calls are used as far as background work may, so that mail waits",
    AlarmCode.WATCH_SETTING: "the settings of push are wrong, so that new mail is only polled",
}
"""One sentence for each code that has one; another is shown as it is."""


def recent(ports: Ports, seconds: float = A_DAY) -> dict[str, int]:
    """How many mailboxes each alarm concerned lately, by its code. Raises TransientError."""
    return dict(Counter(alarm.code for alarm in ports.alarms.since(ports.clock.now() - seconds)))


def in_words(counts: dict[str, int]) -> str:
    return "; ".join(f"{WORDS.get(code, code)} ({count})" for code, count in sorted(counts.items()))
