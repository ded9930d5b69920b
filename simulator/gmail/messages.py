"""Messages and threads as Gmail's JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from simulator import mime
from simulator.answers import BAD_REQUEST, Failure, Streamed
from simulator.gmail.mailbox import Mailbox, Stored
from simulator.google_switches import GoogleSwitches
from simulator.header_forms import show_headers


def ref_of(stored: Stored) -> dict[str, Any]:
    return {"id": stored.message_id, "threadId": stored.thread_id}


def as_json(stored: Stored, form: str, wanted: list[str], google: GoogleSwitches) -> dict[str, Any]:
    """Every format carries a snippet, as the real one does: only a mask keeps it out."""
    opening = stored.mail.opening(mime.SNIPPED)
    body: dict[str, Any] = {
        **ref_of(stored),
        "labelIds": sorted(stored.label_ids),
        "snippet": mime.snippet_of(opening),
        "sizeEstimate": stored.mail.size,
        "historyId": str(stored.history_id),
        "internalDate": str(stored.internal_date),
    }
    if form == "raw":
        body["raw"] = Streamed(mime.encode_chunks(stored.mail.chunks()))
    elif form == "full":
        body["payload"] = mime.payload_of(stored.raw, google.header_form)
    elif form == "metadata":
        shown = show_headers(mime.sent_headers_of(opening), google.header_form)
        headers = [{"name": n, "value": v} for n, v in shown if not wanted or _is_wanted(n, wanted, google)]
        body["payload"] = {"mimeType": mime.type_of(opening), "headers": headers}
    elif form != "minimal":
        raise Failure(*BAD_REQUEST)
    return body


def _is_wanted(name: str, wanted: list[str], google: GoogleSwitches) -> bool:
    return name in wanted or (not google.exact_header_names and name.lower() in {w.lower() for w in wanted})


def thread_as_json(
    box: Mailbox, thread_id: str, form: str, wanted: list[str], google: GoogleSwitches
) -> dict[str, Any] | None:
    if form == "raw":  # Gmail has no such thread
        raise Failure(*BAD_REQUEST)
    with box.lock:
        found = [m for m in box.messages.values() if m.thread_id == thread_id]
        if not found:
            return None
        found.sort(key=lambda m: m.internal_date)
        shown = [m for i, m in enumerate(found) if not google.gaps_in_threads or i % 3 != 1]
        return {
            "id": thread_id,
            "historyId": str(max(m.history_id for m in found)),
            "messages": [as_json(m, form, wanted, google) for m in shown],
        }


def hide_label(body: Any, label_id: str) -> None:
    """Takes the label out of an answer of any shape, in place."""
    if isinstance(body, list):
        for item in body:
            hide_label(item, label_id)
    elif isinstance(body, dict):
        if label_id in (body.get("labelIds") or ()):
            body["labelIds"] = [label for label in body["labelIds"] if label != label_id]
        for value in body.values():
            if isinstance(value, list | dict):
                hide_label(value, label_id)


def _get_detail(_body: Any, args: Any, path: dict[str, str]) -> dict[str, Any]:
    return {"id": path["id"], "format": args.get("format", "full")}


DETAILS: dict[str, Callable[[Any, Any, dict[str, str]], dict[str, Any]]] = {
    "messages.get": _get_detail,
    "threads.get": _get_detail,
}
"""What the call log keeps of a call beside its price: which message, and how much of it was asked for."""
