"""Messages and threads as Gmail's JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from simulator import mime
from simulator.answers import BAD_REQUEST, Failure
from simulator.gmail.mailbox import Mailbox, Stored


def ref_of(stored: Stored) -> dict[str, Any]:
    return {"id": stored.message_id, "threadId": stored.thread_id}


def as_json(stored: Stored, form: str, wanted: list[str]) -> dict[str, Any]:
    """Every format carries a snippet, as the real one does: only a mask keeps it out."""
    body: dict[str, Any] = {
        **ref_of(stored),
        "labelIds": sorted(stored.label_ids),
        "snippet": mime.snippet_of(stored.raw),
        "sizeEstimate": len(stored.raw),
        "historyId": str(stored.history_id),
        "internalDate": str(stored.internal_date),
    }
    if form == "raw":
        body["raw"] = mime.encoded(stored.raw)
    elif form == "full":
        body["payload"] = mime.payload_of(stored.raw)
    elif form == "metadata":
        names = {name.lower() for name in wanted}
        shown = [(n, v) for n, v in stored.headers if not names or n.lower() in names]
        tree = mime.payload_of(stored.raw) if not names else {"mimeType": _type_of(stored)}
        body["payload"] = {"mimeType": tree["mimeType"], "headers": [{"name": n, "value": v} for n, v in shown]}
    elif form != "minimal":
        raise Failure(*BAD_REQUEST)
    return body


def thread_as_json(box: Mailbox, thread_id: str, form: str, wanted: list[str]) -> dict[str, Any] | None:
    with box.lock:
        found = [m for m in box.messages.values() if m.thread_id == thread_id]
        if not found:
            return None
        found.sort(key=lambda m: m.internal_date)
        return {
            "id": thread_id,
            "historyId": str(max(m.history_id for m in found)),
            "messages": [as_json(m, form, wanted) for m in found],
        }


def _type_of(stored: Stored) -> str:
    value = mime.first(stored.headers, "Content-Type") or "text/plain"
    return value.partition(";")[0].strip().lower()


def _get_detail(_body: Any, args: Any, path: dict[str, str]) -> dict[str, Any]:
    return {"id": path["id"], "format": args.get("format", "full")}


DETAILS: dict[str, Callable[[Any, Any, dict[str, str]], dict[str, Any]]] = {
    "messages.get": _get_detail,
    "threads.get": _get_detail,
}
"""What the call log keeps of a call beside its price: which message, and how much of it was asked for."""
