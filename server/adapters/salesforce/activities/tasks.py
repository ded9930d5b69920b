"""An activity as a Task, with texts cut to the lengths of the org's fields."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from server.adapters.salesforce.org.shape import OrgShape
from server.domain.crm import Activity, Target

CUT = "…"
SHORT_ID = 15
ID_SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
LONGEST_HEADER = 1_000
"""Characters of a line above the text: a mail to hundreds must not push its own words out."""
PEOPLE = "TaskWhoIds"
STANDARD_LENGTHS = {"Subject": 255, "Description": 32_000}


def make_task(activity: Activity, shape: OrgShape) -> dict[str, Any]:
    """The record to insert. Its status is a closed one: an open Task with a date locks its account and contact."""
    sent = datetime.fromtimestamp(activity.sent_at / 1000, UTC)
    fields: dict[str, Any] = {
        "attributes": {"type": "Task"},
        "Subject": activity.subject,
        "Description": _description(activity, sent, shape),
        "ActivityDate": activity.day,
        "Status": shape.closed_status,
        "TaskSubtype": "Email",
        "OwnerId": activity.owner_id,
        "WhoId": activity.who_id,
        "WhatId": activity.what_id,
        **{shape.task[name]: value for name, value in _custom_values(activity, sent).items() if name in shape.task},
    }
    if shape.relates_many and len(activity.related_ids) > 1:
        fields[PEOPLE] = list(activity.related_ids)
    written = {name: value for name, value in {**fields, **shape.fixed}.items() if name not in shape.rights.closed}
    return {name: cut_to_length(name, value, shape) for name, value in written.items() if value not in (None, "")}


def make_retargeting(target: Target, shape: OrgShape) -> dict[str, Any]:
    """The change of an activity's links. Both are written together, for a Lead takes no second record."""
    fields: dict[str, Any] = {
        "attributes": {"type": "Task"},
        "id": target.activity_id,
        "WhoId": target.who_id,
        "WhatId": target.what_id,
    }
    if name := shape.task.get("match_type"):
        fields[name] = target.match_type
    if shape.relates_many:
        # Salesforce gives an empty WhoId to the next of the people, who may be on another account.
        fields[PEOPLE] = list(target.related_ids) if target.who_id else []
    return {name: value for name, value in fields.items() if name not in shape.rights.fixed}


def make_change_of_owner(activity_id: str, owner: str) -> dict[str, Any]:
    return {"attributes": {"type": "Task"}, "id": activity_id, "OwnerId": owner}


def _description(activity: Activity, sent: datetime, shape: OrgShape) -> str:
    """The author's words, below what a rep who opens the Task must know: our fields stand on no layout of the org."""
    parts = [activity.body]
    if activity.attachment_names:
        parts.append(f"Attachments: {', '.join(activity.attachment_names)}")
    if shape.has_header:
        parts.insert(0, _header_block(activity, sent))
    return "\n\n".join(part for part in parts if part)


def _header_block(activity: Activity, sent: datetime) -> str:
    lines = {
        "From": activity.from_address,
        "To": "; ".join(activity.to_addresses),
        "Cc": "; ".join(activity.cc_addresses),
        "Date": f"{sent:%Y-%m-%d %H:%M} UTC",
    }
    return "\n".join(f"{name}: {shorten(value, LONGEST_HEADER)}" for name, value in lines.items() if value)


def _custom_values(activity: Activity, sent: datetime) -> dict[str, Any]:
    return {
        "key": activity.key,
        "message_id": activity.rfc822_message_id,
        "thread": activity.thread_id,
        "direction": activity.direction.value,
        "from": activity.from_address,
        "to": "; ".join(activity.to_addresses),
        "cc": "; ".join(activity.cc_addresses),
        "sent_at": sent.strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
        "mailbox": activity.mailbox,
        "match_type": activity.match_type,
        "attachments": len(activity.attachment_names),
        "response_minutes": activity.response_minutes,
        "backfilled": activity.is_backfilled,
    }


def cut_to_length(name: str, value: Any, shape: OrgShape) -> Any:
    """A text that fits the field. Other values stay as they are."""
    if not isinstance(value, str):
        return value
    return shorten(value, shape.lengths.get(name) or STANDARD_LENGTHS.get(name))


def shorten(value: str, longest: int | None) -> str:
    """At most ``longest`` UTF-16 units, which Salesforce counts; an ellipsis shows the cut."""
    whole = value if value.isascii() else _replace_half_pairs(value)
    units = whole.encode("utf-16-le")
    if longest is None or len(units) // 2 <= longest:
        return whole
    return units[: 2 * max(longest - 1, 0)].decode("utf-16-le", "ignore") + CUT


def _replace_half_pairs(value: str) -> str:
    """Half a surrogate pair makes the whole request unreadable for Salesforce."""
    return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def shorten_to_bytes(value: str, longest: int) -> str:
    """At most ``longest`` bytes of UTF-8, with an ellipsis where it is cut."""
    whole = value.encode("utf-8", "replace")
    if len(whole) <= longest:
        return value
    return whole[: max(longest - len(CUT.encode()), 0)].decode("utf-8", "ignore") + CUT


def full_id(identifier: str) -> str:
    """The 18 characters of an id. Salesforce's sentences and URLs have 15, and the API's answers have 18."""
    if len(identifier) != SHORT_ID:
        return identifier
    thirds = (identifier[start : start + 5] for start in (0, 5, 10))
    return identifier + "".join(ID_SUFFIX[sum(1 << i for i, c in enumerate(third) if c.isupper())] for third in thirds)
