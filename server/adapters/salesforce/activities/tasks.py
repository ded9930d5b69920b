"""An activity as a Task, cut to the lengths that describe gave."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from server.adapters.salesforce.org.shape import OrgShape
from server.domain.crm import Activity, Target

CUT = "…"
SHORT_ID = 15
ID_SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
STANDARD_LENGTHS = {"Subject": 255, "Description": 32_000}


def make_task(activity: Activity, shape: OrgShape) -> dict[str, Any]:
    """Inserted with a closed status: an open Task with a date would lock its account and contact."""
    sent = datetime.fromtimestamp(activity.sent_at / 1000, UTC)
    fields: dict[str, Any] = {
        "attributes": {"type": "Task"},
        "Subject": activity.subject,
        "Description": _description(activity),
        "ActivityDate": activity.day,
        "Status": shape.closed_status,
        "TaskSubtype": "Email",
        "OwnerId": activity.owner_id,
        "WhoId": activity.who_id,
        "WhatId": activity.what_id,
        **{shape.task[name]: value for name, value in _custom_values(activity, sent).items() if name in shape.task},
    }
    if shape.relates_many and len(activity.related_ids) > 1:
        fields["TaskWhoIds"] = list(activity.related_ids)
    return {name: cut_to_length(name, value, shape) for name, value in fields.items() if value not in (None, "")}


def make_retargeting(target: Target, shape: OrgShape) -> dict[str, Any]:
    """Both links together, for a Lead takes no second record."""
    fields: dict[str, Any] = {
        "attributes": {"type": "Task"},
        "id": target.activity_id,
        "WhoId": target.who_id,
        "WhatId": target.what_id,
    }
    if name := shape.task.get("match_type"):
        fields[name] = target.match_type
    return fields


def _description(activity: Activity) -> str:
    if not activity.attachment_names:
        return activity.body
    return f"{activity.body}\n\nAttachments: {', '.join(activity.attachment_names)}".strip()


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
    """Salesforce counts UTF-16 units, so a cut never leaves half a surrogate pair."""
    if not isinstance(value, str):
        return value
    return shorten(value, shape.lengths.get(name) or STANDARD_LENGTHS.get(name))


def shorten(value: str, longest: int | None) -> str:
    """At most ``longest`` UTF-16 units, the cut shown."""
    whole = value if value.isascii() else _replace_half_pairs(value)
    units = whole.encode("utf-16-le")
    if longest is None or len(units) // 2 <= longest:
        return whole
    return units[: 2 * max(longest - 1, 0)].decode("utf-16-le", "ignore") + CUT


def _replace_half_pairs(value: str) -> str:
    """Half a surrogate pair would make the whole request unreadable."""
    return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def full_id(identifier: str) -> str:
    """A 15-character id, as Salesforce's sentences hold it, with the three characters that the API's answers add."""
    if len(identifier) != SHORT_ID:
        return identifier
    thirds = (identifier[start : start + 5] for start in (0, 5, 10))
    return identifier + "".join(ID_SUFFIX[sum(1 << i for i, c in enumerate(third) if c.isupper())] for third in thirds)
