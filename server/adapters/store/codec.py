"""Domain values to documents and back. Field names are the design's and are part of the stored format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from server.domain.access import AccessEntry
from server.domain.decision import Evidence, Outcome, Reason
from server.domain.ids import ActivityKey, Cursor, KeyedHash, MailboxId, MessageId, SalesforceId, ThreadId
from server.domain.ledger import ActivityRow, ActivityState, Conversation, DayCoverage, Held, Row, Unread, Wait, Waiting
from server.domain.mailbox import Backfill, DirectoryState, Mailbox, Stage

Data = Mapping[str, Any]
NEVER = 253_402_300_799.0
"""Epoch seconds, year 9999: how a row that waits for a person is stored, so that no query for due rows finds it."""


def from_row(row: Row) -> Data:
    data = {
        "mailbox_id": row.mailbox_id,
        "gmail_message_id": row.message_id,
        "gmail_thread_id": row.thread_id,
        "outcome": row.outcome.value,
        "reason": row.reason.value,
        "internal_date": row.internal_date,
        "conversation": row.conversation,
        "activity_key": row.activity_key,
        **_from_wait(row.wait),
        "attempts": row.attempts,
        "cause": row.wait.cause if isinstance(row.wait, Held) else row.cause,
        # Named fields: Firestore keeps no list in a list.
        "evidence": [{"mark": e.mark, "at": e.header_position, "weight": e.weight} for e in row.evidence],
        "record_id": row.record_id,
        "activity_id": row.activity_id,
        "hashes": list(row.hashes),
        "sealed_headers": row.sealed_headers,
        "sealed_cause": row.sealed_cause,
        "policy_version": row.policy_version,
        "updated_at": row.updated_at,
    }
    return {name: value for name, value in data.items() if value not in (None, [])}


def to_row(data: Data, version: str) -> Row:
    return Row(
        mailbox_id=MailboxId(data["mailbox_id"]),
        message_id=MessageId(data["gmail_message_id"]),
        thread_id=ThreadId(data["gmail_thread_id"]),
        reason=Reason(data["reason"]),
        internal_date=data.get("internal_date", 0),
        conversation=_hash(data.get("conversation")),
        activity_key=ActivityKey(data["activity_key"]) if "activity_key" in data else None,
        wait=(wait := _to_wait(data)),
        attempts=data.get("attempts", 0),
        cause=None if isinstance(wait, Held) else data.get("cause"),
        evidence=tuple(Evidence(e["mark"], e.get("at"), e.get("weight", 0)) for e in data.get("evidence", ())),
        record_id=_record(data.get("record_id")),
        activity_id=_record(data.get("activity_id")),
        hashes=tuple(KeyedHash(h) for h in data.get("hashes", ())),
        sealed_headers=data.get("sealed_headers"),
        sealed_cause=data.get("sealed_cause"),
        policy_version=data.get("policy_version", 0),
        updated_at=data.get("updated_at", 0.0),
        version=version,
    )


def _from_wait(wait: Wait | None) -> Data:
    """``unread_at`` is a field of its own, so that a query finds the rows still to be read without the others."""
    if isinstance(wait, Unread):
        return {"due_at": wait.due, "unread_at": wait.due}
    if isinstance(wait, Waiting):
        return {"shard": wait.shard, "due_at": wait.due}
    return {"shard": wait.shard, "due_at": NEVER} if wait else {}


def _to_wait(data: Data) -> Wait | None:
    if data["outcome"] != Outcome.WAITING.value:
        return None
    due = float(data.get("due_at", 0.0))
    if "shard" not in data:
        return Unread(due)
    return Held(data["shard"], data.get("cause", "")) if due >= NEVER else Waiting(data["shard"], due)


def from_activity(activity: ActivityRow) -> Data:
    data = {
        "state": activity.state.value,
        "claimed_at": activity.claimed_at,
        "mailbox_id": activity.mailbox_id,
        "gmail_message_id": activity.message_id,
        "conversation": activity.conversation,
        "reason": activity.reason.value if activity.reason else None,
        "record_id": activity.record_id,
        "related_ids": list(activity.related_ids),
        "owner_id": activity.owner_id,
        "activity_id": activity.activity_id,
        "sealed_snapshot": activity.sealed_snapshot,
        "sent_at": activity.sent_at or None,
        "is_inbound": activity.is_inbound or None,
        "is_joined": activity.is_joined or None,
        "unanswered_at": activity.unanswered_at or None,
        "generation": activity.generation,
    }
    return {name: value for name, value in data.items() if value not in (None, [])}


def to_activity(key: str, data: Data, version: str) -> ActivityRow:
    return ActivityRow(
        key=ActivityKey(key),
        state=ActivityState(data["state"]),
        claimed_at=data["claimed_at"],
        mailbox_id=MailboxId(data["mailbox_id"]),
        message_id=MessageId(data["gmail_message_id"]),
        conversation=_hash(data.get("conversation")),
        reason=Reason(data["reason"]) if "reason" in data else None,
        record_id=_record(data.get("record_id")),
        related_ids=tuple(SalesforceId(i) for i in data.get("related_ids", ())),
        owner_id=_record(data.get("owner_id")),
        activity_id=_record(data.get("activity_id")),
        sealed_snapshot=data.get("sealed_snapshot"),
        sent_at=data.get("sent_at", 0),
        is_inbound=data.get("is_inbound", False),
        is_joined=data.get("is_joined", False),
        unanswered_at=data.get("unanswered_at", 0.0),
        generation=data.get("generation", 1),
        version=version,
    )


def from_mailbox(mailbox: Mailbox) -> Data:
    data = {
        "addresses": list(mailbox.addresses),
        "stage": mailbox.stage.value,
        "start": mailbox.start,
        "cursor": mailbox.cursor,
        "name": mailbox.name,
        "paused_until": mailbox.paused_until,
        "failures": mailbox.failures,
        "last_error": mailbox.last_error,
        "last_synced_at": mailbox.last_synced_at,
        "last_audit_at": mailbox.last_audit_at,
        "crm_user_id": mailbox.crm_user_id,
        "directory_state": mailbox.directory_state.value,
        "directory_since": mailbox.directory_since,
        "is_in_scope": mailbox.is_in_scope,
        "returns_to": mailbox.returns_to.value if mailbox.returns_to else None,
        "asked_at": mailbox.asked_at,
        "backfill": asdict(mailbox.backfill) if mailbox.backfill else None,
        "dont_log_label": mailbox.dont_log_label,
        "watch_expires_at": mailbox.watch_expires_at,
        "watched_at": mailbox.watched_at,
        "watch_failed_at": mailbox.watch_failed_at,
        "cursor_at": mailbox.cursor_at,
        "unpublished": [_from_day(day) for day in mailbox.unpublished],
    }
    return {name: value for name, value in data.items() if value not in (None, [])}


def to_mailbox(key: str, data: Data) -> Mailbox:
    return Mailbox(
        mailbox_id=MailboxId(key),
        addresses=tuple(data["addresses"]),
        stage=Stage(data["stage"]),
        start=data.get("start", 0),
        cursor=Cursor(data["cursor"]) if "cursor" in data else None,
        name=data.get("name", ""),
        paused_until=data.get("paused_until", 0.0),
        failures=data.get("failures", 0),
        last_error=data.get("last_error"),
        last_synced_at=data.get("last_synced_at"),
        last_audit_at=data.get("last_audit_at"),
        crm_user_id=_record(data.get("crm_user_id")),
        directory_state=DirectoryState(data.get("directory_state", DirectoryState.ACTIVE)),
        directory_since=data.get("directory_since", 0.0),
        is_in_scope=data.get("is_in_scope", True),
        returns_to=Stage(data["returns_to"]) if "returns_to" in data else None,
        asked_at=data.get("asked_at", 0.0),
        backfill=Backfill(**data["backfill"]) if "backfill" in data else None,
        dont_log_label=data.get("dont_log_label"),
        watch_expires_at=data.get("watch_expires_at"),
        watched_at=data.get("watched_at"),
        watch_failed_at=data.get("watch_failed_at"),
        cursor_at=data.get("cursor_at", 0.0),
        unpublished=tuple(_to_day(day) for day in data.get("unpublished", ())),
    )


def _from_day(day: DayCoverage) -> Data:
    return {
        "day": day.day,
        "gmail": day.gmail,
        "left": day.left,
        "missing": day.missing,
        "outcomes": {outcome.value: count for outcome, count in day.outcomes.items()},
        "causes": dict(day.causes),
    }


def _to_day(data: Data) -> DayCoverage:
    return DayCoverage(
        day=data["day"],
        gmail=data["gmail"],
        left=data["left"],
        outcomes={outcome: data["outcomes"].get(outcome.value, 0) for outcome in Outcome},
        missing=data["missing"],
        causes=tuple(sorted(data["causes"].items(), key=lambda each: (-each[1], each[0]))),
    )


def from_conversation(conversation: Conversation) -> Data:
    return {
        "record_id": conversation.record_id,
        "sealed_record": conversation.sealed_record,
        "log_anyway": conversation.log_anyway,
        "is_record_gone": conversation.is_record_gone,
        "said_by": conversation.said_by,
        "kept_out_by": sorted(conversation.kept_out_by),
    }


def to_conversation(key: str, data: Data, version: str) -> Conversation:
    return Conversation(
        conversation=KeyedHash(key),
        record_id=_record(data.get("record_id")),
        sealed_record=data.get("sealed_record"),
        log_anyway=data.get("log_anyway", False),
        is_record_gone=data.get("is_record_gone", False),
        said_by=data.get("said_by", ""),
        kept_out_by=frozenset(MailboxId(m) for m in data.get("kept_out_by", ())),
        version=version,
    )


def from_access(entry: AccessEntry) -> Data:
    return {
        "sequence": entry.sequence,
        "at_ms": entry.at_ms,
        "actor": entry.actor,
        "activity_key": entry.activity_key,
        "reason": entry.reason,
        "previous_hash": entry.previous_hash,
        "entry_hash": entry.entry_hash,
    }


def to_access(data: Data) -> AccessEntry:
    return AccessEntry(**data)


def _hash(value: str | None) -> KeyedHash | None:
    return KeyedHash(value) if value else None


def _record(value: str | None) -> SalesforceId | None:
    return SalesforceId(value) if value else None
