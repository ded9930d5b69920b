"""The Reports API: what Google's mail servers delivered, told from the mailboxes, as late as one wishes."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from werkzeug.wrappers import Request, Response

from simulator.answers import BAD_REQUEST, NOT_FOUND, Failure, drop_connection, failure_of, reply
from simulator.calls import Call
from simulator.gmail import fields
from simulator.gmail.mailbox import Mailbox, Stored
from simulator.universe import Universe
from simulator.world import User

PREFIX = "/admin/reports/v1/"
PATH = f"{PREFIX}activity/users/all/applications/gmail"
SCOPE = "https://www.googleapis.com/auth/admin.reports.audit.readonly"
LONGEST_MS = 30 * 86_400_000
SENT, RECEIVED = "1", "2"
OTHERS = tuple(str(number) for number in range(7, 32))
"""Other kinds of ``mail_event_type``: opened, archived, labelled, a link clicked, and so on."""
FILTER = re.compile(r"([a-z_]+\.[a-z_]+)(==|<>)([^,]+)")
NOT_DELIVERED = frozenset({"DRAFT", "CHAT", "SCHEDULED"})


class Reports:
    def __init__(self, universe: Universe) -> None:
        self._universe = universe

    def answer(self, request: Request) -> Response:
        kind = self._universe.faults.take("reports", "activities.list")
        status = 200
        try:
            if kind == "drop_answer":
                return drop_connection()
            if kind:
                raise failure_of(kind)
            self._authorise(request)
            return reply(self._page(request))
        except Failure as failure:
            status = failure.status
            return failure.response()
        finally:
            self._universe.calls.record(Call("reports", "activities.list", 0, status))

    def _authorise(self, request: Request) -> None:
        access = self._universe.identity.access(request)
        self._universe.check_api("admin.googleapis.com")
        user = self._universe.user(access.subject)
        if SCOPE not in access.scopes:
            raise Failure(403, "insufficientPermissions", "Insufficient Permission", "PERMISSION_DENIED")
        if user is None or not user.is_admin:
            raise Failure(403, "forbidden", "Not Authorized to access this resource/api", "PERMISSION_DENIED")

    def _page(self, request: Request) -> Any:
        if request.path != PATH:
            raise Failure(*NOT_FOUND)
        since, until = (_epoch_ms(request.args.get(name, "")) for name in ("startTime", "endTime"))
        if not since <= until <= since + LONGEST_MS:
            raise Failure(*BAD_REQUEST)
        known_to = self._universe.clock.now_ms() - int(self._universe.reports_lag * 1000)
        wanted = _read_filters(request.args.get("filters", ""))
        items = [
            activity
            for user in self._universe.world.users
            if (box := self._universe.mailboxes.get(user.email))
            for stored in list(box.messages.values())
            if since <= stored.internal_date <= min(until, known_to) and not stored.label_ids & NOT_DELIVERED
            for activity in _list_activities(user, box, stored)
            if all(_fits(activity, condition) for condition in wanted)
        ]
        items.sort(key=lambda item: str(item["id"]["time"]), reverse=True)
        start = int(request.args.get("pageToken") or 0)
        size = min(int(request.args.get("maxResults") or 1000), 1000)
        body: dict[str, Any] = {"kind": "admin#reports#activities"}
        if part := items[start : start + size]:
            body["items"] = part
        if start + size < len(items):
            body["nextPageToken"] = str(start + size)
        mask = request.args.get("fields")
        return fields.apply(fields.parse(mask), body) if mask else body


def _epoch_ms(text: str) -> int:
    """Both ends of the window are required."""
    try:
        return int(datetime.fromisoformat(text).timestamp() * 1000)
    except ValueError:
        raise Failure(*BAD_REQUEST) from None


def _list_activities(user: User, box: Mailbox, stored: Stored) -> list[dict[str, Any]]:
    """The delivery, and what else Google notes of the same mail: more than 25 kinds of events."""
    is_sent = "SENT" in stored.label_ids
    return [_activity(user, box, stored, kind) for kind in (SENT if is_sent else RECEIVED, *OTHERS)]


def _read_filters(text: str) -> list[tuple[str, str, str]]:
    """``event_info.mail_event_type==1,...``: all of them hold. Raises Failure."""
    conditions = []
    for part in filter(None, text.split(",")):
        match = FILTER.fullmatch(part)
        if match is None:
            raise Failure(*BAD_REQUEST)
        conditions.append((match[1], match[2], match[3]))
    return conditions


def _fits(activity: dict[str, Any], condition: tuple[str, str, str]) -> bool:
    path, relation, wanted = condition
    group, _, name = path.rpartition(".")
    values = [
        str(parameter.get("intValue", parameter.get("value", "")))
        for outer in activity["events"][0]["parameters"]
        if outer["name"] == group
        for parameter in outer["messageValue"]["parameter"]
        if parameter["name"] == name
    ]
    return (wanted in values) if relation == "==" else bool(values) and wanted not in values


def _activity(user: User, box: Mailbox, stored: Stored, kind: str) -> dict[str, Any]:
    at = datetime.fromtimestamp(stored.internal_date / 1000, UTC).isoformat(timespec="milliseconds")
    message_id = next((value for name, value in stored.headers if name.lower() == "message-id"), "")
    message: list[dict[str, Any]] = []
    if message_id:
        message.append({"name": "rfc2822_message_id", "value": message_id})
    message += [{"name": "flattened_destinations", "value": "" if kind == SENT else f"gmail-ui::{box.address}"}]
    message += [{"name": "subject", "value": next((v for n, v in stored.headers if n.lower() == "subject"), "")}]
    message += [{"name": "attachment", "multiMessageValue": [{"parameter": [{"name": "file_extension_type"}]}]}]
    return {
        "id": {"time": at.replace("+00:00", "Z"), "applicationName": "gmail"},
        "actor": {"email": user.email, "profileId": user.user_id},
        "events": [
            {
                "type": "delivery_type",
                "name": "delivery",
                "parameters": [
                    _group("event_info", [{"name": "mail_event_type", "intValue": kind}]),
                    _group("message_info", message),
                ],
            }
        ],
    }


def _group(name: str, parameters: list[dict[str, Any]]) -> dict[str, Any]:
    return {"name": name, "messageValue": {"parameter": parameters}}
