"""Lists in pages: messages, threads, history."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from werkzeug.datastructures import MultiDict

from simulator.answers import BAD_REQUEST, NOT_FOUND, Failure
from simulator.gmail.mailbox import Mailbox, Stored
from simulator.gmail.messages import ref_of

LISTED = {
    "messagesAdded": "messageAdded",
    "messagesDeleted": "messageDeleted",
    "labelsAdded": "labelAdded",
    "labelsRemoved": "labelRemoved",
}
EMPTY_PAGE = "empty_page"
"""The kind of failure, on request, in which a page holds nothing and is not the last."""


def list_messages(box: Mailbox, args: MultiDict[str, str]) -> dict[str, Any]:
    with box.lock:
        found = _selected(box, args)
        refs = [ref_of(m) for m in found]
    body = _page(refs, args, "messages")
    body["resultSizeEstimate"] = len(refs)
    return body


def list_threads(box: Mailbox, args: MultiDict[str, str]) -> dict[str, Any]:
    with box.lock:
        threads = dict.fromkeys(m.thread_id for m in _selected(box, args))
    return _page([{"id": t} for t in threads], args, "threads")


def empty_page(body: dict[str, Any], args: MultiDict[str, str]) -> dict[str, Any]:
    """What is left of a page: the next one holds what this one would have held."""
    kept = {name: value for name, value in body.items() if not isinstance(value, list)}
    return {**kept, "nextPageToken": args.get("pageToken") or "0"}


def history_page(box: Mailbox, args: MultiDict[str, str]) -> dict[str, Any]:
    """404 for a cursor that is too old."""
    start = args.get("startHistoryId", "")
    if not start.isdigit():
        raise Failure(*BAD_REQUEST)
    with box.lock:
        if int(start) < box.expired_before or int(start) > box.history_id:
            raise Failure(*NOT_FOUND)
        kinds = set(args.getlist("historyTypes"))
        events = [e for e in box.events if e.history_id > int(start) and (not kinds or LISTED[e.kind] in kinds)]
        current = box.history_id
    records = []
    for event in events:
        ref: dict[str, Any] = {"id": event.message_id, "threadId": event.thread_id}
        change: dict[str, Any] = {"message": ref}
        if event.label_ids:
            where = change if event.kind.startswith("labels") else ref
            where["labelIds"] = list(event.label_ids)
        records.append({"id": str(event.history_id), "messages": [ref], event.kind: [change]})
    body = _page(records, args, "history")
    body["historyId"] = str(current)
    return body


def _selected(box: Mailbox, args: MultiDict[str, str]) -> list[Stored]:
    everything = args.get("includeSpamTrash", "false").lower() == "true"
    labels = set(args.getlist("labelIds"))
    fits = _query(args.get("q", ""))
    return [
        m
        for m in reversed(box.messages.values())
        if (everything or not m.label_ids & {"SPAM", "TRASH"} or labels & {"SPAM", "TRASH"})
        and labels <= m.label_ids
        and all(test(m) for test in fits)
    ]


def _query(text: str) -> list[Callable[[Stored], bool]]:
    """The three operators of Gmail's search that the simulator knows. Times are epoch seconds."""
    tests: list[Callable[[Stored], bool]] = []
    for word in text.split():
        name, _, value = word.partition(":")
        if name in ("after", "before") and value.isdigit():
            tests.append(partial(_is_after if name == "after" else _is_before, int(value) * 1000))
        elif name == "rfc822msgid" and value:
            tests.append(partial(_has_id, value.strip("<>")))
        else:
            message = "The simulator knows only after:, before: and rfc822msgid: in q."
            raise Failure(400, "invalidArgument", message, "INVALID_ARGUMENT")
    return tests


def _is_after(edge: int, stored: Stored) -> bool:
    return stored.internal_date >= edge


def _is_before(edge: int, stored: Stored) -> bool:
    return stored.internal_date < edge


def _has_id(wanted: str, stored: Stored) -> bool:
    return (stored.rfc822_message_id or "").strip("<> ") == wanted


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
