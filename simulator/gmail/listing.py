"""Lists in pages: messages, threads, history."""

from __future__ import annotations

import hashlib
from typing import Any

from werkzeug.datastructures import MultiDict

from simulator.answers import BAD_REQUEST, NOT_FOUND, Failure
from simulator.gmail import query
from simulator.gmail.mailbox import Event, Mailbox, Stored
from simulator.gmail.messages import ref_of

LISTED = {
    "messagesAdded": "messageAdded",
    "messagesDeleted": "messageDeleted",
    "labelsAdded": "labelAdded",
    "labelsRemoved": "labelRemoved",
}
EMPTY_PAGE = "empty_page"
"""The kind of failure, on request, in which a page holds nothing and is not the last."""


def list_messages(box: Mailbox, args: MultiDict[str, str], searched_until: int) -> dict[str, Any]:
    """``searched_until``: epoch milliseconds up to which a search knows what arrived."""
    with box.lock:
        found = _select(box, args, searched_until)
        refs = [ref_of(m) for m in found]
    body = _page(refs, args, "messages")
    body["resultSizeEstimate"] = len(refs)
    return body


def list_threads(box: Mailbox, args: MultiDict[str, str], searched_until: int) -> dict[str, Any]:
    with box.lock:
        threads = dict.fromkeys(m.thread_id for m in _select(box, args, searched_until))
    return _page([{"id": t} for t in threads], args, "threads")


def empty_page(body: dict[str, Any], args: MultiDict[str, str]) -> dict[str, Any]:
    """What is left of a page: the next one holds what this one would have held."""
    kept = {name: value for name, value in body.items() if not isinstance(value, list)}
    return {**kept, "nextPageToken": args.get("pageToken") or "0"}


def history_page(box: Mailbox, args: MultiDict[str, str], *, is_disordered: bool = False) -> dict[str, Any]:
    """404 for a cursor that is too old. ``is_disordered``: in an order that means nothing, the same for all pages."""
    start = args.get("startHistoryId", "")
    if not start.isdigit():
        raise Failure(*BAD_REQUEST)
    with box.lock:
        if int(start) < box.expired_before or int(start) > box.history_id:
            raise Failure(*NOT_FOUND)
        kinds = set(args.getlist("historyTypes"))
        events = [e for e in box.events if e.history_id > int(start) and (not kinds or LISTED[e.kind] in kinds)]
        current = box.history_id
    if is_disordered:
        events.sort(key=lambda event: hashlib.sha256(str(event.history_id).encode()).digest())
    body = _page([_record(event) for event in events], args, "history")
    body["historyId"] = str(current)
    return body


def _record(event: Event) -> dict[str, Any]:
    """The message bears the labels it then had, the change those that came or went; empty lists are left out."""
    ref = {"id": event.message_id, "threadId": event.thread_id}
    change: dict[str, Any] = {"message": {**ref, **_name_labels(event.labels_then)}, **_name_labels(event.changed)}
    return {"id": str(event.history_id), "messages": [ref], event.kind: [change]}


def _name_labels(label_ids: tuple[str, ...]) -> dict[str, list[str]]:
    return {"labelIds": list(label_ids)} if label_ids else {}


def _select(box: Mailbox, args: MultiDict[str, str], searched_until: int) -> list[Stored]:
    everything = args.get("includeSpamTrash", "false").lower() == "true"
    labels = set(args.getlist("labelIds"))
    terms = query.parse(args.get("q", ""))
    everything |= any(o == "in" and v in {"SPAM", "TRASH"} for is_not, o, v in terms if not is_not)
    return [
        m
        for m in reversed(box.messages.values())
        if (everything or not m.label_ids & {"SPAM", "TRASH"} or labels & {"SPAM", "TRASH"})
        and labels <= m.label_ids
        and (not terms or m.arrived_at <= searched_until)
        and query.fits(m, terms)
    ]


def _page(items: list[dict[str, Any]], args: MultiDict[str, str], name: str) -> dict[str, Any]:
    token = args.get("pageToken") or "0"
    if not token.isdigit():
        raise Failure(400, "invalidArgument", "Invalid pageToken", "INVALID_ARGUMENT")
    size = min(int(args.get("maxResults") or 100), 500)
    part = items[int(token) : int(token) + size]
    body: dict[str, Any] = {name: part} if part else {}  # Google leaves an empty list out
    if int(token) + size < len(items):
        body["nextPageToken"] = str(int(token) + size)
    return body
